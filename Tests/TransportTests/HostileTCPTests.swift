import Foundation
import Glibc
import Protocol
import Testing
import Transport

/// Peers that mean harm, against sockets that are open to a network.
struct HostileTCPTests {
    private func port(of channel: any ServerChannel) throws -> UInt16 {
        try #require(UInt16(channel.endpoint.split(separator: ":").last ?? ""))
    }

    /// A frame of somebody with the right key gets through.
    private func serves(_ channel: any ServerChannel, _ keys: Keys) async throws -> Bool {
        let provider = try keys.transport([.rollout])
        let client = try await provider.client(connecting: channel.endpoint, options: .control)
        try await client.send([42], timeout: .seconds(20))
        let frame = try await channel.receive(timeout: .seconds(20))?.frame
        await provider.close()
        return frame == [42]
    }

    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1])) * 4096
    }

    @Test(.timeLimit(.minutes(2)))
    func strangersThatSayAnythingAtAllAreNamedAndNothingOfThemArrives() async throws {
        let keys = try Keys()
        let log = Log()
        let server = try keys.server(log: log)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .control)
        let before = try residentBytes()
        var random = SystemRandomNumberGenerator()
        var open: [RawTCP] = []
        for round in 0..<200 {
            let noise: [UInt8] = (0..<400).map { _ in UInt8.random(in: 0...255, using: &random) }
            let peer = try RawTCP(port: port(of: channel))
            switch round % 8 {
            case 0: await peer.send(noise)
            case 1: await peer.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            case 2: await peer.send(ZMTP.greeting(mechanism: "NULL") + ZMTP.ready + [0, 3, 1, 2, 3])
            case 3: await peer.send(ZMTP.greeting(mechanism: "CURVE") + noise)
            case 4: await peer.send(ZMTP.greeting(mechanism: "CURVE") + [4, 200] + noise.prefix(200))
            // Lengths up to 2⁶⁴ − 1, of a command and of a frame.
            case 5:
                await peer.send(
                    ZMTP.greeting(mechanism: "CURVE") + ZMTP.head(.max >> UInt64(round % 30), command: true)
                )
            case 6: await peer.send(ZMTP.greeting(mechanism: "CURVE") + ZMTP.head(8 << 30, more: true) + noise)
            default: await peer.send(ZMTP.greeting(mechanism: "PLAIN") + [4, 12] + noise.prefix(12))
            }
            open.append(peer)
        }
        #expect(await log.hears("control: 127.0.0.1:"), "\(log.text)")
        #expect(try await channel.receive(timeout: .milliseconds(200)) == nil)
        #expect(try await serves(channel, keys))
        #expect(try residentBytes() - before < 128 << 20)
        await server.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func whoNeverFinishesTheHandshakeIsPutOutAndKeepsNobodyWaiting() async throws {
        let keys = try Keys()
        let log = Log()
        let server = try keys.server(log: log)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .control)
        let slow = try (0..<100).map { _ in try RawTCP(port: port(of: channel)) }
        let greeting = ZMTP.greeting(mechanism: "CURVE")
        for (i, peer) in slow.enumerated() { await peer.send(Array(greeting.prefix(1 + i % greeting.count))) }
        #expect(try await serves(channel, keys))
        for peer in slow { #expect(await peer.isClosed(within: .seconds(20))) }
        #expect(await log.hears("did not finish the handshake"), "\(log.text)")
        await server.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func aRecordedConnectionThatIsPlayedAgainSaysNothing() async throws {
        let keys = try Keys()
        let log = Log()
        let server = try keys.server(log: log)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .control)
        let relay = try Relay(to: port(of: channel))
        let provider = try keys.transport([.rollout])
        let client = try await provider.client(connecting: "tcp://127.0.0.1:\(relay.port)", options: .control)
        try await client.send([9, 9, 9], timeout: .seconds(20))
        #expect(try await channel.receive(timeout: .seconds(20))?.frame == [9, 9, 9])
        await provider.close()
        let recording = relay.recording
        #expect(recording.count > 300, "the relay heard nothing, so nothing is shown")
        let peer = try RawTCP(port: port(of: channel))
        await peer.send(recording)
        #expect(await peer.isClosed(within: .seconds(20)))
        #expect(try await channel.receive(timeout: .milliseconds(200)) == nil)
        // The peer may be gone before the system can say who it was: then it is "somebody".
        #expect(log.text.contains("does not speak this protocol with the right keys"), "\(log.text)")
        await server.close()
    }

    @Test(.timeLimit(.minutes(2)), arguments: [1 << 20, 200])
    func aMessageThatNeverEndsIsCutOffAndGivenBack(partBytes: Int) async throws {
        let log = Log()
        let server = try ZeroMQTransport(security: .plainLoopback) { log.write($0) }
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .executors)
        let peer = try RawTCP(port: port(of: channel))
        await peer.send(ZMTP.greeting(mechanism: "NULL") + ZMTP.ready)
        // The server's greeting of 64 bytes and its READY: what came before that would be no message yet.
        var heard = 0
        while heard <= 64 + 20 { heard += try #require(await peer.receive(within: .seconds(20))).count }
        let part = ZMTP.head(UInt64(partBytes), more: true) + [UInt8](repeating: 1, count: partBytes)
        let burst = (0..<max(1, (256 << 10) / part.count)).flatMap { _ in part }
        let most = 2 << 30
        var sent = 0
        while sent < most, await peer.send(burst) { sent += burst.count }
        #expect(sent < most, "nobody stopped it")
        #expect(await log.hears("of an unfinished message and is cut off"), "\(log.text), after \(sent) bytes")
        print("an unfinished message of \(sent >> 20) MiB was cut off")
        // Others are served as before.
        let other = try await server.client(connecting: channel.endpoint, options: .executors)
        try await other.send([1], timeout: .seconds(20))
        #expect(try await channel.receive(timeout: .seconds(20))?.frame == [1])
        await server.close()
    }

    @Test func whatIsDeliveredIsNotHeldAgainstAConnection() {
        var ledger = ConnectionLedger(maximumFrameBytes: 1000)
        let limit = UInt64(1000 + ConnectionLedger.margin)
        ledger.opened(5, address: "a")
        #expect(ledger.overdue(isDrained: true) { _ in limit }.isEmpty)
        ledger.delivered(5)
        #expect(ledger.overdue(isDrained: true) { _ in 10 * limit }.isEmpty)
        // Nothing more was delivered, and we were not the ones who did not read.
        #expect(ledger.overdue(isDrained: false) { _ in 12 * limit }.isEmpty)
        #expect(ledger.overdue(isDrained: true) { _ in 13 * limit }.isEmpty)
        let overdue = ledger.overdue(isDrained: true) { _ in 13 * limit + 1 }
        #expect(overdue.map(\.address) == ["a"])
        #expect(overdue.first?.bytes == limit + 1)
        #expect(ledger.closed(5) == "a")
        #expect(ledger.overdue(isDrained: true) { _ in 100 * limit }.isEmpty)
    }
}
