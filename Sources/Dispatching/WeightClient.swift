import Determinism
import Foundation
package import Protocol
package import Transport

/// Fetches weights chunk by chunk, each checked as it comes.
package actor WeightClient {
    private let channel: any ClientChannel
    private let runID: [UInt8]
    private let incarnation: [UInt8]

    /// A client over `channel`, of the bulk plane, which it uses for one fetch at a time.
    package init(
        channel: any ClientChannel,
        runID: [UInt8] = [],
        incarnation: [UInt8] = EnvelopeCodec.newIdentifier()
    ) {
        self.channel = channel
        self.runID = runID
        self.incarnation = incarnation
    }

    /// All bytes of `manifest`, digests checked.
    ///
    /// Chunks that do not come are asked for again, also of a server that was restarted meanwhile.
    ///
    /// - Parameters:
    ///   - manifest: What to fetch.
    ///   - credits: Chunks on their way at once.
    ///   - chunkTimeout: How long a chunk may take before it is asked for again.
    ///   - deadline: How long the whole may take.
    /// - Returns: All parameters as little-endian float32.
    /// - Throws: `.gone`, `.timeout`, `.wrongDigest`, `.message` for a bad manifest.
    package func fetch(
        _ manifest: WireWeightManifest,
        credits: Int = 8,
        chunkTimeout: Duration = .seconds(5),
        deadline: Duration = .seconds(600)
    ) async throws(DispatchError) -> [UInt8] {
        do throws(ProtocolError) {
            _ = try EnvelopeCodec.encode(.weightManifest(manifest), runID: runID, incarnation: incarnation)
        } catch {
            throw .message(error)
        }
        var download = Download(manifest: manifest, credits: max(1, credits), timeout: chunkTimeout)
        let started = ContinuousClock.now
        while !download.isComplete {
            guard ContinuousClock.now - started < deadline else {
                throw .timeout(seconds: deadline / .seconds(1), waitingFor: "weights of version \(manifest.version)")
            }
            for index in download.due(now: .now) { try await request(index, of: manifest, chunkTimeout) }
            let received: [UInt8]?
            do throws(TransportError) {
                received = try await channel.receive(timeout: min(chunkTimeout, .milliseconds(200)))
            } catch {
                throw error == .cancelled ? .cancelled : .transport(error)
            }
            guard let received,
                let envelope = try? EnvelopeCodec.decode(received, limit: ProtocolLimits.bulkFrameBytes),
                case .weightChunk(let chunk) = envelope.body, chunk.digest == manifest.digest
            else { continue }
            if chunk.gone { throw .gone(version: manifest.version) }
            download.accept(chunk)
        }
        let found = Digest(of: download.bytes)
        guard found.bytes == Array(manifest.digest) else {
            throw .wrongDigest(
                expected: Digest(bytes: Array(manifest.digest))?.hex ?? "",
                found: found.hex
            )
        }
        return download.bytes
    }

    private func request(
        _ index: Int,
        of manifest: WireWeightManifest,
        _ timeout: Duration
    ) async throws(DispatchError) {
        var request = WireChunkRequest()
        request.digest = manifest.digest
        request.first = UInt32(index)
        request.credits = 1
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

/// What has come of one version, and what is on its way.
private struct Download {
    let manifest: WireWeightManifest
    let credits: Int
    let timeout: Duration
    private(set) var bytes: [UInt8]
    private var next = 0
    private var pending: [Int: ContinuousClock.Instant] = [:]
    private var done = 0

    init(manifest: WireWeightManifest, credits: Int, timeout: Duration) {
        self.manifest = manifest
        self.credits = credits
        self.timeout = timeout
        bytes = [UInt8](repeating: 0, count: Int(manifest.bytes))
    }

    var isComplete: Bool { done == manifest.chunkDigests.count }

    /// The chunks to ask for: late ones again, and new ones while there is credit.
    mutating func due(now: ContinuousClock.Instant) -> [Int] {
        var due = pending.filter { now - $0.value >= timeout }.keys.sorted()
        while pending.count < credits, next < manifest.chunkDigests.count {
            pending[next] = now
            due.append(next)
            next += 1
        }
        for index in due { pending[index] = now }
        return due
    }

    /// Puts a chunk in its place; one that is damaged or was not asked for is as if it had not come.
    mutating func accept(_ chunk: WireWeightChunk) {
        let index = Int(chunk.index)
        guard pending[index] != nil else { return }
        let start = index * Int(manifest.chunkBytes)
        let count = min(Int(manifest.chunkBytes), bytes.count - start)
        let data = Array(chunk.data)
        guard data.count == count, Digest(of: data).bytes == Array(manifest.chunkDigests[index]) else { return }
        bytes.replaceSubrange(start..<start + count, with: data)
        pending[index] = nil
        done += 1
    }
}
