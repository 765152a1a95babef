/// One part of a terminal score.
package struct RewardTerm: Sendable, Codable, Hashable {
    /// The terms there are, by the name they are logged under.
    package enum Name: String, Sendable, Codable, CaseIterable {
        case execution
        case ast
        case dataFlow = "dfg"
        /// The share of tests passed, whatever became of the others.
        case adaptive
        /// The punishment of a completion near or at the length limit.
        case overlong
        /// Reserved for the KL penalty against the reference policy, which is subtracted token by token where
        /// log-probabilities are known, and never appears in a breakdown.
        case kl
    }

    package var name: Name
    /// Before weighting.
    package var value: Double
    package var weight: Double

    package init(name: Name, value: Double, weight: Double) {
        self.name = name
        self.value = value
        self.weight = weight
    }
}

/// How one completion earned its terminal score.
package struct RewardBreakdown: Sendable, Codable, Hashable {
    /// Empty when masked.
    package var terms: [RewardTerm]
    /// All unit tests passed, or the program compiled where there are none.
    package var passed: Bool
    /// The program compiled.
    package var compiled: Bool
    /// The judge failed, not the program: the sample is left out of the loss and of every statistic.
    package var masked: Bool
    /// Penalties paid at the tokens of some lines, beside the score; empty unless the configuration asks for them.
    package var penalties: [LinePenalty] = []

    package init(terms: [RewardTerm], passed: Bool, compiled: Bool) {
        self.terms = terms
        self.passed = passed
        self.compiled = compiled
        masked = false
    }

    private init() {
        terms = []
        passed = false
        compiled = false
        masked = true
    }

    /// What an infrastructure failure makes.
    package static let infrastructureFailure = RewardBreakdown()

    /// The weighted sum of the terms; nil when masked, so that a failure of ours cannot become a number.
    package var score: Double? {
        masked ? nil : terms.reduce(0) { $0 + $1.weight * $1.value }
    }

    /// The value of one term before weighting; nil when it is absent.
    package func value(of name: RewardTerm.Name) -> Double? {
        terms.first { $0.name == name }?.value
    }
}
