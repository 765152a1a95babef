import ArgumentParser
import Dispatching
import Foundation
import Learner
import Telemetry
import Transport

/// `ppocoder launch slurm`: a run as Slurm jobs.
struct LaunchSlurm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slurm",
        abstract: "Writes settings, keys and batch scripts into a folder that all nodes share, and submits them.",
        discussion: """
            Two jobs: a heterogeneous one with the learner and the rollout workers, and an array of executors, which may grow \
            (submit executors.sbatch again) and shrink (scancel some) while the run goes on. A job that is requeued goes on from \
            the newest checkpoint. With cluster.relay_fanout N a relay of weights runs on every node of rollout workers.
            """
    )

    @OptionGroup var settings: ConfigurationOptions

    @Option(help: ArgumentHelp("Folder that all nodes share; made if it is not there.", valueName: "folder"))
    var shared: String

    @Option(
        help: ArgumentHelp(
            "Folder of the programs on every node; that of this program if not given.",
            valueName: "folder"
        )
    )
    var programs: String?

    @Option(help: "Rollout workers.")
    var rolloutWorkers = 2

    @Option(help: "Executors at the beginning.")
    var executors = 2

    @Option(help: "Cores of the learner.")
    var learnerCores = 8

    @Option(help: "Cores of one rollout worker.")
    var workerCores = 2

    @Option(help: "Cores, and slots, of one executor.")
    var executorCores = 8

    @Option(help: "First of the learner's five ports.")
    var port = 6000

    @Option(
        help: ArgumentHelp("Network interface the learner listens on; else its node's own address.", valueName: "name")
    )
    var interface: String?

    @Option(
        name: .customLong("sbatch"),
        help: ArgumentHelp(
            "An option for both jobs, such as --sbatch=--partition=cpu; may be repeated.",
            valueName: "option"
        )
    )
    var options: [String] = []

    @Flag(help: "Print the scripts and the commands, and stop.")
    var dryRun = false

    func run() async throws {
        var scripts = SlurmScripts()
        let configuration = try settings.load(base: TrainCommand.defaults(settings, flags: []))
        scripts.jobName = configuration.run.name
        scripts.rolloutWorkers = rolloutWorkers
        scripts.executors = executors
        scripts.learnerCores = learnerCores
        scripts.workerCores = workerCores
        scripts.executorCores = executorCores
        scripts.options = options
        let own = ProcessKeeper.Command.own("ppocoder", []).executable.deletingLastPathComponent().path
        var environment = ["PPOCODER_HOME=\(programs ?? own)", "PPOCODER_RUN=\(shared)", "PPOCODER_PORT=\(port)"]
        if let interface { environment.append("PPOCODER_INTERFACE=\(interface)") }
        let fanout = configuration.cluster.relayFanout
        if fanout > 0 { environment.append("PPOCODER_RELAY_FANOUT=\(fanout)") }
        let commands = ["train.sbatch", "executors.sbatch"].map { script in
            [
                "sbatch", "--export=ALL,\(environment.joined(separator: ","))", "--chdir=\(shared)",
                "\(shared)/\(script)",
            ]
        }
        if dryRun {
            print("# train.sbatch\n\(scripts.train)\n# executors.sbatch\n\(scripts.execute)\n# run.yaml")
            print(try configuration.yaml())
            for command in commands { print(command.map(LaunchPlan.quoted).joined(separator: " ")) }
            return
        }
        try FileManager.default.createDirectory(
            atPath: shared,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        if !FileManager.default.fileExists(atPath: "\(shared)/keys") {
            try KeyMaking.all(in: "\(shared)/keys")
            try makeManifestKeys(in: "\(shared)/keys")
        }
        if fanout > 0, !FileManager.default.fileExists(atPath: "\(shared)/keys/relay") {
            throw KeyError.noRelay(path: "\(shared)/keys/relay")
        }
        for (name, text) in [
            ("train.sbatch", scripts.train), ("executors.sbatch", scripts.execute),
            ("run.yaml", try configuration.yaml()),
        ] { try text.write(toFile: "\(shared)/\(name)", atomically: true, encoding: .utf8) }
        let keeper = ProcessKeeper()
        for command in commands {
            try await keeper.once(
                command.last ?? "",
                ProcessKeeper.Command(executable: URL(filePath: "/usr/bin/env"), arguments: command)
            )
        }
    }
}

/// `ppocoder launch`: a run over several machines.
struct LaunchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch",
        abstract: "Starts a run over several machines: over ssh, under Slurm, on Kubernetes.",
        subcommands: [LaunchSSH.self, LaunchSlurm.self, LaunchKubernetes.self, LaunchAttend.self]
    )
}
