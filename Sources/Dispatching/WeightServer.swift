package import Determinism
import Foundation
package import Protocol
package import Transport

/// The manifest of `bytes`: a digest of every chunk and of the whole.
///
/// - Parameters:
///   - bytes: All parameters as little-endian float32, in the order of the parameter table.
///   - version: The policy version.
///   - reference: Whether it is the frozen reference policy.
///   - chunkBytes: Size of every chunk but the last.
/// - Returns: What to announce.
package func makeManifest(
    bytes: UnsafeRawBufferPointer,
    version: UInt64,
    reference: Bool,
    chunkBytes: Int = ProtocolLimits.chunkBytes
) -> WireWeightManifest {
    var manifest = WireWeightManifest()
    manifest.digest = Data(unsafe Digest(of: bytes).bytes)
    manifest.version = version
    manifest.bytes = UInt64(bytes.count)
    manifest.chunkBytes = UInt32(chunkBytes)
    manifest.reference = reference
    manifest.chunkDigests = stride(from: 0, to: bytes.count, by: chunkBytes).map { start in
        let end = min(start + chunkBytes, bytes.count)
        return Data(unsafe Digest(of: UnsafeRawBufferPointer(rebasing: bytes[start..<end])).bytes)
    }
    return manifest
}

/// The manifest of `bytes`.
package func makeManifest(
    bytes: [UInt8],
    version: UInt64,
    reference: Bool,
    chunkBytes: Int = ProtocolLimits.chunkBytes
) -> WireWeightManifest {
    unsafe bytes.withUnsafeBytes { buffer in
        unsafe makeManifest(bytes: buffer, version: version, reference: reference, chunkBytes: chunkBytes)
    }
}

/// Serves weights in chunks, as many at a time as each receiver has room for.
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
    private var versions: [Digest: Version] = [:]
    /// Bytes of weights sent so far.
    package private(set) var bytesSent = 0

    /// A server on `channel`, of the bulk plane, that announces the newest manifest on `publisher`.
    package init(
        channel: any ServerChannel,
        publisher: (any AnnouncementPublisher)? = nil,
        runID: [UInt8] = [],
        incarnation: [UInt8] = EnvelopeCodec.newIdentifier()
    ) {
        self.channel = channel
        self.publisher = publisher
        self.runID = runID
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
        versions[digest] = version.publications > 0 ? version : nil
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
            _ = await send(.refusal(refusal), to: peer)
            return
        }
        var chunk = WireWeightChunk()
        chunk.digest = request.digest
        guard let digest = Digest(bytes: Array(request.digest)), let version = versions[digest] else {
            chunk.gone = true
            _ = await send(.weightChunk(chunk), to: peer)
            return
        }
        let size = Int(version.manifest.chunkBytes)
        let count = version.manifest.chunkDigests.count
        let first = Int(request.first)
        guard first < count else { return }
        for index in first..<min(count, first + Int(request.credits)) {
            let offset = index * size
            chunk.index = UInt32(index)
            chunk.data = Data(version.provider(offset, min(size, Int(version.manifest.bytes) - offset)))
            // A receiver that is gone, or full after all, asks again.
            guard await send(.weightChunk(chunk), to: peer) else { return }
            bytesSent += chunk.data.count
        }
    }

    private func send(_ body: WireEnvelope.OneOf_Body, to peer: PeerID) async -> Bool {
        guard
            let frame = try? EnvelopeCodec.encode(
                body,
                runID: runID,
                incarnation: incarnation,
                limit: ProtocolLimits.bulkFrameBytes
            )
        else { return false }
        return (try? await channel.send(frame, to: peer)) != nil
    }
}
