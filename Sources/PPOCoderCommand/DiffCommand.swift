import ArgumentParser
import Foundation
import Learner
import Telemetry

/// `ppocoder diff`: where two runs part.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Names the first iteration, completion, metric and tensor in which two runs differ.",
        discussion: """
            Compares what two run directories recorded: settings, rollouts.jsonl where both have it, the metrics that \
            learning determines (no times, no counts of workers), the SHA-256 of the weights after every iteration, and \
            the tensors of checkpoints of the same iteration. Exit code 0: they did the same, 1: they differ.
            """
    )

    @Argument(help: ArgumentHelp("Run directory.", valueName: "run"))
    var first: String

    @Argument(help: ArgumentHelp("Run directory.", valueName: "run"))
    var second: String

    @Flag(help: "Print the differences as one JSON object on stdout.")
    var json = false

    func run() async throws {
        let runs = [first, second].map { RunDirectory(url: URL(filePath: $0)) }
        let comparison = try RunComparison(runs[0], runs[1])
        if json {
            try printJSON(comparison)
        } else {
            for difference in comparison.differences {
                let place = difference.step.map { "iteration \($0)" } ?? "settings"
                print("\(place): \(difference.kind) \(difference.name): \(difference.first) / \(difference.second)")
            }
            if comparison.isSame { print("\(comparison.steps) iterations, no difference") }
        }
        if !comparison.isSame { throw ExitCode(1) }
    }
}
