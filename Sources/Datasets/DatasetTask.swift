/// The kinds of problems that a run can be told to use.
package enum DatasetTask: String, Sendable, CaseIterable {
    /// Made on the spot: from English.
    case builtin
    /// Made on the spot: the same functions, translated from one language to another.
    case builtinPairs = "builtin-pairs"
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

    /// Whether problems are made on the spot, without end and without files.
    package var isBuiltin: Bool { self == .builtin || self == .builtinPairs }

    /// All names, for people.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
