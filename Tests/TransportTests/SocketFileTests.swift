import Foundation
import Glibc
import Testing
import Transport

/// What is left of sockets whose processes were killed.
struct SocketFileTests {
    @Test func onlySocketsWhereNobodyListensAreRemoved() async throws {
        // Short, as the path of a Unix socket has to be.
        let folder = "/tmp/ppocoder-sweep-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }
        let transport = try ZeroMQTransport()
        let live = try await transport.server(binding: "ipc://\(folder)/weights-live-1", options: .relay)
        let dying = try ZeroMQTransport()
        for name in ["weights-dead-1", "other-dead-1", "weights-dead-2"] {
            let channel = try await dying.server(binding: "ipc://\(folder)/\(name)", options: .relay)
            // A name that stays when the socket is closed, as after SIGKILL.
            #expect(unsafe link("\(folder)/\(name)", "\(folder)/\(name).kept") == 0)
            await channel.close()
        }
        await dying.close()
        for name in ["weights-dead-1", "other-dead-1", "weights-dead-2"] {
            #expect(unsafe rename("\(folder)/\(name).kept", "\(folder)/\(name)") == 0)
        }
        try Data().write(to: URL(filePath: "\(folder)/weights-file-1"))
        let prefix = "\(folder)/weights-"[...]
        #expect(SocketFiles.sweep(prefix: prefix, suffix: "-1") == 0, "the one without a listener is too young")
        #expect(SocketFiles.sweep(prefix: prefix, suffix: "-1", olderThan: 0) == 1)
        #expect(!exists("weights-dead-1"))
        for name in ["weights-live-1", "other-dead-1", "weights-dead-2", "weights-file-1"] { #expect(exists(name)) }
        await live.close()
        await transport.close()
    }

    @Test func aProcessThatEndsRemovesWhatItHasOpened() async throws {
        let path = "/tmp/ppocoder-files-\(UUID().uuidString.prefix(8))"
        let transport = try ZeroMQTransport()
        let files = SocketFiles()
        let channel = try await transport.server(binding: "ipc://\(path)", options: .relay)
        files.opened(channel.endpoint)
        files.opened("tcp://127.0.0.1:1")
        #expect(FileManager.default.fileExists(atPath: path))
        files.removeAll()
        #expect(!FileManager.default.fileExists(atPath: path))
        await transport.close()
    }
}
