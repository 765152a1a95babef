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

    @Test func piecesGiveTheDigestOfTheWhole() {
        var hasher = DigestHasher()
        hasher.update([97])
        hasher.update([98, 99])
        #expect(hasher.finish() == Digest(of: "abc"))
    }

    @Test(arguments: ["", "zz", String(repeating: "g", count: 64)])
    func whatIsNotADigestIsRefused(hex: String) { #expect(Digest(hex: hex) == nil) }
}
