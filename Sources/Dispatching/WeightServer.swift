package import Determinism
import Foundation
package import Protocol
package import Transport

/// Serves weights in chunks, as many at a time as each receiver has room for.
///
/// It never waits for a receiver: one that is slow asks seldom, and one that is gone asks no more.
package actor WeightServer {
    /// Bytes of one chunk: `offset` and `count` within the weights.
    package typealias ChunkProvider = @Sendable (_ offset: Int, _ count: Int) -> [UInt8]

    private struct Version {
        let manifest: WireWeightManifest
        let provider: ChunkProvider
        /// Times it was published: the reference and version 0 of a fresh run are the same weights.
        var publications = 0
    }

    private let channel: any ServerChannel
    private let publisher: (any AnnouncementPublisher)?
    private let runID: [UInt8]
    private let incarnation: [UInt8]
    private let sendsDifferences: Bool
    private var versions: [Digest: Version] = [:]
    /// The version that was withdrawn last, to which differences are still made.
    private var former: (digest: Digest, version: Version)?
    private var frames = ChunkFrameCache()
    /// Bytes of weights sent so far, in the form in which they were sent.
    package private(set) var bytesSent = 0
    /// Chunks sent as the difference to another version.
    package private(set) var differencesSent = 0

    /// A server on `channel`, of the bulk plane, that announces the newest manifest on `publisher`.
    ///
    /// With `sendsDifferences` a receiver that holds other weights gets what changed since, which is less to send and more to
    /// compute; the weights are the same.
    package init(
        channel: any ServerChannel,
        publisher: (any AnnouncementPublisher)? = nil,
        runID: [UInt8] = [],
        sendsDifferences: Bool = false,
        incarnation: [UInt8] = EnvelopeCodec.newIdentifier()
    ) {
        self.channel = channel
        self.publisher = publisher
        self.runID = runID
        self.sendsDifferences = sendsDifferences
        self.incarnation = incarnation
    }

    /// Serves one more version and, unless it is the reference policy, announces it.
    package func publish(
        _ manifest: WireWeightManifest,
        provider: @escaping ChunkProvider
    ) async throws(DispatchError) {
        let frame: [UInt8]
        do throws(ProtocolError) {
            frame = try EnvelopeCodec.encode(
                .weightManifest(manifest),
                runID: runID,
                incarnation: incarnation,
                limit: ProtocolLimits.announcementFrameBytes
            )
        } catch {
            throw .message(error)
        }
        guard let digest = Digest(bytes: Array(manifest.digest)) else { return }
        var version = versions[digest] ?? Version(manifest: manifest, provider: provider)
        version.publications += 1
        versions[digest] = version
        if manifest.reference { return }
        do throws(TransportError) {
            try await publisher?.publish(frame)
        } catch {
            throw .transport(error)
        }
    }

    /// Serves one more version from memory.
    package func publish(_ manifest: WireWeightManifest, bytes: [UInt8]) async throws(DispatchError) {
        try await publish(manifest) { offset, count in Array(bytes[offset..<offset + count]) }
    }

    /// Takes one publication of `digest` back; after the last one whoever asks is told that it is gone.
    package func withdraw(_ digest: Digest) {
        guard var version = versions[digest] else { return }
        version.publications -= 1
        guard version.publications <= 0 else {
            versions[digest] = version
            return
        }
        versions[digest] = nil
        frames.remove(digest)
        if sendsDifferences { former = (digest, version) }
    }

    /// Serves until the task is cancelled.
    package func run() async throws(DispatchError) {
        while true {
            do throws(TransportError) {
                guard let message = try await channel.receive(timeout: nil) else { continue }
                await answer(message.frame, to: message.peer)
            } catch {
                if error == .cancelled { return }
                throw .transport(error)
            }
        }
    }

    private func answer(_ frame: [UInt8], to peer: PeerID) async {
        let request: WireChunkRequest
        do throws(ProtocolError) {
            let envelope = try EnvelopeCodec.decode(frame, limit: ProtocolLimits.bulkFrameBytes)
            guard case .chunkRequest(let body) = envelope.body else {
                throw .unexpectedMessage(found: envelope.body?.name ?? "none", expected: "chunk_request")
            }
            request = body
        } catch {
            var refusal = WireRefusal()
            refusal.reason = error.description.cut(toUTF8Bytes: ProtocolLimits.nameBytes)
            _ = await send(encode(.refusal(refusal)), to: peer)
            return
        }
        guard let digest = Digest(bytes: Array(request.digest)), let version = versions[digest] else {
            var chunk = WireWeightChunk()
            chunk.digest = request.digest
            chunk.gone = true
            _ = await send(encode(.weightChunk(chunk)), to: peer)
            return
        }
        let first = Int(request.first)
        let count = version.manifest.chunkDigests.count
        guard first < count else { return }
        for index in first..<min(count, first + Int(request.credits)) {
            let key = ChunkFrameCache.Key(digest: digest, index: index, base: knownBase(request.baseDigest, of: digest))
            guard let made = self.frame(key, version) else { return }
            // A receiver that is gone, or full after all, asks again.
            guard (try? await channel.send(made.frame, to: peer)) != nil else { return }
            bytesSent += made.bytes
            if made.isDifference { differencesSent += 1 }
        }
    }

    /// The message with one chunk, which several receivers ask for at about the same time.
    private func frame(_ key: ChunkFrameCache.Key, _ version: Version) -> ChunkFrameCache.Entry? {
        if let found = frames[key] { return found }
        let size = Int(version.manifest.chunkBytes)
        let offset = key.index * size
        let length = min(size, Int(version.manifest.bytes) - offset)
        let base = key.base.flatMap(base)
        let packed = ChunkForm.encode(version.provider(offset, length), base: base?.provider(offset, length))
        var chunk = WireWeightChunk()
        chunk.digest = version.manifest.digest
        chunk.index = UInt32(key.index)
        chunk.form = packed.form
        if packed.form == .difference, let base { chunk.baseDigest = base.manifest.digest }
        guard
            let head = try? EnvelopeCodec.encodeHead(
                of: chunk,
                dataBytes: packed.bytes.count,
                runID: runID,
                incarnation: incarnation
            )
        else { return nil }
        let entry = ChunkFrameCache.Entry(
            frame: SharedFrame(head, packed.bytes),
            bytes: packed.bytes.count,
            isDifference: packed.form == .difference
        )
        frames[key] = entry
        return entry
    }

    /// The weights that a receiver says it holds, if there can be a difference to them.
    private func knownBase(_ claimed: Data, of digest: Digest) -> Digest? {
        guard sendsDifferences, let base = Digest(bytes: Array(claimed)), base != digest,
            self.base(base)?.manifest.bytes == versions[digest]?.manifest.bytes
        else { return nil }
        return base
    }

    private func base(_ digest: Digest) -> Version? {
        versions[digest] ?? (former?.digest == digest ? former?.version : nil)
    }

    private func encode(_ body: WireEnvelope.OneOf_Body) -> [UInt8]? {
        try? EnvelopeCodec.encode(
            body,
            runID: runID,
            incarnation: incarnation,
            limit: ProtocolLimits.bulkFrameBytes
        )
    }

    private func send(_ frame: [UInt8]?, to peer: PeerID) async -> Bool {
        guard let frame else { return false }
        return (try? await channel.send(frame, to: peer)) != nil
    }
}

/// The newest messages with chunks: receivers that fetch the same version side by side cost one encoding.
struct ChunkFrameCache {
    struct Key: Hashable {
        var digest: Digest
        var index: Int
        /// The weights that the chunk is the difference to, where it is shorter.
        var base: Digest?
    }

    struct Entry {
        var frame: SharedFrame
        /// Of the chunk in it.
        var bytes: Int
        var isDifference: Bool
    }

    private static let capacityBytes = 128 << 20
    private var entries: [Key: Entry] = [:]
    private var order: [Key] = []
    private var oldest = 0
    private var bytes = 0

    subscript(key: Key) -> Entry? {
        get { entries[key] }
        set {
            guard let newValue, entries.updateValue(newValue, forKey: key) == nil else { return }
            order.append(key)
            bytes += newValue.frame.count
            while bytes > Self.capacityBytes, oldest < order.count {
                bytes -= entries.removeValue(forKey: order[oldest])?.frame.count ?? 0
                oldest += 1
            }
            if oldest > 1024 {
                order.removeFirst(oldest)
                oldest = 0
            }
        }
    }

    /// Forgets the chunks of one version.
    mutating func remove(_ digest: Digest) {
        order = order[oldest...].filter { $0.digest != digest }
        oldest = 0
        entries = entries.filter { $0.key.digest != digest }
        bytes = entries.values.reduce(0) { $0 + $1.frame.count }
    }
}
