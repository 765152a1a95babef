package import Foundation
package import Protocol
package import Transport

/// Fetches weights chunk by chunk, each checked as it comes.
package actor WeightClient {
    /// Weights that the receiver holds already.
    package struct Base: Sendable {
        /// SHA-256 of them.
        package var digest: Data
        /// How many there are.
        package var bytes: Int
        /// A part of them.
        package var provider: WeightServer.ChunkProvider

        package init(digest: Data, bytes: Int, provider: @escaping WeightServer.ChunkProvider) {
            self.digest = digest
            self.bytes = bytes
            self.provider = provider
        }
    }

    private let channel: any ClientChannel
    /// Where to turn when nothing comes over `channel`, which leads to a relay.
    private let direct: (any ClientChannel)?
    private let runID: [UInt8]
    private let incarnation: [UInt8]
    private let report: @Sendable (String) -> Void
    /// What has come of a version whose fetch was broken off.
    private var partial: Download?
    /// Until when the relay is left alone, because it was silent or wrong.
    private var avoidsRelayUntil: ContinuousClock.Instant?
    /// Chunks that were not what the manifest says.
    package private(set) var wrongChunks = 0
    /// Fetches, or parts of them, for which the relay was passed over.
    package private(set) var detours = 0

    /// How long a relay is left alone that was silent, and one that sent something else than the learner's weights.
    private static let pauseAfterSilence: Duration = .seconds(30)
    private static let pauseAfterWrong: Duration = .seconds(600)

    /// A client over `channel`, of the bulk plane, which it uses for one fetch at a time.
    ///
    /// - Parameters:
    ///   - channel: to a server of weights, or to a relay.
    ///   - direct: of a client of a relay: to the server itself, for when the relay is silent.
    ///   - runID: of the run.
    ///   - incarnation: of this process.
    ///   - report: for people: is told of a relay that is passed over, and of chunks that are wrong.
    package init(
        channel: any ClientChannel,
        direct: (any ClientChannel)? = nil,
        runID: [UInt8] = [],
        incarnation: [UInt8] = EnvelopeCodec.newIdentifier(),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.channel = channel
        self.direct = direct
        self.runID = runID
        self.incarnation = incarnation
        self.report = report
    }

    /// All bytes of `manifest`, every chunk checked: by its checksum if it comes from the learner, by its digest if from a relay.
    ///
    /// Chunks that do not come are asked for again, also of a server that was restarted meanwhile. A fetch that was broken off
    /// goes on where it was, unless another version was fetched in between.
    ///
    /// - Parameters:
    ///   - manifest: What to fetch.
    ///   - base: Weights to which the server may send the difference.
    ///   - credits: Chunks on their way at once.
    ///   - chunkTimeout: How long a chunk may take before it is asked for again.
    ///   - deadline: How long the whole may take.
    /// - Returns: All parameters as little-endian float32.
    /// - Throws: `.gone`, `.timeout`, `.message` for a bad manifest.
    package func fetch(
        _ manifest: WireWeightManifest,
        base: Base? = nil,
        credits: Int = 8,
        chunkTimeout: Duration = .seconds(5),
        deadline: Duration = .seconds(600)
    ) async throws(DispatchError) -> [UInt8] {
        do throws(ProtocolError) {
            _ = try EnvelopeCodec.encode(.weightManifest(manifest), runID: runID, incarnation: incarnation)
        } catch {
            throw .message(error)
        }
        let base = base.flatMap { $0.bytes == Int(manifest.bytes) && $0.digest != manifest.digest ? $0 : nil }
        var download = resumed(manifest) ?? Download(manifest: manifest)
        // The one copy: two would be copied at the first change.
        partial = nil
        do throws(DispatchError) {
            try await complete(&download, base, max(1, credits), chunkTimeout, deadline)
        } catch {
            if case .gone = error { throw error }
            partial = download
            throw error
        }
        return download.bytes
    }

    private func resumed(_ manifest: WireWeightManifest) -> Download? {
        guard var download = partial, download.manifest == manifest else { return nil }
        partial = nil
        download.forgetPending()
        return download
    }

    private func complete(
        _ download: inout Download,
        _ base: Base?,
        _ credits: Int,
        _ chunkTimeout: Duration,
        _ deadline: Duration
    ) async throws(DispatchError) {
        let manifest = download.manifest
        let started = ContinuousClock.now
        var heard = started
        var isRelayed = relayIsWorthATry
        while !download.isComplete {
            let now = ContinuousClock.now
            guard now - started < deadline else {
                throw .timeout(seconds: deadline / .seconds(1), waitingFor: "weights of version \(manifest.version)")
            }
            func turnToTheLearner(for pause: Duration, _ reason: String) {
                passOver(for: pause, "\(reason); version \(manifest.version) comes from the learner")
                isRelayed = false
                heard = now
                download.forgetPending()
            }
            if isRelayed, now - heard > chunkTimeout {
                turnToTheLearner(for: Self.pauseAfterSilence, "the relay of weights is silent")
            }
            let channel = isRelayed ? channel : direct ?? channel
            for range in download.due(now: now, credits: credits, timeout: chunkTimeout) {
                try await request(range, of: manifest, base?.digest, over: channel, chunkTimeout)
            }
            guard let frame = try await receive(over: channel, within: min(chunkTimeout, .milliseconds(200))) else {
                continue
            }
            guard let (chunk, data) = Self.chunk(in: frame), chunk.digest == manifest.digest else { continue }
            if chunk.gone {
                // The learner alone knows what is served no more.
                guard isRelayed else { throw .gone(version: manifest.version) }
                turnToTheLearner(for: .zero, "the relay of weights does not get them")
                continue
            }
            let acceptance = unsafe frame.withBytes { frame in
                unsafe download.accept(
                    chunk,
                    UnsafeRawBufferPointer(rebasing: frame[data]),
                    base: base,
                    isRelayed: isRelayed
                )
            }
            switch acceptance {
            case .taken: heard = now
            case .unasked: break
            case .wrong:
                wrongChunks += 1
                guard isRelayed else {
                    report("chunk \(chunk.index) of version \(manifest.version) was damaged; it is asked for again")
                    continue
                }
                let reason =
                    "the relay of weights sent a chunk \(chunk.index) that is not the learner's; it was refused"
                turnToTheLearner(for: Self.pauseAfterWrong, reason)
            }
        }
    }

    /// A chunk without its data, and where they are.
    private static func chunk(in frame: ReceivedFrame) -> (chunk: WireWeightChunk, data: Range<Int>)? {
        unsafe frame.withBytes { bytes in
            let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
            guard let (envelope, data) = try? EnvelopeCodec.decodeChunk(span),
                case .weightChunk(let chunk) = envelope.body
            else { return nil }
            return (chunk, data)
        }
    }

    private var relayIsWorthATry: Bool {
        guard direct != nil else { return false }
        return avoidsRelayUntil.map { ContinuousClock.now >= $0 } ?? true
    }

    private func passOver(for pause: Duration, _ reason: String) {
        detours += 1
        avoidsRelayUntil = .now + pause
        report(reason)
    }

    private func receive(
        over channel: any ClientChannel,
        within limit: Duration
    ) async throws(DispatchError) -> ReceivedFrame? {
        do throws(TransportError) {
            // Most often there is one already, and no need for an alarm.
            if let frame = try await channel.receiveFrame(timeout: .zero) { return frame }
            return try await channel.receiveFrame(timeout: limit)
        } catch {
            throw error == .cancelled ? .cancelled : .transport(error)
        }
    }

    private func request(
        _ chunks: Range<Int>,
        of manifest: WireWeightManifest,
        _ base: Data?,
        over channel: any ClientChannel,
        _ timeout: Duration
    ) async throws(DispatchError) {
        var request = WireChunkRequest()
        request.digest = manifest.digest
        request.first = UInt32(chunks.lowerBound)
        request.credits = UInt32(chunks.count)
        if let base { request.baseDigest = base }
        if direct != nil { request.chunkDigests = Array(manifest.chunkDigests[chunks]) }
        let frame: [UInt8]
        do throws(ProtocolError) {
            frame = try EnvelopeCodec.encode(.chunkRequest(request), runID: runID, incarnation: incarnation)
        } catch {
            throw .message(error)
        }
        do throws(TransportError) {
            try await channel.send(frame, timeout: timeout)
        } catch {
            // While nobody serves, the chunk counts as asked for and comes due again.
            if error == .timeout { return }
            throw error == .cancelled ? .cancelled : .transport(error)
        }
    }
}
