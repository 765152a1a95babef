import Foundation
import Programs

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
    case (.dictionary(let a), .object(let b)): equals(a, b)
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

private func equals(_ entries: [(key: PlainData, value: PlainData)], _ expected: [String: JSONValue]) -> Bool {
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
    let isSpace: (UInt8) -> Bool = { $0 == 32 || (9...13).contains($0) }
    let words = output.split(whereSeparator: isSpace)
    let wanted = Array(expected.utf8).split(whereSeparator: isSpace)
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
