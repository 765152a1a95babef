package import Programs

/// Which part of a program a failure is blamed on: RLTF's fine-grained feedback.
///
/// Source: Liu et al. 2023, RLTF, <https://arxiv.org/abs/2307.04349>, section 3.3 and table 1.
package enum ErrorFeedback: Sendable, Hashable {
    /// One line is to blame, counted from 1 (U_line).
    case line(Int)
    /// The program as a whole is: it runs too long, recurses without end, takes too much memory (U_global).
    case wholeProgram
    /// Nothing can be said: it did not fail, only its answer is wrong, or the line that is named is not where the mistake is
    /// (U_ignore).
    case none

    /// Finds out from what the compiler or the run time said.
    ///
    /// - Parameters:
    ///   - verdict: its `errorLine` is believed where it has one, else its diagnostics are read.
    ///   - language: of the program.
    ///   - preamble: what stood before the completion in the program; lines are counted from the completion on, and a
    ///     mistake within the preamble is nobody's.
    package init(_ verdict: Verdict, language: Language, preamble: String = "") {
        switch verdict.outcome {
        case .accepted, .wrongAnswer, .infrastructureFailure: self = .none
        case .timeLimit, .memoryLimit, .outputLimit: self = .wholeProgram
        case .compileError, .runtimeError:
            let said = verdict.diagnostics
            if Self.endless.contains(where: said.contains) {
                self = .wholeProgram
            } else if Self.misplaced.contains(where: said.contains) {
                self = .none
            } else {
                let line = verdict.errorLine ?? Self.line(in: said, language: language)
                let own = line.map { $0 - preamble.utf8.count { $0 == UInt8(ascii: "\n") } }
                self = own.flatMap { $0 > 0 ? .line($0) : nil } ?? .none
            }
        }
    }

    /// Recursion without end, in the words of each run time.
    private static let endless = [
        "RecursionError", "StackOverflowError", "Maximum call stack size exceeded", "stack level too deep",
        "goroutine stack exceeds", "MemoryError", "OutOfMemoryError",
    ]

    /// What is only noticed after the mistake, at times at the end of the file.
    private static let misplaced = [
        "IndentationError", "TabError", "unterminated triple-quoted", "EOF while scanning triple-quoted",
        "unexpected EOF while parsing",
    ]

    /// The line that diagnostics are about, from 1; nil when they name none.
    ///
    /// Python's traceback has its innermost frame last, and the judge calls the program `<program>` there; compilers name
    /// the first error first.
    package static func line(in diagnostics: String, language: Language) -> Int? {
        let lines = diagnostics.split(separator: "\n")
        switch language {
        case .python:
            return lines.reversed().lazy.compactMap { line in
                line.contains("File \"<program>\"") ? number(after: "line ", in: line) : nil
            }.first
        case .php:
            return lines.lazy.compactMap { number(after: " on line ", in: $0) }.first
        case .csharp:
            // `Program.cs(12,5): error CS…`
            return lines.lazy.compactMap { number(after: ".cs(", in: $0) }.first
        case .c, .cpp, .java, .go, .javascript, .ruby:
            let mark = ".\(language.fileExtension):"
            let foreign = [": warning:", ": note:", "java.base/", "/usr/", "node:internal"]
            return lines.lazy.filter { line in !foreign.contains { line.contains($0) } }
                .compactMap { number(after: mark, in: $0) }.first
        }
    }

    private static func number(after mark: String, in line: Substring) -> Int? {
        guard let range = line.firstRange(of: mark) else { return nil }
        let digits = line[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number > 0 else { return nil }
        return number
    }
}

/// A penalty that is not paid at the end but at the tokens of some lines.
package struct LinePenalty: Sendable, Codable, Hashable {
    /// Lines of the completion, counted from 1; nil is the whole of it.
    package var line: Int?
    /// What all tokens of the lines pay together; at most 0.
    package var value: Double

    package init(line: Int?, value: Double) {
        self.line = line
        self.value = value
    }
}

/// What every token pays for the lines it belongs to.
///
/// A penalty is spread evenly over the tokens that have a byte of its line, so that a short line is not let off: the sum
/// does not depend on how many tokens a line has. RLTF reaches the same end with the factor α = T/(E − S) on the loss of the
/// span; here the penalty is a reward, and what led to the line shares in it through the return.
///
/// - Parameters:
///   - penalties: lines that no token touches cost nothing.
///   - tokenBytes: the bytes of each token, shape `[T]`; empty for special tokens, which belong to no line.
/// - Returns: rewards, shape `[T]`; empty when nobody pays.
package func tokenPenalties(_ penalties: [LinePenalty], tokenBytes: [[UInt8]]) -> [Float] {
    var rewards: [Double] = []
    for penalty in penalties where penalty.value != 0 {
        let members = tokens(of: penalty.line, tokenBytes)
        guard !members.isEmpty else { continue }
        if rewards.isEmpty { rewards = Array(repeating: 0, count: tokenBytes.count) }
        for token in members { rewards[token] += penalty.value / Double(members.count) }
    }
    return rewards.map(Float.init)
}

/// The tokens that have a byte in `line`, the line break at its end included; all that have bytes when it is nil.
private func tokens(of line: Int?, _ tokenBytes: [[UInt8]]) -> [Int] {
    guard let line else { return tokenBytes.indices.filter { !tokenBytes[$0].isEmpty } }
    var members: [Int] = []
    for (token, lines) in linesOfTokens(tokenBytes).enumerated() where lines.contains(line) { members.append(token) }
    return members
}

/// The lines of a completion that each token has a byte of, counted from 1; the break at its end belongs to a line.
///
/// - Parameter tokenBytes: the bytes of each token, shape `[T]`; empty for special tokens, which belong to no line.
/// - Returns: one range per token, empty for special tokens.
package func linesOfTokens(_ tokenBytes: [[UInt8]]) -> [Range<Int>] {
    var current = 1
    return tokenBytes.map { bytes in
        let first = current
        var last = current
        for byte in bytes {
            last = current
            if byte == UInt8(ascii: "\n") { current += 1 }
        }
        return bytes.isEmpty ? first..<first : first..<last + 1
    }
}
