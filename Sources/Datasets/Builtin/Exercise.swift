import Determinism
import Programs

/// The values a test passes to a function.
struct Arguments: Sendable, Hashable {
    var values: [JSONValue]

    /// The integer at `position`.
    func int(_ position: Int) -> Int {
        guard case .integer(let value) = values[position] else { preconditionFailure("argument is no integer") }
        return value
    }

    /// The text at `position`, by characters, since programs index it.
    func letters(_ position: Int) -> [Character] { Array(text(position)) }

    /// The text at `position`.
    func text(_ position: Int) -> String {
        guard case .string(let value) = values[position] else { preconditionFailure("argument is no text") }
        return value
    }

    /// The list of integers at `position`.
    func ints(_ position: Int) -> [Int] {
        guard case .array(let items) = values[position] else { preconditionFailure("argument is no list") }
        return items.map { item in
            guard case .integer(let value) = item else { preconditionFailure("list holds no integers") }
            return value
        }
    }

    /// The list of words at `position`.
    func words(_ position: Int) -> [String] {
        guard case .array(let items) = values[position] else { preconditionFailure("argument is no list") }
        return items.map { item in
            guard case .string(let value) = item else { preconditionFailure("list holds no words") }
            return value
        }
    }

    /// The table of integers at `position`.
    func table(_ position: Int) -> [String: Int] {
        guard case .object(let items) = values[position] else { preconditionFailure("argument is no table") }
        return items.mapValues { item in
            guard case .integer(let value) = item else { preconditionFailure("table holds no integers") }
            return value
        }
    }
}

extension JSONValue {
    static func ints(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }
    static func words(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
    static func text(_ letters: some Sequence<Character>) -> JSONValue { .string(String(letters)) }
    static func table(_ values: [String: Int]) -> JSONValue { .object(values.mapValues { .integer($0) }) }
}

/// `//` of Python for a positive divisor: rounds down.
func floorQuotient(_ a: Int, _ b: Int) -> Int {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
}

/// `%` of Python for a positive divisor: never negative.
func floorRemainder(_ a: Int, _ b: Int) -> Int {
    let remainder = a % b
    return remainder < 0 ? remainder + b : remainder
}

/// One thing to write a function for, before it is worded and tested.
struct Exercise: Sendable {
    /// Family and parameters: what decides the split.
    ///
    /// Wording and function name are no part of it.
    var canonical: String
    var inputs: [Input]
    /// What the function does, in the third person: "returns n plus 7".
    var wordings: [String]
    /// Lines of the function's body, indentation of the body itself excluded.
    var body: [String]
    /// Bodies that are plausible and wrong.
    var wrong: [[String]]
    /// Lines of the function's body in JavaScript; there may be several ways to write it, of which 0 is the plainest.
    var javaScript: @Sendable (_ way: Int) -> [String]
    /// Integers, letters and words of the parameters: inputs are drawn near them.
    var hints: InputHints
    /// What a correct program returns.
    var evaluate: @Sendable (Arguments) -> JSONValue
    /// What typical wrong programs return: a constant off by one, another letter, a step left out.
    var mutants: [@Sendable (Arguments) -> JSONValue]

    /// A random key that depends on the exercise and not on its wording.
    func key(seed: UInt64) -> RandomKey {
        RandomKey(seed: seed, path: Digest(of: canonical).leadingBits)
    }

    /// The whole function called `name` with `body`.
    func program(name: String, body: [String]) -> String {
        let parameters = inputs.map(\.name).joined(separator: ", ")
        return "def \(name)(\(parameters)):\n" + body.map { "    \($0)" }.joined(separator: "\n")
    }
}

extension Exercise {
    /// The reference solution in `language`, one of those of ``BuiltinProblems``.
    func solution(in language: Language, name: String) -> String {
        language == .javascript
            ? JavaScriptPrograms.function(name, inputs, body: javaScript(0)) : program(name: name, body: body)
    }

    /// `arguments` with its integers a step off, zero at least: what a program with a wrong bound sees.
    private func shifted(_ arguments: Arguments, by step: Int) -> Arguments {
        Arguments(
            values: zip(inputs, arguments.values).map { input, value in
                guard input.isInteger, case .integer(let number) = value else { return value }
                return .integer(number > 0 ? number + step : number)
            }
        )
    }

    /// Six to eight tests, chosen among many so that each mutant fails at least one of them where that is possible.
    func tests(function: String, key: RandomKey) -> [TestCase] {
        var generator = key.generator()
        let edges = hints.edges(of: inputs)
        var candidates = edges
        for _ in 0..<60 { candidates.append(hints.draw(inputs, &generator)) }
        var seen: Set<Arguments> = []
        candidates = candidates.filter { seen.insert($0).inserted }
        let expected = candidates.map(evaluate)

        // Rivals: the mutants, the identity, and every program that returns one constant.
        var rivals: [[Bool]] = mutants.map { mutant in
            zip(candidates, expected).map { mutant($0) != $1 }
        }
        for step in [-1, 1] where inputs.contains(where: \.isInteger) {
            rivals.append(zip(candidates, expected).map { evaluate(shifted($0, by: step)) != $1 })
        }
        rivals.append(zip(candidates, expected).map { $0.values[0] != $1 })
        rivals.append(expected.map { $0 != expected[0] })
        rivals.append(expected.map { $0 == expected[0] })

        let wanted = 6 + generator.integer(below: 3)
        var chosen: [Int] = edges.isEmpty ? [] : [generator.integer(below: edges.count)]
        var kills = rivals.map { rival in chosen.count { rival[$0] } }
        while chosen.count < min(wanted, candidates.count) {
            var best = -1
            var bestScore = -1.0
            for i in candidates.indices where !chosen.contains(i) {
                var score = 0.0
                for (rival, killed) in zip(rivals, kills) where rival[i] {
                    score += killed == 0 ? 8 : 1 / Double(killed)
                }
                if !chosen.contains(where: { expected[$0] == expected[i] }) { score += 2 }
                if score > bestScore { (best, bestScore) = (i, score) }
            }
            chosen.append(best)
            for (r, rival) in rivals.enumerated() where rival[best] { kills[r] += 1 }
        }
        return chosen.map { .call(function: function, arguments: candidates[$0].values, expected: expected[$0]) }
    }
}
