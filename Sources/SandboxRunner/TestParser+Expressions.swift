/// Reads expressions, in the order of precedence.
extension TestParser {
    mutating func disjunction() throws(NotTakenApart) -> PythonExpression {
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
        while case .symbol(let symbol) = tokens[at], symbol == "*" || symbol == "/" || symbol == "%" {
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
            return try listDisplay()
        case .symbol("{"): return try braces()
        case .name("True"), .name("False"):
            at += 1
            return .literal(.bool(tokens[at - 1] == .name("True")))
        case .name("None"):
            at += 1
            return .literal(PlainData.none)
        case .name(let name): return try tokens[at + 1] == .symbol("(") ? callee() : variable(name)
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
            let function = name == alias?.name ? alias?.function ?? name : name
            return call(of: function, try arguments.map(TestEvaluation.constant))
        }
        guard !own.contains(name) else { throw NotTakenApart() }
        if name == "range", (1...3).contains(arguments.count) { return .range(arguments) }
        guard TestEvaluation.functions.contains(name), arguments.count == 1 else { throw NotTakenApart() }
        return .function(name, arguments)
    }

    /// A call of the program: one more of the plan, but in a message one that its assertion has made.
    private mutating func call(of function: String, _ arguments: [PlainData]) -> PythonExpression {
        let call = TestPlan.Call(function: function, arguments: arguments)
        if let made { return made.first { plan.calls[$0] == call }.map { .call($0) } ?? .unmade }
        plan.calls.append(call)
        return .call(plan.calls.count - 1)
    }

    /// A name that is not called: that of a constant, or of a comprehension's variable.
    private mutating func variable(_ name: String) throws(NotTakenApart) -> PythonExpression {
        at += 1
        if let value = constants[name] { return .literal(value) }
        guard isProgramsName(name), !PythonNames.keywords.contains(name) else { throw NotTakenApart() }
        unbound.append(name)
        return .variable(name)
    }

    private mutating func listDisplay() throws(NotTakenApart) -> PythonExpression {
        if take("]") { return .list([]) }
        let mark = unbound.count
        let first = try disjunction()
        if take(word: "for") { return try comprehension(of: first, unboundFrom: mark) }
        if take("]") { return .list([first]) }
        try need(.symbol(","))
        return .list([first] + (try items(until: "]")))
    }

    /// `[element for variable in constants if condition]`, whose value is known now.
    private mutating func comprehension(
        of element: PythonExpression,
        unboundFrom mark: Int
    ) throws(NotTakenApart) -> PythonExpression {
        let variable = try name()
        guard take(word: "in"), constants[variable] == nil else { throw NotTakenApart() }
        let before = unbound.count
        let items = try disjunction()
        guard unbound.count == before else { throw NotTakenApart() }
        var conditions: [PythonExpression] = []
        while take(word: "if") { conditions.append(try disjunction()) }
        try need(.symbol("]"))
        guard unbound[mark...].allSatisfy({ $0 == variable }) else { throw NotTakenApart() }
        unbound.removeSubrange(mark...)
        return .literal(
            try TestEvaluation.constant(
                .comprehension(element: element, variable: variable, items: items, conditions: conditions)
            )
        )
    }
}
