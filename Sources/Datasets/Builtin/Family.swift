import Determinism
import Programs

/// What a parameter of a family ranges over.
enum Domain: Sendable {
    case range(ClosedRange<Int>)
    case letter
    case word
    case choice([String])

    var count: Int {
        switch self {
        case .range(let range): range.count
        case .letter: InputHints.letters.count
        case .word: InputHints.words.count
        case .choice(let items): items.count
        }
    }

    func value(at index: Int) -> Parameter {
        switch self {
        case .range(let range): .integer(range.lowerBound + index)
        case .letter: .text(InputHints.letters[index])
        case .word: .text(InputHints.words[index])
        case .choice(let items): .text(items[index])
        }
    }
}

/// One value of a domain.
enum Parameter: Sendable, Hashable, CustomStringConvertible {
    case integer(Int)
    case text(String)

    var description: String {
        switch self {
        case .integer(let value): String(value)
        case .text(let value): value
        }
    }
}

/// The parameters of one exercise.
struct Parameters: Sendable {
    var values: [Parameter]

    /// The integer parameter at `position`.
    func int(_ position: Int) -> Int {
        guard case .integer(let value) = values[position] else { preconditionFailure("parameter is no integer") }
        return value
    }

    /// The text parameter at `position`.
    func text(_ position: Int) -> String {
        guard case .text(let value) = values[position] else { preconditionFailure("parameter is no text") }
        return value
    }

    /// `template` with `{0}`, `{1}`, … replaced.
    func fill(_ template: String) -> String {
        var result = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            let tail = rest[rest.index(after: open)...]
            if let digit = tail.first?.wholeNumberValue, digit < values.count,
                tail.dropFirst().first == "}"
            {
                result += values[digit].description
                rest = tail.dropFirst(2)
            } else {
                result += "{"
                rest = tail
            }
        }
        return result + rest
    }
}

/// Problems that differ in their parameters only.
struct Family: Sendable {
    var name: String
    var domains: [Domain]
    var inputs: [Input]
    /// Templates of what the function does; `{0}` stands for the first parameter.
    var wordings: [String]
    /// Templates of the lines of a correct body.
    var body: [String]
    /// Templates of wrong bodies, one line each or lines joined by a newline.
    var wrong: [String]
    /// Independent of `body`: what a correct program returns.
    var evaluate: @Sendable (Parameters, Arguments) -> JSONValue

    init(
        _ name: String,
        _ domains: [Domain],
        _ inputs: [Input],
        _ wordings: [String],
        _ body: [String],
        wrong: [String] = [],
        evaluate: @escaping @Sendable (Parameters, Arguments) -> JSONValue
    ) {
        self.name = name
        self.domains = domains
        self.inputs = inputs
        self.wordings = wordings
        self.body = body
        self.wrong = wrong
        self.evaluate = evaluate
    }

    /// How many exercises the family has.
    var count: Int { domains.reduce(1) { $0 * $1.count } }

    /// A random exercise; nil when two parameters are equal, since replacing a letter by itself is no exercise.
    func draw(_ generator: inout CounterGenerator) -> Exercise? {
        let indices = domains.map { generator.integer(below: $0.count) }
        let values = zip(domains, indices).map { $0.value(at: $1) }
        return Set(values).count == values.count ? exercise(at: indices) : nil
    }

    /// The exercise with the value numbered `indices[i]` of each domain.
    func exercise(at indices: [Int]) -> Exercise {
        let parameters = Parameters(values: zip(domains, indices).map { $0.value(at: $1) })
        var hints = InputHints()
        for value in parameters.values {
            switch value {
            case .integer(let number): hints.integers.append(number)
            case .text(let text): hints.texts.append(text)
            }
        }
        let (name, evaluate) = (name, evaluate)
        let list = parameters.values.map(\.description).joined(separator: ",")
        return Exercise(
            canonical: "\(name)(\(list))",
            inputs: inputs,
            wordings: wordings.map(parameters.fill),
            body: body.map(parameters.fill),
            wrong: wrong.map { parameters.fill($0).split(separator: "\n").map(String.init) },
            javaScript: { JavaScriptPrograms.body(of: name, way: $0, parameters) },
            hints: hints,
            evaluate: { evaluate(parameters, $0) },
            mutants: neighbours(of: parameters, indices).map { wrong in { evaluate(wrong, $0) } }
        )
    }

    /// The parameters with one of them a step off, or two of one domain exchanged.
    private func neighbours(of parameters: Parameters, _ indices: [Int]) -> [Parameters] {
        var result: [Parameters] = []
        for (position, value) in parameters.values.enumerated() {
            switch value {
            case .integer(let number):
                // Divisors have domains that start at 2, so that none of these is zero.
                for other in [number - 1, number + 1] where other >= 0 {
                    var wrong = parameters
                    wrong.values[position] = .integer(other)
                    result.append(wrong)
                }
            case .text:
                var wrong = parameters
                wrong.values[position] = domains[position].value(at: (indices[position] + 1) % domains[position].count)
                result.append(wrong)
            }
        }
        return result
    }
}
