/// What is wanted of a judgement beyond the verdict, and how answers are compared.
package struct JudgingOptions: Sendable, Hashable, Codable {
    /// Tests after the first that fails are not run.
    package var stopAtFirstFailure = false
    /// Which lines of the program were executed, for Python; costs time while the program runs.
    package var coverage = false
    /// How answers are compared where no test says otherwise; nil: each kind of test in its usual way.
    package var comparison: Comparison?
    /// How the answer to each test is compared, in the order of the tests; empty: as `comparison` says.
    package var comparisons: [Comparison?] = []

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case stopAtFirstFailure = "stop_at_first_failure"
        case coverage
        case comparison = "compare"
        case comparisons
    }
}

/// How the answer to a `stdio` or `call` test is compared with what is expected.
package enum Comparison: String, Sendable, Codable, CaseIterable {
    /// The usual way. Output: the same words, whatever is between them. Values: numbers with a tolerance of 1e-6, relative.
    case tokens
    /// Output: byte for byte. Values: no tolerance.
    case exact
    /// As `tokens`, and words of output that are numbers have the tolerance of values.
    case float
    /// As `tokens`, but lines of output, or elements of a value that is a list, may come in any order.
    case unordered
    /// As APPS's own runner, but that integers must be right. Output: as `tokens`, and numbers of which one is written with a
    /// point or an exponent may differ by 1e-8 + 1e-5 of the expected one (NumPy's `allclose`). Values: as `tokens`. A Python
    /// program that reads standard input may `return` at its top level.
    case apps
}
