/// The kinds of problems that a run can be told to use.
package enum DatasetTask: String, Sendable, CaseIterable {
    /// Made on the spot.
    case builtin
    /// Python completion: CodeSearchNet, or any Python functions.
    case completion
    /// Translation between two languages, compiled only.
    case xlcost
    case mbpp, humaneval, apps, mbxp, humanevalx
    /// Translation between two languages of MBXP or HumanEval-X, with tests.
    case mbxpPairs = "mbxp-pairs"
    case humanevalxPairs = "humanevalx-pairs"
    /// CodeContests.
    case contests
    /// Anyone's own problems.
    case jsonl

    /// All names, for people.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
