/// One thing to write a program for.
package struct Problem: Sendable, Hashable, Codable {
    package var id: String
    /// What the policy reads.
    package var prompt: String
    /// The language the policy must write.
    package var language: Language
    /// Hidden tests; none means that the program is only compiled.
    package var tests: [TestCase]
    /// A correct program, the whole of it; empty when the data set has none.
    package var reference: String
    package var limits: ExecutionLimits

    package init(
        id: String,
        prompt: String,
        language: Language,
        tests: [TestCase],
        reference: String,
        limits: ExecutionLimits = ExecutionLimits()
    ) {
        self.id = id
        self.prompt = prompt
        self.language = language
        self.tests = tests
        self.reference = reference
        self.limits = limits
    }
}
