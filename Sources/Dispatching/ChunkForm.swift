internal import CZstd
internal import Foundation
package import Protocol

/// How a chunk of weights travels: as it is, as upper halves, or as what changed since weights that the receiver holds.
///
/// Whatever the form, what comes out is the chunk, bit for bit: a form that would lose something is not used.
package enum ChunkForm {
    /// The shortest form of `chunk`.
    ///
    /// - Parameters:
    ///   - chunk: little-endian float32, at most 1 MiB.
    ///   - base: the same part of weights that the receiver holds; nil: it holds none.
    /// - Returns: the form, and the bytes in it.
    package static func encode(_ chunk: [UInt8], base: [UInt8]?) -> (form: WireWeightForm, bytes: [UInt8]) {
        let halves = upperHalves(chunk)
        if let base, base.count == chunk.count {
            let packed = difference(chunk, base, limit: min(halves?.count ?? chunk.count, chunk.count * 9 / 10))
            if let packed { return (.difference, packed) }
        }
        if let halves { return (.bfloat16, halves) }
        return (.plain, chunk)
    }

    /// The chunk again, written to `room`.
    ///
    /// Nothing is ever written beyond `room`, whatever `bytes` claim to hold.
    ///
    /// - Returns: false when `bytes` are not the form of any chunk of that size.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer,
        form: WireWeightForm,
        base: UnsafeRawBufferPointer?,
        into room: UnsafeMutableRawBufferPointer
    ) -> Bool {
        switch form {
        case .plain:
            guard bytes.count == room.count else { return false }
            unsafe room.copyMemory(from: bytes)
            return true
        case .bfloat16: return unsafe widen(bytes, into: room)
        case .difference:
            guard let base = unsafe base, base.count == room.count else { return false }
            return unsafe apply(bytes, to: base, into: room)
        case .UNRECOGNIZED: return false
        }
    }

    /// The upper halves of all words, when nothing is in the lower ones.
    private static func upperHalves(_ chunk: [UInt8]) -> [UInt8]? {
        guard chunk.count.isMultiple(of: 4) else { return nil }
        return unsafe chunk.withUnsafeBytes { source in
            let count = source.count / 4
            for i in 0..<count {
                guard unsafe source.loadUnaligned(fromByteOffset: 4 * i, as: UInt16.self) == 0 else { return nil }
            }
            return unsafe [UInt8](unsafeUninitializedCapacity: 2 * count) { halves, written in
                let target = UnsafeMutableRawBufferPointer(halves)
                for i in 0..<count {
                    let half = unsafe source.loadUnaligned(fromByteOffset: 4 * i + 2, as: UInt16.self)
                    unsafe target.storeBytes(of: half, toByteOffset: 2 * i, as: UInt16.self)
                }
                written = 2 * count
            }
        }
    }

    private static func widen(_ halves: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Bool {
        guard halves.count.isMultiple(of: 2), halves.count * 2 == room.count else { return false }
        for i in 0..<halves.count / 2 {
            let half = unsafe halves.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
            unsafe room.storeBytes(of: UInt32(half) << 16, toByteOffset: 4 * i, as: UInt32.self)
        }
        return true
    }

    /// Words of `chunk` and `base` by exclusive or, byte plane after byte plane, compressed.
    ///
    /// After a small step the upper bytes of most words are the same; side by side, their zeros take next to no room.
    ///
    /// - Returns: nil when that takes more than `limit` bytes.
    private static func difference(_ chunk: [UInt8], _ base: [UInt8], limit: Int) -> [UInt8]? {
        guard chunk.count.isMultiple(of: 4), !chunk.isEmpty else { return nil }
        let count = chunk.count / 4
        let planes = unsafe [UInt8](unsafeUninitializedCapacity: chunk.count) { planes, written in
            unsafe chunk.withUnsafeBytes { new in
                unsafe base.withUnsafeBytes { old in
                    for i in 0..<count {
                        let word =
                            unsafe new.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
                            ^ old.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
                        unsafe planes[i] = UInt8(truncatingIfNeeded: word)
                        unsafe planes[count + i] = UInt8(truncatingIfNeeded: word >> 8)
                        unsafe planes[2 * count + i] = UInt8(truncatingIfNeeded: word >> 16)
                        unsafe planes[3 * count + i] = UInt8(truncatingIfNeeded: word >> 24)
                    }
                }
            }
            written = chunk.count
        }
        var size = 0
        let packed = unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, written in
            size = unsafe ZSTD_compress(room.baseAddress, limit, planes, planes.count, 1)
            written = ZSTD_isError(size) == 0 ? size : 0
        }
        return packed.isEmpty ? nil : packed
    }

    private static func apply(
        _ packed: UnsafeRawBufferPointer,
        to base: UnsafeRawBufferPointer,
        into room: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard room.count.isMultiple(of: 4) else { return false }
        // Never more than fits: what claims to be longer is an error.
        let planes = unsafe [UInt8](unsafeUninitializedCapacity: room.count) { planes, written in
            let size = unsafe ZSTD_decompress(planes.baseAddress, room.count, packed.baseAddress, packed.count)
            written = ZSTD_isError(size) == 0 ? size : 0
        }
        guard planes.count == room.count else { return false }
        let count = room.count / 4
        unsafe planes.withUnsafeBufferPointer { planes in
            for i in 0..<count {
                let low = unsafe UInt32(planes[i]) | UInt32(planes[count + i]) << 8
                let high = unsafe UInt32(planes[2 * count + i]) << 16 | UInt32(planes[3 * count + i]) << 24
                let word = unsafe base.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self) ^ (low | high)
                unsafe room.storeBytes(of: word, toByteOffset: 4 * i, as: UInt32.self)
            }
        }
        return true
    }
}
