/// The alphabet in which byte-level BPE writes its tokens: one printable character for each byte.
///
/// Bytes that are printable in Latin-1 stand for themselves; the others, in order, become U+0100, U+0101, … so a space
/// is written `Ġ` and a line feed `Ċ`. Source: Radford et al. 2019, "Language models are unsupervised multitask
/// learners", section 2.2, and the vocabulary published with it.
enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [Unicode.Scalar] = {
        var scalars: [Unicode.Scalar] = []
        var next: UInt32 = 0x100
        for byte in UInt8.min...UInt8.max {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: scalars.append(Unicode.Scalar(byte))
            default:
                guard let scalar = Unicode.Scalar(next) else { preconditionFailure("U+0100…U+0143 are characters") }
                scalars.append(scalar)
                next += 1
            }
        }
        return scalars
    }()

    private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: zip(scalars, UInt8.min...UInt8.max)
    )

    /// The characters of `bytes`.
    static func text(of bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalars[Int(byte)]) }
        return String(text)
    }

    /// The bytes that `text` stands for; nil when one of its characters is not of the alphabet.
    static func bytes(of text: String) -> [UInt8]? {
        var result: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = bytes[scalar] else { return nil }
            result.append(byte)
        }
        return result
    }
}
