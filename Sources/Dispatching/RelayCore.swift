package import Determinism
import Foundation
package import Protocol
package import Transport

/// What a relay of weights knows: which chunks it has, who waits for which, what it has asked for, and of whom.
///
/// Pure: messages and the time go in, messages come out. It needs no manifest: whoever asks says what the digest of a chunk must
/// be, and what came is kept and handed on only if that is its digest. A wrong one harms nobody but who said it.
///
/// It has one source or several, the learner being the last: one that is silent or sends something else is left alone for a
/// while, and the next one is asked.
package struct RelayCore: Sendable {
    /// What is to be sent, or said.
    package enum Effect: Sendable {
        /// To a receiver, who holds the same chunk of the weights `base`.
        case answer(PeerID, digest: Digest, index: Int, chunk: Chunk, base: Digest?)
        case gone(PeerID, digest: Digest)
        /// To a source: one chunk; `base`: weights of which the same chunk is here.
        case ask(source: Int, digest: Digest, index: Int, expected: [Digest], base: Digest?)
        /// A source is left alone from now on.
        case passedOver(source: Int, Fault)
        /// A chunk came from a source that is none of those that receivers have named.
        case refused(source: Int, index: Int)
    }

    /// Why a source is left alone.
    package enum Fault: Sendable { case silent, wrong }

    private struct Key: Hashable, Sendable {
        var digest: Digest
        var index: Int
    }

    /// A chunk whose digest was checked.
    package struct Chunk: Sendable {
        var bytes: [UInt8]
        var digest: Digest
        /// The difference to the same chunk of other weights, as which it came.
        var difference: (base: Digest, data: [UInt8])?
    }

    private struct Question: Sendable {
        var source: Int
        var askedAt: Double
        var base: Digest?
        var waiting: [PeerID: Wanted]
    }

    /// What a receiver waits for: a chunk of this digest; and the weights that it holds.
    private struct Wanted: Sendable {
        var digest: Digest
        var base: Digest?
    }

    private struct Source: Sendable {
        var heardAt = -Double.infinity
        var avoidedUntil = -Double.infinity
    }

    /// Versions whose chunks are kept: the policy, the one before it, and the reference.
    private static let keptVersions = 3
    /// Chunks waited for at once; what is beyond is asked for again by whoever wants it.
    private static let mostQuestions = 1024
    /// Seconds for which a source is left alone.
    private static let pause = 30.0
    private let patience: Double
    private var sources: [Source]
    private var versions: [Digest: [Int: Chunk]] = [:]
    /// The one used last is the last.
    private var order: [Digest] = []
    private var questions: [Key: Question] = [:]
    private var effects: [Effect] = []
    package private(set) var counts = RelayCounts()

    /// - Parameters:
    ///   - sources: how many there are.
    ///   - patience: seconds after which a chunk that has not come is asked for again.
    package init(sources: Int = 1, patience: Double = 3) {
        precondition(sources > 0, "a relay without a source has nothing to hand on")
        self.patience = patience
        self.sources = Array(repeating: Source(), count: sources)
    }

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
        let base = Digest(bytes: Array(request.baseDigest))
        for (offset, digestOfChunk) in expected.enumerated() {
            let key = Key(digest: digest, index: Int(request.first) + offset)
            guard key.index < ProtocolLimits.maximumChunks else { return }
            let wanted = Wanted(digest: digestOfChunk, base: base)
            if let chunk = versions[digest]?[key.index], chunk.digest == wanted.digest {
                touch(digest)
                answer(peer, key, chunk, wanted)
            } else if questions[key] != nil {
                questions[key]?.waiting[peer] = wanted
            } else if questions.count < Self.mostQuestions {
                let held = base.flatMap { versions[$0]?[key.index] == nil ? nil : $0 }
                questions[key] = Question(source: 0, askedAt: now, base: held, waiting: [peer: wanted])
                ask(key, of: best(now), now)
            }
        }
    }

    /// The first source that is not left alone; the last one never is.
    private func best(_ now: Double) -> Int { sources.firstIndex { $0.avoidedUntil <= now } ?? sources.count - 1 }

    private mutating func ask(_ key: Key, of source: Int, _ now: Double) {
        questions[key]?.source = source
        questions[key]?.askedAt = now
        guard let question = questions[key] else { return }
        let expected = Set(question.waiting.values.map(\.digest)).sorted { $0.hex < $1.hex }
        effects.append(
            .ask(source: source, digest: key.digest, index: key.index, expected: expected, base: question.base)
        )
    }

    /// A chunk came from `source`, with its data apart.
    package mutating func receive(
        _ chunk: WireWeightChunk,
        _ data: ArraySlice<UInt8>,
        from source: Int = 0,
        now: Double
    ) {
        guard let digest = Digest(bytes: Array(chunk.digest)) else { return }
        if chunk.gone { return forget(digest, source, now) }
        let key = Key(digest: digest, index: Int(chunk.index))
        guard let question = questions[key] else { return }
        var base: [UInt8] = []
        if chunk.form == .difference {
            // One that comes late may be to weights that are no longer here: that is nobody's fault.
            guard let old = question.base, Data(old.bytes) == chunk.baseDigest, let held = versions[old]?[key.index]
            else { return }
            base = held.bytes
        }
        guard let bytes = decoded(chunk, data, base) else { return refuse(key, source, now) }
        let found = Digest(of: bytes)
        let served = question.waiting.filter { $0.value.digest == found }
        guard !served.isEmpty else { return refuse(key, source, now) }
        sources[source].heardAt = now
        counts.fetched += 1
        counts.bytesFetched += data.count
        var whole = Chunk(bytes: bytes, digest: found)
        if chunk.form == .difference, let base = question.base { whole.difference = (base, Array(data)) }
        versions[digest, default: [:]][key.index] = whole
        touch(digest)
        questions[key]?.waiting = question.waiting.filter { $0.value.digest != found }
        if questions[key]?.waiting.isEmpty == true { questions[key] = nil }
        for (peer, wanted) in served { answer(peer, key, whole, wanted) }
    }

    /// Whether source or receiver is wrong cannot be known here: the receiver has the learner's manifest, and turns to it.
    private mutating func refuse(_ key: Key, _ source: Int, _ now: Double) {
        counts.refused += 1
        effects.append(.refused(source: source, index: key.index))
        passOver(source, .wrong, now)
    }

    private func decoded(_ chunk: WireWeightChunk, _ data: ArraySlice<UInt8>, _ base: [UInt8]) -> [UInt8]? {
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

    /// `source` does not get a version, or serves it no more: the next one is asked; after the last one, who waits is told.
    private mutating func forget(_ digest: Digest, _ source: Int, _ now: Double) {
        for (key, question) in questions where key.digest == digest && question.source == source {
            if source + 1 < sources.count {
                ask(key, of: source + 1, now)
            } else {
                for peer in question.waiting.keys { effects.append(.gone(peer, digest: digest)) }
                questions[key] = nil
            }
        }
    }

    /// Nothing can be sent to `source`.
    package mutating func unreachable(_ source: Int, now: Double) { passOver(source, .silent, now) }

    /// Leaves a source alone for a while, and asks the next one for what it owes.
    private mutating func passOver(_ source: Int, _ fault: Fault, _ now: Double) {
        guard source < sources.count - 1 else { return }
        if sources[source].avoidedUntil <= now {
            sources[source].avoidedUntil = now + Self.pause
            counts.detours += 1
            effects.append(.passedOver(source: source, fault))
        }
        for (key, question) in questions where question.source == source { ask(key, of: best(now), now) }
    }

    /// Time has passed.
    package mutating func tick(now: Double) {
        for (key, overdue) in questions where now - overdue.askedAt >= patience {
            // Another one that was overdue may have sent this one elsewhere.
            guard let question = questions[key], question.askedAt == overdue.askedAt else { continue }
            // A difference that was no use is not asked for twice.
            questions[key]?.base = nil
            if sources[question.source].heardAt < question.askedAt { passOver(question.source, .silent, now) }
            if questions[key]?.askedAt != now { ask(key, of: best(now), now) }
        }
    }

    private mutating func answer(_ peer: PeerID, _ key: Key, _ chunk: Chunk, _ wanted: Wanted) {
        counts.served += 1
        effects.append(.answer(peer, digest: key.digest, index: key.index, chunk: chunk, base: wanted.base))
    }

    private mutating func touch(_ digest: Digest) {
        if order.last == digest { return }
        order.removeAll { $0 == digest }
        order.append(digest)
        if order.count > Self.keptVersions { versions[order.removeFirst()] = nil }
    }
}

/// What a relay has done.
package struct RelayCounts: Sendable, Equatable {
    /// Chunks that came from its sources, and their bytes in the form in which they came.
    package var fetched = 0
    package var bytesFetched = 0
    /// Chunks handed on.
    package var served = 0
    /// Chunks that were not what receivers expect.
    package var refused = 0
    /// Times a source was left alone.
    package var detours = 0
}
