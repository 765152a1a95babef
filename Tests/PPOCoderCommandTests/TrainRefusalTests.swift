import Foundation
import Testing

/// What `train` refuses before, or as soon as, its first process starts.
@Suite(.serialized) struct TrainRefusalTests {
    /// A run of a tiny model that would take a second or two.
    private func train(
        _ folder: Scratch,
        _ more: [String],
        environment: [String: String] = [:]
    ) throws -> CommandRun {
        try CommandRun.ppocoder(
            [
                "train", "--task", "builtin", "--load_model_path", TinyModel.path(), "--output_path",
                folder.path("runs"),
                "--set", "run.iterations=1", "--set", "data.evaluation_problems=1",
            ] + more,
            environment: environment
        )
    }

    @Test func aPortInUseIsNamedAndNothingIsLeftRunning() throws {
        let folder = try Scratch()
        let listener = try Listener()
        let run = try train(folder, ["--set", "cluster.endpoint=tcp://127.0.0.1:\(listener.port)"])
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
