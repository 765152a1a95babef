/// Prompts and completions to be scored, ragged: there is no padding.
package struct TeacherForcedBatch: Sendable {
    /// One completion of one of the prompts.
    package struct Target: Sendable {
        /// Which of `sources` this completes; completions of one prompt share its encoder pass.
        package var sourceIndex: Int
        /// The tokens of the completion, without the decoder's start token; the end token, if any, is the last.
        package var tokens: [Int32]
        /// Per token, the ids the behaviour policy could have drawn; nil, or an empty list, is the whole vocabulary.
        package var supports: [[Int32]]?

        /// A completion of `sources[sourceIndex]`.
        package init(sourceIndex: Int, tokens: [Int32], supports: [[Int32]]? = nil) {
            self.sourceIndex = sourceIndex
            self.tokens = tokens
            self.supports = supports
        }
    }

    /// Prompts, each of at least one token.
    package var sources: [[Int32]]
    /// Completions; neighbours with the same prompt share the work of cross-attention.
    package var targets: [Target]

    /// A batch of prompts and completions of them.
    package init(sources: [[Int32]], targets: [Target]) {
        self.sources = sources
        self.targets = targets
    }

    /// Stops with the name of the first token, index or length that is out of range.
    func validate(_ configuration: T5Configuration) {
        let vocabulary = 0..<Int32(configuration.vocabularySize)
        for (index, source) in sources.enumerated() {
            require(!source.isEmpty, "source \(index) is empty: an encoder needs at least one token")
            for id in source {
                require(vocabulary.contains(id), "source \(index): token id \(id) is not in \(vocabulary)")
            }
        }
        for (index, target) in targets.enumerated() {
            let source = target.sourceIndex
            require(sources.indices.contains(source), "target \(index): source \(source) of \(sources.count)")
            for id in target.tokens {
                require(vocabulary.contains(id), "target \(index): token id \(id) is not in \(vocabulary)")
            }
            guard let supports = target.supports else { continue }
            require(supports.count == target.tokens.count, "target \(index): expected one support per token")
            for id in supports.joined() {
                require(vocabulary.contains(id), "target \(index): support id \(id) is not in \(vocabulary)")
            }
        }
    }
    /// `precondition` whose message survives optimisation: an id out of range says which, in release too.
    private func require(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { fatalError(message()) }
    }
}

/// What the model says about the tokens of one completion, each list one entry per token.
package struct ScoredTarget: Sendable, Equatable {
    /// log π(tokenₜ | prompt, tokens before t), under the sampling settings.
    package var logProbabilities: [Float]
    /// Entropy in nats of the distribution that token t is drawn from.
    package var entropies: [Float]
    /// V(sₜ), of the state before token t.
    package var values: [Float]

    /// Scores of one completion.
    package init(logProbabilities: [Float], entropies: [Float], values: [Float]) {
        self.logProbabilities = logProbabilities
        self.entropies = entropies
        self.values = values
    }
}

/// Where the sequences of a ragged batch begin when their tokens are written one after another.
struct RaggedRows {
    let ranges: [Range<Int>]
    let total: Int
    let longest: Int

    init(counts: [Int]) {
        var start = 0
        ranges = counts.map { count in
            defer { start += count }
            return start..<start + count
        }
        total = start
        longest = counts.max() ?? 0
    }
}
