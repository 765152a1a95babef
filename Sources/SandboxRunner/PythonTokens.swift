/// What makes test code unfit for being taken apart: it is run as it is, in a child of its own.
struct NotTakenApart: Error {}

/// A token of the part of Python that simple tests are written in.
enum PythonToken: Equatable {
    case name(String)
    case literal(PlainData)
    case symbol(String)
    case newline
    case indent
    case dedent
    case end
}

/// Cuts Python source into tokens, as the language's lexical analysis does.
///
/// Anything out of the ordinary (tabs in indentation, f-strings, names beyond ASCII, numbers beyond 64 bits) is refused,
/// so that what is accepted means here what it means there.
struct PythonTokens {
    private let source: [UInt8]
    private var at = 0
    private var depth = 0
    private var indents = [0]
    private var tokens: [PythonToken] = []

    static func tokens(_ source: String) throws(NotTakenApart) -> [PythonToken] {
        var scanner = PythonTokens(source: Array(source.utf8))
        // Python ends a line at a lone carriage return, too, wherever it is.
        guard !scanner.source.contains(where: { $0 == 0 || $0 == 12 || $0 == 13 }) else { throw NotTakenApart() }
        try scanner.scan()
        return scanner.tokens
    }

    private init(source: [UInt8]) { self.source = source }

    private func byte(_ offset: Int = 0) -> UInt8 { at + offset < source.count ? source[at + offset] : 0 }

    private mutating func scan() throws(NotTakenApart) {
        var isLineStart = true
        while at < source.count {
            if isLineStart, depth == 0 {
                guard try indentation() else { continue }
                isLineStart = false
            }
            switch byte() {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): at += 1
            case UInt8(ascii: "#"): skipComment()
            case UInt8(ascii: "\\") where byte(1) == UInt8(ascii: "\n"): at += 2
            case UInt8(ascii: "\n"):
                at += 1
                guard depth == 0 else { continue }
                tokens.append(.newline)
                isLineStart = true
            default: try token()
            }
        }
        guard depth == 0 else { throw NotTakenApart() }
        if tokens.last != .newline { tokens.append(.newline) }
        for _ in indents.dropFirst() { tokens.append(.dedent) }
        tokens.append(.end)
    }

    private mutating func skipComment() {
        while at < source.count, byte() != UInt8(ascii: "\n") { at += 1 }
    }

    /// The indentation of a line; false when the line is empty.
    private mutating func indentation() throws(NotTakenApart) -> Bool {
        var width = 0
        while byte() == UInt8(ascii: " ") {
            at += 1
            width += 1
        }
        guard byte() != UInt8(ascii: "\t") else { throw NotTakenApart() }
        if byte() == UInt8(ascii: "#") { skipComment() }
        if at >= source.count { return false }
        if byte() == UInt8(ascii: "\n") {
            at += 1
            return false
        }
        if width > indents[indents.count - 1] {
            indents.append(width)
            tokens.append(.indent)
        }
        while width < indents[indents.count - 1] {
            indents.removeLast()
            tokens.append(.dedent)
        }
        guard width == indents[indents.count - 1] else { throw NotTakenApart() }
        return true
    }

    private mutating func token() throws(NotTakenApart) {
        let first = byte()
        if Self.isDigit(first) || (first == UInt8(ascii: ".") && Self.isDigit(byte(1))) { return try number() }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { return try string(prefix: "") }
        if Self.isLetter(first) {
            let start = at
            while Self.isLetter(byte()) || Self.isDigit(byte()) { at += 1 }
            let name = String(decoding: source[start..<at], as: UTF8.self)
            let isPrefix = byte() == UInt8(ascii: "\"") || byte() == UInt8(ascii: "'")
            if isPrefix { return try string(prefix: name.lowercased()) }
            return tokens.append(.name(name))
        }
        guard let text = Self.symbol(first, byte(1)) else { throw NotTakenApart() }
        switch text {
        case "(", "[", "{": depth += 1
        case ")", "]", "}": depth -= 1
        default: break
        }
        guard depth >= 0 else { throw NotTakenApart() }
        at += text.utf8.count
        tokens.append(.symbol(text))
    }

    /// The longest symbol that begins with these two characters.
    private static func symbol(_ first: UInt8, _ second: UInt8) -> String? {
        let isBeforeEqual = second == UInt8(ascii: "=")
        switch UnicodeScalar(first) {
        case "(": return "("
        case ")": return ")"
        case "[": return "["
        case "]": return "]"
        case "{": return "{"
        case "}": return "}"
        case ",": return ","
        case ":": return ":"
        case ".": return "."
        case "+": return "+"
        case "-": return "-"
        case "/": return "/"
        case "%": return isBeforeEqual ? nil : "%"
        case "*": return second == first ? "**" : "*"
        case "=": return isBeforeEqual ? "==" : "="
        case "!": return isBeforeEqual ? "!=" : nil
        case "<": return isBeforeEqual ? "<=" : "<"
        case ">": return isBeforeEqual ? ">=" : ">"
        default: return nil
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private mutating func number() throws(NotTakenApart) {
        let start = at
        var isWhole = true
        while Self.isDigit(byte()) { at += 1 }
        if byte() == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            while Self.isDigit(byte()) { at += 1 }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            at += 1
            if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { at += 1 }
            guard Self.isDigit(byte()) else { throw NotTakenApart() }
            while Self.isDigit(byte()) { at += 1 }
        }
        let text = String(decoding: source[start..<at], as: UTF8.self)
        guard !Self.isLetter(byte()) else { throw NotTakenApart() }
        if isWhole {
            guard text == "0" || !text.hasPrefix("0"), let value = Int(text) else { throw NotTakenApart() }
            return tokens.append(.literal(.integer(value)))
        }
        // Swift wants a digit on both sides of the point.
        var written = text.hasPrefix(".") ? "0" + text : text
        if written.hasSuffix(".") { written += "0" }
        if written.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            written = written.replacing(".e", with: ".0e").replacing(".E", with: ".0e")
        }
        guard let value = Double(written), value.isFinite else { throw NotTakenApart() }
        tokens.append(.literal(.number(value)))
    }

    private mutating func string(prefix: String) throws(NotTakenApart) {
        guard ["", "r", "u", "b", "br", "rb"].contains(prefix) else { throw NotTakenApart() }
        let isRaw = prefix.contains("r")
        let isBytes = prefix.contains("b")
        let quote = byte()
        let isLong = byte(1) == quote && byte(2) == quote
        at += isLong ? 3 : 1
        var content: [UInt8] = []
        while true {
            guard at < source.count else { throw NotTakenApart() }
            let next = byte()
            if next == quote, !isLong || (byte(1) == quote && byte(2) == quote) { break }
            if next == UInt8(ascii: "\n"), !isLong { throw NotTakenApart() }
            if isBytes, next >= 128 { throw NotTakenApart() }
            if next == UInt8(ascii: "\\") {
                if isRaw { throw NotTakenApart() }
                try escape(isBytes: isBytes, into: &content)
            } else {
                content.append(next)
                at += 1
            }
        }
        at += isLong ? 3 : 1
        tokens.append(.literal(isBytes ? .bytes(content) : .text(String(decoding: content, as: UTF8.self))))
    }

    private mutating func escape(isBytes: Bool, into content: inout [UInt8]) throws(NotTakenApart) {
        let kind = byte(1)
        at += 2
        switch Character(UnicodeScalar(kind)) {
        case "\n": break
        case "\\", "'", "\"": content.append(kind)
        case "n": content.append(10)
        case "t": content.append(9)
        case "r": content.append(13)
        case "x": try character(digits: 2, isBytes: isBytes, into: &content)
        case "u" where !isBytes: try character(digits: 4, isBytes: false, into: &content)
        default: throw NotTakenApart()
        }
    }

    private mutating func character(digits: Int, isBytes: Bool, into content: inout [UInt8]) throws(NotTakenApart) {
        guard at + digits <= source.count,
            let value = UInt32(String(decoding: source[at..<at + digits], as: UTF8.self), radix: 16),
            let scalar = UnicodeScalar(value)
        else { throw NotTakenApart() }
        at += digits
        if isBytes { content.append(UInt8(value)) } else { content += Array(String(Character(scalar)).utf8) }
    }
}
