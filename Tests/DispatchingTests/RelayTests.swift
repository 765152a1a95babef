import Determinism
import Dispatching
import Foundation
import Protocol
import Synchronization
import Testing
import Transport

/// One copy of the weights for the workers of a host, and trees of relays.
struct RelayTests {
    private func manifest(_ bytes: [UInt8], _ version: UInt64) -> WireWeightManifest {
        makeManifest(bytes: bytes, version: version, reference: false, chunkBytes: 4000)
    }

    private func receiver(
        _ transport: any ChannelProvider,
        at relay: String,
        direct: String,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> WeightClient {
        WeightClient(
            channel: try await transport.client(connecting: relay, options: .bulk),
            direct: try await transport.client(connecting: direct, options: .bulk),
            report: report
        )
    }

    private func relay(
        _ transport: any ChannelProvider,
        at endpoint: String,
        upstream: String,
        patience: Double = 30
    ) async throws -> (relay: WeightRelay, endpoint: String, task: Task<Void, any Error>) {
        let channel = try await transport.server(binding: endpoint, options: .relay)
        let relay = WeightRelay(
            listeners: [.init(channel)],
            sources: [.init("upstream", try await transport.client(connecting: upstream, options: .bulk))],
            patience: patience
        )
        return (relay, channel.endpoint, Task { try await relay.run() })
    }

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func theWorkersOfAHostFetchOnceAlsoThroughATree(zeroMQ: Bool) async throws {
        let transport: any ChannelProvider =
            zeroMQ ? try ZeroMQTransport(security: .plainLoopback) : InMemoryTransport()
        func place(_ name: String) -> String { zeroMQ ? "tcp://127.0.0.1:*" : name }
        let serving = try await Serving(transport, at: place("bulk"), sendsDifferences: true)
        let learner = serving.channel.endpoint
        let old = randomBytes(400_000, seed: 50)
        let new = stepped(old, keeping: 20)
        let (first, second) = (manifest(old, 1), manifest(new, 2))
        try await serving.server.publish(first, bytes: old)
        // learner → near → two receivers, and → far → two receivers.
        let near = try await relay(transport, at: place("near"), upstream: learner)
        let far = try await relay(transport, at: place("far"), upstream: near.endpoint)
        var receivers: [WeightClient] = []
        for endpoint in [near.endpoint, near.endpoint, far.endpoint, far.endpoint] {
            receivers.append(try await receiver(transport, at: endpoint, direct: learner))
        }
        func fetchAll(_ manifest: WireWeightManifest, base: WeightClient.Base?) async throws -> [[UInt8]] {
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for receiver in receivers {
                    group.addTask { try await receiver.fetch(manifest, base: base, chunkTimeout: .seconds(30)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        for bytes in try await fetchAll(first, base: nil) { #expect(bytes == old) }
        // What was sent is counted after it has arrived.
        while await serving.server.bytesSent < 400_000 { await Task.yield() }
        #expect(await serving.server.bytesSent == 400_000)
        let counts = (near: await near.relay.counts, far: await far.relay.counts)
        #expect(counts.near.fetched == 100 && counts.near.served == 300)
        #expect(counts.far.fetched == 100 && counts.far.served == 200)
        // Over the first link goes what changed, and once.
        try await serving.server.publish(second, bytes: new)
        for bytes in try await fetchAll(second, base: .init(first, old)) { #expect(bytes == new) }
        while await serving.server.differencesSent < 100 { await Task.yield() }
        #expect(await serving.server.differencesSent == 100)
        #expect(await serving.server.bytesSent < 600_000 + 20_000)
        near.task.cancel()
        far.task.cancel()
        await serving.stop()
        await transport.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func aRelayAsksAgainForWhatIsLostOrDamaged() async throws {
        var faults = InMemoryFaults()
        faults.dropped = 0.1
        faults.duplicated = 0.1
        let transport = InMemoryTransport(faults: faults)
        let bytes = randomBytes(200_000, seed: 51)
        let manifest = manifest(bytes, 1)
        let broken = try await Serving(transport)
        try await broken.server.publish(manifest) { offset, count in
            var chunk = Array(bytes[offset..<offset + count])
            if offset / 4000 % 2 == 1 { chunk[5] ^= 4 }
            return chunk
        }
        let near = try await relay(transport, at: "near", upstream: "bulk", patience: 0.3)
        let client = try await receiver(transport, at: "near", direct: "near")
        let fetching = Task { try await client.fetch(manifest, chunkTimeout: .milliseconds(200)) }
        // With a window of eight chunks it comes no further than the first eight damaged ones.
        while await broken.server.bytesSent < 4000 * 12 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await near.relay.counts.fetched <= 8)
        await broken.stop()
        let sound = try await Serving(transport)
        try await sound.server.publish(manifest, bytes: bytes)
        #expect(try await fetching.value == bytes)
        near.task.cancel()
        await sound.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func workersOfARelayThatDiesInTheMiddleGoOnAtTheLearner() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let serving = try await Serving(transport, at: "tcp://127.0.0.1:*")
        let bytes = randomBytes(400_000, seed: 60)
        let manifest = manifest(bytes, 1)
        try await serving.server.publish(manifest, bytes: bytes)
        let learner = serving.channel.endpoint
        let own = try ZeroMQTransport(security: .plainLoopback)
        let near = try await relay(own, at: "tcp://127.0.0.1:*", upstream: learner)
        // 30 of 100 chunks come, then nothing: the relay is gone before the gate is opened again.
        let gate = GatedChannel(try await transport.client(connecting: near.endpoint, options: .bulk), frames: 30)
        let notes = Mutex<[String]>([])
        let client = WeightClient(
            channel: gate,
            direct: try await transport.client(connecting: learner, options: .bulk)
        ) { note in notes.withLock { $0.append(note) } }
        let fetching = Task { try await client.fetch(manifest, chunkTimeout: .milliseconds(300)) }
        while !gate.isShut { try await Task.sleep(for: .milliseconds(2)) }
        near.task.cancel()
        await own.close()
        gate.open()
        #expect(try await fetching.value == bytes)
        #expect(await client.detours == 1)
        #expect(await client.wrongChunks == 0)
        #expect(notes.withLock { $0 } == ["the relay of weights is silent; version 1 comes from the learner"])
        // The next version does not wait for it again.
        let newer = self.manifest(stepped(bytes, keeping: 8), 2)
        try await serving.server.publish(newer, bytes: stepped(bytes, keeping: 8))
        #expect(try await client.fetch(newer, chunkTimeout: .seconds(30)) == stepped(bytes, keeping: 8))
        #expect(await client.detours == 1)
        await serving.stop()
        await transport.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func aRelayThatSendsSomethingElseIsRefusedCountedAndNamed() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport)
        let bytes = randomBytes(200_000, seed: 61)
        let manifest = manifest(bytes, 1)
        try await serving.server.publish(manifest, bytes: bytes)
        // It answers every request, and of chunk 3 one bit is another.
        let liar = try await Serving(transport, at: "liar")
        try await liar.server.publish(manifest) { offset, count in
            var chunk = Array(bytes[offset..<offset + count])
            if offset == 12_000 { chunk[7] ^= 1 }
            return chunk
        }
        let notes = Mutex<[String]>([])
        let client = try await receiver(transport, at: "liar", direct: "bulk") { note in
            notes.withLock { $0.append(note) }
        }
        #expect(try await client.fetch(manifest, chunkTimeout: .seconds(30)) == bytes)
        #expect(await client.wrongChunks == 1)
        #expect(await client.detours == 1)
        #expect(
            notes.withLock { $0 } == [
                "the relay of weights sent a chunk 3 that is not the learner's; it was refused; version 1 comes from the learner"
            ]
        )
        await liar.stop()
        await serving.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func whoJoinsLateGetsAllFromTheRelayAndLearnsFromTheLearnerWhatIsGone() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport)
        let (old, new) = (randomBytes(200_000, seed: 62), randomBytes(200_000, seed: 63))
        let (first, second) = (manifest(old, 1), manifest(new, 2))
        let near = try await relay(transport, at: "near", upstream: "bulk")
        let early = try await receiver(transport, at: "near", direct: "bulk")
        for (manifest, bytes) in [(first, old), (second, new)] {
            try await serving.server.publish(manifest, bytes: bytes)
            #expect(try await early.fetch(manifest, chunkTimeout: .seconds(30)) == bytes)
        }
        #expect(await near.relay.counts.fetched == 100)
        let late = try await receiver(transport, at: "near", direct: "bulk")
        #expect(try await late.fetch(second, chunkTimeout: .seconds(30)) == new)
        #expect(await near.relay.counts.fetched == 100)
        #expect(await late.detours == 0)
        let unknown = self.manifest(randomBytes(200_000, seed: 64), 3)
        await #expect(throws: DispatchError.gone(version: 3)) {
            try await late.fetch(unknown, chunkTimeout: .seconds(30))
        }
        // That the learner did not have it is not the relay's fault: it is asked first the next time.
        #expect(await late.detours == 1)
        #expect(try await late.fetch(first, chunkTimeout: .seconds(30)) == old)
        #expect(await near.relay.counts.served == 200)
        near.task.cancel()
        await serving.stop()
    }

    @Test func whoSaysTheWrongDigestHarmsNobodyElse() throws {
        var core = RelayCore(patience: 3)
        let chunk = randomBytes(4000, seed: 52)
        let name = Digest(of: "weights")
        let (honest, liar) = (PeerID(bytes: [1]), PeerID(bytes: [2]))
        func request(_ expected: Digest?) -> WireChunkRequest {
            var request = WireChunkRequest()
            request.digest = Data(name.bytes)
            request.credits = 1
            if let expected { request.chunkDigests = [Data(expected.bytes)] }
            return request
        }
        #expect(throws: ProtocolError.self) { try core.receive(request(nil), from: honest, now: 0) }
        try core.receive(request(Digest(of: "a lie")), from: liar, now: 0)
        try core.receive(request(Digest(of: chunk)), from: honest, now: 0)
        var questions = asked(&core)
        #expect(questions == 1)
        var answer = WireWeightChunk()
        answer.digest = Data(name.bytes)
        var damaged = chunk
        damaged[0] ^= 1
        core.receive(answer, damaged[...], now: 0)
        var receivers = answered(&core)
        #expect(receivers == [])
        core.receive(answer, chunk[...], now: 0)
        receivers = answered(&core)
        #expect(receivers == [honest])
        // From now on it is here, for whoever knows its digest.
        try core.receive(request(Digest(of: chunk)), from: PeerID(bytes: [3]), now: 1)
        receivers = answered(&core)
        #expect(receivers == [PeerID(bytes: [3])])
        core.tick(now: 4)
        questions = asked(&core)
        #expect(questions == 1)
        #expect(core.counts.fetched == 1 && core.counts.served == 2)
        answer.gone = true
        core.receive(answer, [], now: 4)
        let gone = core.takeEffects().compactMap { if case .gone(let peer, _) = $0 { peer } else { nil } }
        #expect(gone == [liar])
    }

    /// A tree whose middle is missing: what a relay's source owes is asked of the learner, and the source again after a pause.
    @Test func aSourceThatIsSilentOrWrongIsLeftAloneForHalfAMinute() throws {
        var core = RelayCore(sources: 2, patience: 3)
        let chunk = randomBytes(4000, seed: 53)
        let receiver = PeerID(bytes: [1])
        func ask(_ index: UInt32, of version: String, at now: Double) throws {
            var request = WireChunkRequest()
            request.digest = Data(Digest(of: version).bytes)
            request.first = index
            request.credits = 1
            request.chunkDigests = [Data(Digest(of: chunk).bytes)]
            try core.receive(request, from: receiver, now: now)
        }
        func answer(_ index: UInt32, of version: String, _ bytes: [UInt8], from source: Int, at now: Double) {
            var answer = WireWeightChunk()
            answer.digest = Data(Digest(of: version).bytes)
            answer.index = index
            core.receive(answer, bytes[...], from: source, now: now)
        }
        func sources() -> [Int] {
            core.takeEffects().compactMap { if case .ask(let source, _, _, _, _) = $0 { source } else { nil } }
        }
        try ask(0, of: "a", at: 0)
        try ask(1, of: "a", at: 2)
        #expect(sources() == [0, 0])
        // The first is overdue, and nothing was heard: both are asked of the learner, at once.
        core.tick(now: 3)
        #expect(sources() == [1, 1])
        #expect(core.counts.detours == 1)
        answer(0, of: "a", chunk, from: 1, at: 4)
        #expect(answered(&core) == [receiver])
        // That it comes after all is as good.
        answer(1, of: "a", chunk, from: 0, at: 5)
        #expect(answered(&core) == [receiver])
        try ask(2, of: "a", at: 32)
        #expect(sources() == [1])
        try ask(3, of: "a", at: 33)
        #expect(sources() == [0])
        var damaged = chunk
        damaged[9] ^= 1
        answer(3, of: "a", damaged, from: 0, at: 34)
        #expect(core.counts.refused == 1 && core.counts.detours == 2)
        #expect(sources() == [1])
        // The last one is asked whatever it does.
        answer(3, of: "a", damaged, from: 1, at: 35)
        core.tick(now: 38)
        #expect(sources() == [1, 1])
        // Alive and slow is not silent: it is asked again.
        try ask(0, of: "b", at: 70)
        try ask(1, of: "b", at: 71)
        answer(1, of: "b", chunk, from: 0, at: 72)
        _ = core.takeEffects()
        core.tick(now: 73.5)
        // With the two of before.
        #expect(sources() == [0, 0, 0])
        #expect(core.counts.detours == 2)
        // What it does not get the learner may have; what the learner has no more is gone.
        var gone = WireWeightChunk()
        gone.digest = Data(Digest(of: "b").bytes)
        gone.gone = true
        core.receive(gone, [], from: 0, now: 74)
        #expect(sources() == [1])
        core.receive(gone, [], from: 1, now: 74)
        let told = core.takeEffects().compactMap { if case .gone(let peer, _) = $0 { peer } else { nil } }
        #expect(told == [receiver])
    }

    @Test(.timeLimit(.minutes(1)))
    func betweenHostsADifferenceIsHandedOnAsItCame() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let serving = try await Serving(transport, at: "tcp://127.0.0.1:*", sendsDifferences: true)
        let learner = serving.channel.endpoint
        let old = randomBytes(400_000, seed: 54)
        let new = stepped(old, keeping: 28)
        let (first, second) = (manifest(old, 1), manifest(new, 2))
        try await serving.server.publish(first, bytes: old)
        let near = try await relay(transport, at: "tcp://127.0.0.1:*", upstream: learner)
        let far = try await relay(transport, at: "tcp://127.0.0.1:*", upstream: near.endpoint)
        let client = try await receiver(transport, at: far.endpoint, direct: learner)
        #expect(try await client.fetch(first, chunkTimeout: .seconds(30)) == old)
        try await serving.server.publish(second, bytes: new)
        #expect(try await client.fetch(second, base: .init(first, old), chunkTimeout: .seconds(30)) == new)
        // Four of 32 bits have changed.
        let middle = await far.relay.counts.bytesFetched
        while await serving.server.bytesSent < middle { await Task.yield() }
        #expect(await serving.server.bytesSent == middle)
        #expect(middle - 400_000 < 120_000)
        #expect(await client.wrongChunks == 0)
        #expect(await client.detours == 0)
        near.task.cancel()
        far.task.cancel()
        await serving.stop()
        await transport.close()
    }

    private func asked(_ core: inout RelayCore) -> Int {
        core.takeEffects().count { if case .ask = $0 { true } else { false } }
    }

    private func answered(_ core: inout RelayCore) -> [PeerID] {
        core.takeEffects().compactMap { if case .answer(let peer, _, _, _, _) = $0 { peer } else { nil } }
    }
}
