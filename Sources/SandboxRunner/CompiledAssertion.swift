import Foundation
import Programs

/// An assertion in a compiled language: an expression that must be true.
///
/// `f(literals) == literal` is taken apart into a call, whose expected value then stays outside of the program's process.
struct CompiledAssertion {
    /// The expression, without `assert` round it.
    let expression: String
    /// The call that it makes, with what must come of it; nil when it is not of that form.
    let call: TestCase?

    /// Takes `expression`, `assert(expression);` or `assert expression;`.
    init(_ code: String, language: Language) {
        var text = code.trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasSuffix(";") { text = String(text.dropLast()).trimmingCharacters(in: .whitespaces) }
        for word in ["assert", "Debug.Assert", "System.Diagnostics.Debug.Assert"] where text.hasPrefix(word) {
            let rest = text.dropFirst(word.count)
            guard rest.first == "(" || rest.first?.isWhitespace == true else { continue }
            text = rest.trimmingCharacters(in: .whitespaces)
        }
        while text.hasPrefix("("), text.hasSuffix(")"), Self.isOneGroup(text) {
            text = String(text.dropFirst().dropLast()).trimmingCharacters(in: .whitespaces)
        }
        expression = text
        var reader = LiteralReader(text)
        call = reader.comparison(language)
    }

    private static func isOneGroup(_ text: String) -> Bool {
        let code = SourceScan(text).code
        var depth = 0
        for (index, byte) in code.enumerated() {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { return index == code.count - 1 }
        }
        return false
    }
}

/// Reads calls and literals as the compiled languages write them.
private struct LiteralReader {
    private let text: [Character]
    private var at = 0

    init(_ text: String) { self.text = Array(text) }

    /// `name(literals) == literal` or `name(literals).equals(literal)`, and nothing more.
    mutating func comparison(_ language: Language) -> TestCase? {
        guard let name = path(), take("("), let arguments = list(until: ")") else { return nil }
        var isByMethod = false
        if take(".equals(") || take(".Equals(") { isByMethod = true } else if !take("==") { return nil }
        guard let expected = value(), !isByMethod || take(")") else { return nil }
        skip()
        guard at == text.count, !name.hasSuffix("::"), !["strcmp", "memcmp"].contains(name) else { return nil }
        if !isByMethod {
            // Here `==` compares identity, or addresses: what it means is not for us to improve.
            switch (language, expected) {
            case (.cpp, _), (_, .integer), (_, .number), (_, .bool): break
            case (.csharp, .string), (.go, .string): break
            default: return nil
            }
        }
        let called = name.replacingOccurrences(of: "::", with: ".")
        return .call(function: called, arguments: arguments, expected: expected)
    }

    private mutating func skip() { while at < text.count, text[at].isWhitespace { at += 1 } }

    private mutating func take(_ wanted: String) -> Bool {
        skip()
        guard text[at...].starts(with: wanted) else { return false }
        at += wanted.count
        return true
    }

    private mutating func path() -> String? {
        skip()
        let start = at
        while at < text.count, text[at].isLetter || text[at].isNumber || "_.:".contains(text[at]) { at += 1 }
        return at > start && !text[start].isNumber ? String(text[start..<at]) : nil
    }

    private mutating func list(until end: String) -> [JSONValue]? {
        var items: [JSONValue] = []
        if take(end) { return items }
        while true {
            guard let item = value() else { return nil }
            items.append(item)
            if take(end) { return items }
            // A trailing comma is allowed in braces.
            guard take(",") else { return nil }
            if end == "}", take(end) { return items }
        }
    }

    private mutating func value() -> JSONValue? {
        skip()
        guard at < text.count else { return nil }
        if text[at] == "\"" || text[at] == "'" { return string() }
        if text[at].isNumber || text[at] == "-" || text[at] == "." { return number() }
        if take("{") { return list(until: "}").map { .array($0) } }
        return construction()
    }

    /// A constant, or a literal of an aggregate: `vector<int>{…}`, `new int[]{…}`, `Arrays.asList(…)`, `[]int{…}`.
    private mutating func construction() -> JSONValue? {
        let start = at
        var depth = 0
        while at < text.count {
            let character = text[at]
            if character == "<" || character == "[" { depth += 1 }
            if character == ">" || character == "]" { depth -= 1 }
            if depth == 0, "({),;}".contains(character) || (character == "=" && at > start) { break }
            at += 1
        }
        let head = String(text[start..<at]).trimmingCharacters(in: .whitespaces)
        switch head {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null", "nullptr", "nil", "NULL": return .null
        case "string", "std::string", "String":
            guard take("("), let text = value(), take(")") else { return nil }
            return text
        default: break
        }
        // Of maps, structures and calls the meaning is not plain.
        let isList =
            ["vector<", "std::vector<", "list<", "deque<", "array<"].contains { head.hasPrefix($0) }
            || (head.hasPrefix("new ") && (head.hasSuffix("]") || head.contains("List<")))
            || (head.hasPrefix("[") && !head.contains("map["))
        if isList, take("{") { return list(until: "}").map { .array($0) } }
        if ["Arrays.asList", "List.of"].contains(head), take("(") { return list(until: ")").map { .array($0) } }
        if head.hasPrefix("new "), head.contains("List<"), take("()") {
            return take("{") ? list(until: "}").map { .array($0) } : .array([])
        }
        return nil
    }

    private mutating func number() -> JSONValue? {
        let start = at
        if text[at] == "-" { at += 1 }
        while at < text.count,
            text[at].isNumber || ".eE".contains(text[at]) || ("+-".contains(text[at]) && "eE".contains(text[at - 1]))
        {
            at += 1
        }
        let digits = String(text[start..<at])
        let suffix = at
        while at < text.count, "uUlLfFdDmM".contains(text[at]) { at += 1 }
        if at < text.count, text[at].isLetter || text[at] == "_" { return nil }
        // 010 is eight in most of these languages.
        if digits.drop(while: { $0 == "-" }).hasPrefix("0"), digits.count > 1, !digits.contains(".") {
            return digits == "-0" ? .integer(0) : nil
        }
        let isReal = digits.contains { ".eE".contains($0) } || text[suffix..<at].contains { "fFdDmM".contains($0) }
        return isReal ? Double(digits).map { .number($0) } : Int(digits).map { .integer($0) }
    }

    private mutating func string() -> JSONValue? {
        let quote = text[at]
        at += 1
        var result = ""
        while at < text.count, text[at] != quote {
            if text[at] == "\\" {
                at += 1
                guard at < text.count, let plain = ["n": "\n", "t": "\t", "\\": "\\", "\"": "\"", "'": "'"][text[at]]
                else {
                    return nil
                }
                result += plain
            } else {
                result.append(text[at])
            }
            at += 1
        }
        guard at < text.count else { return nil }
        at += 1
        return .string(result)
    }
}
