package import Determinism
import Foundation
package import Protocol
package import Transport

/// What a relay of weights knows: which chunks it has, who waits for which, what it has asked for.
///
/// Pure: messages and the time go in, messages come out. It needs no manifest: whoever asks says what the digest of a chunk must
/// be, and what came is kept and handed on only if that is its digest. A wrong one harms nobody but who said it.
package struct RelayCore: Sendable {
    /// What is to be sent.
    package enum Effect: Sendable {
        /// To a receiver: a chunk in the shortest form.
        case answer(PeerID, digest: Digest, index: Int, chunk: Chunk)
        case gone(PeerID, digest: Digest)
        /// Upstream: one chunk; `base`: weights of which the same chunk is here.
        case ask(digest: Digest, index: Int, expected: [Digest], base: Digest?)
    }

    private struct Key: Hashable, Sendable {
        var digest: Digest
        var index: Int
    }

    /// A chunk whose digest was checked.
    package struct Chunk: Sendable {
        var bytes: [UInt8]
        var digest: Digest
    }

    private struct Question: Sendable {
        var askedAt: Double
        var base: Digest?
        /// Who waits, and for which digest of the chunk.
        var waiting: [PeerID: Digest]
    }

    /// Versions whose chunks are kept: the policy, the one before it, and the reference.
    private static let keptVersions = 3
    /// Chunks waited for at once; what is beyond is asked for again by whoever wants it.
    private static let mostQuestions = 1024
    private let patience: Double
    private var versions: [Digest: [Int: Chunk]] = [:]
    /// The one used last is the last.
    private var order: [Digest] = []
    private var questions: [Key: Question] = [:]
    private var effects: [Effect] = []
    /// Chunks that came from upstream, and those handed on.
    package private(set) var fetched = 0
    package private(set) var served = 0
    /// Chunks from upstream that were none of those that receivers have named.
    package private(set) var refused = 0

    /// - Parameter patience: seconds after which a chunk that has not come is asked for again.
    package init(patience: Double = 3) { self.patience = patience }

    /// What is to be done since the last call.
    package mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    /// `peer` asks for chunks.
    ///
    /// - Throws: when it does not say what their digests are.
    package mutating func receive(_ request: WireChunkRequest, from peer: PeerID, now: Double) throws(ProtocolError) {
        guard let digest = Digest(bytes: Array(request.digest)) else { return }
        let expected = request.chunkDigests.compactMap { Digest(bytes: Array($0)) }
        guard expected.count == Int(request.credits) else {
            throw .invalidField(
                field: "chunk_request.chunk_digests",
                expected: "one for each of \(request.credits) chunks, of a relay",
                found: "\(expected.count)"
            )
        }
        for (offset, wanted) in expected.enumerated() {
            let key = Key(digest: digest, index: Int(request.first) + offset)
            guard key.index < ProtocolLimits.maximumChunks else { return }
            if let chunk = versions[digest]?[key.index], chunk.digest == wanted {
                touch(digest)
                answer(peer, key, chunk)
            } else if questions[key] != nil {
                questions[key]?.waiting[peer] = wanted
            } else if questions.count < Self.mostQuestions {
                let base = Digest(bytes: Array(request.baseDigest)).flatMap {
                    versions[$0]?[key.index] == nil ? nil : $0
                }
                questions[key] = Question(askedAt: now, base: base, waiting: [peer: wanted])
                ask(key)
            }
        }
    }

    private mutating func ask(_ key: Key) {
        guard let question = questions[key] else { return }
        let expected = Set(question.waiting.values).sorted { $0.hex < $1.hex }
        effects.append(.ask(digest: key.digest, index: key.index, expected: expected, base: question.base))
    }

    /// A chunk came from upstream, with its data apart.
    package mutating func receive(_ chunk: WireWeightChunk, _ data: ArraySlice<UInt8>) {
        guard let digest = Digest(bytes: Array(chunk.digest)) else { return }
        if chunk.gone { return forget(digest) }
        let key = Key(digest: digest, index: Int(chunk.index))
        guard let question = questions[key] else { return }
        guard let bytes = decoded(chunk, data, question, key) else { return refused += 1 }
        let found = Digest(of: bytes)
        let served = question.waiting.filter { $0.value == found }
        guard !served.isEmpty else { return refused += 1 }
        fetched += 1
        let whole = Chunk(bytes: bytes, digest: found)
        versions[digest, default: [:]][key.index] = whole
        touch(digest)
        questions[key]?.waiting = question.waiting.filter { $0.value != found }
        if questions[key]?.waiting.isEmpty == true { questions[key] = nil }
        for peer in served.keys { answer(peer, key, whole) }
    }

    private func decoded(
        _ chunk: WireWeightChunk,
        _ data: ArraySlice<UInt8>,
        _ question: Question,
        _ key: Key
    ) -> [UInt8]? {
        var base: [UInt8] = []
        if chunk.form == .difference {
            guard let old = question.base, Data(old.bytes) == chunk.baseDigest, let held = versions[old]?[key.index]
            else {
                return nil
            }
            base = held.bytes
        }
        let count = chunk.form == .difference ? base.count : chunk.form == .bfloat16 ? 2 * data.count : data.count
        guard count <= ProtocolLimits.chunkBytes else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let isDecoded = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe data.withUnsafeBytes { data in
                unsafe base.withUnsafeBytes { unsafe ChunkForm.decode(data, form: chunk.form, base: $0, into: room) }
            }
        }
        return isDecoded ? bytes : nil
    }

    /// Upstream serves a version no more: who waits for it is told, and it is not kept for anybody new.
    private mutating func forget(_ digest: Digest) {
        for (key, question) in questions where key.digest == digest {
            for peer in question.waiting.keys { effects.append(.gone(peer, digest: digest)) }
            questions[key] = nil
        }
    }

    /// Time has passed.
    package mutating func tick(now: Double) {
        for (key, question) in questions where now - question.askedAt >= patience {
            questions[key]?.askedAt = now
            // A difference that was no use is not asked for twice.
            questions[key]?.base = nil
            ask(key)
        }
    }

    private mutating func answer(_ peer: PeerID, _ key: Key, _ chunk: Chunk) {
        served += 1
        effects.append(.answer(peer, digest: key.digest, index: key.index, chunk: chunk))
    }

    private mutating func touch(_ digest: Digest) {
        if order.last == digest { return }
        order.removeAll { $0 == digest }
        order.append(digest)
        if order.count > Self.keptVersions { versions[order.removeFirst()] = nil }
    }
}
