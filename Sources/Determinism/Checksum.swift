internal import CKernels

/// The XXH3 of `data`, 64 bits: finds damage at ten times the speed of a ``Digest``, and is no defence against intent.
///
/// Source: xxHash 0.8, <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>, XXH3 with seed 0.
package func checksum(of data: UnsafeRawBufferPointer) -> UInt64 {
    unsafe ck_checksum(data.baseAddress?.assumingMemoryBound(to: UInt8.self), data.count)
}

/// The XXH3 of `data`, 64 bits.
package func checksum(of data: [UInt8]) -> UInt64 {
    unsafe data.withUnsafeBytes { unsafe checksum(of: $0) }
}
