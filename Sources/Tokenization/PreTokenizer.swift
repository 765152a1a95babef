/// Cuts text into the pieces that BPE works on.
///
/// Does by hand what this expression of GPT-2, RoBERTa and CodeT5 says, on UTF-8 bytes:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
/// A byte that is not part of valid UTF-8 counts as a character of its own that is neither letter, number nor space.
struct PreTokenizer {
    /// What the expression tells apart.
    enum Class {
        case letter, number, space, other
    }

    private let ascii: [Class]

    init() {
        ascii = (0..<128).map { Self.classify(Unicode.Scalar(UInt8($0))) }
    }

    /// Calls `body` with the range of each piece of `bytes[range]`, in order; the pieces cover the range.
    func forEachPiece(of bytes: [UInt8], in range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = endOfPiece(bytes, from: start, limit: range.upperBound)
            body(start..<end)
            start = end
        }
    }

    /// Whether `piece` is a number, with or without the space before it.
    func isNumber(_ piece: [UInt8]) -> Bool {
        let first = piece.first == UInt8(ascii: " ") && piece.count > 1 ? 1 : 0
        return character(piece, at: first, limit: piece.count).0 == .number
    }

    private func endOfPiece(_ bytes: [UInt8], from start: Int, limit: Int) -> Int {
        if bytes[start] == UInt8(ascii: "'"), let end = endOfContraction(bytes, from: start, limit: limit) {
            return end
        }
        var (kind, end) = character(bytes, at: start, limit: limit)
        if bytes[start] == UInt8(ascii: " "), end < limit {
            let (next, nextEnd) = character(bytes, at: end, limit: limit)
            if next != .space { (kind, end) = (next, nextEnd) }
        }
        // Where the last character of a run of white space starts: it is left to the piece that follows the run.
        var last = start
        while end < limit {
            let (next, nextEnd) = character(bytes, at: end, limit: limit)
            guard next == kind else { break }
            (last, end) = (end, nextEnd)
        }
        return kind == .space && end < limit && last > start ? last : end
    }

    private func endOfContraction(_ bytes: [UInt8], from start: Int, limit: Int) -> Int? {
        guard start + 1 < limit else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        default: break
        }
        guard start + 2 < limit else { return nil }
        switch (bytes[start + 1], bytes[start + 2]) {
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
            (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return start + 3
        default: return nil
        }
    }

    /// The class of the character at `index` and where the next one starts.
    private func character(_ bytes: [UInt8], at index: Int, limit: Int) -> (Class, end: Int) {
        let lead = bytes[index]
        if lead < 0x80 { return (ascii[Int(lead)], index + 1) }
        guard let (scalar, length) = decodeScalar(bytes, at: index, limit: limit) else { return (.other, index + 1) }
        return (Self.classify(scalar), index + length)
    }

    static func classify(_ scalar: Unicode.Scalar) -> Class {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        default: scalar.properties.isWhitespace ? .space : .other
        }
    }
}

/// The scalar of more than one byte whose UTF-8 starts at `index`; nil when there is none.
func decodeScalar(_ bytes: [UInt8], at index: Int, limit: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    let lead = bytes[index]
    let length: Int
    var value: UInt32
    switch lead {
    case 0xC2...0xDF: (length, value) = (2, UInt32(lead & 0x1F))
    case 0xE0...0xEF: (length, value) = (3, UInt32(lead & 0x0F))
    case 0xF0...0xF4: (length, value) = (4, UInt32(lead & 0x07))
    default: return nil
    }
    guard index + length <= limit else { return nil }
    for next in bytes[index + 1..<index + length] {
        guard next & 0xC0 == 0x80 else { return nil }
        value = value << 6 | UInt32(next & 0x3F)
    }
    let smallest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
}
