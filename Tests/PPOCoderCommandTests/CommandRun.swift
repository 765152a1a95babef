import Foundation
import Testing

/// One run of the built `ppocoder`.
struct CommandRun {
    var code: Int32
    var output: String
    var errors: String

    /// The rows of stdout.
    func rows() throws -> [[String: Any]] { try Self.rows(output) }

    static func rows(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    /// Runs `ppocoder` with `arguments`, at the root of the package.
    static func ppocoder(_ arguments: String..., input: String? = nil) throws -> CommandRun {
        try ppocoder(arguments, input: input)
    }

    /// The same behind `before`, a command that ends by executing its further arguments, as `env` does.
    static func ppocoder(
        _ arguments: [String],
        input: String? = nil,
        environment: [String: String] = [:],
        before: [String] = []
    ) throws -> CommandRun {
        let folder = try Scratch()
        let process = Process()
        let command = before + [try executable().path] + arguments
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = root
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput =
            try input.map { try FileHandle(forReadingFrom: folder.file("stdin", $0)) } ?? FileHandle.nullDevice
        // Files and not pipes: nobody has to read while the command runs.
        let output = try folder.file("stdout", "")
        let errors = try folder.file("stderr", "")
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return CommandRun(
            code: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8)
        )
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The command beside the test bundle, or in a folder above it.
    static func executable() throws -> URL {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        for path in CommandLine.arguments + [own] where path.hasPrefix("/") {
            var folder = URL(filePath: path)
            while folder.path != "/" {
                folder.deleteLastPathComponent()
                let candidate = folder.appending(path: "ppocoder")
                if FileManager.default.isExecutableFile(atPath: candidate.path),
                    FileManager.default.fileExists(atPath: folder.appending(path: "ppocoder-slot").path)
                {
                    return candidate
                }
            }
        }
        throw NotBuilt()
    }

    struct NotBuilt: Error, CustomStringConvertible {
        var description: String { "ppocoder is not built beside the tests: \(CommandLine.arguments)" }
    }
}

/// A folder that goes away with its owner.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "ppocoder-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file.
    func file(_ name: String, _ text: String) throws -> URL {
        let file = url.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file
    }

    func path(_ name: String) -> String { url.appending(path: name).path }
}

/// A model directory of a few thousand random weights, made once by `ppocoder sft`.
enum TinyModel {
    static let shape = [
        "model.d_model=32", "model.d_kv=8", "model.d_ff=64", "model.heads=4", "model.encoder_layers=1",
        "model.decoder_layers=1", "model.vocabulary_size=300", "data.evaluation_problems=4",
        "data.max_source_length=64",
        "rollout.max_target_length=24",
    ]

    private static let made: Result<Scratch, any Error> = Result {
        let folder = try Scratch()
        let small = ["sft.steps=1", "sft.batch_size=2", "sft.held_out_examples=2"]
        let run = try CommandRun.ppocoder(
            ["sft", "--output", folder.path("model")] + (shape + small).flatMap { ["--set", $0] }
        )
        try #require(run.code == 0, "\(run.errors)")
        // A static is never released.
        atexit { if let folder = try? TinyModel.folder() { try? FileManager.default.removeItem(at: folder.url) } }
        return folder
    }

    /// The folder of the model.
    static func path() throws -> String { try folder().path("model") }

    private static func folder() throws -> Scratch { try made.get() }
}
