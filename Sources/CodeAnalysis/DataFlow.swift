import Programs

/// One edge of a data-flow graph, variables numbered in order of appearance.
package struct FlowEdge: Sendable, Hashable {
    /// How a value gets to a variable.
    package enum Relation: UInt8, Sendable {
        /// The value is handed on as it is: `use of x ← x`, `int y = x`.
        case comesFrom
        /// The value is computed: `y = x + 1`.
        case computedFrom
    }

    package let variable: Int32
    package let relation: Relation
    /// Where the value comes from, ascending, each once; empty for a first appearance.
    package let sources: [Int32]

    package init(variable: Int32, relation: Relation, sources: [Int32]) {
        self.variable = variable
        self.relation = relation
        self.sources = sources
    }
}

extension ParsedProgram {
    /// The data-flow graph, one edge for each token that takes part in a flow, in the order of the source.
    package func dataFlow() -> [FlowEdge] {
        var edges: [FlowEdge] = []
        forEachEdge { variable, relation, sources in
            edges.append(FlowEdge(variable: variable, relation: relation, sources: sources.sorted()))
        }
        return edges
    }

    /// Hands the edges of ``dataFlow()`` to `body`, sources in no order.
    ///
    /// Variables are numbered in order of appearance, sources before targets, so that names do not matter.
    func forEachEdge(_ body: (_ variable: Int32, FlowEdge.Relation, _ sources: [Int32]) -> Void) {
        var walk = DataFlowWalk(self)
        walk.run()
        var numbering = Numbering(names: nameCount)
        var budget = DataFlowWalk.maximumWork
        for token in tokens.indices {
            let flow = walk.flows[token]
            guard flow.isSeen, flow.isReferenced || flow.hasSources else { continue }
            numbering.begin()
            if flow.fromItself { numbering.addSource(tokens[token].name) }
            var index = flow.firstSource
            while index >= 0 {
                let source = walk.sources[Int(index)]
                budget -= source.tokens.count
                guard budget > 0 else { return }
                for token in source.tokens { numbering.addSource(tokens[Int(token)].name) }
                index = source.next
            }
            body(numbering.number(tokens[token].name), flow.relation, numbering.sources)
        }
    }

    /// Numbers of names, and the sources of one edge, each once.
    private struct Numbering {
        private(set) var sources: [Int32] = []
        private var numbers: [Int32]
        private var count: Int32 = 0
        /// The edge that a number was last a source of.
        private var lastEdge: [Int32]
        private var edge: Int32 = 0

        init(names: Int) {
            numbers = Array(repeating: -1, count: names)
            lastEdge = Array(repeating: 0, count: names)
        }

        mutating func begin() {
            sources.removeAll(keepingCapacity: true)
            edge += 1
        }

        mutating func number(_ name: Int32) -> Int32 {
            if numbers[Int(name)] < 0 {
                numbers[Int(name)] = count
                count += 1
            }
            return numbers[Int(name)]
        }

        mutating func addSource(_ name: Int32) {
            let number = number(name)
            guard lastEdge[Int(number)] != edge else { return }
            lastEdge[Int(number)] = edge
            sources.append(number)
        }
    }
}
