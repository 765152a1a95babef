import Datasets
import Determinism
import Programs
import Testing

/// Programs drawn at random, written as tokens and read back: nothing may be lost, added or merged.
@Suite struct DetokenizerRoundTripTests {
    private typealias Piece = XLCoSTTokens.Piece

    private static let languages: [Language] = [.cpp, .java, .python, .csharp, .javascript, .php, .c]

    private static func draw(_ language: Language, _ key: UInt64) -> [Piece] {
        var generator = RandomKey(seed: 77, path: key).generator()
        var pieces: [Piece] = []
        for _ in 0..<generator.integer(in: 1...6) { statement(language, depth: 0, &generator, &pieces) }
        return pieces
    }

    private static func name(_ language: Language, _ generator: inout CounterGenerator) -> [Piece] {
        let name = generator.pick(["x", "total", "a1", "_y", "NewLine", "indent"])
        return language == .php ? [.word("$"), .word(name)] : [.word(name)]
    }

    private static func value(_ language: Language, _ generator: inout CounterGenerator) -> [Piece] {
        switch generator.integer(below: 6) {
        case 0: return [.word("12")]
        case 1: return [.word("1"), .word("."), .word("5")]
        case 2:
            let texts = [
                "Hello there!", " lead", "two  spaces", "a\\nb", "\\t", "50 % of {x}", "it\\\"s", "__main__", "a,b;c",
                "(", "#", "//x",
            ]
            let quote: Character = language == .python && generator.integer(below: 2) == 0 ? "'" : "\""
            return [.text(generator.pick(texts), quote: quote)]
        case 3: return name(language, &generator) + [.word("("), .word(")")]
        case 4:
            return [.word("("), .word("7")] + [.word(generator.pick(["+", "*", "%", "<", ">=", "=="]))] + [
                .word("2"), .word(")"),
            ]
        default: return name(language, &generator)
        }
    }

    private static func statement(
        _ language: Language,
        depth: Int,
        _ generator: inout CounterGenerator,
        _ pieces: inout [Piece]
    ) {
        guard depth < 3, generator.integer(below: 3) == 0 else {
            pieces += name(language, &generator) + [.word("=")] + value(language, &generator)
            pieces.append(language == .python ? .line : .word(";"))
            return
        }
        if language == .python {
            pieces += [.word("if")] + value(language, &generator) + [.word(":"), .line, .indent]
        } else {
            pieces += [.word("if"), .word("(")] + value(language, &generator) + [.word(")"), .word("{")]
        }
        for _ in 0..<generator.integer(in: 1...3) { statement(language, depth: depth + 1, &generator, &pieces) }
        pieces.append(language == .python ? .dedent : .word("}"))
    }

    /// What the program's words and literals are, from the pieces.
    private static func essence(_ pieces: [Piece]) -> [String] {
        XLCoSTTokens.essence(
            of: pieces.map { piece in
                switch piece {
                case .word(let word): word
                case .text(let text, let quote): "\(quote)\(text)\(quote)"
                case .line, .indent, .dedent: ""
                }
            }.joined(separator: " ")
        )
    }

    @Test(arguments: languages) func everyWordAndLiteralComesBack(language: Language) {
        for key in 0..<300 {
            let pieces = Self.draw(language, UInt64(key))
            let tokens = XLCoSTTokens.tokens(of: pieces)
            let source = Detokenizer.sourceCode(of: tokens, in: language)
            let tag = language == .php ? ["<", "?", "php"] : []
            #expect(XLCoSTTokens.essence(of: source) == tag + Self.essence(pieces), "\(tokens)")
        }
    }

    @Test func numbersAreWholeAgain() {
        for language in Self.languages {
            let name = language == .php ? "$ x" : "x"
            let end = language == .python ? " NEW_LINE" : " ;"
            #expect(Detokenizer.sourceCode(of: "\(name) = 1 . 5\(end)", in: language).contains("= 1.5"))
        }
    }

    @Test func pythonsMarginsAreThoseOfTheTokens() {
        for key in 0..<300 {
            let pieces = Self.draw(.python, UInt64(key))
            let source = Detokenizer.sourceCode(of: XLCoSTTokens.tokens(of: pieces), in: .python)
            var depth = 0
            var expected: [Int] = []
            var isNew = true
            for piece in pieces {
                switch piece {
                case .indent: depth += 1
                case .dedent: depth -= 1
                case .line: isNew = true
                case .word, .text:
                    if isNew { expected.append(4 * depth) }
                    isNew = false
                }
            }
            let lines: [Substring] = source.split(separator: "\n")
            #expect(lines.map { line in line.prefix { $0 == " " }.count } == expected)
        }
    }
}
