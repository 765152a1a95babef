package import Determinism
internal import Foundation
package import Protocol
package import Transport

/// What a signature of a manifest covers: the run, and everything in the manifest.
private func signedBytes(of manifest: WireWeightManifest, runID: [UInt8]) -> [UInt8] {
    func number(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    var chunks = DigestHasher()
    for digest in manifest.chunkDigests { chunks.update(Array(digest)) }
    // The list may be taken from nobody's manifest, nor put into one: with it, it is a statement of another kind.
    let checksums = manifest.chunkChecksums
    let kind = checksums.isEmpty ? 1 : 2
    return Array("ppocoder weight manifest \(kind)\n".utf8) + number(UInt64(runID.count)) + runID
        + Array(manifest.digest) + number(manifest.version) + number(manifest.bytes)
        + number(UInt64(manifest.chunkBytes)) + chunks.finish().bytes + [manifest.reference ? 1 : 0]
        + (checksums.isEmpty ? [] : Digest(of: checksums.flatMap(number)).bytes)
}

/// The key in the file at `path`, where it is called `name`.
private func readKey<Key>(_ path: String, _ name: String, _ make: ([UInt8]) -> Key?) throws(KeyError) -> Key {
    let values = try KeyFile.read(path, isSecret: name == "secret")
    guard let key = values[name].flatMap(bytes(ofHex:)).flatMap(make) else {
        throw .malformed(path: path, line: 1, reason: "there is no \(name) key of 64 hexadecimal digits")
    }
    return key
}

/// Signs the manifests of a learner.
package struct ManifestSigner: Sendable {
    private let key: SigningKey

    package init(key: SigningKey) { self.key = key }

    /// Reads the secret key in a learner's `folder`.
    package init(folder: String) throws(KeyError) {
        key = try readKey("\(folder)/\(KeyRing.manifestSecretName)", "secret", SigningKey.init(seed:))
    }

    package func sign(_ manifest: inout WireWeightManifest, runID: [UInt8]) {
        manifest.signature = Data(key.signature(of: signedBytes(of: manifest, runID: runID)))
    }
}

/// Refuses manifests that the learner did not sign.
package struct ManifestVerifier: Sendable {
    private let key: VerifyingKey

    package init(key: VerifyingKey) { self.key = key }

    /// Reads the public key in a rollout worker's `folder`.
    package init(folder: String) throws(KeyError) {
        key = try readKey("\(folder)/\(KeyRing.manifestPublicName)", "public", VerifyingKey.init(bytes:))
    }

    package func accepts(_ manifest: WireWeightManifest, runID: [UInt8]) -> Bool {
        key.accepts(Array(manifest.signature), of: signedBytes(of: manifest, runID: runID))
    }
}

/// Makes the pair of keys for manifests, in the folders of those who need them.
package func makeManifestKeys(in folder: String) throws(KeyError) {
    let key = SigningKey()
    try KeyFile.create(
        "\(folder)/\(PeerRole.learner.rawValue)/\(KeyRing.manifestSecretName)",
        isSecret: true,
        "# Secret: signs the weights of a run. Made by ppocoder keygen.\nsecret \(hex(key.seed))\n"
    )
    try KeyFile.create(
        "\(folder)/\(PeerRole.rollout.rawValue)/\(KeyRing.manifestPublicName)",
        isSecret: false,
        "public \(hex(key.verifyingKey.bytes))\n"
    )
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func bytes(ofHex text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for i in stride(from: 0, to: digits.count, by: 2) {
        guard let byte = UInt8(String(decoding: digits[i..<i + 2], as: UTF8.self), radix: 16) else { return nil }
        bytes.append(byte)
    }
    return bytes
}
