/// Why a reward model cannot be made.
package enum RewardError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A field of the configuration is out of range; `expected` says what it must be.
    case invalid(field: String, value: Double, expected: String)
    /// A structural term has a weight, but no analyser was given to measure it.
    case analyzerNeeded(field: String)

    package var description: String {
        switch self {
        case .invalid(let field, let value, let expected): "rewards.\(field) is \(value); expected \(expected)"
        case .analyzerNeeded(let field):
            "rewards.\(field) is not 0, which needs the grammars for code analysis; run ./setup, or set it to 0"
        }
    }
}
