internal import Determinism
internal import Foundation
package import Protocol

/// The manifest of `bytes`: a digest and a checksum of every chunk and a digest of the whole, in one pass.
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
    manifest.version = version
    manifest.bytes = UInt64(bytes.count)
    manifest.chunkBytes = UInt32(chunkBytes)
    manifest.reference = reference
    var whole = DigestHasher()
    for start in stride(from: 0, to: bytes.count, by: chunkBytes) {
        let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + chunkBytes, bytes.count)])
        var chunk = DigestHasher()
        unsafe DigestHasher.update(&whole, &chunk, with: part)
        manifest.chunkDigests.append(Data(chunk.finish().bytes))
        unsafe manifest.chunkChecksums.append(checksum(of: part))
    }
    manifest.digest = Data(whole.finish().bytes)
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
