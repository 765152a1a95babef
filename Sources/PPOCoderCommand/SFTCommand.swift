import ArgumentParser
import Foundation
import Learner
import Telemetry
import Transport

/// `ppocoder sft`: supervised warm start.
struct SFTCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sft",
        abstract: "Trains on reference programs: from scratch, or from a Hugging Face model directory."
    )

    @OptionGroup var settings: ConfigurationOptions

    @Option(
        help: ArgumentHelp(
            "Model directory to start from; none: a new model of the sizes in `model`.",
            valueName: "folder"
        )
    )
    var model: String?

    @Option(help: ArgumentHelp("Folder for the resulting model directory.", valueName: "folder"))
    var output: String

    func run() async throws {
        let configuration = try settings.load(flags: model.map { ["model.path=\($0)"] } ?? [])
        let lifetime = ProcessLifetime(watchParent: false) { _ in
            writeNotice("sft: stopped; nothing was written")
            _exit(130)
        }
        defer { withExtendedLifetime(lifetime) {} }
        try await SupervisedRun(configuration: configuration, output: URL(filePath: output)).run()
    }
}
