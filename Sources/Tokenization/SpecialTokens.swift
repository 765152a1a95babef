/// A token that is found in text as it is written, before any merging.
struct SpecialToken: Sendable, Hashable {
    /// The text of the token.
    let content: String
    let id: Int32
    /// Whether white space before the token belongs to it, as with RoBERTa's `<mask>`.
    var takesSpaceBefore = false
    /// Whether white space after the token belongs to it.
    var takesSpaceAfter = false
    /// Whether decoding leaves the token out when asked to skip special tokens.
    var isSpecial = true
}

/// Finds special tokens in text: the leftmost first, and of those the longest.
struct SpecialTokenMatcher: Sendable {
    private struct Pattern: Sendable {
        let bytes: [UInt8]
        let token: SpecialToken
    }

    /// Patterns by their first byte, longest first.
    private let patterns: [[Pattern]]

    init(_ tokens: [SpecialToken]) {
        var patterns = [[Pattern]](repeating: [], count: 256)
        for token in tokens {
            let bytes = Array(token.content.utf8)
            guard let first = bytes.first else { continue }
            patterns[Int(first)].append(Pattern(bytes: bytes, token: token))
        }
        self.patterns = patterns.map { $0.sorted { $0.bytes.count > $1.bytes.count } }
    }

    /// The first special token in `text[start...]`, with the range it covers.
    func next(in text: [UInt8], from start: Int) -> (token: SpecialToken, range: Range<Int>)? {
        for index in start..<text.count where !patterns[Int(text[index])].isEmpty {
            for pattern in patterns[Int(text[index])] where matches(pattern.bytes, text, at: index) {
                var range = index..<index + pattern.bytes.count
                if pattern.token.takesSpaceBefore {
                    range = startOfSpace(before: index, from: start, in: text)..<range.upperBound
                }
                if pattern.token.takesSpaceAfter {
                    range = range.lowerBound..<endOfSpace(after: range.upperBound, in: text)
                }
                return (pattern.token, range)
            }
        }
        return nil
    }

    private func matches(_ pattern: [UInt8], _ text: [UInt8], at index: Int) -> Bool {
        guard index + pattern.count <= text.count else { return false }
        for offset in pattern.indices where pattern[offset] != text[index + offset] { return false }
        return true
    }

    private func startOfSpace(before end: Int, from start: Int, in text: [UInt8]) -> Int {
        var result = end
        while result > start {
            var lead = result - 1
            while lead > start, text[lead] & 0xC0 == 0x80 { lead -= 1 }
            guard isSpace(text, at: lead) == result - lead else { break }
            result = lead
        }
        return result
    }

    private func endOfSpace(after start: Int, in text: [UInt8]) -> Int {
        var result = start
        while result < text.count, let length = isSpace(text, at: result) { result += length }
        return result
    }

    /// The length in bytes of the white space character at `index`, if there is one.
    private func isSpace(_ text: [UInt8], at index: Int) -> Int? {
        if text[index] < 0x80 {
            return Unicode.Scalar(text[index]).properties.isWhitespace ? 1 : nil
        }
        guard let (scalar, length) = decodeScalar(text, at: index, limit: text.count) else { return nil }
        return scalar.properties.isWhitespace ? length : nil
    }
}
