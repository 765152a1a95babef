import Foundation
import Programs

/// Functions that a test asks for and that may return a value of the program's own type, which decides by itself what it
/// is equal to.
///
/// Test code of compiled languages compares in the program's process, so `f(3) == 9` would be the program's to answer. A
/// program that says nothing about how its own types compare is never looked at further; of one that does, the
/// functions named in the test must return types that are the language's own.
enum OwnComparisons {
    /// Words that make a type of the program's answer comparisons.
    private static let hooks: [Language: Set<String>] = [
        .cpp: ["operator"],
        .csharp: ["operator", "Equals", "CompareTo", "IEquatable", "IComparable", "IStructuralEquatable"],
        .java: ["equals", "compareTo"],
    ]

    /// Words of a declaration that lead to no type of the program's.
    ///
    /// Interfaces and classes that a program may extend are left out on purpose.
    private static let plain: [Language: Set<String>] = [
        .cpp: [
            "int", "long", "short", "unsigned", "signed", "char", "bool", "float", "double", "void", "const", "static",
            "inline", "constexpr", "extern", "noexcept", "std", "string", "vector", "map", "set", "pair", "tuple",
            "list",
            "deque", "array", "unordered_map", "unordered_set", "multiset", "multimap", "optional", "size_t",
            "ptrdiff_t", "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
            "wchar_t", "char16_t", "char32_t", "string_view", "complex", "bitset", "public", "private", "protected",
        ],
        .csharp: [
            "int", "long", "short", "byte", "sbyte", "uint", "ulong", "ushort", "char", "bool", "float", "double",
            "decimal", "void", "string", "String", "Int32", "Int64", "Double", "Boolean", "BigInteger", "public",
            "private", "internal", "protected", "static", "unsafe", "async", "System", "Collections", "Generic",
            "Numerics", "List", "Dictionary", "HashSet", "Tuple", "SortedSet", "Queue", "Stack",
        ],
        .java: [
            "int", "long", "short", "byte", "char", "boolean", "float", "double", "void", "String", "Integer", "Long",
            "Short", "Byte", "Character", "Boolean", "Float", "Double", "public", "private", "protected", "static",
            "final", "synchronized", "strictfp", "java", "lang", "throws",
        ],
    ]

    /// The look is at words: it may refuse an honest program that both defines comparisons and returns a type of its own.
    ///
    /// - Returns: a sentence about the first such function; nil when there is none.
    static func first(in program: String, used test: String, language: Language) -> String? {
        guard let hooks = hooks[language], var plain = plain[language] else { return nil }
        let scan = SourceScan(withoutDirectives(program))
        let words = scan.words
        guard words.contains(where: { hooks.contains($0.text) }) else { return nil }
        let testScan = SourceScan(test)
        // A type that the test names is a part of the problem.
        plain.formUnion(testScan.words.map(\.text))
        // Names that the test calls.
        let asked = Set(
            testScan.words.filter { testScan.next(after: $0.range.upperBound)?.byte == UInt8(ascii: "(") }.map(\.text)
        )
        for (index, word) in words.enumerated() where asked.contains(word.text) && !hooks.contains(word.text) {
            guard let next = scan.next(after: word.range.upperBound)?.byte, "(=;{".utf8.contains(next),
                let types = declaration(before: index, scan, words)
            else { continue }
            if next != UInt8(ascii: "(") {
                return "\(word.text) is no function, and may be of a type of the program's own"
            }
            if let odd = types.first(where: { !plain.contains($0) && Int($0) == nil }) {
                return "\(word.text) may return a value of the program's own (\(odd)) that decides what it is equal to"
            }
        }
        return nil
    }

    /// Lines of the preprocessor end no statement, and stand in front of declarations.
    private static func withoutDirectives(_ program: String) -> String {
        program.replacing("\\\r\n", with: "").replacing("\\\n", with: "")
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.drop(while: \.isWhitespace).first == "#" ? "" : $0 }
            .joined(separator: "\n")
    }

    /// The words that declare a name; nil when it is only used.
    private static func declaration(
        before index: Int,
        _ scan: SourceScan,
        _ words: [(text: String, range: Range<Int>)]
    ) -> [String]? {
        let begin = words[index].range.lowerBound
        let start = (scan.code[..<begin].lastIndex { ";{}".utf8.contains($0) } ?? -1) + 1
        let types = words[..<index].reversed().prefix { $0.range.lowerBound >= start }.map(\.text)
        guard let nearest = types.first, !["return", "new", "throw", "else", "case", "delete"].contains(nearest) else {
            return nil
        }
        let between = scan.code[words[index - 1].range.upperBound..<begin]
        let isExpression = scan.code[start..<begin].contains { "=(.?!+-/%|^".utf8.contains($0) }
        // A template's parameters may have defaults.
        guard types.contains("template") || !isExpression, !between.contains(UInt8(ascii: ",")) else { return nil }
        return types.reversed()
    }
}
