import Foundation
import Programs

/// Comparison operators that a C++ program defines for types that are not its own.
///
/// A test that compares two vectors would use them. A program has no honest reason to define them: the library's types
/// have theirs. The look is at words, so whatever could hide the word `operator` counts as hiding it.
enum ForeignOperators {
    /// - Returns: a sentence about the first one; nil when there is none.
    static func first(in program: String) -> String? {
        let joined = program.replacingOccurrences(of: "\\\r\n", with: "").replacingOccurrences(of: "\\\n", with: "")
        guard joined.contains("operator") || joined.contains("##") || joined.contains("%:") else { return nil }
        let scan = SourceScan(joined)
        let text = String(decoding: scan.code, as: UTF8.self)
        for line in text.split(separator: "\n")
        where line.drop(while: \.isWhitespace).first.map({ "#%".contains($0) }) == true {
            if line.contains("define"), line.contains("operator") || line.contains("##") || line.contains("%:%:") {
                return "a macro of the program makes operators, or words, which a test relies on"
            }
        }
        let words = scan.words
        let own = Set(
            zip(words, words.dropFirst()).filter { ["struct", "class", "enum", "union"].contains($0.0.text) }.map(
                \.1.text
            )
        )
        for word in words where word.text == "operator" {
            guard let place = scan.next(after: word.range.upperBound), let mark = sign(scan.code, place.at),
                let open = scan.next(after: place.at + mark.count), open.byte == UInt8(ascii: "("),
                let close = scan.code[open.at...].firstIndex(of: UInt8(ascii: ")"))
            else { continue }
            let parameters = words.filter { $0.range.lowerBound > open.at && $0.range.upperBound <= close }.map(\.text)
            // A member's left side is its own class; what a member takes on the right does not matter to a test.
            let isMember = depthOfClasses(scan, words, at: word.range.lowerBound) > 0
            if !isMember, own.isDisjoint(with: parameters) {
                return "the program defines operator\(mark) for types that are not its own"
            }
        }
        return nil
    }

    private static func sign(_ code: [UInt8], _ at: Int) -> String? {
        let rest = String(decoding: code[at...].prefix(2), as: UTF8.self)
        if ["==", "!=", "<=", ">="].contains(rest) { return rest }
        if rest.hasPrefix("<<") || rest.hasPrefix(">>") { return nil }
        return ["<", ">", "!", "-"].first { rest.hasPrefix($0) && !["->", "--", "-="].contains(rest) }
    }

    /// How many classes' braces a place is within.
    private static func depthOfClasses(_ scan: SourceScan, _ words: [(text: String, range: Range<Int>)], at place: Int)
        -> Int
    {
        var isClass: [Bool] = []
        var pending = false
        var next = 0
        for at in 0..<place {
            while next < words.count, words[next].range.lowerBound <= at {
                if ["struct", "class", "union"].contains(words[next].text) { pending = true }
                next += 1
            }
            switch scan.code[at] {
            case UInt8(ascii: "{"):
                isClass.append(pending)
                pending = false
            case UInt8(ascii: "}"): _ = isClass.popLast()
            case UInt8(ascii: ";"), UInt8(ascii: ")"), UInt8(ascii: ">"): pending = false
            default: break
            }
        }
        return isClass.count { $0 }
    }
}

/// Names of the library that a program declares anew, so that a test which uses them would use the program's.
enum Shadowing {
    static let cpp: Set<String> = [
        "vector", "string", "map", "set", "pair", "tuple", "list", "deque", "array", "optional", "unordered_map",
        "unordered_set", "multiset", "multimap", "runtime_error", "logic_error", "exception", "invalid_argument",
        "equal",
        "abs", "fabs", "make_pair", "make_tuple", "sort", "std", "initializer_list", "size_t", "string_view",
    ]
    static let java: Set<String> = [
        "Object", "Objects", "Arrays", "Collections", "Collection", "List", "ArrayList", "LinkedList", "Map", "HashMap",
        "TreeMap", "LinkedHashMap", "Set", "HashSet", "TreeSet", "String", "StringBuilder", "Integer", "Long", "Double",
        "Float", "Boolean", "Character", "Byte", "Short", "Math", "System", "Exception", "RuntimeException", "Error",
        "AssertionError", "Throwable", "Optional", "BigInteger", "BigDecimal", "Number", "Stream", "Collectors", "java",
    ]
    static let csharp: Set<String> = [
        "Exception", "CompareLogic", "ComparisonResult", "Enumerable", "Math", "String", "Object", "List", "Dictionary",
        "HashSet", "Array", "Convert", "Tuple", "Console", "Debug", "Environment", "Int32", "Double", "Boolean", "Char",
        "IEnumerable", "IList", "KellermanSoftware", "System", "EqualityComparer", "StructuralComparisons",
        "JsonConvert",
    ]
    static let go: Set<String> = [
        "panic", "len", "cap", "append", "copy", "make", "new", "delete", "print", "println", "recover", "close",
        "complex",
        "real", "imag", "true", "false", "nil", "iota", "int", "int8", "int16", "int32", "int64", "uint", "uint8",
        "uint16",
        "uint32", "uint64", "uintptr", "string", "bool", "byte", "rune", "error", "float32", "float64", "complex64",
        "complex128", "any", "comparable", "reflect", "json", "fmt", "os", "errors", "math", "sort", "strings", "bytes",
        "testing", "strconv", "cmp", "log", "runtime", "debug",
    ]

    private static let keywords: [Language: Set<String>] = [
        .cpp: ["struct", "class", "union", "enum", "using", "namespace"],
        .java: ["class", "interface", "enum", "record", "extends"],
        .csharp: ["class", "struct", "interface", "enum", "record", "namespace", "using"],
        .go: ["func", "var", "const", "type", "import"],
    ]

    /// - Returns: a sentence about the first such name that the test uses; nil when there is none.
    static func first(of names: Set<String>, in program: String, used test: String, language: Language) -> String? {
        let used = Set(SourceScan(test).words.map(\.text)).intersection(names)
        guard !used.isEmpty, let keywords = keywords[language] else { return nil }
        let scan = SourceScan(program)
        let words = scan.words
        for (word, following) in zip(words, words.dropFirst()) where used.contains(following.text) {
            guard keywords.contains(word.text), word.text != "extends" else { continue }
            let between = scan.code[word.range.upperBound..<following.range.lowerBound]
            guard between.allSatisfy({ $0 == 32 || (9...13).contains($0) }) else { continue }
            let next = scan.next(after: following.range.upperBound)?.byte
            // `using std::vector;`, `using namespace std;` and `using System;` bring in the library's own.
            if word.text == "using" || word.text == "namespace", next != UInt8(ascii: "="), next != UInt8(ascii: "{") {
                continue
            }
            // `namespace std { template<> struct hash<A>` is the usual way to make a type hashable.
            if language == .cpp, word.text == "namespace", following.text == "std" { continue }
            if language == .cpp, next == UInt8(ascii: "<") { continue }
            return "the program declares \(following.text), which its test takes from the library"
        }
        return typedefs(used, scan, words, language) ?? more(used, program, test, language)
    }

    /// A name given by `typedef`.
    private static func typedefs(
        _ used: Set<String>,
        _ scan: SourceScan,
        _ words: [(text: String, range: Range<Int>)],
        _ language: Language
    ) -> String? {
        guard language == .cpp else { return nil }
        for word in words where word.text == "typedef" {
            guard let end = scan.code[word.range.upperBound...].firstIndex(of: UInt8(ascii: ";")),
                let name = words.last(where: { $0.range.upperBound <= end }), used.contains(name.text)
            else { continue }
            return "the program declares \(name.text), which its test takes from the library"
        }
        return nil
    }

    private static func more(_ used: Set<String>, _ program: String, _ test: String, _ language: Language) -> String? {
        switch language {
        case .go:
            // Inside parentheses, declarations and renamed imports stand without their keyword.
            for line in String(decoding: SourceScan(program).code, as: UTF8.self).split(separator: "\n") {
                let parts = line.split(whereSeparator: \.isWhitespace)
                guard parts.count > 1, used.contains(String(parts[0])) else { continue }
                if ["=", "\""].contains(where: { parts[1].hasPrefix($0) }) || parts.contains("=") && parts[1] != ":=" {
                    return "the program declares \(parts[0]), which its test takes from the library"
                }
            }
            return nil
        case .csharp:
            // An extension method that is nearer than the library's.
            let scan = SourceScan(program)
            let called = Set(SourceScan(test).words.map(\.text))
            for word in scan.words where called.contains(word.text) {
                guard let open = scan.next(after: word.range.upperBound), open.byte == UInt8(ascii: "("),
                    let first = scan.words.first(where: { $0.range.lowerBound > open.at }), first.text == "this",
                    scan.next(after: first.range.upperBound).map({
                        $0.byte != 0x2c && $0.byte != 0x29 && $0.byte != 0x2e
                    }) == true
                else { continue }
                return "the program declares an extension method \(word.text), which its test uses"
            }
            return nil
        default: return nil
        }
    }
}
