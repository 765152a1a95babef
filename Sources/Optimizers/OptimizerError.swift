/// What can go wrong in an optimizer.
package enum OptimizerError: Error, Equatable, CustomStringConvertible {
    /// The value of hyperparameter `key` lies outside what is allowed.
    case outOfRange(key: String, value: String, allowed: String)
    /// A gradient is NaN or infinite; no parameter and no moment was changed.
    case nonFiniteGradient(parameter: String, offset: Int, value: String)
    /// A saved state does not belong to the parameters at hand.
    case foreignState(parameter: String, expected: String)

    package var description: String {
        switch self {
        case .outOfRange(let key, let value, let allowed):
            "optimizer.\(key) is \(value); expected \(allowed)"
        case .nonFiniteGradient(let parameter, let offset, let value):
            "the gradient of \(parameter) is \(value) at element \(offset); expected a finite number, step refused"
        case .foreignState(let parameter, let expected):
            "the saved optimizer state of \(parameter) does not fit; expected \(expected)"
        }
    }
}
