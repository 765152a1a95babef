import Determinism
import Foundation
import Protocol
package import Transport

/// Serves weights to the workers of a host, or to other relays: every chunk is fetched once, as soon as somebody asks for it.
///
/// ``RelayCore`` with channels and a clock.
package actor WeightRelay {
    /// Where receivers connect.
    package struct Listener: Sendable {
        var channel: any ServerChannel
        /// Less to send is worth more than less to compute.
        var isRemote: Bool

        /// - Parameter channel: of the plane of relays.
        package init(_ channel: any ServerChannel) {
            self.channel = channel
            isRemote = channel.endpoint.hasPrefix("tcp://")
        }
    }

    /// Where weights come from.
    package struct Source: Sendable {
        package let name: String
        var channel: any ClientChannel

        /// - Parameters:
        ///   - name: for people.
        ///   - channel: to the learner, or to another relay.
        package init(_ name: String, _ channel: any ClientChannel) {
            self.name = name
            self.channel = channel
        }
    }

    private let listeners: [Listener]
    private let sources: [Source]
    private let runID: [UInt8]
    private let incarnation: [UInt8]
    private let report: @Sendable (String) -> Void
    private let started = ContinuousClock.now
    private var core: RelayCore
    private var frames = ChunkFrameCache()

    /// - Parameters:
    ///   - listeners: where receivers connect.
    ///   - sources: the first that is well is asked; the learner is the last.
    ///   - runID: of the run.
    ///   - patience: seconds after which a chunk that has not come is asked for again.
    ///   - incarnation: of this process.
    ///   - report: for people: is told of sources that are silent, and of chunks that are wrong, seldom.
    package init(
        listeners: [Listener],
        sources: [Source],
        runID: [UInt8] = [],
        patience: Double = 3,
        incarnation: [UInt8] = EnvelopeCodec.newIdentifier(),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.listeners = listeners
        self.sources = sources
        self.runID = runID
        self.incarnation = incarnation
        self.report = report
        core = RelayCore(sources: sources.count, patience: patience)
    }

    /// What it has done so far.
    package var counts: RelayCounts { core.counts }

    private var now: Double { (ContinuousClock.now - started) / .seconds(1) }

    /// Serves until the task is cancelled or a channel fails.
    package func run() async throws(DispatchError) {
        let loops =
            listeners.indices.map { i in { @Sendable in await self.serve(i) } }
            + sources.indices.map { i in { @Sendable in await self.listen(i) } }
        let failure = await runSideBySide(tickEvery: .milliseconds(250), { await self.tick() }, loops)
        if let failure { throw .transport(failure) }
    }

    private func serve(_ listener: Int) async -> TransportError {
        do throws(TransportError) {
            while true {
                guard let (route, frame) = try await listeners[listener].channel.receive(timeout: nil) else { continue }
                // Two sockets may know two peers by the same name.
                let peer = PeerID(bytes: [UInt8(listener)] + route.bytes)
                do throws(ProtocolError) {
                    let envelope = try EnvelopeCodec.decode(frame, limit: ProtocolLimits.bulkFrameBytes)
                    guard case .chunkRequest(let request) = envelope.body else {
                        throw .unexpectedMessage(found: envelope.body?.name ?? "none", expected: "chunk_request")
                    }
                    try core.receive(request, from: peer, now: now)
                } catch {
                    var refusal = WireRefusal()
                    refusal.reason = error.description.cut(toUTF8Bytes: ProtocolLimits.nameBytes)
                    await send(.refusal(refusal), to: peer)
                }
                await perform()
            }
        } catch {
            return error
        }
    }

    private func listen(_ source: Int) async -> TransportError {
        do throws(TransportError) {
            while true {
                guard let frame = try await sources[source].channel.receive(timeout: nil),
                    let (envelope, data) = try? EnvelopeCodec.decodeChunk(frame.span),
                    case .weightChunk(let chunk) = envelope.body
                else { continue }
                core.receive(chunk, frame[data], from: source, now: now)
                await perform()
            }
        } catch {
            return error
        }
    }

    private func tick() async {
        core.tick(now: now)
        await perform()
    }

    private func perform() async {
        while true {
            let effects = core.takeEffects()
            if effects.isEmpty { return }
            var questions: [WireChunkRequest] = []
            var asked: [Int] = []
            for effect in effects {
                switch effect {
                case .answer(let peer, let digest, let index, let chunk, let base):
                    if let frame = frame(digest, index, chunk, base, for: peer) { await send(frame, to: peer) }
                case .gone(let peer, let digest):
                    var chunk = WireWeightChunk()
                    chunk.digest = Data(digest.bytes)
                    chunk.gone = true
                    await send(.weightChunk(chunk), to: peer)
                case .ask(let source, let digest, let index, let expected, let base):
                    guard let question = question(digest, index, expected, base) else { continue }
                    questions.append(question)
                    asked.append(source)
                case .passedOver(let source, let fault):
                    say(passedOver: source, fault)
                case .refused(let source, let index):
                    say(refused: index, of: source)
                }
            }
            // Whoever waits for an answer does not wait for a source that cannot be reached.
            await ask(questions, of: asked)
        }
    }

    private func say(passedOver source: Int, _ fault: RelayCore.Fault) {
        let what = fault == .silent ? "is silent" : "sends something else than is asked for"
        report("\(sources[source].name) \(what); for half a minute weights come from \(sources[source + 1].name)")
    }

    private func say(refused index: Int, of source: Int) {
        // The first, the second, the fourth: whoever does it for ever does not fill the log.
        let refused = core.counts.refused
        guard refused & (refused - 1) == 0 else { return }
        report(
            "chunk \(index) from \(sources[source].name) is not what was expected and was refused, \(refused) so far"
        )
    }

    private func question(_ digest: Digest, _ index: Int, _ expected: [Digest], _ base: Digest?) -> WireChunkRequest? {
        // A relay upstream believes one digest; if they differ, somebody is wrong, and asks again.
        guard let wanted = expected.first else { return nil }
        var request = WireChunkRequest()
        request.digest = Data(digest.bytes)
        request.first = UInt32(index)
        request.credits = 1
        request.chunkDigests = [Data(wanted.bytes)]
        if let base { request.baseDigest = Data(base.bytes) }
        return request
    }

    private func ask(_ questions: [WireChunkRequest], of sources: [Int]) async {
        var unreachable: Set<Int> = []
        for (request, source) in zip(questions, sources) where !unreachable.contains(source) {
            guard let frame = try? EnvelopeCodec.encode(.chunkRequest(request), runID: runID, incarnation: incarnation)
            else { continue }
            do throws(TransportError) {
                try await self.sources[source].channel.send(frame, timeout: .milliseconds(500))
            } catch {
                // What was not sent counts as asked for: of the next source at once, or again when it comes due.
                unreachable.insert(source)
                core.unreachable(source, now: now)
            }
        }
    }

    /// The message with a chunk: as the difference as which it came, if that is of use to the receiver.
    private func frame(
        _ digest: Digest,
        _ index: Int,
        _ held: RelayCore.Chunk,
        _ base: Digest?,
        for peer: PeerID
    ) -> SharedFrame? {
        var chunk = WireWeightChunk()
        chunk.digest = Data(digest.bytes)
        chunk.index = UInt32(index)
        if let difference = held.difference, difference.base == base, listener(of: peer)?.isRemote == true {
            chunk.form = .difference
            chunk.baseDigest = Data(difference.base.bytes)
            return frame(of: chunk, difference.data)
        }
        let key = ChunkFrameCache.Key(digest: held.digest, index: index, base: digest)
        if let found = frames[key] { return found.frame }
        let packed = ChunkForm.encode(held.bytes, base: nil)
        chunk.form = packed.form
        guard let frame = frame(of: chunk, packed.bytes) else { return nil }
        frames[key] = ChunkFrameCache.Entry(frame: frame, bytes: packed.bytes.count, isDifference: false)
        return frame
    }

    private func frame(of chunk: WireWeightChunk, _ data: [UInt8]) -> SharedFrame? {
        let count = data.count
        return (try? EnvelopeCodec.encodeHead(of: chunk, dataBytes: count, runID: runID, incarnation: incarnation))
            .map { SharedFrame($0, data) }
    }

    private func listener(of peer: PeerID) -> Listener? {
        peer.bytes.first.map { listeners[Int($0)] }
    }

    private func send(_ body: WireEnvelope.OneOf_Body, to peer: PeerID) async {
        let limit = ProtocolLimits.bulkFrameBytes
        guard let frame = try? EnvelopeCodec.encode(body, runID: runID, incarnation: incarnation, limit: limit) else {
            return
        }
        await send(frame, to: peer)
    }

    private func send(_ frame: [UInt8], to peer: PeerID) async { await send(SharedFrame(frame), to: peer) }

    private func send(_ frame: SharedFrame, to peer: PeerID) async {
        try? await listener(of: peer)?.channel.send(frame, to: PeerID(bytes: Array(peer.bytes.dropFirst())))
    }
}
