extension PlainData {
    /// What Python's `str` makes of the value; nil where that is not certain here.
    var pythonText: String? {
        if case .text(let text) = self { return text }
        return pythonRepresentation
    }

    /// What Python's `repr` makes of the value.
    private var pythonRepresentation: String? {
        switch self {
        case .none: return "None"
        case .bool(let flag): return flag ? "True" : "False"
        case .integer(let number): return String(number)
        // Beyond 2⁵³ the two languages write numbers in different ways.
        case .number(let number): return abs(number) < 9e15 ? String(number) : nil
        case .text(let text): return Self.quoted(text)
        case .list(let items): return Self.representations(items).map { "[\($0.joined(separator: ", "))]" }
        case .tuple(let items):
            return Self.representations(items).map { "(\($0.joined(separator: ", "))\(items.count == 1 ? "," : ""))" }
        case .dictionary(let entries):
            guard let keys = Self.representations(entries.map(\.key)),
                let values = Self.representations(entries.map(\.value))
            else { return nil }
            return "{" + zip(keys, values).map { "\($0): \($1)" }.joined(separator: ", ") + "}"
        case .bigInteger, .bytes, .set: return nil
        }
    }

    private static func representations(_ items: [PlainData]) -> [String]? {
        let texts = items.compactMap(\.pythonRepresentation)
        return texts.count == items.count ? texts : nil
    }

    /// In single quotes, unless only these are in the text; what needs escapes is left to Python.
    private static func quoted(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ (32..<127).contains($0) && $0 != UInt8(ascii: "\\") }) else { return nil }
        if !text.utf8.contains(UInt8(ascii: "'")) { return "'\(text)'" }
        return text.utf8.contains(UInt8(ascii: "\"")) ? nil : "\"\(text)\""
    }
}
