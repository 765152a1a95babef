import Determinism
import Programs

/// One step of a pipeline over lists of integers or texts.
struct Step: Sendable {
    var name: String
    /// Values of `{0}`; nil for a step without a parameter.
    var domain: Domain?
    /// What the step does, in the third person.
    var wording: String
    /// The expression of the step's result in terms of the variable.
    var expression: String
    /// True when the result is no longer what the pipeline runs over: such a step stands last.
    var ends: Bool
    /// Independent of `expression`.
    var apply: @Sendable (Parameters, Arguments) -> JSONValue

    init(
        _ name: String,
        _ domain: Domain?,
        _ wording: String,
        _ expression: String,
        ends: Bool = false,
        apply: @escaping @Sendable (Parameters, Arguments) -> JSONValue
    ) {
        self.name = name
        self.domain = domain
        self.wording = wording
        self.expression = expression
        self.ends = ends
        self.apply = apply
    }
}

/// Two or three steps in a row: problems that no single family holds.
struct Pipeline: Sendable {
    var name: String
    var input: Input
    var steps: [Step]
    var length: Int

    static let all: [Pipeline] = [
        Pipeline(name: "list-2", input: .xs, steps: listSteps, length: 2),
        Pipeline(name: "list-3", input: .xs, steps: listSteps, length: 3),
        Pipeline(name: "text-2", input: .s, steps: textSteps, length: 2),
        Pipeline(name: "text-3", input: .s, steps: textSteps, length: 3),
    ]

    /// How many exercises: a step may follow any other but itself.
    var count: Int {
        func sizes(_ chosen: [Step]) -> Int { chosen.reduce(0) { $0 + ($1.domain?.count ?? 1) } }
        let total = sizes(steps)
        let inner = steps.filter { !$0.ends }
        var result = inner.reduce(0) { $0 + ($1.domain?.count ?? 1) * (total - ($1.domain?.count ?? 1)) }
        guard length == 3 else { return result }
        result = 0
        for first in inner {
            for second in inner where second.name != first.name {
                let size = second.domain?.count ?? 1
                result += (first.domain?.count ?? 1) * size * (total - size)
            }
        }
        return result
    }

    /// A random pipeline that is wanted; nil when it is not, or when a step has no effect (sorting before a sum).
    func draw(_ generator: inout CounterGenerator, where isWanted: (Exercise) -> Bool) -> Exercise? {
        let chosen = choose(&generator)
        let exercise = exercise(chosen)
        return isWanted(exercise) && everyStepMatters(chosen, exercise) ? exercise : nil
    }

    private func choose(_ generator: inout CounterGenerator) -> [(step: Step, parameters: Parameters)] {
        let inner = steps.filter { !$0.ends }
        var chosen: [(step: Step, parameters: Parameters)] = []
        for position in 0..<length {
            let pool = (position == length - 1 ? steps : inner).filter { $0.name != chosen.last?.step.name }
            let step = generator.pick(pool)
            let value = step.domain.map { $0.value(at: generator.integer(below: $0.count)) }
            chosen.append((step, Parameters(values: value.map { [$0] } ?? [])))
        }
        return chosen
    }

    /// Whether the result changes somewhere when a step is left out, and is not the same everywhere.
    ///
    /// Decided on inputs that depend on the pipeline alone, so that a seed does not move it in or out of a split.
    private func everyStepMatters(
        _ chosen: [(step: Step, parameters: Parameters)],
        _ exercise: Exercise
    ) -> Bool {
        var generator = exercise.key(seed: 1).generator()
        let probes = (0..<16).map { _ in exercise.hints.draw([input], &generator) }
        let results = probes.map { Self.run(chosen, $0) }
        // At least three different results: a program that answers one constant must not get far.
        guard Set(results).count > 2 else { return false }
        return chosen.indices.allSatisfy { position in
            var shorter = chosen
            shorter.remove(at: position)
            return zip(probes, results).contains { Self.run(shorter, $0) != $1 }
        }
    }

    private func exercise(_ chosen: [(step: Step, parameters: Parameters)]) -> Exercise {
        let input = input
        var hints = InputHints()
        for value in chosen.flatMap(\.parameters.values) {
            switch value {
            case .integer(let number): hints.integers.append(number)
            case .text(let text): hints.texts.append(text)
            }
        }
        let names = chosen.map { $0.step.name + ($0.parameters.values.first.map { " \($0)" } ?? "") }
        let wordings = chosen.map { $0.parameters.fill($0.step.wording) }
        let last = wordings[length - 1]
        let ending = chosen[length - 1].step.ends ? last : last + " and returns the result"
        let head = wordings.dropLast().joined(separator: ", then ")
        return Exercise(
            canonical: "\(name)(\(names.joined(separator: "; ")))",
            inputs: [input],
            wordings: [
                "\(head), then \(ending)",
                "first \(wordings.dropLast().joined(separator: ", next ")), and finally \(ending)",
            ],
            body: lines(chosen),
            wrong: slips(of: chosen).map(lines),
            javaScript: { way in
                let steps = chosen.map { (name: $0.step.name, parameters: $0.parameters) }
                return JavaScriptSteps.lines(steps, over: input.name, chained: !way.isMultiple(of: 2))
            },
            hints: hints,
            evaluate: { Self.run(chosen, $0) },
            mutants: slips(of: chosen).map { slip in { Self.run(slip, $0) } }
        )
    }

    private func lines(_ chosen: [(step: Step, parameters: Parameters)]) -> [String] {
        chosen.enumerated().map { position, item in
            let expression = item.parameters.fill(item.step.expression)
            return position == chosen.count - 1 ? "return \(expression)" : "\(input.name) = \(expression)"
        }
    }

    private static func run(_ chosen: [(step: Step, parameters: Parameters)], _ input: Arguments) -> JSONValue {
        var value = input
        for item in chosen { value.values[0] = item.step.apply(item.parameters, value) }
        return value.values[0]
    }

    /// The pipeline with a step left out, two steps exchanged, or one constant off by one.
    private func slips(
        of chosen: [(step: Step, parameters: Parameters)]
    ) -> [[(step: Step, parameters: Parameters)]] {
        var result: [[(step: Step, parameters: Parameters)]] = []
        for position in chosen.indices {
            var shorter = chosen
            shorter.remove(at: position)
            result.append(shorter)
            if position + 1 < chosen.count, !chosen[position + 1].step.ends {
                var exchanged = chosen
                exchanged.swapAt(position, position + 1)
                result.append(exchanged)
            }
            guard case .integer(let number)? = chosen[position].parameters.values.first else { continue }
            for other in [number - 1, number + 1] where other >= 0 {
                var wrong = chosen
                wrong[position].parameters.values[0] = .integer(other)
                result.append(wrong)
            }
        }
        return result
    }
}

extension Pipeline {
    private static let listSteps: [Step] = [
        Step("even", nil, "keeps the even numbers", "[x for x in xs if x % 2 == 0]") { _, a in
            .ints(a.ints(0).filter { $0.isMultiple(of: 2) })
        },
        Step("odd", nil, "keeps the odd numbers", "[x for x in xs if x % 2 == 1]") { _, a in
            .ints(a.ints(0).filter { !$0.isMultiple(of: 2) })
        },
        Step("positive", nil, "keeps the positive numbers", "[x for x in xs if x > 0]") { _, a in
            .ints(a.ints(0).filter { $0.signum() == 1 })
        },
        Step("above", .range(1...12), "keeps the numbers above {0}", "[x for x in xs if x > {0}]") { p, a in
            .ints(a.ints(0).filter { $0 > p.int(0) })
        },
        Step("below", .range(1...12), "keeps the numbers below {0}", "[x for x in xs if x < {0}]") { p, a in
            .ints(a.ints(0).filter { $0 < p.int(0) })
        },
        Step("add", .range(1...12), "adds {0} to each", "[x + {0} for x in xs]") { p, a in
            .ints(a.ints(0).map { $0 + p.int(0) })
        },
        Step("subtract", .range(1...12), "subtracts {0} from each", "[x - {0} for x in xs]") { p, a in
            .ints(a.ints(0).map { $0 - p.int(0) })
        },
        Step("multiply", .range(2...9), "multiplies each by {0}", "[x * {0} for x in xs]") { p, a in
            .ints(a.ints(0).map { $0 * p.int(0) })
        },
        Step("square", nil, "squares each", "[x * x for x in xs]") { _, a in .ints(a.ints(0).map { $0 * $0 }) },
        Step("negate", nil, "negates each", "[-x for x in xs]") { _, a in .ints(a.ints(0).map { 0 - $0 }) },
        Step("absolute", nil, "takes absolute values", "[abs(x) for x in xs]") { _, a in
            .ints(a.ints(0).map { $0.signum() * $0 })
        },
        Step("remainder", .range(3...9), "takes each modulo {0}", "[x % {0} for x in xs]") { p, a in
            .ints(a.ints(0).map { floorRemainder($0, p.int(0)) })
        },
        Step("reverse", nil, "reverses the order", "xs[::-1]") { _, a in .ints(a.ints(0).reversed()) },
        Step("sort", nil, "sorts them", "sorted(xs)") { _, a in .ints(a.ints(0).sorted()) },
        Step("take", .range(2...6), "takes the first {0}", "xs[:{0}]") { p, a in
            .ints(Array(a.ints(0).prefix(p.int(0))))
        },
        Step("drop", .range(1...4), "drops the first {0}", "xs[{0}:]") { p, a in
            .ints(Array(a.ints(0).dropFirst(p.int(0))))
        },
        Step("sum", nil, "returns their sum", "sum(xs)", ends: true) { _, a in .integer(a.ints(0).reduce(0, +)) },
        Step("length", nil, "returns how many there are", "len(xs)", ends: true) { _, a in
            .integer(a.ints(0).count)
        },
        Step("largest", nil, "returns the largest or 0", "max(xs, default=0)", ends: true) { _, a in
            .integer(a.ints(0).sorted().last ?? 0)
        },
        Step("smallest", nil, "returns the smallest or 0", "min(xs, default=0)", ends: true) { _, a in
            .integer(a.ints(0).sorted().first ?? 0)
        },
        Step("sum-plus", .range(1...9), "returns their sum plus {0}", "sum(xs) + {0}", ends: true) { p, a in
            .integer(a.ints(0).reduce(p.int(0), +))
        },
    ]

    private static let textSteps: [Step] = [
        Step("reverse", nil, "reverses the letters", "s[::-1]") { _, a in .text(a.letters(0).reversed()) },
        Step("upper", nil, "changes to upper case", "s.upper()") { _, a in .string(a.text(0).uppercased()) },
        Step("take", .range(2...8), "takes the first {0} letters", "s[:{0}]") { p, a in
            .text(a.letters(0).prefix(p.int(0)))
        },
        Step("drop", .range(1...5), "drops the first {0} letters", "s[{0}:]") { p, a in
            .text(a.letters(0).dropFirst(p.int(0)))
        },
        Step("repeat", .range(2...5), "repeats the text {0} times", "s * {0}") { p, a in
            .text(repeatElement(a.letters(0), count: p.int(0)).joined())
        },
        Step("append", .word, "adds \"{0}\" at the end", "s + \"{0}\"") { p, a in .string(a.text(0) + p.text(0)) },
        Step("prepend", .word, "puts \"{0}\" in front", "\"{0}\" + s") { p, a in .string(p.text(0) + a.text(0)) },
        Step("remove", .letter, "removes each \"{0}\"", "s.replace(\"{0}\", \"\")") { p, a in
            .text(a.letters(0).filter { String($0) != p.text(0) })
        },
        Step("dash", .letter, "changes each \"{0}\" to \"-\"", "s.replace(\"{0}\", \"-\")") { p, a in
            .text(a.letters(0).map { String($0) == p.text(0) ? "-" : $0 })
        },
        Step("length", nil, "returns its length", "len(s)", ends: true) { _, a in .integer(a.letters(0).count) },
        Step("count", .letter, "counts the letter \"{0}\"", "s.count(\"{0}\")", ends: true) { p, a in
            .integer(a.letters(0).count { String($0) == p.text(0) })
        },
    ]
}
