import Foundation
import Testing

/// What `train` refuses before, or as soon as, its first process starts.
@Suite(.serialized) struct TrainRefusalTests {
    /// A run of a tiny model that would take a second or two.
    private func train(
        _ folder: Scratch,
        _ more: [String],
        task: String = "builtin",
        environment: [String: String] = [:],
        before: [String] = []
    ) throws -> CommandRun {
        try CommandRun.ppocoder(
            [
                "train", "--task", task, "--load_model_path", TinyModel.path(), "--output_path",
                folder.path("runs"),
                "--set", "run.iterations=1", "--set", "data.evaluation_problems=1",
            ] + more,
            environment: environment,
            before: before
        )
    }

    @Test func aPortInUseIsNamedAndNothingIsLeftRunning() throws {
        let folder = try Scratch()
        let listener = try Listener()
        let run = try train(
            folder,
            [
                "--set", "cluster.endpoint=tcp://127.0.0.1:\(listener.port)", "--set", "cluster.insecure=true",
            ]
        )
        #expect(run.code == 2, "\(run.errors)")
        #expect(run.errors.contains("tcp://127.0.0.1:\(listener.port) is in use by another process"), "\(run.errors)")
        for line in run.errors.split(separator: "\n") where line.hasPrefix("started ") {
            let id = try #require(line.split(separator: " ").last.flatMap { Int32($0.dropLast()) }, "\(line)")
            #expect(kill(id, 0) == -1, "\(line), and it still runs")
        }
    }

    @Test func missingGrammarsAreNamedBeforeAnythingStarts() throws {
        let folder = try Scratch()
        let run = try train(folder, [], environment: ["PPOCODER_GRAMMARS": "/nowhere/languages.so"])
        #expect(run.code == 1)
        #expect(run.errors.contains("/nowhere/languages.so") && run.errors.contains("./setup"), "\(run.errors)")
        #expect(!run.errors.contains("started "))
        #expect(!FileManager.default.fileExists(atPath: folder.path("runs")))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hide a tool"))
    func aLanguageThatOnlyALaterTrainingProblemNeedsIsMissedBeforeAnythingStarts() throws {
        let folder = try Scratch()
        let python = #"{"id":"p","prompt":"add","language":"python","reference":"x = 1","tests":[]}"#
        let ruby = #"{"id":"r","prompt":"add","language":"ruby","reference":"x = 1","tests":[]}"#
        _ = try folder.file("train.jsonl", python + "\n" + ruby + "\n")
        _ = try folder.file("test.jsonl", python + "\n")
        let run = try train(
            folder,
            ["--data_path", folder.url.path, "--set", "data.order=sequential"],
            task: "jsonl",
            environment: ["TMPDIR": folder.url.path],
            before: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", JudgeCommandTests.withoutRuby, "sh"]
        )
        #expect(run.code == 1)
        #expect(run.errors.contains("programs in ruby cannot be judged here"), "\(run.errors)")
        #expect(!run.errors.contains("started "))
    }
}

/// A socket that listens on a port of the loopback interface.
private final class Listener {
    let port: Int
    private let socket: Int32

    init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(socket, generic, size) == 0 && listen(socket, 1) == 0
                    && getsockname(socket, generic, &size) == 0
            }
        }
        self.socket = socket
        port = Int(UInt16(bigEndian: address.sin_port))
        guard bound else { throw NotBound() }
    }

    deinit { close(socket) }

    struct NotBound: Error {}
}
