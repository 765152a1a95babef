// What each kind of node plans; steps are pushed in the order in which they are to happen, and turned round at the end.
extension DataFlowWalk {
    mutating func visit(_ node: Int, _ isReplay: Bool) {
        let kind = program.nodes[node].kind
        if kind == .literal || kind == .variable || Int(program.nodes[node].end) == node + 1 {
            return use(tokens(node))
        }
        let start = steps.count
        switch kind {
        case .definition: planDefinition(node, isReplay)
        case .parameter where initialValue(node) != nil: planDefinition(node, isReplay)
        case .declaration: planDeclaration(node, isReplay)
        case .assignment: planAssignment(node, isReplay, pairwise: true, .computedFrom)
        case .comprehensionClause: planAssignment(node, isReplay, pairwise: false, .computedFrom)
        case .shortDeclaration: planAssignment(node, isReplay, pairwise: true, .comesFrom)
        case .increment: steps.append(.bind(target: tokens(node), source: tokens(node), .computedFrom))
        case .unary: planUnary(node, isReplay)
        case .branch: planBranch(node, isReplay)
        case .modifierBranch: planModifierBranch(node, isReplay)
        case .forIn, .forClauses, .forEach, .loop: planLoop(node, kind, isReplay)
        case .goFor: planGoFor(node, isReplay)
        case .phpFor: planSegmentedFor(node, isReplay)
        case .phpForEach: planUnnamedForEach(node, isReplay)
        default: planSequence(node, isReplay)
        }
        steps[start...].reverse()
    }

    private mutating func planSequence(_ node: Int, _ isReplay: Bool) {
        // Most nodes come this way: no list of children is made.
        let end = Int(program.nodes[node].end)
        var hasClauses = false
        var child = node + 1
        while child < end {
            if program.nodes[child].kind == .comprehensionClause {
                hasClauses = true
                steps.append(.visit(child, isReplay: isReplay))
            }
            child = Int(program.nodes[child].end)
        }
        child = node + 1
        while child < end {
            if !hasClauses || program.nodes[child].kind != .comprehensionClause {
                steps.append(.visit(child, isReplay: isReplay))
            }
            child = Int(program.nodes[child].end)
        }
    }

    private mutating func planDefinition(_ node: Int, _ isReplay: Bool) {
        var holders = children(node).filter { program.nodes[$0].role == .name && program.nodes[$0].isNamed }
        if holders.isEmpty, let declarator = child(node, .declarator) { holders = [declarator] }
        // The left of a default parameter in JavaScript.
        if holders.isEmpty, let left = child(node, .left) { holders = [left] }
        guard !holders.isEmpty else { return planSequence(node, isReplay) }
        guard let value = initialValue(node) else {
            for holder in holders { steps.append(.declare(declaredNames(holder))) }
            return
        }
        for holder in holders {
            for token in declaredNames(holder) { markDeclared(token) }
            steps.append(.visit(holder, isReplay: isReplay))
        }
        steps.append(.visit(value, isReplay: isReplay))
        // `var x, y = 1, 2` and `let [x, y] = [1, 2]` flow element by element.
        let targets = holders.count > 1 ? holders : elements(holders[0])
        let sources = elements(value)
        if targets.count > 1, targets.count == sources.count {
            for (target, source) in zip(targets, sources) {
                steps.append(.bind(target: tokens(target), source: tokens(source), .comesFrom))
            }
        } else {
            for holder in holders {
                steps.append(.bind(target: declaredNames(holder), source: tokens(value), .comesFrom))
            }
        }
    }

    private mutating func planDeclaration(_ node: Int, _ isReplay: Bool) {
        for child in children(node) {
            if program.nodes[child].role == .declarator, program.nodes[child].kind != .definition {
                steps.append(.declare(declaredNames(child)))
            }
            steps.append(.visit(child, isReplay: isReplay))
        }
    }

    private mutating func planAssignment(
        _ node: Int,
        _ isReplay: Bool,
        pairwise: Bool,
        _ relation: FlowEdge.Relation
    ) {
        // A name with a type and no value says nothing yet.
        guard let left = child(node, .left), let right = child(node, .right) else { return }
        steps.append(.visit(right, isReplay: isReplay))
        planFlow(from: right, to: left, pairwise: pairwise, relation)
    }

    /// `a, b = b, a` flows element by element, anything else as a whole.
    private mutating func planFlow(
        from right: Int,
        to left: Int,
        pairwise: Bool,
        _ relation: FlowEdge.Relation = .computedFrom
    ) {
        let targets = elements(left)
        let sources = elements(right)
        if pairwise, targets.count > 1, targets.count == sources.count {
            for (target, source) in zip(targets, sources) {
                steps.append(.bind(target: tokens(target), source: tokens(source), relation))
            }
        } else {
            steps.append(.bind(target: tokens(left), source: tokens(right), relation))
        }
    }

    /// `++` and `--` change their operand, other operators only read it.
    private mutating func planUnary(_ node: Int, _ isReplay: Bool) {
        if children(node).contains(where: { program.nodes[$0].kind == .stepOperator }) {
            steps.append(.bind(target: tokens(node), source: tokens(node), .computedFrom))
        } else {
            planSequence(node, isReplay)
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

    /// `x = 1 if c`: what is written last happens first.
    private mutating func planModifierBranch(_ node: Int, _ isReplay: Bool) {
        plan(node, .condition, isReplay)
        steps.append(.beginBranch)
        plan(node, .body, isReplay)
        steps.append(.endArm)
        steps.append(.endBranch(isExhaustive: false))
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
                planLoopVariable(node, isReplay)
                plan(node, .body, isReplay)
            default:
                planSequence(node, isReplay)
            }
        }
        if kind == .forIn { plan(node, .alternative, isReplay) }
    }

    private mutating func planLoopVariable(_ node: Int, _ isReplay: Bool) {
        guard let values = child(node, .right) ?? child(node, .value) else { return }
        steps.append(.visit(values, isReplay: isReplay))
        if let left = child(node, .left) ?? child(node, .pattern) {
            planFlow(from: values, to: left, pairwise: true)
        } else if let holder = child(node, .name) ?? child(node, .declarator) {
            steps.append(.bind(target: declaredNames(holder), source: tokens(values), .computedFrom))
        }
    }

    /// Go has one loop: over three clauses, over a range, while a condition holds, or for ever.
    private mutating func planGoFor(_ node: Int, _ isReplay: Bool) {
        let clauses = children(node).first { program.nodes[$0].kind == .forClauses }
        if let clauses { plan(clauses, .initializer, isReplay) }
        for pass in 0..<(isReplay ? 1 : 2) {
            let isReplay = isReplay || pass == 1
            if let clauses {
                plan(clauses, .condition, isReplay)
                plan(node, .body, isReplay)
                plan(clauses, .update, isReplay)
            } else if let range = children(node).first(where: { program.nodes[$0].kind == .rangeClause }) {
                planLoopVariable(range, isReplay)
                plan(node, .body, isReplay)
            } else {
                planSequence(node, isReplay)
            }
        }
    }

    /// PHP names none of the parts of its `for`: semicolons tell them apart, and the parts have several members each.
    private mutating func planSegmentedFor(_ node: Int, _ isReplay: Bool) {
        var segments: [[Int]] = [[]]
        var body: [Int] = []
        var isClosed = false
        for child in children(node) {
            let kind = program.nodes[child].kind
            if kind == .closingParenthesis {
                isClosed = true
            } else if isClosed {
                body.append(child)
            } else if kind == .semicolon {
                segments.append([])
            } else {
                segments[segments.count - 1].append(child)
            }
        }
        for child in segments[0] { steps.append(.visit(child, isReplay: isReplay)) }
        let condition = segments.count > 1 ? segments[1] : []
        let update = segments.dropFirst(2).flatMap { $0 }
        for pass in 0..<(isReplay ? 1 : 2) {
            for child in condition + body + update {
                steps.append(.visit(child, isReplay: isReplay || pass == 1))
            }
        }
    }

    /// PHP's `foreach (values as target) body`: the first named member is the values, the next the target.
    private mutating func planUnnamedForEach(_ node: Int, _ isReplay: Bool) {
        let members = children(node).filter { program.nodes[$0].isNamed && program.nodes[$0].role != .body }
        guard members.count >= 2 else { return planSequence(node, isReplay) }
        for pass in 0..<(isReplay ? 1 : 2) {
            let isReplay = isReplay || pass == 1
            steps.append(.visit(members[0], isReplay: isReplay))
            steps.append(.bind(target: tokens(members[1]), source: tokens(members[0]), .computedFrom))
            plan(node, .body, isReplay)
        }
    }

    private mutating func plan(_ node: Int, _ role: FieldRole, _ isReplay: Bool) {
        for child in children(node) where program.nodes[child].role == role {
            steps.append(.visit(child, isReplay: isReplay))
        }
    }

    /// What a name is set to where it is declared: a field of the node, or a clause of its own in C#.
    private func initialValue(_ node: Int) -> Int? {
        child(node, .value)
            ?? (child(node, .name) == nil && child(node, .declarator) == nil ? child(node, .right) : nil)
            ?? children(node).first { program.nodes[$0].kind == .initialValue }
    }
}
