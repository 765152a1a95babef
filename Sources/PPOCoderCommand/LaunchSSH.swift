import ArgumentParser
import Dispatching
import Foundation
import Learner
import Telemetry
import Transport

/// `ppocoder launch ssh`: a run over the hosts of a file.
struct LaunchSSH: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh",
        abstract:
            "Copies keys and settings to hosts, starts learner, rollout workers and executors there, and stops them.",
        discussion: """
            The file of hosts has a line per kind of process: 'learner HOST [address=ADDRESS or INTERFACE]', \
            'rollout HOST [count=N] [address=…]', 'executor HOST [count=N] [slots=N]', and where the learner's own dispatcher is not \
            enough 'dispatcher HOST [count=N] [address=…]': executors are spread over them evenly. The programs must be on every host, in the same \
            folder. Each host gets the keys of its roles and no others. A process that ends is started again; when the \
            learner is done, or this command ends, all end. The same command again goes on with the run. With \
            cluster.relay_fanout N no host sends weights to more than N others: a relay on every host of rollout workers, which \
            listens on its address, hands them on.
            """
    )

    @OptionGroup var settings: ConfigurationOptions

    @Option(help: ArgumentHelp("File of hosts.", valueName: "file"))
    var hosts: String

    @Option(help: ArgumentHelp("Folder of keys; made if it is not there.", valueName: "folder"))
    var keys = "keys"

    @Option(
        help: ArgumentHelp(
            "Folder of the programs on every host; that of this program if not given.",
            valueName: "folder"
        )
    )
    var programs: String?

    @Option(help: ArgumentHelp("Folder for keys, settings and the run on every host.", valueName: "folder"))
    var remote = "/var/tmp/ppocoder"

    @Option(
        help:
            "First of the learner's five ports; the next one after them is that of relays, those after it are of dispatchers."
    )
    var port = 6000

    @Option(help: ArgumentHelp("Command that runs a command on a host, with its flags.", valueName: "command"))
    var ssh: String?

    @Option(help: ArgumentHelp("Folder for what workers and executors say, a file each.", valueName: "folder"))
    var logs = "launch-logs"

    @Flag(help: "Print what would be copied and started, and stop.")
    var dryRun = false

    func validate() throws {
        guard (1...65_400).contains(port) else { throw ValidationError("--port is \(port), expected 1 … 65400") }
    }

    func run() async throws {
        let own = ProcessKeeper.Command.own("ppocoder", []).executable.deletingLastPathComponent().path
        var options = LaunchPlan.Options(programs: programs ?? own, remote: remote, port: port)
        if let ssh { options.ssh = ssh.split(separator: " ").map(String.init) }
        let plan = try LaunchPlan(
            hosts: HostFile(path: hosts),
            settings: settings.load(base: TrainCommand.defaults(settings, flags: [])),
            options: options
        )
        if dryRun { return print(Self.description(of: plan, options, keys: keys)) }
        if !FileManager.default.fileExists(atPath: keys) {
            try KeyMaking.all(in: keys)
            try makeManifestKeys(in: keys)
            writeNotice("launch: made keys in \(keys)")
        }
        if !plan.weights.isEmpty, !FileManager.default.fileExists(atPath: "\(keys)/relay") {
            throw KeyError.noRelay(path: "\(keys)/relay")
        }
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        let keeper = ProcessKeeper()
        let lifetime = ProcessLifetime(watchParent: false) { _ in
            writeNotice("\nlaunch: stopping everywhere; the same command goes on with the run")
            keeper.stopAllAndExit()
        }
        defer { withExtendedLifetime(lifetime) {} }
        for copy in plan.copies { try await distribute(copy, plan, options, keeper) }
        try await runProcesses(plan, options, keeper)
    }

    private func runProcesses(_ plan: LaunchPlan, _ options: LaunchPlan.Options, _ keeper: ProcessKeeper) async throws {
        let logs = URL(filePath: logs)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for process in plan.processes {
                let isLearner = process.role == .learner
                let command = ProcessKeeper.Command(
                    executable: URL(filePath: "/usr/bin/env"),
                    arguments: LaunchPlan.start(process, options),
                    log: isLearner ? nil : logs.appending(path: "\(process.name).log"),
                    isRemote: true
                )
                group.addTask {
                    // A host that is away for a while does not end the run: its work is done elsewhere.
                    let place = isLearner ? "" : " (\(process.name).log)"
                    let name = "\(process.name) on \(process.host)\(place)"
                    try await keeper.keep(name, patience: isLearner ? 5 : 1_000_000) { _ in command }
                    return isLearner
                }
            }
            defer { keeper.stopAll() }
            while let isLearner = try await group.next() {
                if isLearner { break }
            }
            keeper.stopAll()
        }
    }

    private func distribute(
        _ copy: LaunchPlan.Copy,
        _ plan: LaunchPlan,
        _ options: LaunchPlan.Options,
        _ keeper: ProcessKeeper
    ) async throws {
        let staging = FileManager.default.temporaryDirectory.appending(path: "ppocoder-launch-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: staging) }
        try FileManager.default.createDirectory(
            at: staging.appending(path: "keys"),
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        for role in copy.roles {
            try FileManager.default.copyItem(
                at: URL(filePath: keys).appending(path: role.rawValue),
                to: staging.appending(path: "keys").appending(path: role.rawValue)
            )
        }
        if copy.hasSettings {
            try plan.settings.yaml().write(to: staging.appending(path: "run.yaml"), atomically: true, encoding: .utf8)
        }
        let sending = (options.ssh + [copy.host, LaunchPlan.unpack(copy, options)]).map(LaunchPlan.quoted)
        let roles = copy.roles.map(\.rawValue).joined(separator: ", ")
        let command = ProcessKeeper.Command(
            executable: URL(filePath: "/bin/sh"),
            arguments: ["-c", "tar -C \(LaunchPlan.quoted(staging.path)) -cf - . | \(sending.joined(separator: " "))"]
        )
        do {
            try await keeper.once("copying keys of \(roles) to \(copy.host)", command)
        } catch SupervisorError.keepsFailing(_, ProcessKeeper.unreached) {
            throw SupervisorError.unreached(host: copy.host)
        }
    }

    /// Every copy and every command, as a shell would take them.
    static func description(of plan: LaunchPlan, _ options: LaunchPlan.Options, keys: String) -> String {
        var lines: [String] = []
        for copy in plan.copies {
            let files = copy.roles.map { "\(keys)/\($0.rawValue)" } + (copy.hasSettings ? ["run.yaml"] : [])
            lines.append("# \(copy.host) gets \(files.joined(separator: ", "))")
            let words = (options.ssh + [copy.host, LaunchPlan.unpack(copy, options)]).map(LaunchPlan.quoted)
            lines.append("tar -cf - … | " + words.joined(separator: " "))
        }
        lines += plan.weights.map { "# weights: \($0)" }
        for process in plan.processes {
            lines.append("# \(process.name) on \(process.host)")
            lines.append(LaunchPlan.start(process, options).map(LaunchPlan.quoted).joined(separator: " "))
        }
        lines.append("# run.yaml")
        lines.append((try? plan.settings.yaml()) ?? "")
        return lines.joined(separator: "\n")
    }
}
