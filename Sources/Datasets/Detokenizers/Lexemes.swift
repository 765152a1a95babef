import Programs

/// A piece of a program in the token format of XLCoST, strings already put together.
enum Lexeme: Hashable {
    /// A name, number or operator.
    case code(String)
    /// A string or character literal with its quotes.
    case literal(String)
    /// A preprocessor line or a comment, with nothing after it on its line.
    case line(String)
    /// End of a logical line (`NEW_LINE` and `ENDCOM` outside literals).
    case lineBreak
    /// Python's `INDENT` and `DEDENT`.
    case indent, dedent

    var text: String {
        switch self {
        case .code(let text), .literal(let text), .line(let text): text
        case .lineBreak, .indent, .dedent: ""
        }
    }
}

/// Takes a line of an XLCoST file apart.
///
/// The token format: tokens between single spaces; inside literals a space is ` ▁ `, `STRNEWLINE` the escape `\n`,
/// `TABSYMBOL` the escape `\t`, `STOKENnn` a special sequence, and the spaces between the pieces are artefacts.
/// A literal with a bare `NEW_LINE` was never split: its spaces are real and `NEW_LINE` is the escape `\n`.
struct LexemeScanner {
    private let language: Language
    private let text: [Character]
    private var position = 0
    private var result: [Lexeme] = []

    static func lexemes(of program: String, in language: Language) -> [Lexeme] {
        var scanner = LexemeScanner(language: language, text: Array(program))
        scanner.scan()
        return scanner.result
    }

    private init(language: Language, text: [Character]) {
        self.language = language
        self.text = text
    }

    private mutating func scan() {
        while position < text.count {
            let character = text[position]
            if character.isWhitespace {
                position += 1
            } else if character == "\"" || character == "'" || character == "`" && language == .javascript {
                scanLiteral(quote: character)
            } else if character == "/", language == .javascript, scanRegularExpression() {
                continue
            } else if character == "#", language == .cpp || language == .c || language == .csharp {
                scanDirective()
            } else {
                scanToken()
            }
        }
    }

    private mutating func scanToken() {
        let start = position
        while position < text.count, !text[position].isWhitespace, text[position] != "\"",
            text[position] != "'" || text[start].isNumber, text[position] != "`" || language != .javascript
        {
            position += 1
        }
        let token = String(text[start..<position])
        switch token {
        case "NEW_LINE", "ENDCOM": result.append(.lineBreak)
        case "INDENT": result.append(.indent)
        case "DEDENT": result.append(.dedent)
        case "STRNEWLINE", "TABSYMBOL", "▁": break  // outside a literal they are white space
        case "//" where language != .python: result.append(.line(restOfLine(from: start)))
        case "#" where language == .python: result.append(.line(restOfLine(from: start)))
        default: result.append(.code(Self.special(language)[token] ?? token))
        }
    }

    /// `#include`, `#define`, …: kept as written up to `NEW_LINE`, literals put together.
    private mutating func scanDirective() {
        let start = position
        let line = restOfLine(from: start)
        var restored = ""
        var rest = line[...]
        while let open = rest.firstIndex(of: "\"") {
            let tail = rest[rest.index(after: open)...]
            guard let close = tail.firstIndex(of: "\"") else { break }
            restored += rest[..<open] + "\"" + Self.body(String(tail[..<close]), language) + "\""
            rest = tail[tail.index(after: close)...]
        }
        result.append(.line(restored + rest))
    }

    /// The text from `start` to the next `NEW_LINE` or `ENDCOM`, which is consumed.
    private mutating func restOfLine(from start: Int) -> String {
        position = start
        var line = ""
        while position < text.count {
            let wordStart = position
            while position < text.count, text[position] != " " { position += 1 }
            let word = String(text[wordStart..<position])
            if position < text.count { position += 1 }
            if word == "NEW_LINE" || word == "ENDCOM" { break }
            if wordStart > start { line += " " }
            line += word
        }
        return line.trimmedRight()
    }

    /// JavaScript: a pattern between slashes, and its flags, are one literal where a value can stand.
    ///
    /// - Returns: false, and nothing is consumed, when the slash divides.
    private mutating func scanRegularExpression() -> Bool {
        guard position + 1 < text.count, text[position + 1] == " ", canBeginValue else { return false }
        let longest = 400
        var end = position + 2
        while end + 1 < min(text.count, position + longest),
            !(text[end] == "/" && text[end - 1] == " " && (text[end + 1] == " "))
        {
            end += 1
        }
        guard end + 1 < min(text.count, position + longest), text[end] == "/" else { return false }
        var body = String(text[position + 2..<end - 1])
        body = body.contains("▁") ? body.replacing(" ", with: "").replacing("▁", with: " ") : body
        position = end + 1
        while position < text.count, text[position] == " " { position += 1 }
        var flags = position
        while flags < text.count, "gimsuy".contains(text[flags]) { flags += 1 }
        let isFlags = flags > position && (flags == text.count || text[flags] == " ")
        result.append(.literal("/\(body)/\(isFlags ? String(text[position..<flags]) : "")"))
        if isFlags { position = flags }
        return true
    }

    /// Whether what comes next begins a value, rather than going on from one.
    private var canBeginValue: Bool {
        switch result.last {
        case nil, .line, .lineBreak, .indent, .dedent: true
        case .literal: false
        case .code(let text):
            ["(", "[", "{", ",", ";", "=", ":", "!", "&&", "||", "?", "=>", "return", "==", "===", "!=", "!=="]
                .contains(text)
        }
    }

    private mutating func scanLiteral(quote: Character) {
        let isTriple =
            language == .python && position + 2 < text.count && text[position + 1] == quote
            && text[position + 2] == quote
        let delimiter = isTriple ? 3 : 1
        // In C#'s @"…" a backslash is a backslash.
        let isVerbatim = language == .csharp && ["@", "$@", "@$"].contains(result.last?.text ?? "")
        var end = position + delimiter
        while end < text.count {
            if text[end] == "\\", end + 1 < text.count, !isVerbatim {
                end += 2
                continue
            }
            let closes = text[end] == quote && (!isTriple || text[end...].prefix(3).allSatisfy { $0 == quote })
            if closes, end + delimiter <= text.count { break }
            end += 1
        }
        guard end < text.count else {
            // No closing quote: damaged data. Kept as it stands, so that the compiler and not the reader complains.
            result.append(.code(String(quote)))
            position += 1
            return
        }
        let marks = String(repeating: quote, count: delimiter)
        var body = Self.body(String(text[position + delimiter..<end]), language)
        // `' '` is a space whose marker is lost: an empty character literal exists in no language.
        if body.isEmpty, quote == "'", end > position + 1, language.hasCharacterLiterals { body = " " }
        result.append(.literal(marks + body + marks))
        position = end + delimiter
    }

    /// The text of a literal between its quotes.
    static func body(_ raw: String, _ language: Language) -> String {
        if raw.contains("NEW_LINE"), !raw.contains("STRNEWLINE"), !raw.contains("▁") {
            return raw.replacing("NEW_LINE", with: "\\n")
        }
        // Taken apart, two words would have the marker between them: these spaces are real, but for the outermost.
        if !raw.contains("▁"), hasNeighbouringWords(raw) {
            return raw.split(separator: " ").map { markers[String($0)] ?? String($0) }.joined(separator: " ")
        }
        var body = raw.replacing("STRNEWLINE", with: "\\n").replacing("NEW_LINE", with: "\\n")
            .replacing("TABSYMBOL", with: "\\t")
        if body.contains("STOKEN") {
            for (token, text) in special(language) { body = body.replacing(token, with: text) }
        }
        return body.replacing(" ", with: "").replacing("▁", with: " ")
    }

    private static let markers = ["STRNEWLINE": "\\n", "TABSYMBOL": "\\t", "NEW_LINE": "\\n"]

    private static func hasNeighbouringWords(_ raw: String) -> Bool {
        let words = raw.split(separator: " ").map { word in
            word.allSatisfy { $0.isLetter || $0.isNumber } && markers[String(word)] == nil
                && !word.hasPrefix("STOKEN")
        }
        return zip(words, words.dropFirst()).contains { $0 && $1 }
    }

    /// Sequences that the original's tokenizer hides from itself inside literals and comments.
    private static func special(_ language: Language) -> [String: String] {
        language == .python ? pythonSpecial : bracedSpecial
    }

    private static let pythonSpecial = [
        "STOKEN00": "#", "STOKEN1": "\\n", "STOKEN2": "\"\"\"", "STOKEN3": "'''",
    ]

    private static let bracedSpecial = [
        "STOKEN00": "//", "STOKEN01": "/*", "STOKEN02": "*/", "STOKEN03": "/**", "STOKEN04": "**/",
        "STOKEN05": "\"\"\"", "STOKEN06": "\\n", "STOKEN07": "\\r", "STOKEN08": ";", "STOKEN09": "{", "STOKEN10": "}",
        "STOKEN11": "\\'", "STOKEN12": "\\\"", "STOKEN13": "\\\\",
    ]
}

extension Language {
    fileprivate var hasCharacterLiterals: Bool {
        switch self {
        case .c, .cpp, .java, .csharp, .go: true
        case .python, .php, .javascript, .ruby: false
        }
    }
}

extension String {
    fileprivate func trimmedRight() -> String {
        var result = self
        while result.last?.isWhitespace == true { result.removeLast() }
        return result
    }
}
