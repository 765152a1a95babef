package import CodeAnalysis
package import Programs

/// Turns a verdict and a completion into a terminal score.
///
/// The score is w₁·execution + w₂·AST match + w₃·data-flow match, and with other presets than the default further terms.
/// The KL penalty is per token and is not here.
/// Source: Shojaee et al. 2023, PPOCoder, <https://arxiv.org/abs/2301.13816>, section 3.
package struct RewardModel: Sendable {
    package let configuration: RewardConfiguration
    private let analyzer: CodeAnalyzer?

    /// Refuses a configuration that is out of range, or one with structural weights and no analyser.
    ///
    /// The analyser may be nil only where neither structural term has a weight. Then a Python program of nothing but
    /// docstrings is not recognised as blank.
    package init(configuration: RewardConfiguration, analyzer: CodeAnalyzer?) throws(RewardError) {
        try configuration.validate()
        if analyzer == nil {
            if configuration.astWeight != 0 { throw .analyzerNeeded(field: "ast_weight") }
            if configuration.dataFlowWeight != 0 { throw .analyzerNeeded(field: "dfg_weight") }
        }
        self.configuration = configuration
        self.analyzer = analyzer
    }

    /// The terms of one completion's score.
    ///
    /// - A blank completion (space, comments) is a compile error, whatever the verdict says: an empty file compiles.
    /// - The structural terms compare with the whole reference. Without a reference they are 0; a reference without
    ///   data flow has no data-flow term. Cutting the reference to the completion's length, as the published code did,
    ///   gives a prefix nearly the full reward.
    /// - A completion cut by the length limit is judged as the text it is, but earns no acceptance: when the tests pass
    ///   or the text compiles all the same, its execution term is that of a compile error, and it has not passed. It
    ///   never said where the program ends, so paying for it would teach the policy that stopping does not matter. Its
    ///   failures keep their own value, which is already no reward.
    /// - A completion that is too short or repeats itself, by the configuration's guards, counts as blank.
    /// - An infrastructure failure is masked.
    ///
    /// Without a `length` neither the overlong penalty nor the shortest length applies.
    package func breakdown(
        verdict: Verdict,
        completion: String,
        finished: Bool,
        problem: Problem,
        length: CompletionLength? = nil
    ) -> RewardBreakdown {
        guard verdict.outcome != .infrastructureFailure else { return .infrastructureFailure }
        let isDegenerate = isDegenerate(completion, length)
        let structure = isDegenerate ? analyzer.map { _ in .blank } : measured(completion, problem)
        let isBlank =
            isDegenerate || structure?.isBlank == true
            || BlankProgram.isBlank(completion, language: problem.language)
        let outcome = isBlank ? .compileError : verdict.outcome
        let isAccepted = outcome == .accepted && finished
        let counted = outcome == .accepted && !finished ? .compileError : outcome
        let hasTests = !problem.tests.isEmpty
        var terms = [
            RewardTerm(
                name: .execution,
                value: executionValue(counted, hasTests: hasTests),
                weight: configuration.executionWeight
            )
        ]
        if let structure { terms += structuralTerms(structure) }
        if configuration.adaptiveWeight != 0, hasTests {
            let passed = counted == .compileError ? 0 : verdict.testsPassed
            let value = Self.adaptiveValue(passed: passed, total: max(verdict.testsTotal, problem.tests.count))
            terms.append(RewardTerm(name: .adaptive, value: value, weight: configuration.adaptiveWeight))
        }
        if configuration.overlongWeight != 0, let length {
            let value = length.overlongPenalty(buffer: configuration.overlongBuffer)
            terms.append(RewardTerm(name: .overlong, value: value, weight: configuration.overlongWeight))
        }
        var breakdown = RewardBreakdown(
            terms: terms,
            passed: isAccepted,
            compiled: hasTests ? outcome != .compileError : outcome == .accepted
        )
        if configuration.fineGrained != 0, !isBlank {
            breakdown.penalties = linePenalties(
                ErrorFeedback(verdict, language: problem.language, preamble: problem.preamble)
            )
        }
        return breakdown
    }

    /// RLTF's adaptive feedback: −0.3 + 1.3·passed/total, so 1 when all tests pass.
    ///
    /// Source: Liu et al. 2023, RLTF, <https://arxiv.org/abs/2307.04349>, section 3.3.
    package static func adaptiveValue(passed: Int, total: Int) -> Double {
        -0.3 + 1.3 * Double(passed) / Double(max(1, total))
    }

    private func isDegenerate(_ completion: String, _ length: CompletionLength?) -> Bool {
        if let length, length.tokens < configuration.minimumTokens { return true }
        return configuration.maximumRepetition < 1
            && DegenerateOutput.repeatedShare(completion) > configuration.maximumRepetition
    }

    private func linePenalties(_ feedback: ErrorFeedback) -> [LinePenalty] {
        switch feedback {
        case .line(let line): [LinePenalty(line: line, value: configuration.fineGrained)]
        case .wholeProgram: [LinePenalty(line: nil, value: configuration.fineGrained)]
        case .none: []
        }
    }

    private func executionValue(_ outcome: Verdict.Outcome, hasTests: Bool) -> Double {
        guard hasTests else {
            return outcome == .accepted ? configuration.compiles : configuration.doesNotCompile
        }
        guard configuration.useTests else {
            return outcome == .compileError ? configuration.doesNotCompile : configuration.compiles
        }
        switch outcome {
        case .accepted: return configuration.accepted
        case .wrongAnswer: return configuration.wrongAnswer
        case .runtimeError, .timeLimit, .memoryLimit, .outputLimit: return configuration.runtimeError
        case .compileError: return configuration.compileError
        case .infrastructureFailure: preconditionFailure("an infrastructure failure has no value")
        }
    }

    /// Nil without an analyser.
    private func measured(_ completion: String, _ problem: Problem) -> StructuralMatch? {
        analyzer?.structure(
            candidate: problem.program(of: completion),
            reference: problem.reference,
            language: problem.language
        )
    }

    private func structuralTerms(_ match: StructuralMatch) -> [RewardTerm] {
        var terms: [RewardTerm] = []
        if configuration.astWeight != 0 {
            terms.append(RewardTerm(name: .ast, value: match.astMatch, weight: configuration.astWeight))
        }
        if configuration.dataFlowWeight != 0, let dataFlow = match.dataFlowMatch {
            terms.append(RewardTerm(name: .dataFlow, value: dataFlow, weight: configuration.dataFlowWeight))
        }
        return terms
    }
}
