import Determinism
import Testing

struct DigestTests {
    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func agreesWithTheStandard(text: String, hex: String) {
        #expect(Digest(of: text).hex == hex)
        #expect(Digest(hex: hex) == Digest(of: text))
    }

    /// Computed with libxxhash 0.8.1.
    @Test func aChecksumIsThatOfTheLibrary() {
        let data = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(checksum(of: []) == 0x2d06_8005_38d3_94c2)
        #expect(checksum(of: Array("abc".utf8)) == 0x78af_5f94_892f_3950)
        #expect(checksum(of: Array(data.prefix(1000))) == 0x2a7a_65d1_3a14_50eb)
        #expect(checksum(of: data) == 0x8aa7_21ca_de95_685b)
    }

    /// FIPS 180-4: a million times the letter a, here in pieces of every size up to 150 bytes.
    @Test func aMillionLettersInUnevenPieces() {
        var hasher = DigestHasher()
        var left = 1_000_000
        var size = 0
        while left > 0 {
            size = size % 150 + 1
            hasher.update([UInt8](repeating: 97, count: min(size, left)))
            left -= min(size, left)
        }
        #expect(hasher.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// Digests of 0 … 299 letters a, chained; computed with Python's hashlib.
    @Test func everyLengthIsPaddedRightly() {
        var all = DigestHasher()
        for count in 0..<300 { all.update(Digest(of: [UInt8](repeating: 97, count: count)).bytes) }
        #expect(all.finish().hex == "80e953e3b006c4bab43fd5d792f8bd29c122f6cf1497318365fe66bf2d61398d")
    }

    @Test(arguments: [0, 1, 63, 64, 65, 640, 1000])
    func twoDigestsAtOnceAreThoseOfEach(count: Int) {
        let data = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        for head in [0, 3] {
            var one = DigestHasher()
            var other = DigestHasher()
            other.update([UInt8](repeating: 1, count: head))
            unsafe data.withUnsafeBytes { unsafe DigestHasher.update(&one, &other, with: $0) }
            #expect(one.finish() == Digest(of: data))
            #expect(other.finish() == Digest(of: [UInt8](repeating: 1, count: head) + data))
        }
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        var hasher = DigestHasher()
        hasher.update([97])
        hasher.update([98, 99])
        #expect(hasher.finish() == Digest(of: "abc"))
    }

    @Test(arguments: ["", "zz", String(repeating: "g", count: 64)])
    func whatIsNotADigestIsRefused(hex: String) { #expect(Digest(hex: hex) == nil) }
}
