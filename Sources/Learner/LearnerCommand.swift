package import ArgumentParser
internal import Dispatching
internal import Foundation
internal import Telemetry
internal import Transport

/// `ppocoder-learner`: the one process that learns.
package struct LearnerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ppocoder-learner",
        abstract: "The learner of a run: leases shards, does PPO, hands out weights. Started by `ppocoder train`."
    )

    @Option(help: ArgumentHelp("Run directory with config.yaml.", valueName: "folder"))
    var directory: String

    @Option(help: ArgumentHelp("Folder for ipc sockets, or tcp://127.0.0.1:PORT (five ports).", valueName: "base"))
    var endpoint: String

    @Flag(help: "Continue from the newest valid checkpoint.")
    var resume = false

    @Flag(help: "Go on when the process that started the learner ends.")
    var detached = false

    package init() {}

    package func run() async throws {
        let lifetime = ProcessLifetime(watchParent: !detached) { reason in
            // Everything durable is written atomically, so there is nothing to save.
            if reason == .parentGone { writeNotice("learner: the process that started it is gone") }
            _exit(130)
        }
        defer { withExtendedLifetime(lifetime) {} }
        let run = RunDirectory(url: URL(filePath: directory))
        if let complaint = descriptorComplaint(needed: 256) {
            writeNotice("learner: \(complaint)")
            _exit(2)
        }
        do {
            var loader = try ConfigurationLoader()
            try loader.merge(yamlFile: run.configuration.path)
            let service = try LearnerService(
                configuration: loader.finish(),
                directory: run,
                endpoints: LearnerEndpoints(base: endpoint),
                provider: ZeroMQTransport(),
                resume: resume
            )
            _ = try await service.run()
        } catch {
            writeNotice("learner: \(describe(error))")
            _exit(processExitCode(for: error))
        }
        // Sockets and threads end with the process; waiting for them gains nothing.
        _exit(0)
    }
}

/// The exit code an error deserves: 2 for what the user can put right, 1 for the rest.
package func processExitCode(for error: any Error) -> Int32 {
    switch error {
    case is ConfigurationError: 2
    case LearnerError.runDirectory, LearnerError.model, LearnerError.resume, LearnerError.ledger: 2
    case TransportError.addressInUse, TransportError.badEndpoint: 2
    default: isInputError(error) ? 2 : 1
    }
}

/// What to tell people about an error.
package func describe(_ error: any Error) -> String {
    // Our own errors describe themselves; those of Foundation have a text for people.
    type(of: error) is NSError.Type || error is CocoaError ? error.localizedDescription : "\(error)"
}

/// The entry point of the executable.
package func runLearnerCommand() async { await LearnerCommand.main() }
