import Programs

/// Writes source code in the token format of XLCoST, as its tokenizers do: the way back is what the tests are about.
enum XLCoSTTokens {
    /// Pieces of a program, from which both the source and its tokens are made.
    enum Piece: Hashable {
        case word(String)
        /// The text between quotes, escapes as in source code.
        case text(String, quote: Character)
        case line
        case indent, dedent
    }

    /// The tokens of `pieces`.
    static func tokens(of pieces: [Piece]) -> String {
        pieces.map { piece in
            switch piece {
            case .word(let word): word
            case .text(let text, let quote): "\(quote) \(literal(text)) \(quote)"
            case .line: "NEW_LINE"
            case .indent: "INDENT"
            case .dedent: "DEDENT"
            }
        }.joined(separator: " ")
    }

    /// Inside a literal a space is the marker, `\n` and `\t` are words, and words and signs stand apart.
    private static func literal(_ text: String) -> String {
        var parts: [String] = []
        var word = ""
        func flush() {
            if !word.isEmpty { parts.append(word) }
            word = ""
        }
        var rest = text[...]
        while let next = rest.first {
            if rest.hasPrefix("\\n") || rest.hasPrefix("\\t") {
                flush()
                parts.append(rest.hasPrefix("\\n") ? "STRNEWLINE" : "TABSYMBOL")
                rest = rest.dropFirst(2)
                continue
            }
            if rest.hasPrefix("\\") {
                word += rest.prefix(2)
                rest = rest.dropFirst(2)
                continue
            }
            if next.isLetter || next.isNumber {
                word.append(next)
            } else {
                flush()
                parts.append(next == " " ? "▁" : String(next))
            }
            rest = rest.dropFirst()
        }
        flush()
        return parts.joined(separator: " ")
    }

    /// The words and literals of source code, spacing and line ends taken out; literals are kept as they are.
    static func essence(of source: String) -> [String] {
        var result: [String] = []
        var word = ""
        func flush() {
            if !word.isEmpty { result.append(word) }
            word = ""
        }
        var rest = source[...]
        while let next = rest.first {
            if next == "\"" || next == "'" {
                flush()
                var text = String(next)
                rest = rest.dropFirst()
                while let inner = rest.first {
                    text.append(inner)
                    rest = rest.dropFirst()
                    if inner == "\\", let escaped = rest.first {
                        text.append(escaped)
                        rest = rest.dropFirst()
                    } else if inner == next {
                        break
                    }
                }
                result.append(text)
                continue
            }
            if next.isLetter || next.isNumber || next == "_" {
                word.append(next)
            } else {
                flush()
                if !next.isWhitespace { result.append(String(next)) }
            }
            rest = rest.dropFirst()
        }
        flush()
        return result
    }
}
