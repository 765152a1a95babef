/// How long a completion is, and how long it may be, tokens.
package struct CompletionLength: Sendable, Hashable {
    package var tokens: Int
    package var maximum: Int

    package init(tokens: Int, maximum: Int) {
        self.tokens = tokens
        self.maximum = maximum
    }

    /// The soft punishment of overlong completions, in −1 … 0.
    ///
    /// 0 up to maximum − buffer tokens, then falling linearly to −1 at the maximum, at which the limit cuts.
    /// Source: Yu et al. 2025, DAPO, <https://arxiv.org/abs/2503.14476>, equation 13.
    package func overlongPenalty(buffer: Int) -> Double {
        guard buffer > 0 else { return 0 }
        let over = tokens - (maximum - buffer)
        return over <= 0 ? 0 : max(-1, -Double(over) / Double(buffer))
    }
}

/// Output that a policy falls into when it no longer writes programs.
package enum DegenerateOutput {
    /// Longest unit whose repetition is looked for, bytes.
    private static let longestUnit = 64
    /// Repetitions from which on a unit counts: three in a row are ordinary, as in `)))` or `0, 0, 0`.
    private static let leastRepeats = 4

    /// The largest part of `text` that one unit fills by following itself at least four times in a row, in 0 … 1.
    ///
    /// White space at the ends does not count, runs of spaces count as one: indentation is no repetition.
    package static func repeatedShare(_ text: String) -> Double {
        let bytes = squeezed(text)
        guard bytes.count >= leastRepeats else { return 0 }
        var longest = 0
        for unit in 1...min(longestUnit, bytes.count / leastRepeats) {
            var run = 0
            for index in unit..<bytes.count {
                run = bytes[index] == bytes[index - unit] ? run + 1 : 0
                if run + unit > longest, run >= unit * (leastRepeats - 1) { longest = run + unit }
            }
        }
        return Double(longest) / Double(bytes.count)
    }

    private static func squeezed(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
            if isSpace, bytes.isEmpty || bytes.last == UInt8(ascii: " ") { continue }
            bytes.append(isSpace ? UInt8(ascii: " ") : byte)
        }
        while let last = bytes.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\n") { bytes.removeLast() }
        return bytes
    }
}
