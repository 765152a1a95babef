/// What is known of one token's flow.
struct TokenFlow {
    /// That of the first statement that spoke of this token.
    var relation = FlowEdge.Relation.comesFrom
    var isSeen = false
    /// Another token takes its value from this one.
    var isReferenced = false
    /// An earlier definition of the same variable reaches this use.
    var fromItself = false
    /// Tokens this one takes its value from.
    var ranges: [Range<Int>] = []

    var hasSources: Bool { fromItself || !ranges.isEmpty }
}

/// One pass over a program that follows values from definitions to uses.
///
/// The rules are those of CodeBLEU (Ren et al. 2020): a use of a variable comes from its reaching definitions, the
/// left of an assignment is computed from all that is on its right, the arms of a branch start from the same
/// definitions and are joined, the body of a loop is walked twice so that definitions reach uses above them. Names
/// have no scopes. A stack of steps takes the place of recursion.
struct DataFlowWalk {
    /// Steps after which a program is followed no further; counted, not timed, so that the result is reproducible.
    static let maximumWork = 5_000_000

    /// Reaching definitions (tokens, ascending) by name.
    typealias Definitions = [[Int32]]

    private enum Step {
        /// `isReplay`: inside the second pass over a loop, where inner loops need no second pass of their own.
        case visit(Int, isReplay: Bool)
        case bind(target: Range<Int>, source: Range<Int>, FlowEdge.Relation)
        /// Starts a declared name afresh, whatever an earlier one of the same name held.
        case declare(Range<Int>)
        case beginBranch
        case endArm
        case endBranch(isExhaustive: Bool)
    }

    private struct Branch {
        let before: Definitions
        var results: [Definitions] = []
    }

    private let program: ParsedProgram
    private(set) var flows: [TokenFlow]
    private var definitions: Definitions
    private var steps: [Step] = []
    private var branches: [Branch] = []
    /// Tokens that a declaration has dealt with.
    private var isDeclared: [Bool]
    private var work = 0

    init(_ program: ParsedProgram) {
        self.program = program
        flows = Array(repeating: TokenFlow(), count: program.tokens.count)
        isDeclared = Array(repeating: false, count: program.tokens.count)
        definitions = Array(repeating: [], count: program.nameCount)
    }

    mutating func run() {
        steps = [.visit(0, isReplay: false)]
        while let step = steps.popLast(), work < Self.maximumWork {
            work += 1
            switch step {
            case .visit(let node, let isReplay): visit(node, isReplay)
            case .bind(let target, let source, let relation): bind(target, source, relation)
            case .declare(let range): declare(range)
            case .beginBranch:
                work += definitions.count
                branches.append(Branch(before: definitions))
            case .endArm: endArm()
            case .endBranch(let isExhaustive): endBranch(isExhaustive)
            }
        }
    }

    // Steps are pushed in the order in which they are to happen, and turned round at the end.
    private mutating func visit(_ node: Int, _ isReplay: Bool) {
        let kind = program.nodes[node].kind
        if kind == .literal || Int(program.nodes[node].end) == node + 1 { return use(tokens(node)) }
        let start = steps.count
        switch kind {
        case .definition: planDefinition(node, isReplay)
        case .declaration: planDeclaration(node, isReplay)
        case .assignment, .comprehensionClause: planAssignment(node, isReplay, pairwise: kind == .assignment)
        case .increment: steps.append(.bind(target: tokens(node), source: tokens(node), .computedFrom))
        case .branch: planBranch(node, isReplay)
        case .forIn, .forClauses, .forEach, .loop: planLoop(node, kind, isReplay)
        default: planSequence(node, isReplay)
        }
        steps[start...].reverse()
    }

    private mutating func planSequence(_ node: Int, _ isReplay: Bool) {
        for child in children(node) where program.nodes[child].kind == .comprehensionClause {
            steps.append(.visit(child, isReplay: isReplay))
        }
        for child in children(node) where program.nodes[child].kind != .comprehensionClause {
            steps.append(.visit(child, isReplay: isReplay))
        }
    }

    private mutating func planDefinition(_ node: Int, _ isReplay: Bool) {
        guard let holder = child(node, .name) ?? child(node, .declarator) else { return planSequence(node, isReplay) }
        let names = declaredNames(holder)
        guard let value = child(node, .value) else {
            steps.append(.declare(names))
            return
        }
        for token in names { isDeclared[token] = true }
        steps.append(.visit(holder, isReplay: isReplay))
        steps.append(.visit(value, isReplay: isReplay))
        steps.append(.bind(target: names, source: tokens(value), .comesFrom))
    }

    private mutating func planDeclaration(_ node: Int, _ isReplay: Bool) {
        for child in children(node) {
            if program.nodes[child].role == .declarator, program.nodes[child].kind != .definition {
                steps.append(.declare(declaredNames(child)))
            }
            steps.append(.visit(child, isReplay: isReplay))
        }
    }

    private mutating func planAssignment(_ node: Int, _ isReplay: Bool, pairwise: Bool) {
        // A name with a type and no value says nothing yet.
        guard let left = child(node, .left), let right = child(node, .right) else { return }
        steps.append(.visit(right, isReplay: isReplay))
        planFlow(from: right, to: left, pairwise: pairwise)
    }

    /// `a, b = b, a` flows element by element, anything else as a whole.
    private mutating func planFlow(from right: Int, to left: Int, pairwise: Bool) {
        let targets = elements(left)
        let sources = elements(right)
        if pairwise, targets.count > 1, targets.count == sources.count {
            for (target, source) in zip(targets, sources) {
                steps.append(.bind(target: tokens(target), source: tokens(source), .computedFrom))
            }
        } else {
            steps.append(.bind(target: tokens(left), source: tokens(right), .computedFrom))
        }
    }

    private mutating func planBranch(_ node: Int, _ isReplay: Bool) {
        var isExhaustive = false
        steps.append(.beginBranch)
        for child in children(node) where program.nodes[child].role != .alternative {
            steps.append(.visit(child, isReplay: isReplay))
        }
        steps.append(.endArm)
        for child in children(node) where program.nodes[child].role == .alternative {
            isExhaustive = isExhaustive || program.nodes[child].kind != .alternativeIf
            steps.append(.visit(child, isReplay: isReplay))
            steps.append(.endArm)
        }
        steps.append(.endBranch(isExhaustive: isExhaustive))
    }

    private mutating func planLoop(_ node: Int, _ kind: NodeKind, _ isReplay: Bool) {
        if kind == .forClauses { plan(node, .initializer, isReplay) }
        for pass in 0..<(isReplay ? 1 : 2) {
            let isReplay = isReplay || pass == 1
            switch kind {
            case .forClauses:
                plan(node, .condition, isReplay)
                plan(node, .body, isReplay)
                plan(node, .update, isReplay)
            case .forIn, .forEach:
                planLoopVariable(node, kind, isReplay)
                plan(node, .body, isReplay)
            default:
                planSequence(node, isReplay)
            }
        }
        if kind == .forIn { plan(node, .alternative, isReplay) }
    }

    private mutating func planLoopVariable(_ node: Int, _ kind: NodeKind, _ isReplay: Bool) {
        guard let values = child(node, .right) ?? child(node, .value) else { return }
        steps.append(.visit(values, isReplay: isReplay))
        if let left = child(node, .left) {
            planFlow(from: values, to: left, pairwise: true)
        } else if let holder = child(node, .name) ?? child(node, .declarator) {
            steps.append(.bind(target: declaredNames(holder), source: tokens(values), .computedFrom))
        }
    }

    private mutating func plan(_ node: Int, _ role: FieldRole, _ isReplay: Bool) {
        for child in children(node) where program.nodes[child].role == role {
            steps.append(.visit(child, isReplay: isReplay))
        }
    }
}

// What the steps do.
extension DataFlowWalk {
    private mutating func use(_ range: Range<Int>) {
        for token in range where !isDeclared[token] {
            let name = Int(program.tokens[token].name)
            see(token, .comesFrom)
            if !definitions[name].isEmpty {
                work += definitions[name].count
                for definition in definitions[name] { flows[Int(definition)].isReferenced = true }
                flows[token].fromItself = true
            } else if program.tokens[token].isIdentifier {
                definitions[name] = [Int32(token)]
            }
        }
    }

    private mutating func bind(_ target: Range<Int>, _ source: Range<Int>, _ relation: FlowEdge.Relation) {
        work += target.count + source.count
        for token in target {
            see(token, relation)
            if !source.isEmpty, !flows[token].ranges.contains(source) { flows[token].ranges.append(source) }
            definitions[Int(program.tokens[token].name)] = [Int32(token)]
        }
        if !target.isEmpty {
            for token in source { flows[token].isReferenced = true }
        }
    }

    private mutating func declare(_ range: Range<Int>) {
        for token in range {
            see(token, .comesFrom)
            isDeclared[token] = true
            definitions[Int(program.tokens[token].name)] = [Int32(token)]
        }
    }

    private mutating func see(_ token: Int, _ relation: FlowEdge.Relation) {
        guard !flows[token].isSeen else { return }
        flows[token].isSeen = true
        flows[token].relation = relation
    }

    private mutating func endArm() {
        guard let last = branches.indices.last else { preconditionFailure("an arm ended outside any branch") }
        work += definitions.count
        branches[last].results.append(definitions)
        definitions = branches[last].before
    }

    private mutating func endBranch(_ isExhaustive: Bool) {
        guard let branch = branches.popLast() else { preconditionFailure("a branch ended that had not begun") }
        let results = isExhaustive ? branch.results : branch.results + [branch.before]
        guard let first = results.first else { preconditionFailure("a branch has no arm") }
        definitions = first
        for other in results.dropFirst() {
            work += other.count
            for name in other.indices where definitions[name] != other[name] {
                work += definitions[name].count + other[name].count
                definitions[name] = Set(definitions[name]).union(other[name]).sorted()
            }
        }
    }
}

// Ways about the tree.
extension DataFlowWalk {
    private func tokens(_ node: Int) -> Range<Int> {
        Int(program.nodes[node].firstToken)..<Int(program.nodes[node].endToken)
    }

    private func children(_ node: Int) -> [Int] {
        var list: [Int] = []
        var child = node + 1
        while child < Int(program.nodes[node].end) {
            list.append(child)
            child = Int(program.nodes[child].end)
        }
        return list
    }

    private func child(_ node: Int, _ role: FieldRole) -> Int? {
        children(node).first { program.nodes[$0].role == role }
    }

    /// The named members of a list, or nothing when the node is no list.
    private func elements(_ node: Int) -> [Int] {
        program.nodes[node].kind == .list ? children(node).filter { program.nodes[$0].isNamed } : []
    }

    /// The name that a declarator declares stands first in it: `*p`, `a[n]`, `(*f)(int)`; a binding declares all.
    private func declaredNames(_ declarator: Int) -> Range<Int> {
        let all = tokens(declarator)
        return program.nodes[declarator].kind == .bindings ? all : all.prefix(1)
    }
}
