import Determinism
import Dispatching
import Foundation
import Protocol
import Synchronization
import Transport

/// Bytes that look like nothing.
func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = RandomKey(seed: seed, path: 1).generator()
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

/// Weights after a step: of every word all but the upper `kept` bits changed.
func stepped(_ bytes: [UInt8], keeping kept: UInt32, seed: UInt64 = 9) -> [UInt8] {
    var random = RandomKey(seed: seed, path: 2).generator()
    var bytes = bytes
    for i in stride(from: 0, to: bytes.count - 3, by: 4) {
        let change = UInt32(truncatingIfNeeded: random.next()) & (UInt32.max >> kept)
        for j in 0..<4 { bytes[i + j] ^= UInt8(change >> (8 * UInt32(j)) & 255) }
    }
    return bytes
}

extension WeightClient.Base {
    /// `bytes`, which `manifest` names.
    init(_ manifest: WireWeightManifest, _ bytes: [UInt8]) {
        self.init(digest: manifest.digest, bytes: bytes.count) { offset, count in Array(bytes[offset..<offset + count])
        }
    }
}

/// A connection that hands on no more than some frames until it is opened.
final class GatedChannel: ClientChannel {
    private let line: any ClientChannel
    private let state: Mutex<(left: Int, isOpen: Bool)>

    init(_ line: any ClientChannel, frames: Int) {
        self.line = line
        state = Mutex((frames, false))
    }

    func open() { state.withLock { $0.isOpen = true } }

    /// Whether everything that may come has come.
    var isShut: Bool { state.withLock { $0.left <= 0 && !$0.isOpen } }

    func send(_ frame: [UInt8], timeout: Duration?) async throws(TransportError) {
        try await line.send(frame, timeout: timeout)
    }

    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]? {
        if isShut {
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { throw .cancelled }
            return nil
        }
        let frame = try await line.receive(timeout: timeout)
        if frame != nil { state.withLock { $0.left -= 1 } }
        return frame
    }

    func statistics() -> ChannelStatistics { line.statistics() }

    func close() async { await line.close() }
}

/// A server of weights that runs until it is stopped.
struct Serving {
    let channel: any ServerChannel
    let server: WeightServer
    private let task: Task<Void, any Error>

    init(_ provider: any ChannelProvider, at endpoint: String = "bulk", sendsDifferences: Bool = false) async throws {
        channel = try await provider.server(binding: endpoint, options: .bulk)
        let server = WeightServer(channel: channel, sendsDifferences: sendsDifferences)
        self.server = server
        task = Task { try await server.run() }
    }

    func client(_ provider: any ChannelProvider) async throws -> WeightClient {
        WeightClient(channel: try await provider.client(connecting: channel.endpoint, options: .bulk))
    }

    /// As when its process is killed.
    func stop() async {
        task.cancel()
        _ = await task.result
        await channel.close()
    }
}
