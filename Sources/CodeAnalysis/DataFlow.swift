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
        var walk = DataFlowWalk(self)
        walk.run()
        return renamed(walk)
    }

    /// Numbers variables in order of appearance, sources before targets, so that names do not matter.
    private func renamed(_ walk: DataFlowWalk) -> [FlowEdge] {
        var numbers = [Int32](repeating: -1, count: nameCount)
        var next: Int32 = 0
        func number(_ name: Int32) -> Int32 {
            if numbers[Int(name)] < 0 {
                numbers[Int(name)] = next
                next += 1
            }
            return numbers[Int(name)]
        }
        var edges: [FlowEdge] = []
        var budget = DataFlowWalk.maximumWork
        for token in tokens.indices {
            let flow = walk.flows[token]
            guard flow.isSeen, flow.isReferenced || flow.hasSources else { continue }
            var sources: Set<Int32> = []
            if flow.fromItself { sources.insert(number(tokens[token].name)) }
            for range in flow.ranges {
                budget -= range.count
                guard budget > 0 else { return edges }
                for source in range { sources.insert(number(tokens[source].name)) }
            }
            edges.append(
                FlowEdge(
                    variable: number(tokens[token].name),
                    relation: flow.relation,
                    sources: sources.sorted()
                )
            )
        }
        return edges
    }
}
