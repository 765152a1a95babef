/// What is known of one token's flow.
struct TokenFlow {
    /// That of the first statement that spoke of this token.
    var relation = FlowEdge.Relation.comesFrom
    var isSeen = false
    /// Another token takes its value from this one.
    var isReferenced = false
    /// An earlier definition of the same variable reaches this use.
    var fromItself = false
    /// Where ``DataFlowWalk/sources`` says which tokens this one takes its value from; −1 when from none.
    var firstSource: Int32 = -1

    var hasSources: Bool { fromItself || firstSource >= 0 }
}

/// Tokens that a token takes its value from, and where the next such lie; −1 after the last.
struct FlowSource {
    let tokens: Range<Int32>
    var next: Int32 = -1
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

    /// Reaching definitions by name: a token, or ``none``, or one of the sets in `joined`, counted down from −2.
    ///
    /// Most names have one definition, so that the arms of a branch begin with a copy of plain numbers.
    private typealias Definitions = [Int32]
    private static let none: Int32 = -1

    enum Step {
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

    let program: ParsedProgram
    private(set) var flows: [TokenFlow]
    private(set) var sources: [FlowSource] = []
    private var definitions: Definitions
    /// Definitions (tokens, ascending) that reach the same place on different ways.
    private var joined: [[Int32]] = []
    var steps: [Step] = []
    private var branches: [Branch] = []
    /// Tokens that a declaration has dealt with.
    private var isDeclared: [Bool]
    private var work = 0

    init(_ program: ParsedProgram) {
        self.program = program
        flows = Array(repeating: TokenFlow(), count: program.tokens.count)
        isDeclared = Array(repeating: false, count: program.tokens.count)
        definitions = Array(repeating: Self.none, count: program.nameCount)
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
}

// What the steps do.
extension DataFlowWalk {
    mutating func use(_ range: Range<Int>) {
        for token in range where !isDeclared[token] {
            let name = Int(program.tokens[token].name)
            see(token, .comesFrom)
            let reaching = definitions[name]
            if reaching != Self.none {
                refer(to: reaching)
                flows[token].fromItself = true
            } else if program.tokens[token].isIdentifier {
                definitions[name] = Int32(token)
            }
        }
    }

    private mutating func refer(to reaching: Int32) {
        guard reaching < 0 else {
            work += 1
            flows[Int(reaching)].isReferenced = true
            return
        }
        let set = joined[Int(-2 - reaching)]
        work += set.count
        for definition in set { flows[Int(definition)].isReferenced = true }
    }

    private mutating func bind(_ target: Range<Int>, _ source: Range<Int>, _ relation: FlowEdge.Relation) {
        work += target.count + source.count
        for token in target {
            see(token, relation)
            if !source.isEmpty { add(source, to: token) }
            definitions[Int(program.tokens[token].name)] = Int32(token)
        }
        if !target.isEmpty {
            for token in source { flows[token].isReferenced = true }
        }
    }

    /// Adds a source behind those that the token has, unless it is one of them.
    private mutating func add(_ range: Range<Int>, to token: Int) {
        let source = FlowSource(tokens: Int32(range.lowerBound)..<Int32(range.upperBound))
        var last: Int32 = -1
        var known = flows[token].firstSource
        while known >= 0 {
            if sources[Int(known)].tokens == source.tokens { return }
            last = known
            known = sources[Int(known)].next
        }
        let added = Int32(sources.count)
        sources.append(source)
        if last < 0 { flows[token].firstSource = added } else { sources[Int(last)].next = added }
    }

    mutating func markDeclared(_ token: Int) { isDeclared[token] = true }

    private mutating func declare(_ range: Range<Int>) {
        for token in range {
            see(token, .comesFrom)
            isDeclared[token] = true
            definitions[Int(program.tokens[token].name)] = Int32(token)
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
                join(other[name], into: name)
            }
        }
    }

    private mutating func join(_ reaching: Int32, into name: Int) {
        let (own, others) = (tokens(of: definitions[name]), tokens(of: reaching))
        guard own != others else { return }
        work += own.count + others.count
        if own.isEmpty {
            definitions[name] = reaching
        } else if !others.isEmpty {
            joined.append(Set(own).union(others).sorted())
            definitions[name] = Int32(-1 - joined.count)
        }
    }

    private func tokens(of reaching: Int32) -> [Int32] {
        reaching == Self.none ? [] : reaching >= 0 ? [reaching] : joined[Int(-2 - reaching)]
    }
}

// Ways about the tree.
extension DataFlowWalk {
    func tokens(_ node: Int) -> Range<Int> {
        Int(program.nodes[node].firstToken)..<Int(program.nodes[node].endToken)
    }

    func children(_ node: Int) -> Children {
        Children(nodes: program.nodes, upcoming: node + 1, end: Int(program.nodes[node].end))
    }

    /// Nodes beside each other.
    struct Children: Sequence, IteratorProtocol {
        let nodes: [SyntaxNode]
        fileprivate(set) var upcoming: Int
        let end: Int

        mutating func next() -> Int? {
            guard upcoming < end else { return nil }
            defer { upcoming = Int(nodes[upcoming].end) }
            return upcoming
        }
    }

    func child(_ node: Int, _ role: FieldRole) -> Int? {
        var child = node + 1
        while child < Int(program.nodes[node].end) {
            if program.nodes[child].role == role { return child }
            child = Int(program.nodes[child].end)
        }
        return nil
    }

    /// The named members of a list, or nothing when the node is no list.
    func elements(_ node: Int) -> [Int] {
        program.nodes[node].kind == .list ? children(node).filter { program.nodes[$0].isNamed } : []
    }

    /// The name that a declarator declares stands first in it: `*p`, `a[n]`, `(*f)(int)`; a binding declares all.
    func declaredNames(_ declarator: Int) -> Range<Int> {
        let all = tokens(declarator)
        let kind = program.nodes[declarator].kind
        return kind == .bindings || kind == .list ? all : all.prefix(1)
    }
}
