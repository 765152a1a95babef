/// How like its reference a candidate program is; every part lies in 0...1.
package struct CodeSimilarity: Sendable, Codable, Hashable {
    /// Part of the reference's sub-trees found in the candidate.
    package var astMatch: Double
    /// Part of the reference's data-flow edges found in the candidate; nil when the reference has none, or when no
    /// extraction exists for the language.
    package var dataFlowMatch: Double?
    /// BLEU-4 over tokens separated by white space.
    package var ngramMatch: Double
    /// The same as recall, keywords weighing five times as much as other tokens.
    package var weightedNgramMatch: Double
    /// True when the candidate has tokens and parses without error.
    package var parses: Bool

    /// The mean of the four parts.
    ///
    /// A reference without data flow counts as fully matched there, as in the `codebleu` package. That package also
    /// counts a data-flow match of 0 as 1, which rewards the worst candidate; here 0 stays 0.
    package var codeBLEU: Double {
        (ngramMatch + weightedNgramMatch + astMatch + (dataFlowMatch ?? 1)) / 4
    }

    /// What an empty candidate earns.
    package static let zero = CodeSimilarity(
        astMatch: 0,
        dataFlowMatch: 0,
        ngramMatch: 0,
        weightedNgramMatch: 0,
        parses: false
    )
}

/// The two parts of a comparison that look at structure, and whether the candidate has any.
package struct StructuralMatch: Sendable, Hashable {
    /// Part of the reference's sub-trees found in the candidate.
    package var astMatch: Double
    /// Part of the reference's data-flow edges found in the candidate; nil as in ``CodeSimilarity/dataFlowMatch``.
    package var dataFlowMatch: Double?
    /// The candidate holds nothing that could run.
    package var isBlank: Bool

    /// What a candidate that is no program has.
    package static let blank = StructuralMatch(astMatch: 0, dataFlowMatch: 0, isBlank: true)
}
