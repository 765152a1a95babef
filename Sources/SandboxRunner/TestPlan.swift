/// An expression of a test that has been taken apart.
indirect enum PythonExpression {
    case literal(PlainData)
    /// The result of a call of the program, by its number in the plan.
    case call(Int)
    case list([PythonExpression])
    case tuple([PythonExpression])
    case set([PythonExpression])
    case dictionary([(key: PythonExpression, value: PythonExpression)])
    case negative(PythonExpression)
    case not(PythonExpression)
    case arithmetic(String, PythonExpression, PythonExpression)
    /// `a < b <= c`: each part once, from the left, up to the first that does not hold.
    case comparison(PythonExpression, [(relation: String, other: PythonExpression)])
    case all([PythonExpression])
    case any([PythonExpression])
    case function(String, [PythonExpression])
}

/// Python test code taken apart: the calls it makes of the program, and what it asserts of their results.
///
/// `assert f(1, 2) == 3`, and a `check(candidate)` made of such lines, need no interpreter beside the one that runs the
/// program: the calls are made there, and the assertions are judged here, in Python's terms. What is not understood to the
/// last token is not taken apart.
package struct TestPlan {
    struct Call {
        var function: String
        var arguments: [PlainData]
    }

    struct Assertion {
        var condition: PythonExpression
        var message = ""
    }

    private(set) var calls: [Call] = []
    private(set) var assertions: [Assertion] = []

    /// Takes test code apart; nil when it cannot be.
    package init?(_ code: String) {
        guard let tokens = try? PythonTokens.tokens(code) else { return nil }
        var parser = TestParser(tokens: tokens)
        guard let plan = try? parser.read() else { return nil }
        self = plan
    }

    fileprivate init() {}

    /// The names of the functions it calls, in order.
    package var functions: [String] { calls.map(\.function) }
    /// What its assertions say when they fail, in order.
    package var messages: [String] { assertions.map(\.message) }

    fileprivate mutating func add(_ function: String, _ arguments: [PlainData]) -> Int {
        calls.append(Call(function: function, arguments: arguments))
        return calls.count - 1
    }

    fileprivate mutating func add(_ assertion: Assertion) { assertions.append(assertion) }
}

/// Reads the statements of simple tests.
private struct TestParser {
    let tokens: [PythonToken]
    private var at = 0
    private var depth = 0
    private var plan = TestPlan()
    /// Names that the test gives a meaning of its own.
    private var own: Set<String> = []
    /// The name a check function gives the program's function, and that function.
    private var alias: (name: String, function: String)?
    /// Check functions: where their bodies start, and their parameters.
    private var checks: [String: (body: Int, parameter: String)] = [:]

    init(tokens: [PythonToken]) { self.tokens = tokens }

    mutating func read() throws(NotTakenApart) -> TestPlan {
        while tokens[at] != .end { try statement(isTop: true) }
        return plan
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard tokens[at] == .symbol(symbol) else { return false }
        at += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard tokens[at] == .name(word) else { return false }
        at += 1
        return true
    }

    private mutating func need(_ token: PythonToken) throws(NotTakenApart) {
        guard tokens[at] == token else { throw NotTakenApart() }
        at += 1
    }

    private mutating func name() throws(NotTakenApart) -> String {
        guard case .name(let name) = tokens[at], !PythonNames.keywords.contains(name) else { throw NotTakenApart() }
        at += 1
        return name
    }

    private mutating func statement(isTop: Bool) throws(NotTakenApart) {
        if take(word: "assert") {
            var assertion = TestPlan.Assertion(condition: try disjunction())
            if take(",") {
                guard case .literal(.text(let message)) = try disjunction() else { throw NotTakenApart() }
                assertion.message = message
            }
            plan.add(assertion)
            return try need(.newline)
        }
        if take(word: "pass") { return try need(.newline) }
        if case .literal = tokens[at], tokens[at + 1] == .newline {
            at += 2
            return
        }
        guard isTop else { throw NotTakenApart() }
        if take(word: "def") { return try definition() }
        let name = try name()
        if take("=") {
            _ = try TestEvaluation.constant(try disjunction())
            own.insert(name)
            guard checks[name] == nil else { throw NotTakenApart() }
            return try need(.newline)
        }
        try need(.symbol("("))
        let function = try self.name()
        try need(.symbol(")"))
        try need(.newline)
        try run(check: name, of: function)
    }

    /// `def check(candidate):` with a body that is read when it is called.
    private mutating func definition() throws(NotTakenApart) {
        let name = try name()
        try need(.symbol("("))
        let parameter = try self.name()
        for symbol in [")", ":"] { try need(.symbol(symbol)) }
        try need(.newline)
        try need(.indent)
        checks[name] = (at, parameter)
        own.insert(name)
        var depth = 1
        while depth > 0 {
            if tokens[at] == .indent || tokens[at] == .end { throw NotTakenApart() }
            if tokens[at] == .dedent { depth -= 1 }
            at += 1
        }
        // What is not called must be understood all the same: it is compiled.
        let (end, kept) = (at, plan)
        try body(of: name, as: "f")
        (at, plan) = (end, kept)
    }

    private mutating func body(of check: String, as function: String) throws(NotTakenApart) {
        guard let (start, parameter) = checks[check], parameter != check else { throw NotTakenApart() }
        at = start
        alias = (parameter, function)
        while tokens[at] != .dedent { try statement(isTop: false) }
        alias = nil
    }

    private mutating func run(check: String, of function: String) throws(NotTakenApart) {
        guard isProgramsName(function) else { throw NotTakenApart() }
        let end = at
        try body(of: check, as: function)
        at = end
    }

    private func isProgramsName(_ name: String) -> Bool {
        !own.contains(name) && !PythonNames.taken.contains(name) && name.first?.isUppercase == false
    }

    // MARK: Expressions, in the order of precedence

    private mutating func disjunction() throws(NotTakenApart) -> PythonExpression {
        try deeper { parser throws(NotTakenApart) in
            var parts = [try parser.conjunction()]
            while parser.take(word: "or") { parts.append(try parser.conjunction()) }
            return parts.count == 1 ? parts[0] : .any(parts)
        }
    }

    /// Reads a part of an expression; more of them in one another than any test needs are refused.
    private mutating func deeper(
        _ read: (inout TestParser) throws(NotTakenApart) -> PythonExpression
    ) throws(NotTakenApart) -> PythonExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth < 60 else { throw NotTakenApart() }
        return try read(&self)
    }

    private mutating func conjunction() throws(NotTakenApart) -> PythonExpression {
        var parts = [try negation()]
        while take(word: "and") { parts.append(try negation()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func negation() throws(NotTakenApart) -> PythonExpression {
        if take(word: "not") { return .not(try deeper { parser throws(NotTakenApart) in try parser.negation() }) }
        let first = try sum()
        var others: [(relation: String, other: PythonExpression)] = []
        while let relation = relation() { others.append((relation, try sum())) }
        return others.isEmpty ? first : .comparison(first, others)
    }

    private mutating func relation() -> String? {
        switch tokens[at] {
        case .symbol(let symbol):
            guard ["==", "!=", "<=", ">=", "<", ">"].contains(symbol) else { return nil }
            at += 1
            return symbol
        case .name("in"):
            at += 1
            return "in"
        case .name("is"):
            at += 1
            return take(word: "not") ? "is not" : "is"
        case .name("not") where tokens[at + 1] == .name("in"):
            at += 2
            return "not in"
        default: return nil
        }
    }

    private mutating func sum() throws(NotTakenApart) -> PythonExpression {
        var value = try product()
        while case .symbol(let symbol) = tokens[at], symbol == "+" || symbol == "-" {
            at += 1
            value = .arithmetic(symbol, value, try product())
        }
        return value
    }

    private mutating func product() throws(NotTakenApart) -> PythonExpression {
        var value = try unary()
        while case .symbol(let symbol) = tokens[at], symbol == "*" || symbol == "/" {
            at += 1
            value = .arithmetic(symbol, value, try unary())
        }
        return value
    }

    private mutating func unary() throws(NotTakenApart) -> PythonExpression {
        if take("-") { return .negative(try deeper { parser throws(NotTakenApart) in try parser.unary() }) }
        let base = try atom()
        guard take("**") else { return base }
        return .arithmetic("**", base, try deeper { parser throws(NotTakenApart) in try parser.unary() })
    }

    private mutating func atom() throws(NotTakenApart) -> PythonExpression {
        switch tokens[at] {
        case .literal(let value):
            at += 1
            return .literal(try joined(value))
        case .symbol("("): return try parenthesis()
        case .symbol("["):
            at += 1
            return .list(try items(until: "]"))
        case .symbol("{"): return try braces()
        case .name("True"), .name("False"):
            at += 1
            return .literal(.bool(tokens[at - 1] == .name("True")))
        case .name("None"):
            at += 1
            return .literal(PlainData.none)
        case .name: return try callee()
        default: throw NotTakenApart()
        }
    }

    /// Literals side by side are one.
    private mutating func joined(_ first: PlainData) throws(NotTakenApart) -> PlainData {
        var value = first
        while case .literal(let next) = tokens[at] {
            guard case .text(let a) = value, case .text(let b) = next else { throw NotTakenApart() }
            value = .text(a + b)
            at += 1
        }
        return value
    }

    private mutating func parenthesis() throws(NotTakenApart) -> PythonExpression {
        at += 1
        if take(")") { return .tuple([]) }
        let first = try disjunction()
        if take(")") { return first }
        try need(.symbol(","))
        return .tuple([first] + (try items(until: ")")))
    }

    private mutating func items(until end: String) throws(NotTakenApart) -> [PythonExpression] {
        var items: [PythonExpression] = []
        while !take(end) {
            items.append(try disjunction())
            if !take(",") {
                try need(.symbol(end))
                break
            }
        }
        return items
    }

    private mutating func braces() throws(NotTakenApart) -> PythonExpression {
        at += 1
        if take("}") { return .dictionary([]) }
        let first = try disjunction()
        guard take(":") else {
            if take(",") { return .set([first] + (try items(until: "}"))) }
            try need(.symbol("}"))
            return .set([first])
        }
        var entries = [(key: first, value: try disjunction())]
        while take(",") {
            if tokens[at] == .symbol("}") { break }
            let key = try disjunction()
            try need(.symbol(":"))
            entries.append((key, try disjunction()))
        }
        try need(.symbol("}"))
        return .dictionary(entries)
    }

    /// A call: of the program's function with constants, or of one of the few functions known here.
    private mutating func callee() throws(NotTakenApart) -> PythonExpression {
        let name = try name()
        try need(.symbol("("))
        let arguments = try items(until: ")")
        if name == alias?.name || isProgramsName(name) {
            var values: [PlainData] = []
            for argument in arguments { values.append(try TestEvaluation.constant(argument)) }
            return .call(plan.add(name == alias?.name ? alias?.function ?? name : name, values))
        }
        guard !own.contains(name), TestEvaluation.functions.contains(name), arguments.count == 1 else {
            throw NotTakenApart()
        }
        return .function(name, arguments)
    }
}

/// Names of Python 3.11 that a test may mean without the program defining them.
private enum PythonNames {
    static let keywords: Set<String> = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]

    /// Builtins, and what `typing` exports in lower case.
    static let taken: Set<String> = [
        "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable",
        "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir", "divmod",
        "enumerate", "eval", "exec", "exit", "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr",
        "hash", "help", "hex", "id", "input", "int", "isinstance", "issubclass", "iter", "len", "license", "list",
        "locals", "map", "max", "memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property",
        "quit", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum",
        "super", "tuple", "type", "vars", "zip", "assert_never", "assert_type", "cast", "clear_overloads",
        "dataclass_transform", "final", "get_args", "get_origin", "get_overloads", "get_type_hints", "is_typeddict",
        "no_type_check", "no_type_check_decorator", "overload", "reveal_type", "runtime_checkable",
        // Of every module rather than of builtins.
        "__build_class__", "__builtins__", "__debug__", "__doc__", "__import__", "__loader__", "__name__",
        "__package__", "__spec__",
    ]
}
