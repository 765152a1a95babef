/// One thing to write a program for.
package struct Problem: Sendable, Hashable, Codable {
    package var id: String
    /// What the policy reads.
    package var prompt: String
    /// The language the policy must write.
    package var language: Language
    /// Hidden tests; none means that the program is only compiled.
    package var tests: [TestCase]
    /// A correct program, the whole of it with `preamble`; empty when the data set has none.
    package var reference: String
    package var limits: ExecutionLimits
    /// What stands before the completion in the program that is judged, character by character: the prefix that a
    /// completion task gives, a signature, imports; empty when the completion is the whole program.
    package var preamble: String
    /// How hard the data set says the problem is, in its own words; empty when it says nothing.
    package var difficulty: String
    /// How answers are compared; nil: each kind of test in its usual way.
    package var comparison: Comparison?

    package init(
        id: String,
        prompt: String,
        language: Language,
        tests: [TestCase],
        reference: String,
        limits: ExecutionLimits = ExecutionLimits(),
        preamble: String = "",
        difficulty: String = "",
        comparison: Comparison? = nil
    ) {
        self.id = id
        self.prompt = prompt
        self.language = language
        self.tests = tests
        self.reference = reference
        self.limits = limits
        self.preamble = preamble
        self.difficulty = difficulty
        self.comparison = comparison
    }

    /// The program that is judged when the policy wrote `completion`.
    package func program(of completion: String) -> String { preamble + completion }

    /// What the policy should write: the reference without the preamble; empty when there is no reference.
    ///
    /// A reference that does not begin with the preamble is given whole.
    package var target: String {
        guard !preamble.isEmpty, reference.utf8.starts(with: preamble.utf8) else { return reference }
        return String(decoding: reference.utf8.dropFirst(preamble.utf8.count), as: UTF8.self)
    }

    /// Whether the prompt ends in the text that the completion goes on from, so that a prompt that is too long must
    /// lose its beginning and not its end.
    package var promptLeadsIntoCompletion: Bool {
        !preamble.isEmpty && prompt.utf8.reversed().starts(with: preamble.utf8.suffix(64).reversed())
    }
}
