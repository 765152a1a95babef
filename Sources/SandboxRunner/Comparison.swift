import Foundation
package import Programs

/// Whether what a program returned is what was expected, compared as the test asks.
func agrees(_ value: PlainData, with expected: JSONValue, by comparison: Comparison) -> Bool {
    switch comparison {
    case .tokens, .float, .apps: return equals(value, expected)
    case .exact: return equalsExactly(value, expected)
    case .unordered:
        switch (value, expected) {
        case (.list(let a), .array(let b)), (.tuple(let a), .array(let b)): return equalsInAnyOrder(a, b)
        default: return equals(value, expected)
        }
    }
}

/// Whether what a program printed is what was expected, compared as the test asks.
package func agrees(_ output: [UInt8], with expected: String, by comparison: Comparison) -> Bool {
    switch comparison {
    case .tokens: return hasSameWords(output, expected)
    case .exact: return output.elementsEqual(expected.utf8)
    case .float: return haveWords(output, expected, isCloseWord)
    case .apps: return haveWords(output, expected, isCloseInAPPS)
    case .unordered: return lines(of: output) == lines(of: Array(expected.utf8))
    }
}

private func haveWords(
    _ output: [UInt8],
    _ expected: String,
    _ areAlike: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
) -> Bool {
    let (words, wanted) = (words(of: output), words(of: Array(expected.utf8)))
    return words.count == wanted.count && zip(words, wanted).allSatisfy(areAlike)
}

/// NumPy's `allclose`, where one of the two is written as no integer.
private func isCloseInAPPS(_ word: ArraySlice<UInt8>, _ wanted: ArraySlice<UInt8>) -> Bool {
    if word.elementsEqual(wanted) { return true }
    let (text, expected) = (String(decoding: word, as: UTF8.self), String(decoding: wanted, as: UTF8.self))
    guard let value = Double(text), let number = Double(expected), value.isFinite, number.isFinite,
        Int(text) == nil || Int(expected) == nil
    else { return false }
    return abs(value - number) <= 1e-8 + 1e-5 * abs(number)
}

private func isCloseWord(_ word: ArraySlice<UInt8>, _ wanted: ArraySlice<UInt8>) -> Bool {
    if word.elementsEqual(wanted) { return true }
    guard let value = Double(String(decoding: word, as: UTF8.self)),
        let number = Double(String(decoding: wanted, as: UTF8.self)), value.isFinite, number.isFinite
    else { return false }
    return isClose(value, number)
}

/// The lines that have words, each as its words, in an order of their own.
private func lines(of output: [UInt8]) -> [[[UInt8]]] {
    output.split(separator: 10).map { words(of: Array($0)).map { Array($0) } }.filter { !$0.isEmpty }
        .sorted { $0.joined(separator: [32]).lexicographicallyPrecedes($1.joined(separator: [32])) }
}

private func words(of output: [UInt8]) -> [ArraySlice<UInt8>] {
    output.split { $0 == 32 || (9...13).contains($0) }
}

/// As `equals`, without tolerance: a number that is expected whole must be an integer.
private func equalsExactly(_ value: PlainData, _ expected: JSONValue) -> Bool {
    switch (value, expected) {
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.integer, _), (.bigInteger, _), (.number, _): false
    case (.list(let a), .array(let b)), (.tuple(let a), .array(let b)):
        a.count == b.count && zip(a, b).allSatisfy(equalsExactly)
    case (.dictionary(let a), .object(let b)): equals(a, b, equalsExactly)
    default: equals(value, expected)
    }
}

/// Whether what a program returned equals what was expected.
///
/// Integers exactly; where a floating-point number takes part, to 1e-6 of the expected value or 1e-9. A truth value is
/// not a number. JSON knows neither tuples nor sets: a tuple equals an array, a set equals an array in any order.
func equals(_ value: PlainData, _ expected: JSONValue) -> Bool {
    switch (value, expected) {
    case (.none, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.integer(let a), .number(let b)): isClose(Double(a), b)
    case (.bigInteger(let a), .number(let b)): isClose(a, b)
    case (.number(let a), .integer(let b)): isClose(a, Double(b))
    case (.number(let a), .number(let b)): isClose(a, b)
    case (.text(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.list(let a), .array(let b)), (.tuple(let a), .array(let b)):
        a.count == b.count && zip(a, b).allSatisfy(equals)
    case (.set(let a), .array(let b)): equalsInAnyOrder(a, b)
    case (.dictionary(let a), .object(let b)): equals(a, b, equals)
    default: false
    }
}

private func isClose(_ value: Double, _ expected: Double) -> Bool {
    value == expected || abs(value - expected) <= max(1e-9, 1e-6 * abs(expected))
}

private func equalsInAnyOrder(_ values: [PlainData], _ expected: [JSONValue]) -> Bool {
    guard values.count == expected.count, values.count <= 10_000 else { return false }
    var left = expected
    for value in values {
        guard let match = left.firstIndex(where: { equals(value, $0) }) else { return false }
        left.swapAt(match, left.count - 1)
        left.removeLast()
    }
    return true
}

private func equals(
    _ entries: [(key: PlainData, value: PlainData)],
    _ expected: [String: JSONValue],
    _ equals: (PlainData, JSONValue) -> Bool
) -> Bool {
    guard entries.count == expected.count else { return false }
    return entries.allSatisfy { entry in
        guard let key = name(of: entry.key), let wanted = expected[key] else { return false }
        return equals(entry.value, wanted)
    }
}

/// What a key is called in JSON.
private func name(of key: PlainData) -> String? {
    switch key {
    case .none: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let number): String(number)
    case .text(let text): text
    default: nil
    }
}

/// Whether two outputs have the same words; spaces and line ends between and after them do not count.
func hasSameWords(_ output: [UInt8], _ expected: String) -> Bool {
    let (words, wanted) = (words(of: output), words(of: Array(expected.utf8)))
    return words.count == wanted.count && zip(words, wanted).allSatisfy { $0.elementsEqual($1) }
}

extension JSONValue {
    /// The value as PHP has it, where an object whose keys count from 0 is a list, and an empty one too.
    var asPHPArray: JSONValue {
        switch self {
        case .array(let items): return .array(items.map(\.asPHPArray))
        case .object(let members):
            let items = (0..<members.count).compactMap { members[String($0)]?.asPHPArray }
            return items.count == members.count ? .array(items) : .object(members.mapValues(\.asPHPArray))
        default: return self
        }
    }
}
