internal import CSodium

/// An Ed25519 key that signs.
///
/// Source: RFC 8032, <https://www.rfc-editor.org/rfc/rfc8032>, by libsodium.
package struct SigningKey: Sendable {
    /// 64 bytes: seed and public key.
    private let secret: [UInt8]
    package let verifyingKey: VerifyingKey

    /// A new key.
    package init() {
        var seed = [UInt8](repeating: 0, count: Self.seedBytes)
        var generator = SystemRandomNumberGenerator()
        for i in seed.indices { seed[i] = UInt8.random(in: 0...255, using: &generator) }
        self.init(validSeed: seed)
    }

    /// The key of `seed`.
    ///
    /// - Returns: nil unless there are 32 bytes.
    package init?(seed: [UInt8]) {
        guard seed.count == Self.seedBytes else { return nil }
        self.init(validSeed: seed)
    }

    private init(validSeed seed: [UInt8]) {
        var open = [UInt8](repeating: 0, count: VerifyingKey.count)
        var secret = [UInt8](repeating: 0, count: 64)
        unsafe _ = crypto_sign_seed_keypair(&open, &secret, seed)
        self.secret = secret
        verifyingKey = VerifyingKey(validBytes: open)
    }

    private static let seedBytes = 32

    /// 32 bytes from which the key can be made again.
    package var seed: [UInt8] { Array(secret.prefix(Self.seedBytes)) }

    /// 64 bytes that only the holder of this key can make for `message`.
    package func signature(of message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        unsafe _ = crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
        return signature
    }
}

/// The open half of a ``SigningKey``.
package struct VerifyingKey: Sendable, Equatable {
    package let bytes: [UInt8]

    static let count = 32

    /// - Returns: nil unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = bytes
    }

    fileprivate init(validBytes: [UInt8]) { bytes = validBytes }

    /// Whether `signature` is that of `message` by the holder of the key.
    package func accepts(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64 else { return false }
        return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
    }
}
