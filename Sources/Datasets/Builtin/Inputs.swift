import Determinism
import Programs

/// One argument of a function: its name and what tests pass for it.
struct Input: Sendable {
    enum Kind: Sendable {
        case integer(ClosedRange<Int>)
        case integers(minimumCount: Int)
        case text, sentence, words, table
    }

    var name: String
    var kind: Kind

    var isInteger: Bool {
        if case .integer = kind { return true }
        return false
    }

    static let n = Input(name: "n", kind: .integer(-40...60))
    static let natural = Input(name: "n", kind: .integer(0...60))
    static let large = Input(name: "n", kind: .integer(0...9999))
    static let a = Input(name: "a", kind: .integer(-40...60))
    static let b = Input(name: "b", kind: .integer(-40...60))
    static let c = Input(name: "c", kind: .integer(-40...60))
    static let xs = Input(name: "xs", kind: .integers(minimumCount: 0))
    static let someXs = Input(name: "xs", kind: .integers(minimumCount: 1))
    static let ys = Input(name: "ys", kind: .integers(minimumCount: 0))
    static let s = Input(name: "s", kind: .text)
    static let sentence = Input(name: "s", kind: .sentence)
    static let words = Input(name: "words", kind: .words)
    static let d = Input(name: "d", kind: .table)
}

/// What the parameters of an exercise say about its interesting inputs.
struct InputHints: Sendable {
    var integers: [Int] = []
    var texts: [String] = []

    static let letters = Array("abcdeilmnorst").map(String.init)
    static let words = ["cat", "dog", "sun", "red", "box", "key", "tea", "map", "ant", "ice", "owl", "pen"]

    /// Inputs at the edges: zero, the empty list, the empty text.
    func edges(of inputs: [Input]) -> [Arguments] {
        var edge: [JSONValue] = []
        for input in inputs {
            switch input.kind {
            case .integer(let range): edge.append(.integer(range.clamp(0)))
            case .integers(let count): edge.append(count == 0 ? .array([]) : .array([.integer(0)]))
            case .text, .sentence: edge.append(.string(""))
            case .words: edge.append(.array([]))
            case .table: edge.append(.object([:]))
            }
        }
        return [Arguments(values: edge)]
    }

    /// Arguments near the hints.
    func draw(_ inputs: [Input], _ generator: inout CounterGenerator) -> Arguments {
        var values = inputs.map { value(of: $0.kind, &generator) }
        // Two integers whose sum is next to a hint, for comparisons of sums.
        if inputs.count == 2, case .integer(let first) = values[0], case .integer(let range) = inputs[1].kind,
            let hint = integers.first, generator.integer(below: 4) == 0
        {
            values[1] = .integer(range.clamp(hint - first + generator.integer(in: 0...1)))
        }
        return Arguments(values: values)
    }

    private func value(of kind: Input.Kind, _ generator: inout CounterGenerator) -> JSONValue {
        switch kind {
        case .integer(let range):
            return .integer(integer(in: range, &generator))
        case .integers(let minimum):
            let count = count(usual: 1...8, &generator)
            return .ints((0..<max(minimum, count)).map { _ in integer(in: -15...25, &generator) })
        case .text:
            return .string(text(&generator))
        case .sentence:
            let count = generator.integer(in: 1...5)
            return .string((0..<count).map { _ in word(&generator) }.joined(separator: " "))
        case .words:
            var words: [String] = []
            for _ in 0..<generator.integer(in: 1...6) {
                let isRepeat = !words.isEmpty && generator.integer(below: 4) == 0
                words.append(isRepeat ? generator.pick(words) : word(&generator))
            }
            return .words(words)
        case .table:
            var table: [String: Int] = [:]
            for _ in 0..<generator.integer(in: 1...5) { table[word(&generator)] = integer(in: -15...25, &generator) }
            return .table(table)
        }
    }

    /// A length: mostly a usual one, otherwise next to a hint or above it, where slices differ.
    private func count(usual: ClosedRange<Int>, _ generator: inout CounterGenerator) -> Int {
        guard !integers.isEmpty, generator.integer(below: 3) == 0 else { return generator.integer(in: usual) }
        return (1...24).clamp(generator.pick(integers) + generator.integer(in: -1...4))
    }

    /// Half of the time next to a hint, so that strict and non-strict comparisons differ.
    private func integer(in range: ClosedRange<Int>, _ generator: inout CounterGenerator) -> Int {
        if !integers.isEmpty, generator.integer(below: 2) == 0 {
            let near = generator.pick(integers) * generator.integer(in: 1...2) + generator.integer(in: -1...1)
            return range.clamp(near)
        }
        return generator.integer(in: range)
    }

    private func text(_ generator: inout CounterGenerator) -> String {
        let count = count(usual: 1...9, &generator)
        var pool = texts.filter { !$0.isEmpty }
        pool.append(contentsOf: pool)
        for _ in 0..<4 { pool.append(generator.pick(Self.letters)) }
        var result = ""
        while result.count < count { result += generator.pick(pool) }
        // A hint at either end, for prefixes and suffixes.
        if let hint = texts.first, generator.integer(below: 3) == 0 {
            return generator.integer(below: 2) == 0 ? hint + result : result + hint
        }
        return result
    }

    private func word(_ generator: inout CounterGenerator) -> String {
        switch generator.integer(below: 4) {
        case 0:
            let hints = texts.filter { !$0.isEmpty && $0.allSatisfy(\.isLetter) }
            return hints.isEmpty ? generator.pick(Self.words) : generator.pick(hints)
        case 1: return generator.pick(Self.words)
        default:
            var pool = texts.filter { $0.count == 1 && $0.allSatisfy(\.isLetter) }
            for _ in 0..<3 { pool.append(generator.pick(Self.letters)) }
            let near = integers.isEmpty ? 4 : generator.pick(integers) + generator.integer(in: -1...1)
            let count = generator.integer(below: 2) == 0 ? (1...12).clamp(near) : generator.integer(in: 1...6)
            return (0..<count).map { _ in generator.pick(pool) }.joined()
        }
    }
}

extension ClosedRange<Int> {
    func clamp(_ value: Int) -> Int { Swift.min(upperBound, Swift.max(lowerBound, value)) }
}
