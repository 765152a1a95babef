internal import CZeroMQ

/// A CURVE key pair (Curve25519), both halves in the Z85 text form of libzmq: 40 characters.
package struct CurveKeyPair: Sendable, Equatable {
    package let publicKey: String
    package let secretKey: String

    package init(publicKey: String, secretKey: String) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// A new pair.
    package static func generate() -> CurveKeyPair {
        var publicKey = [CChar](repeating: 0, count: textBytes + 1)
        var secretKey = publicKey
        let code = unsafe zmq_curve_keypair(&publicKey, &secretKey)
        precondition(code == 0, "libzmq is built without CURVE")
        return CurveKeyPair(publicKey: text(publicKey), secretKey: text(secretKey))
    }

    /// Whether the halves belong together.
    package var isConsistent: Bool {
        var derived = [CChar](repeating: 0, count: Self.textBytes + 1)
        return unsafe zmq_curve_public(&derived, secretKey) == 0 && Self.text(derived) == publicKey
    }

    static let textBytes = 40
    static let rawBytes = 32

    /// Whether `text` is a key in Z85.
    static func isKey(_ text: String) -> Bool {
        guard text.utf8.count == textBytes else { return false }
        var raw = [UInt8](repeating: 0, count: rawBytes)
        return unsafe zmq_z85_decode(&raw, text) != nil
    }

    /// The text form of 32 bytes.
    static func encode(_ raw: [UInt8]) -> String? {
        guard raw.count == rawBytes else { return nil }
        var encoded = [CChar](repeating: 0, count: textBytes + 1)
        guard unsafe zmq_z85_encode(&encoded, raw, raw.count) != nil else { return nil }
        return text(encoded)
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
