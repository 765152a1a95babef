import CZeroMQ
import Protocol
import Testing
import Transport

/// Large frames, which are copied by nobody but the kernel.
struct SharedFrameTests {
    /// Waits until nobody holds what `held` had.
    private func isFreed(_ held: () -> SharedFrame?) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(20)
        while held() != nil, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
        return held() == nil
    }

    @Test(.timeLimit(.minutes(1)), arguments: Wire.allCases, [3, 1 << 20])
    func aFrameForSeveralReceiversIsFreedOnceAllHaveIt(wire: Wire, count: Int) async throws {
        try await withWire(wire) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .bulk)
            var clients: [any ClientChannel] = []
            var peers: [PeerID] = []
            for i in 0..<3 {
                let client = try await provider.client(connecting: server.endpoint, options: .bulk)
                try await client.send([UInt8(i)])
                clients.append(client)
                peers.append(try #require(try await server.receive(timeout: .seconds(20))).peer)
            }
            let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var frame: SharedFrame? = SharedFrame([1, 2], data)
            weak let watched = frame
            for peer in peers {
                try await server.send(try #require(frame), to: peer)
                try await server.send(try #require(frame), to: peer)
            }
            frame = nil
            for client in clients {
                let inPlace = try #require(try await client.receiveFrame(timeout: .seconds(20)))
                #expect(inPlace.count == count + 2)
                #expect(inPlace.bytes == [1, 2] + data)
                #expect(try await client.receive(timeout: .seconds(20)) == [1, 2] + data)
            }
            #expect(try await isFreed { watched })
        }
    }

    private func refusal(
        of frame: SharedFrame,
        to peer: PeerID,
        on server: any ServerChannel
    ) async -> TransportError? {
        do throws(TransportError) {
            try await server.send(frame, to: peer)
            return nil
        } catch {
            return error
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aFrameThatCannotBeSentIsFreed() async throws {
        try await withWire(.tcp) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .bulk)
            var frame: SharedFrame? = SharedFrame([1], [])
            weak let watched = frame
            let nobody = PeerID(bytes: [0, 1, 2, 3, 4])
            let refusal = await refusal(of: try #require(frame), to: nobody, on: server)
            #expect(refusal == .peerUnreachable(nobody))
            let large = SharedFrame([], [UInt8](repeating: 0, count: 2 << 20))
            let limit = ProtocolLimits.bulkFrameBytes
            let other = await self.refusal(of: large, to: nobody, on: server)
            #expect(other == .oversizedFrame(bytes: 2 << 20, limit: limit))
            frame = nil
            #expect(try await isFreed { watched })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatWaitsForAReceiverThatIsGoneIsFreed() async throws {
        var frame: SharedFrame? = SharedFrame([], [UInt8](repeating: 7, count: 1 << 20))
        weak let watched = frame
        try await withWire(.tcp) { provider, endpoint in
            let server = try await provider.server(binding: endpoint, options: .bulk)
            let client = try await provider.client(connecting: server.endpoint, options: .bulk)
            try await client.send([1])
            let peer = try #require(try await server.receive(timeout: .seconds(20))).peer
            // More than the kernel takes, and nobody reads: until the receiver's own mailbox is full.
            for _ in 0..<60 { try? await server.send(try #require(frame), to: peer) }
            await client.close()
        }
        frame = nil
        #expect(try await isFreed { watched })
    }

    @Test(.timeLimit(.minutes(1)))
    func aReceivedFrameOutlivesItsConnection() async throws {
        let provider = try ZeroMQTransport(security: .plainLoopback)
        let server = try await provider.server(binding: "tcp://127.0.0.1:*", options: .bulk)
        let client = try await provider.client(connecting: server.endpoint, options: .bulk)
        try await client.send([1])
        let peer = try #require(try await server.receive(timeout: .seconds(20))).peer
        let data = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        // The short one lies within libzmq's own structure, or in the buffer that it shares with others.
        for bytes in [[5], Array(data.prefix(100)), data] { try await server.send(SharedFrame(bytes), to: peer) }
        var frames: [ReceivedFrame] = []
        for _ in 0..<3 { frames.append(try #require(try await client.receiveFrame(timeout: .seconds(20)))) }
        await provider.close()
        #expect(frames.map(\.bytes) == [[5], Array(data.prefix(100)), data])
    }

    @Test(.timeLimit(.minutes(1)))
    func aClientThatLeavesFramesInPlaceRefusesAMessageOfSeveral() async throws {
        let context = unsafe zmq_ctx_new()
        let router = unsafe zmq_socket(context, ZMQ_ROUTER)
        unsafe #expect(zmq_bind(router, "tcp://127.0.0.1:*") == 0)
        var text = [CChar](repeating: 0, count: 256)
        var size = text.count
        unsafe _ = zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, &text, &size)
        let endpoint = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let provider = try ZeroMQTransport(security: .plainLoopback)
        let client = try await provider.client(connecting: endpoint, options: .bulk)
        try await client.send([9])
        var name = [UInt8](repeating: 0, count: 256)
        let length = unsafe zmq_recv(router, &name, name.count, 0)
        var byte: UInt8 = 0
        unsafe _ = zmq_recv(router, &byte, 1, 0)
        for parts in [3, 1] as [UInt8] {
            unsafe _ = zmq_send(router, name, Int(length), ZMQ_SNDMORE)
            for i in 1...parts { unsafe _ = zmq_send(router, [i], 1, i == parts ? 0 : ZMQ_SNDMORE) }
        }
        #expect(try await client.receive(timeout: .seconds(20)) == [1])
        #expect(client.statistics().lastRefusal == "a message of 3 frames, expected one")
        await provider.close()
        unsafe _ = zmq_close(router)
        unsafe _ = zmq_ctx_term(context)
    }
}
