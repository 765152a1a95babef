package import CodeAnalysis
package import Programs

/// Turns a verdict and a completion into a terminal score.
///
/// The score is w₁·execution + w₂·AST match + w₃·data-flow match. The KL penalty is per token and is not here.
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
    /// - An infrastructure failure is masked.
    package func breakdown(
        verdict: Verdict,
        completion: String,
        finished: Bool,
        problem: Problem
    ) -> RewardBreakdown {
        guard verdict.outcome != .infrastructureFailure else { return .infrastructureFailure }
        let structure = measured(completion, problem)
        let isBlank = structure?.isBlank == true || BlankProgram.isBlank(completion, language: problem.language)
        let outcome = isBlank ? .compileError : verdict.outcome
        let isAccepted = outcome == .accepted && finished
        let counted = outcome == .accepted && !finished ? .compileError : outcome
        var terms = [
            RewardTerm(
                name: .execution,
                value: executionValue(counted, hasTests: !problem.tests.isEmpty),
                weight: configuration.executionWeight
            )
        ]
        if let structure { terms += structuralTerms(structure) }
        return RewardBreakdown(
            terms: terms,
            passed: isAccepted,
            compiled: problem.tests.isEmpty ? outcome == .accepted : outcome != .compileError
        )
    }

    private func executionValue(_ outcome: Verdict.Outcome, hasTests: Bool) -> Double {
        guard hasTests else {
            return outcome == .accepted ? configuration.compiles : configuration.doesNotCompile
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
