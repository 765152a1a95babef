/// Reads the statements of simple tests.
struct TestParser {
    let tokens: [PythonToken]
    var at = 0
    var depth = 0
    var plan = TestPlan()
    /// Names that the test gives a meaning of its own.
    var own: Set<String> = []
    /// What is known of these.
    var constants: [String: PlainData] = [:]
    /// The variables of the check function that is being read.
    private var locals: Set<String> = []
    /// The name a check function gives the program's function, and that function.
    var alias: (name: String, function: String)?
    /// Check functions: where their bodies start, and their parameters.
    private var checks: [String: (body: Int, parameter: String)] = [:]
    /// Names in the expression being read that must be the variable of a comprehension round them.
    var unbound: [String] = []
    /// In a message, the calls that its assertion has made.
    var made: Range<Int>?
    /// Rounds of loops so far.
    private var rounds = 0

    init(tokens: [PythonToken]) { self.tokens = tokens }

    mutating func read() throws(NotTakenApart) -> TestPlan {
        while tokens[at] != .end { try statement(isTop: true) }
        return plan
    }

    mutating func take(_ symbol: String) -> Bool {
        guard tokens[at] == .symbol(symbol) else { return false }
        at += 1
        return true
    }

    mutating func take(word: String) -> Bool {
        guard tokens[at] == .name(word) else { return false }
        at += 1
        return true
    }

    mutating func need(_ token: PythonToken) throws(NotTakenApart) {
        guard tokens[at] == token else { throw NotTakenApart() }
        at += 1
    }

    mutating func name() throws(NotTakenApart) -> String {
        guard case .name(let name) = tokens[at], !PythonNames.keywords.contains(name) else { throw NotTakenApart() }
        at += 1
        return name
    }

    private mutating func statement(isTop: Bool) throws(NotTakenApart) {
        if take(word: "assert") { return try assertion() }
        if take(word: "pass") { return try need(.newline) }
        if tokens[at + 1] == .newline, isWithoutEffect(tokens[at]) {
            at += 2
            return
        }
        if take(word: "for") { return try loop(isTop: isTop) }
        if isTop, take(word: "def") { return try definition() }
        let name = try name()
        if take("=") { return try assignment(to: name, isTop: isTop) }
        guard isTop else { throw NotTakenApart() }
        try need(.symbol("("))
        let function = try self.name()
        try need(.symbol(")"))
        try need(.newline)
        try run(check: name, of: function)
    }

    /// A literal, or a builtin that is not called, as a statement.
    private func isWithoutEffect(_ token: PythonToken) -> Bool {
        switch token {
        case .literal: true
        case .name(let name): PythonNames.taken.contains(name) && !own.contains(name)
        default: false
        }
    }

    private mutating func assertion() throws(NotTakenApart) {
        let first = plan.calls.count
        var assertion = TestPlan.Assertion(condition: try closed())
        if take(",") {
            made = first..<plan.calls.count
            assertion.message = try closed()
            made = nil
        }
        guard plan.assertions.count < TestPlan.mostAssertions else { throw NotTakenApart() }
        plan.assertions.append(assertion)
        try need(.newline)
    }

    /// An expression in which every name has a meaning.
    private mutating func closed() throws(NotTakenApart) -> PythonExpression {
        let expression = try disjunction()
        guard unbound.isEmpty else { throw NotTakenApart() }
        return expression
    }

    /// `name = constant`.
    private mutating func assignment(to name: String, isTop: Bool) throws(NotTakenApart) {
        let value = try TestEvaluation.constant(try closed())
        guard checks[name] == nil else { throw NotTakenApart() }
        try define(name, as: value, isTop: isTop)
        try need(.newline)
    }

    /// Gives a name its value.
    ///
    /// In a function a name that is assigned anywhere is local everywhere: one that has had another meaning is refused.
    private mutating func define(_ name: String, as value: PlainData, isTop: Bool) throws(NotTakenApart) {
        if !isTop, !locals.contains(name) {
            let isCalled = plan.calls.contains { $0.function == name }
            guard constants[name] == nil, checks[name] == nil, !PythonNames.isTaken(name), alias?.name != name,
                alias?.function != name, !isCalled
            else { throw NotTakenApart() }
            locals.insert(name)
        }
        own.insert(name)
        constants[name] = value
    }

    /// `for name in constants:`, once for each of them.
    private mutating func loop(isTop: Bool) throws(NotTakenApart) {
        guard !isTop else { throw NotTakenApart() }
        let name = try name()
        guard take(word: "in") else { throw NotTakenApart() }
        let items = try closed()
        for token in [PythonToken.symbol(":"), .newline, .indent] { try need(token) }
        guard let values = try? TestEvaluation(answers: []).items(of: items), !values.isEmpty else {
            throw NotTakenApart()
        }
        let start = at
        depth += 1
        rounds += values.count
        guard depth < 10, rounds < TestPlan.mostAssertions else { throw NotTakenApart() }
        for value in values {
            at = start
            try define(name, as: value, isTop: false)
            while tokens[at] != .dedent { try statement(isTop: false) }
        }
        depth -= 1
        try need(.dedent)
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
        constants[name] = nil
        own.insert(name)
        var depth = 1
        while depth > 0 {
            if tokens[at] == .end { throw NotTakenApart() }
            if tokens[at] == .indent { depth += 1 }
            if tokens[at] == .dedent { depth -= 1 }
            at += 1
        }
        // What is not called must be understood all the same: it is compiled.
        let (end, kept) = (at, plan)
        try body(of: name, as: "")
        (at, plan) = (end, kept)
    }

    private mutating func body(of check: String, as function: String) throws(NotTakenApart) {
        guard let (start, parameter) = checks[check], parameter != check, constants[parameter] == nil else {
            throw NotTakenApart()
        }
        at = start
        alias = (parameter, function)
        while tokens[at] != .dedent { try statement(isTop: false) }
        alias = nil
        for name in locals { constants[name] = nil }
        locals = []
    }

    private mutating func run(check: String, of function: String) throws(NotTakenApart) {
        guard isProgramsName(function) else { throw NotTakenApart() }
        let end = at
        try body(of: check, as: function)
        at = end
    }

    func isProgramsName(_ name: String) -> Bool { !own.contains(name) && !PythonNames.isTaken(name) }
}
