package import Programs

/// Turns programs in the token format of XLCoST into source code.
///
/// Differs from the original's detokenizers where those break programs: `STRNEWLINE` and a `NEW_LINE` inside a literal
/// become the escape `\n` and not a line break, and no parser is needed.
package enum Detokenizer {
    /// The source code of `program`, one line of an XLCoST file; it ends in a newline.
    package static func sourceCode(of program: String, in language: Language) -> String {
        var lexemes = LexemeScanner.lexemes(of: program, in: language)
        if language == .php { lexemes = withWholeNumbers(lexemes) }
        if language == .python {
            var layout = IndentedLayout()
            for lexeme in lexemes { layout.add(lexeme) }
            return layout.finish()
        }
        var layout = BracedLayout(language: language)
        for lexeme in lexemes { layout.add(lexeme) }
        let source = layout.finish()
        // XLCoST's PHP has lost the tag, without which a file is text and every text compiles.
        return language == .php && !source.contains("<?") ? "<?php\n" + source : source
    }
}

extension Detokenizer {
    /// `1 . 5` as one token; PHP writes a point between texts too.
    private static func withWholeNumbers(_ lexemes: [Lexeme]) -> [Lexeme] {
        func digits(_ index: Int) -> String? {
            guard lexemes.indices.contains(index), case .code(let text) = lexemes[index], !text.isEmpty,
                text.allSatisfy(\.isNumber)
            else { return nil }
            return text
        }
        var result: [Lexeme] = []
        var index = 0
        while index < lexemes.count {
            if let whole = digits(index), let part = digits(index + 2), lexemes[index + 1] == .code(".") {
                result.append(.code("\(whole).\(part)"))
                index += 3
            } else {
                result.append(lexemes[index])
                index += 1
            }
        }
        return result
    }
}

/// Whether a space belongs between two tokens.
struct Spacing {
    let language: Language

    private static let keywordsBeforeParenthesis: Set<String> = [
        "if", "for", "while", "switch", "return", "catch", "else", "in", "and", "or", "not", "new", "case", "throw",
        "do", "is", "lambda", "yield", "foreach", "elif", "assert", "del", "import", "from",
    ]

    func needsSpace(before previous: Lexeme?, _ last: Lexeme, _ next: Lexeme) -> Bool {
        let (a, b) = (last.text, next.text)
        if isSplitOperator(a, b) { return false }
        // PHP's point joins texts, and next to digits it would be part of a number.
        if language == .php, a == "." || b == "." { return true }
        if a == ".", b == "." { return false }
        if [";", ",", ")", "]", ".", "::"].contains(b) || ["(", "[", ".", "::", "!", "~", "@"].contains(a) {
            // `x , . 5` and `return . 5`: the point of a number, not of a member.
            return b == "." && !endsOperand(last)
        }
        if a == "$" { return false }
        if b == "->" || a == "->" { return language != .cpp && language != .c && language != .php }
        if b == "(" { return !isName(a) && a != "]" && a != ")" || Self.keywordsBeforeParenthesis.contains(a) }
        if b == "[" { return !endsOperand(last) || Self.keywordsBeforeParenthesis.contains(a) }
        if b == "++" || b == "--" { return !endsOperand(last) }
        if a == "++" || a == "--" { return previous.map(endsOperand) ?? false }
        if a == "<", b == "<" { return false }
        // Both a shift and the end of nested type arguments are written so.
        if a == ">", b == ">" { return false }
        if language == .python {
            if case .literal = next { return !Self.prefixes.contains(a) }
            if ["*", "/"].contains(a), a == b { return false }
            if b == "=", ["!", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", ":"].contains(a) { return false }
            if b == ":" { return false }
        }
        if language == .php { return !(a == "<" && b == "?") && !(a == "?" && (b == "php" || b == ">")) }
        return true
    }

    /// Two halves of one operator that a tokenizer has taken apart; where both could stand apart, they do.
    private func isSplitOperator(_ a: String, _ b: String) -> Bool {
        switch (a, b) {
        case ("=", "="), ("!", "="), ("+", "="), ("%", "="), ("^", "="), ("|", "|"), (":", ":"): language != .python
        case ("==", "="), ("!=", "="): language == .javascript || language == .php
        case ("=", ">"): language == .javascript || language == .csharp || language == .php
        case ("?", "?"), ("?", "."): language == .csharp || language == .javascript
        case ("<", "="), (">", "="), ("-", "="), ("/", "="), ("-", ">"): true
        default: false
        }
    }

    private static let prefixes: Set<String> = ["r", "u", "f", "b", "R", "U", "F", "B", "rb", "br", "fr", "rf"]

    private func isName(_ text: String) -> Bool {
        text.last.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
    }

    private func endsOperand(_ lexeme: Lexeme) -> Bool {
        switch lexeme {
        case .literal: true
        case .code(let text): text == ")" || text == "]" || text == "}" || isName(text)
        case .line, .lineBreak, .indent, .dedent: false
        }
    }
}

/// Puts the lexemes of one line next to each other.
struct LineBuilder {
    let spacing: Spacing
    private(set) var text = ""
    private var last: Lexeme?
    private var previous: Lexeme?

    init(language: Language) { spacing = Spacing(language: language) }

    mutating func add(_ lexeme: Lexeme) {
        if let last, spacing.needsSpace(before: previous, last, lexeme) { text += " " }
        text += lexeme.text
        (previous, last) = (last, lexeme)
    }

    /// The line so far; the next one starts empty.
    mutating func take() -> String {
        defer { self = LineBuilder(language: spacing.language) }
        return text
    }

    var lastText: String? { last?.text }
}

/// Python: lines end where the tokens say so, and `INDENT` and `DEDENT` move the margin.
struct IndentedLayout {
    private var lines: [String] = []
    private var depth = 0
    private var line = LineBuilder(language: .python)

    mutating func add(_ lexeme: Lexeme) {
        switch lexeme {
        case .indent: depth += 1
        case .dedent: depth = max(0, depth - 1)
        case .lineBreak: endLine()
        case .line(let text):
            // A comment ends its line even without a line break.
            line.add(.code(text))
            endLine()
        case .code, .literal: line.add(lexeme)
        }
    }

    private mutating func endLine() {
        let text = line.take()
        guard !text.isEmpty else { return }
        // Python refuses more than a hundred levels; hostile text must not make margins that fill the memory.
        lines.append(String(repeating: "    ", count: min(depth, 101)) + text)
    }

    mutating func finish() -> String {
        endLine()
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Languages with braces: a line ends after `;`, `{` and `}` outside parentheses.
struct BracedLayout {
    private enum Brace {
        /// A block, with the number of parentheses open around it.
        case block(parentheses: Int)
        /// A list of values, kept on its line.
        case values
    }

    private let language: Language
    private var lines: [String] = []
    private var braces: [Brace] = []
    private var depth = 0
    private var parentheses = 0
    private var line: LineBuilder
    private var afterBlock = false

    init(language: Language) {
        self.language = language
        line = LineBuilder(language: language)
    }

    mutating func add(_ lexeme: Lexeme) {
        if afterBlock {
            afterBlock = false
            // What continues the statement that the block belongs to stays on its line.
            if ![";", ",", ")", "else", "while", "catch", "finally", "("].contains(lexeme.text) { endLine() }
        }
        switch lexeme {
        case .lineBreak: endLine()
        case .indent, .dedent: break
        case .line(let text):
            endLine()
            lines.append((text.hasPrefix("#") ? "" : margin) + text)
        case .literal: line.add(lexeme)
        case .code(let text): add(code: text)
        }
    }

    private mutating func add(code: String) {
        switch code {
        case "{": open()
        case "}": close()
        case ";":
            line.add(.code(code))
            if parentheses == 0, !isInValues { endLine() }
        default:
            if code == "(" { parentheses += 1 }
            if code == ")" { parentheses = max(0, parentheses - 1) }
            line.add(.code(code))
        }
    }

    private mutating func open() {
        let startsValues = isInValues || line.lastText.map { ["=", ",", "(", "]", "return"].contains($0) } ?? false
        line.add(.code("{"))
        if startsValues {
            braces.append(.values)
            return
        }
        braces.append(.block(parentheses: parentheses))
        parentheses = 0
        endLine()
        depth += 1
    }

    private mutating func close() {
        switch braces.popLast() {
        case .values:
            line.add(.code("}"))
        case .block(let outer):
            endLine()
            depth -= 1
            parentheses = outer
            line.add(.code("}"))
            afterBlock = true
        case nil:
            // One brace too many: damaged data, left to the compiler.
            line.add(.code("}"))
            endLine()
        }
    }

    private var isInValues: Bool {
        if case .values = braces.last { return true }
        return false
    }

    /// What nests deeper is not moved further: margins of hostile text must not fill the memory.
    private var margin: String { String(repeating: "    ", count: min(depth, 40)) }

    private mutating func endLine() {
        let text = line.take()
        if !text.isEmpty { lines.append(margin + text) }
    }

    mutating func finish() -> String {
        endLine()
        return lines.joined(separator: "\n") + "\n"
    }
}
