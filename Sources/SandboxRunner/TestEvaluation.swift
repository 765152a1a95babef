import Programs

/// What the program answered to one call of a plan.
enum CallAnswer {
    case value(PlainData)
    /// An exception, or a lack of memory: what becomes of the test that looks at it.
    case failure(TestResult)
    /// Nothing that can be judged here.
    case undecidable
}

/// Why an expression has no value here.
enum EvaluationStop: Error {
    /// The program raised an exception.
    case failed(TestResult)
    /// The run ended before the call did.
    case unanswered
    /// It takes Python itself to say.
    case undecidable
}

/// Judges a plan's assertions by what the program's calls returned.
///
/// In Python's terms: 1 == 1.0 == True, [1] != (1,), no tolerance. Whatever is not certain is left to Python.
struct TestEvaluation {
    let answers: [CallAnswer]
    /// The variables of the comprehensions round what is evaluated.
    private var variables: [String: PlainData] = [:]

    /// Functions known here, of one argument each.
    static let functions: Set<String> = ["abs", "len", "list", "set", "sorted", "str", "sum", "tuple"]
    private static let largestSet = 300
    private static let longestRange = 10_000

    init(answers: [CallAnswer]) { self.answers = answers }

    /// The value of an expression without calls.
    static func constant(_ expression: PythonExpression) throws(NotTakenApart) -> PlainData {
        guard let value = try? TestEvaluation(answers: []).value(expression) else { throw NotTakenApart() }
        return value
    }

    /// What becomes of the test; throws `unanswered` or `undecidable`.
    func result(of plan: TestPlan) throws(EvaluationStop) -> TestResult {
        for assertion in plan.assertions {
            do {
                guard try isTrue(value(assertion.condition)) else {
                    let message = try assertion.message.map { message throws(EvaluationStop) in try text(value(message))
                    }
                    return TestResult(outcome: .wrongAnswer, diagnostics: "assertion failed: " + (message ?? ""))
                }
            } catch {
                guard case .failed(let result) = error else { throw error }
                return result
            }
        }
        return .passed
    }

    private func value(_ expression: PythonExpression) throws(EvaluationStop) -> PlainData {
        switch expression {
        case .literal(let value): return value
        case .call(let number):
            guard number < answers.count else { throw .unanswered }
            switch answers[number] {
            case .value(let value): return value
            case .failure(let result): throw .failed(result)
            case .undecidable: throw .undecidable
            }
        case .list(let items): return .list(try values(items))
        case .tuple(let items): return .tuple(try values(items))
        case .set(let items): return try set(values(items))
        case .dictionary(let entries): return try dictionary(entries)
        case .negative(let operand): return try negative(value(operand))
        case .not(let operand): return .bool(try !isTrue(value(operand)))
        case .arithmetic(let sign, let a, let b): return try arithmetic(sign, value(a), value(b))
        case .comparison(let first, let others): return .bool(try compare(first, others))
        case .all(let parts): return try first(of: parts, thatIs: false)
        case .any(let parts): return try first(of: parts, thatIs: true)
        case .function(let name, let arguments):
            if case .range = arguments[0] { return try call(name, [.list(items(of: arguments[0]))]) }
            return try call(name, values(arguments))
        case .variable(let name):
            guard let value = variables[name] else { throw .undecidable }
            return value
        case .comprehension(let element, let variable, let items, let conditions):
            return try .list(comprehension(element, variable, self.items(of: items), conditions))
        case .range, .unmade: throw .undecidable
        }
    }

    private func comprehension(
        _ element: PythonExpression,
        _ variable: String,
        _ items: [PlainData],
        _ conditions: [PythonExpression]
    ) throws(EvaluationStop) -> [PlainData] {
        var inner = self
        var made: [PlainData] = []
        next: for item in items {
            inner.variables[variable] = item
            for condition in conditions where try !inner.isTrue(inner.value(condition)) { continue next }
            made.append(try inner.value(element))
        }
        return made
    }

    /// What a loop over the value of an expression goes through, where its order is certain.
    func items(of expression: PythonExpression) throws(EvaluationStop) -> [PlainData] {
        guard case .range(let bounds) = expression else {
            switch try value(expression) {
            case .list(let items), .tuple(let items): return items
            default: throw .undecidable
            }
        }
        var numbers: [Int] = []
        for bound in bounds {
            guard case .integer(let number) = try value(bound) else { throw .undecidable }
            numbers.append(number)
        }
        let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
        let step = numbers.count == 3 ? numbers[2] : 1
        let bound = 1 << 40
        guard step != 0, abs(start) < bound, abs(end) < bound, abs((end - start) / step) < Self.longestRange else {
            throw .undecidable
        }
        return stride(from: start, to: end, by: step).map { .integer($0) }
    }

    private func text(_ value: PlainData) throws(EvaluationStop) -> String {
        guard let text = value.pythonText else { throw .undecidable }
        return text
    }

    private func values(_ expressions: [PythonExpression]) throws(EvaluationStop) -> [PlainData] {
        var values: [PlainData] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try value(expression)) }
        return values
    }

    /// `and` and `or`: the value that decides, and nothing after it is looked at.
    private func first(of parts: [PythonExpression], thatIs wanted: Bool) throws(EvaluationStop) -> PlainData {
        var last = PlainData.none
        for part in parts {
            last = try value(part)
            if try isTrue(last) == wanted { break }
        }
        return last
    }

    private func dictionary(_ entries: [(key: PythonExpression, value: PythonExpression)]) throws(EvaluationStop)
        -> PlainData
    {
        var made: [(key: PlainData, value: PlainData)] = []
        for entry in entries {
            let key = try value(entry.key)
            guard Self.isHashable(key), made.count < Self.largestSet else { throw .undecidable }
            for earlier in made where try equal(earlier.key, key) { throw .undecidable }
            made.append((key, try value(entry.value)))
        }
        return .dictionary(made)
    }

    private func set(_ items: [PlainData]) throws(EvaluationStop) -> PlainData {
        var distinct: [PlainData] = []
        guard items.count <= Self.largestSet else { throw .undecidable }
        next: for item in items {
            guard Self.isHashable(item) else { throw .undecidable }
            for earlier in distinct where try equal(earlier, item) { continue next }
            distinct.append(item)
        }
        return .set(distinct)
    }

    private static func isHashable(_ value: PlainData) -> Bool {
        switch value {
        case .none, .bool, .integer, .number, .text, .bytes: true
        case .tuple(let items): items.allSatisfy(isHashable)
        case .bigInteger, .list, .set, .dictionary: false
        }
    }

    private func isTrue(_ value: PlainData) throws(EvaluationStop) -> Bool {
        switch value {
        case .none: false
        case .bool(let flag): flag
        case .integer(let number): number != 0
        case .number(let number): number != 0
        case .text(let text): !text.isEmpty
        case .bytes(let bytes): !bytes.isEmpty
        case .list(let items), .tuple(let items), .set(let items): !items.isEmpty
        case .dictionary(let entries): !entries.isEmpty
        case .bigInteger: throw .undecidable
        }
    }

    // MARK: Relations

    private func compare(_ first: PythonExpression, _ others: [(relation: String, other: PythonExpression)])
        throws(EvaluationStop) -> Bool
    {
        var left = try value(first)
        for (relation, other) in others {
            let right = try value(other)
            guard try holds(left, relation, right) else { return false }
            left = right
        }
        return true
    }

    private func holds(_ a: PlainData, _ relation: String, _ b: PlainData) throws(EvaluationStop) -> Bool {
        switch relation {
        case "==": return try equal(a, b)
        case "!=": return try !equal(a, b)
        case "in": return try contains(b, a)
        case "not in": return try !contains(b, a)
        case "is": return try same(a, b)
        case "is not": return try !same(a, b)
        case "<": return try precedes(a, b)
        case ">": return try precedes(b, a)
        case "<=":
            if try precedes(a, b) { return true }
            return try equal(a, b)
        default:
            if try precedes(b, a) { return true }
            return try equal(a, b)
        }
    }

    /// `is`, where it means something: for None and truth values.
    private func same(_ a: PlainData, _ b: PlainData) throws(EvaluationStop) -> Bool {
        switch (a, b) {
        case (.none, .none): true
        case (.bool(let a), .bool(let b)): a == b
        case (.none, _), (_, .none), (.bool, _), (_, .bool): false
        default: throw .undecidable
        }
    }

    func equal(_ a: PlainData, _ b: PlainData) throws(EvaluationStop) -> Bool {
        if let a = Number(a), let b = Number(b) { return a.equals(b) }
        switch (a, b) {
        case (.bigInteger, _), (_, .bigInteger): throw .undecidable
        case (.none, .none): return true
        case (.text(let a), .text(let b)): return a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): return a == b
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            guard a.count == b.count else { return false }
            for (a, b) in zip(a, b) where try !equal(a, b) { return false }
            return true
        case (.set(let a), .set(let b)):
            guard a.count == b.count else { return false }
            guard a.count <= Self.largestSet else { throw .undecidable }
            for item in a where try !contains(.list(b), item) { return false }
            return true
        case (.dictionary(let a), .dictionary(let b)):
            guard a.count == b.count else { return false }
            guard a.count <= Self.largestSet else { throw .undecidable }
            for entry in a {
                guard let other = try lookup(entry.key, in: b), try equal(entry.value, other) else { return false }
            }
            return true
        default: return false
        }
    }

    private func lookup(_ key: PlainData, in entries: [(key: PlainData, value: PlainData)]) throws(EvaluationStop)
        -> PlainData?
    {
        for entry in entries where try equal(entry.key, key) { return entry.value }
        return nil
    }

    private func contains(_ container: PlainData, _ item: PlainData) throws(EvaluationStop) -> Bool {
        switch container {
        case .list(let items), .tuple(let items), .set(let items):
            for other in items where try equal(other, item) { return true }
            return false
        case .dictionary(let entries): return try lookup(item, in: entries) != nil
        default: throw .undecidable
        }
    }

    private func precedes(_ a: PlainData, _ b: PlainData) throws(EvaluationStop) -> Bool {
        if let a = Number(a), let b = Number(b) { return try a.precedes(b) }
        if case .text(let a) = a, case .text(let b) = b {
            return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
        }
        throw .undecidable
    }

    // MARK: Arithmetic and functions

    private func negative(_ value: PlainData) throws(EvaluationStop) -> PlainData {
        switch Number(value) {
        case .whole(let number) where number != Int.min: return .integer(-number)
        case .real(let number): return .number(-number)
        default: throw .undecidable
        }
    }

    private func arithmetic(_ sign: String, _ a: PlainData, _ b: PlainData) throws(EvaluationStop) -> PlainData {
        if let a = Number(a), let b = Number(b) { return try a.combined(sign, b) }
        switch (sign, a, b) {
        case ("+", .text(let a), .text(let b)): return .text(a + b)
        case ("+", .list(let a), .list(let b)): return .list(a + b)
        case ("+", .tuple(let a), .tuple(let b)): return .tuple(a + b)
        case ("*", .text(let a), .integer(let n)), ("*", .integer(let n), .text(let a)):
            guard a.utf8.count * max(0, min(n, 1 << 20)) <= 1 << 16 else { throw .undecidable }
            return .text(String(repeating: a, count: max(0, n)))
        case ("*", .list(let a), .integer(let n)), ("*", .integer(let n), .list(let a)):
            guard a.count * max(0, min(n, 1 << 20)) <= 1 << 14 else { throw .undecidable }
            return .list(Array(repeatElement(a, count: max(0, n)).joined()))
        default: throw .undecidable
        }
    }

    private func call(_ name: String, _ arguments: [PlainData]) throws(EvaluationStop) -> PlainData {
        switch (name, arguments[0]) {
        case ("str", let value): return .text(try text(value))
        case ("sum", .list(let items)), ("sum", .tuple(let items)):
            var total = PlainData.integer(0)
            for item in items {
                guard case .whole = Number(item) else { throw .undecidable }
                total = try arithmetic("+", total, item)
            }
            return total
        case ("abs", let value):
            switch Number(value) {
            case .whole(let number) where number != Int.min: return .integer(abs(number))
            case .real(let number): return .number(number.magnitude)
            default: throw .undecidable
            }
        case ("len", .list(let items)), ("len", .tuple(let items)), ("len", .set(let items)):
            return .integer(items.count)
        case ("len", .dictionary(let entries)): return .integer(entries.count)
        case ("len", .text(let text)): return .integer(text.unicodeScalars.count)
        case ("list", .list(let items)), ("list", .tuple(let items)): return .list(items)
        case ("tuple", .list(let items)), ("tuple", .tuple(let items)): return .tuple(items)
        case ("set", .list(let items)), ("set", .tuple(let items)), ("set", .set(let items)): return try set(items)
        case ("sorted", .list(let items)), ("sorted", .tuple(let items)), ("sorted", .set(let items)):
            return .list(try sorted(items))
        default: throw .undecidable
        }
    }

    /// Only of one kind: integers or texts.
    private func sorted(_ items: [PlainData]) throws(EvaluationStop) -> [PlainData] {
        var numbers: [Int] = []
        var texts: [String] = []
        for item in items {
            switch item {
            case .integer(let number): numbers.append(number)
            case .text(let text): texts.append(text)
            default: throw .undecidable
            }
        }
        guard numbers.isEmpty || texts.isEmpty else { throw .undecidable }
        texts.sort { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        return numbers.sorted().map { .integer($0) } + texts.map { .text($0) }
    }
}

/// A number of Python's: a truth value is one, too.
private enum Number {
    case whole(Int)
    case real(Double)

    init?(_ value: PlainData) {
        switch value {
        case .bool(let flag): self = .whole(flag ? 1 : 0)
        case .integer(let number): self = .whole(number)
        case .number(let number): self = .real(number)
        default: return nil
        }
    }

    func equals(_ other: Number) -> Bool {
        switch (self, other) {
        case (.whole(let a), .whole(let b)): a == b
        case (.real(let a), .real(let b)): a == b
        case (.whole(let a), .real(let b)), (.real(let b), .whole(let a)): Int(exactly: b) == a
        }
    }

    func precedes(_ other: Number) throws(EvaluationStop) -> Bool {
        if case .whole(let a) = self, case .whole(let b) = other { return a < b }
        return try real() < other.real()
    }

    /// Exactly, or not at all.
    private func real() throws(EvaluationStop) -> Double {
        switch self {
        case .real(let number): return number
        case .whole(let number):
            guard let real = Double(exactly: number) else { throw .undecidable }
            return real
        }
    }

    func combined(_ sign: String, _ other: Number) throws(EvaluationStop) -> PlainData {
        if case .whole(let a) = self, case .whole(let b) = other, sign != "/" {
            let (value, overflow) =
                switch sign {
                case "+": a.addingReportingOverflow(b)
                case "-": a.subtractingReportingOverflow(b)
                case "*": a.multipliedReportingOverflow(by: b)
                case "%": Self.remainder(a, b)
                default: Self.power(a, b)
                }
            guard !overflow else { throw .undecidable }
            return .integer(value)
        }
        let (a, b) = (try real(), try other.real())
        switch sign {
        case "+": return .number(a + b)
        case "-": return .number(a - b)
        case "*": return .number(a * b)
        case "/" where b != 0: return .number(a / b)
        default: throw .undecidable
        }
    }

    /// With the sign of the divisor.
    private static func remainder(_ a: Int, _ b: Int) -> (Int, Bool) {
        let (rest, overflow) = a.remainderReportingOverflow(dividingBy: b)
        return (rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest, overflow)
    }

    private static func power(_ base: Int, _ exponent: Int) -> (Int, Bool) {
        guard (0...64).contains(exponent) else { return (0, true) }
        var result = 1
        for _ in 0..<exponent {
            let (next, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return (0, true) }
            result = next
        }
        return (result, false)
    }
}
