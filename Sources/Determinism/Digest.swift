internal import CKernels

/// A SHA-256 digest: how weights, jobs and files are named.
package struct Digest: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    package let bytes: [UInt8]

    /// - Returns: nil unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// - Returns: nil unless `hex` is 64 hexadecimal digits.
    package init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for i in stride(from: 0, to: 64, by: 2) {
            guard let byte = UInt8(String(decoding: digits[i..<i + 2], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    private init(finishing hasher: inout DigestHasher) { bytes = hasher.finalBytes() }

    /// The digest of `data`.
    package init(of data: UnsafeRawBufferPointer) {
        var hasher = DigestHasher()
        unsafe hasher.update(data)
        self.init(finishing: &hasher)
    }

    /// The digest of `data`.
    package init(of data: [UInt8]) {
        self = unsafe data.withUnsafeBytes { unsafe Digest(of: $0) }
    }

    /// The digest of the UTF-8 bytes of `text`.
    package init(of text: String) { self.init(of: Array(text.utf8)) }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first eight bytes as a number, big-endian: for random keys, and for names where no adversary chooses the text.
    package var leadingBits: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    package var description: String { String(hex.prefix(12)) }
}

/// SHA-256 over data that comes in pieces.
package struct DigestHasher: Sendable {
    private var state = ck_sha256()

    package init() { unsafe ck_sha256_begin(&state) }

    package mutating func update(_ data: UnsafeRawBufferPointer) {
        guard let base = data.baseAddress else { return }
        unsafe ck_sha256_add(&state, base.assumingMemoryBound(to: UInt8.self), data.count)
    }

    /// Adds `data` to two digests at once, which takes less time than one after the other.
    package static func update(
        _ one: inout DigestHasher,
        _ other: inout DigestHasher,
        with data: UnsafeRawBufferPointer
    ) {
        guard let base = data.baseAddress else { return }
        unsafe ck_sha256_add_both(&one.state, &other.state, base.assumingMemoryBound(to: UInt8.self), data.count)
    }

    package mutating func update(_ data: [UInt8]) {
        unsafe data.withUnsafeBytes { unsafe update($0) }
    }

    /// The digest of everything given so far.
    ///
    /// The hasher must not be used after it.
    package mutating func finish() -> Digest {
        guard let digest = Digest(bytes: finalBytes()) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }

    fileprivate mutating func finalBytes() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        unsafe ck_sha256_end(&state, &bytes)
        return bytes
    }
}
