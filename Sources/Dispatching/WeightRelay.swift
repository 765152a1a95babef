import Determinism
import Foundation
import Protocol
package import Transport

/// Serves weights to the workers of a host, or to other relays: every chunk is fetched once, as soon as somebody asks for it.
///
/// ``RelayCore`` with two channels and a clock.
package actor WeightRelay {
    private let channel: any ServerChannel
    private let upstream: any ClientChannel
    private let runID: [UInt8]
    private let incarnation: [UInt8]
    private let report: @Sendable (String) -> Void
    private let started = ContinuousClock.now
    private var core: RelayCore
    private var frames = ChunkFrameCache()

    /// - Parameters:
    ///   - channel: of the bulk plane, to which receivers connect.
    ///   - upstream: to the learner, or to another relay.
    ///   - runID: of the run.
    ///   - patience: seconds after which a chunk that has not come is asked for again.
    ///   - incarnation: of this process.
    ///   - report: for people: is told of chunks that are wrong, seldom.
    package init(
        channel: any ServerChannel,
        upstream: any ClientChannel,
        runID: [UInt8] = [],
        patience: Double = 3,
        incarnation: [UInt8] = EnvelopeCodec.newIdentifier(),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.channel = channel
        self.upstream = upstream
        self.runID = runID
        self.incarnation = incarnation
        self.report = report
        core = RelayCore(patience: patience)
    }

    /// Chunks fetched, handed on, and refused because they are not what receivers expect.
    package var counts: (fetched: Int, served: Int, refused: Int) { (core.fetched, core.served, core.refused) }

    private var now: Double { (ContinuousClock.now - started) / .seconds(1) }

    /// Serves until the task is cancelled or a channel fails.
    package func run() async throws(DispatchError) {
        let failure = await withTaskGroup(of: TransportError?.self) { group in
            group.addTask { await self.serve() }
            group.addTask { await self.listen() }
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(250))) != nil { await self.tick() }
                return .cancelled
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if let failure, failure != .cancelled { throw .transport(failure) }
    }

    private func serve() async -> TransportError? {
        do throws(TransportError) {
            while true {
                guard let (peer, frame) = try await channel.receive(timeout: nil) else { continue }
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

    private func listen() async -> TransportError? {
        do throws(TransportError) {
            while true {
                guard let frame = try await upstream.receive(timeout: nil),
                    let (envelope, data) = try? EnvelopeCodec.decodeChunk(frame),
                    case .weightChunk(let chunk) = envelope.body
                else { continue }
                let refused = core.refused
                core.receive(chunk, frame[data])
                // The first, the second, the fourth: whoever does it for ever does not fill the log.
                if core.refused > refused, core.refused & (core.refused - 1) == 0 {
                    report("chunk \(chunk.index) is not what was expected and was refused, \(core.refused) so far")
                }
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
            for effect in effects {
                switch effect {
                case .answer(let peer, let digest, let index, let chunk):
                    if let frame = self.frame(digest, index, chunk) { try? await channel.send(frame, to: peer) }
                case .gone(let peer, let digest):
                    var chunk = WireWeightChunk()
                    chunk.digest = Data(digest.bytes)
                    chunk.gone = true
                    await send(.weightChunk(chunk), to: peer)
                case .ask(let digest, let index, let expected, let base):
                    await ask(digest, index, expected, base)
                }
            }
        }
    }

    private func ask(_ digest: Digest, _ index: Int, _ expected: [Digest], _ base: Digest?) async {
        // A relay upstream believes one digest; if they differ, somebody is wrong, and asks again.
        guard let wanted = expected.first else { return }
        var request = WireChunkRequest()
        request.digest = Data(digest.bytes)
        request.first = UInt32(index)
        request.credits = 1
        request.chunkDigests = [Data(wanted.bytes)]
        if let base { request.baseDigest = Data(base.bytes) }
        guard let frame = try? EnvelopeCodec.encode(.chunkRequest(request), runID: runID, incarnation: incarnation)
        else {
            return
        }
        // While nobody serves, it counts as asked for and comes due again.
        try? await upstream.send(frame, timeout: .milliseconds(500))
    }

    private func frame(_ digest: Digest, _ index: Int, _ held: RelayCore.Chunk) -> [UInt8]? {
        let key = ChunkFrameCache.Key(digest: held.digest, index: index, base: digest)
        if let found = frames[key] { return found.frame }
        let packed = ChunkForm.encode(held.bytes, base: nil)
        var chunk = WireWeightChunk()
        chunk.digest = Data(digest.bytes)
        chunk.index = UInt32(index)
        chunk.form = packed.form
        guard let frame = try? EnvelopeCodec.encode(chunk, data: packed.bytes, runID: runID, incarnation: incarnation)
        else { return nil }
        frames[key] = ChunkFrameCache.Entry(frame: frame, bytes: packed.bytes.count, isDifference: false)
        return frame
    }

    private func send(_ body: WireEnvelope.OneOf_Body, to peer: PeerID) async {
        let limit = ProtocolLimits.bulkFrameBytes
        guard let frame = try? EnvelopeCodec.encode(body, runID: runID, incarnation: incarnation, limit: limit) else {
            return
        }
        try? await channel.send(frame, to: peer)
    }
}
