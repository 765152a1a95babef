import Determinism
import Foundation
import Protocol

/// What has come of one version, and what is on its way: the state of a fetch, without a channel or a clock.
struct Download: Sendable {
    let manifest: WireWeightManifest
    private(set) var bytes: [UInt8]
    /// The first chunk that was never asked for.
    private var next = 0
    /// Chunks that were asked for, and when.
    private var pending: [Int: ContinuousClock.Instant] = [:]
    /// Chunks that are asked for next, because whoever was asked may be no more.
    private var lost: [Int] = []
    private var done = 0

    init(manifest: WireWeightManifest) {
        self.manifest = manifest
        let count = Int(manifest.bytes)
        // Every byte is written before anybody sees one, so that there is no need to clear them first. Huge pages are not asked for:
        // where the host gives the guest its memory page by page, clearing them took more time than all the rest.
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { $1 = count }
    }

    var isComplete: Bool { done == manifest.chunkDigests.count }

    /// The chunks to ask for, at most `credits` on their way at once: late ones again, and new ones, several in a row at once.
    mutating func due(now: ContinuousClock.Instant, credits: Int, timeout: Duration) -> [Range<Int>] {
        var due = pending.filter { now - $0.value >= timeout }.keys.sorted()
        while pending.count < credits, let index = lost.popLast() {
            pending[index] = now
            due.append(index)
        }
        // With half of the window empty there is something to be saved by asking at once.
        let left = manifest.chunkDigests.count - next
        if lost.isEmpty, pending.count <= credits / 2 || left <= credits {
            while pending.count < credits, next < manifest.chunkDigests.count {
                pending[next] = now
                due.append(next)
                next += 1
            }
        }
        for index in due { pending[index] = now }
        return Self.ranges(of: due)
    }

    private static func ranges(of indices: [Int]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for index in indices {
            if let last = ranges.last, last.upperBound == index {
                ranges[ranges.count - 1] = last.lowerBound..<index + 1
            } else {
                ranges.append(index..<index + 1)
            }
        }
        return ranges
    }

    /// What was asked for of somebody who may be no more, is asked for again.
    mutating func forgetPending() {
        lost = (lost + pending.keys).sorted(by: >)
        pending = [:]
    }

    /// What became of a chunk.
    enum Acceptance {
        case taken
        /// It was not asked for, or came twice.
        case unasked
        /// It is not what the manifest says; it is as if it had not come.
        case wrong
    }

    /// Puts a chunk in its place.
    ///
    /// - Parameters:
    ///   - chunk: its header.
    ///   - data: its data, in the form that the header says.
    ///   - base: the weights that a difference may be to.
    ///   - isRelayed: it comes from somebody who may send something else on purpose, and is checked by its digest. Otherwise it comes
    ///     from the learner, and its checksum, if the manifest has one, says whether it is damaged.
    /// - Returns: what became of it.
    mutating func accept(
        _ chunk: WireWeightChunk,
        _ data: UnsafeRawBufferPointer,
        base: WeightClient.Base?,
        isRelayed: Bool
    ) -> Acceptance {
        let index = Int(chunk.index)
        guard pending[index] != nil else { return .unasked }
        guard chunk.form != .difference || chunk.baseDigest == base?.digest else { return .wrong }
        let start = index * Int(manifest.chunkBytes)
        let place = start..<start + min(Int(manifest.chunkBytes), bytes.count - start)
        let old = chunk.form == .difference ? base?.provider(place.lowerBound, place.count) ?? [] : []
        let checksum = isRelayed || manifest.chunkChecksums.isEmpty ? nil : manifest.chunkChecksums[index]
        let digest = manifest.chunkDigests[index]
        let isRight = unsafe bytes.withUnsafeMutableBytes { all in
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: all[place])
            let isDecoded = unsafe old.withUnsafeBytes { old in
                unsafe ChunkForm.decode(data, form: chunk.form, base: old, into: room)
            }
            guard isDecoded else { return false }
            let chunk = UnsafeRawBufferPointer(room)
            if let checksum { return unsafe Determinism.checksum(of: chunk) == checksum }
            return unsafe Data(Digest(of: chunk).bytes) == digest
        }
        guard isRight else { return .wrong }
        pending[index] = nil
        done += 1
        return .taken
    }
}
