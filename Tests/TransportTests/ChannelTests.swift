import Foundation
import Protocol
import Testing
import Transport

/// The two implementations, and both kinds of ZeroMQ endpoint.
enum Wire: CaseIterable, Sendable {
    case ipc, tcp, memory
}

/// A provider and a fresh endpoint, both gone afterwards.
func withWire(
    _ wire: Wire,
    _ body: (any ChannelProvider, _ endpoint: String) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("t-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let provider: any ChannelProvider =
        wire == .memory ? InMemoryTransport() : try ZeroMQTransport(security: .plainLoopback)
    let endpoint =
        switch wire {
        case .ipc: "ipc://\(directory.path)/s"
        case .tcp: "tcp://127.0.0.1:*"
        case .memory: "memory"
        }
    do {
        try await body(provider, endpoint)
        await provider.close()
    } catch {
        await provider.close()
        throw error
    }
}

/// Sends every frame back to where it came from, until cancelled.
func echo(_ server: any ServerChannel) -> Task<Void, Never> {
    Task {
        while let message = try? await server.receive(timeout: nil) {
            while true {
                do throws(TransportError) {
                    try await server.send(message.frame, to: message.peer)
                    break
                } catch {
                    guard case .peerBusy = error else { break }
                    try? await Task.sleep(for: .milliseconds(1))
                }
            }
        }
    }
}

struct ChannelTests {
    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases)
    func tenThousandMessagesComeBackInOrderWithManyOutstanding(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let echoing = echo(server)
            let client = try await provider.client(connecting: server.endpoint, options: .control)
            let count = 10_000
            let started = ContinuousClock.now
            async let sending: Void = {
                for i in 0..<count { try await client.send(Array("message \(i)".utf8)) }
            }()
            for i in 0..<count {
                let frame = try #require(try await client.receive(timeout: .seconds(20)))
                if frame != Array("message \(i)".utf8) {
                    Issue.record("message \(i) came back as \(String(decoding: frame, as: UTF8.self))")
                    break
                }
            }
            try await sending
            let seconds = (ContinuousClock.now - started) / .seconds(1)
            print("\(wire): \(Int(Double(count) / seconds)) round trips/s")
            #expect(server.statistics().framesReceived == count)
            #expect(client.statistics().framesSent == count)
            await server.close()
            await echoing.value
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases)
    func aFrameBeyondTheLimitIsRefusedBeforeItIsSent(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let options = ChannelOptions(maximumFrameBytes: 100)
            let server = try await provider.server(binding: endpoint, options: options)
            let client = try await provider.client(connecting: server.endpoint, options: options)
            await #expect(throws: TransportError.oversizedFrame(bytes: 101, limit: 100)) {
                try await client.send([UInt8](repeating: 1, count: 101))
            }
            try await client.send([UInt8](repeating: 1, count: 100))
            let received = try #require(try await server.receive(timeout: .seconds(5)))
            #expect(received.frame.count == 100)
            await #expect(throws: TransportError.oversizedFrame(bytes: 101, limit: 100)) {
                try await server.send([UInt8](repeating: 1, count: 101), to: received.peer)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases)
    func anUnknownPeerIsNamed(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let stranger = PeerID(bytes: [1, 2, 3])
            await #expect(throws: TransportError.peerUnreachable(stranger)) {
                try await server.send([1], to: stranger)
            }
            #expect(TransportError.peerUnreachable(stranger).description == "peer 010203 is not connected")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases)
    func aReceiveEndsAtItsTimeLimitWhenCancelledAndWhenClosed(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let started = ContinuousClock.now
            #expect(try await server.receive(timeout: .milliseconds(50)) == nil)
            #expect(ContinuousClock.now - started >= .milliseconds(45))

            let cancelled = Task { _ = try await server.receive(timeout: nil) }
            try await Task.sleep(for: .milliseconds(20))
            cancelled.cancel()
            #expect(await failure(of: cancelled) == .cancelled)

            let closed = Task { _ = try await server.receive(timeout: .seconds(60)) }
            try await Task.sleep(for: .milliseconds(20))
            await server.close()
            #expect(await failure(of: closed) == .closed)
            await #expect(throws: TransportError.closed) { try await server.receive(timeout: nil) }
            await #expect(throws: TransportError.closed) { try await server.send([1], to: PeerID(bytes: [1])) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases)
    func aSendWaitsForTheServerUntilItsTimeLimit(wire: Wire) async throws {
        try await withWire(wire == .tcp ? .ipc : wire) { provider, endpoint in
            let client = try await provider.client(connecting: endpoint, options: .control)
            await #expect(throws: TransportError.timeout) { try await client.send([1], timeout: .milliseconds(100)) }
            let waiting = Task { try await client.send([2]) }
            let cancelled = Task { try await client.send([3]) }
            try await Task.sleep(for: .milliseconds(20))
            cancelled.cancel()
            #expect(await failure(of: cancelled) == .cancelled)
            let server = try await provider.server(binding: endpoint, options: .control)
            #expect(try await server.receive(timeout: .seconds(10))?.frame == [2])
            try await waiting.value
            #expect(try await server.receive(timeout: .milliseconds(100)) == nil)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Wire.ipc, .memory])
    func aClientFindsARestartedServerAndIsANewPeerToIt(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let first = try await provider.server(binding: endpoint, options: .control)
            let client = try await provider.client(connecting: endpoint, options: .control)
            try await client.send([1])
            let before = try #require(try await first.receive(timeout: .seconds(5)))
            await first.close()

            let second = try await provider.server(binding: endpoint, options: .control)
            await #expect(throws: TransportError.peerUnreachable(before.peer)) {
                try await second.send([9], to: before.peer)
            }
            // What was sent while nobody listened may be lost, so a client repeats itself.
            var after: (peer: PeerID, frame: [UInt8])?
            for _ in 0..<50 where after == nil {
                try? await client.send([2], timeout: .milliseconds(100))
                after = try await second.receive(timeout: .milliseconds(100))
            }
            let found = try #require(after)
            #expect(found.frame == [2])
            try await second.send([3], to: found.peer)
            #expect(try await client.receive(timeout: .seconds(5)) == [3])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases)
    func aDepartedClientBecomesUnreachable(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let client = try await provider.client(connecting: server.endpoint, options: .control)
            try await client.send([1])
            let peer = try #require(try await server.receive(timeout: .seconds(5))).peer
            await client.close()
            var refused = false
            for _ in 0..<200 where !refused {
                do {
                    try await server.send([2], to: peer)
                    try await Task.sleep(for: .milliseconds(20))
                } catch let error as TransportError {
                    refused = error == .peerUnreachable(peer)
                }
            }
            #expect(refused)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases)
    func everyNewSubscriberHearsTheNewestAnnouncement(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let publisher = try await provider.publisher(binding: endpoint, options: .announcements)
            let early = try await provider.subscriber(connecting: publisher.endpoint, options: .announcements)
            try await publisher.publish([1])
            #expect(try await early.receive(timeout: .seconds(5)) == [1])
            try await publisher.publish([2])
            let late = try await provider.subscriber(connecting: publisher.endpoint, options: .announcements)
            #expect(try await late.receive(timeout: .seconds(5)) == [2])
            #expect(try await early.receive(timeout: .seconds(5)) == [2])
            // The late one's subscription made the publisher repeat itself; nobody hears a repetition.
            #expect(try await early.receive(timeout: .milliseconds(100)) == nil)
            try await publisher.publish([3])
            #expect(try await early.receive(timeout: .seconds(5)) == [3])
            #expect(try await late.receive(timeout: .seconds(5)) == [3])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Wire.ipc, .tcp, .memory])
    func anEndpointInUseIsNamed(wire: Wire) async throws {
        try await withWire(wire) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .control)
            let other: any ChannelProvider = wire == .memory ? provider : try ZeroMQTransport(security: .plainLoopback)
            await #expect(throws: TransportError.addressInUse(endpoint: server.endpoint)) {
                _ = try await other.server(binding: server.endpoint, options: .control)
            }
            let text = TransportError.addressInUse(endpoint: "tcp://127.0.0.1:4000").description
            #expect(text == "tcp://127.0.0.1:4000 is in use by another process")
            // The first one is none the worse for it.
            let client = try await provider.client(connecting: server.endpoint, options: .control)
            try await client.send([7])
            #expect(try await server.receive(timeout: .seconds(5))?.frame == [7])
            await other.close()
        }
    }

    @Test func inMemoryFaultsLoseAndRepeatAsManyFramesAsAsked() async throws {
        var faults = InMemoryFaults()
        faults.dropped = 0.25
        faults.duplicated = 0.5
        faults.delay = .milliseconds(2)
        let transport = InMemoryTransport(faults: faults)
        var options = ChannelOptions.control
        options.highWaterMark = 10_000
        let server = try await transport.server(binding: "m", options: options)
        let client = try await transport.client(connecting: "m", options: options)
        for i in 0..<2000 { try await client.send([UInt8(i & 255), UInt8(i >> 8)]) }
        var seen: [[UInt8]: Int] = [:]
        while let message = try await server.receive(timeout: .milliseconds(300)) {
            seen[message.frame, default: 0] += 1
        }
        // 2000 × 0.75 = 1500 arrive, of which half twice; four standard deviations are 78 and 78.
        #expect(abs(seen.count - 1500) < 78)
        #expect(abs(seen.values.filter { $0 == 2 }.count - 750) < 78)
    }
}

/// What ended `task`, if it was a transport error.
func failure(of task: Task<Void, any Error>) async -> TransportError? {
    do {
        try await task.value
        return nil
    } catch {
        return error as? TransportError
    }
}
