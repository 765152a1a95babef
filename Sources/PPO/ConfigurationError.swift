/// What can be wrong with a PPO configuration.
package enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The value of `key` lies outside what is allowed.
    case outOfRange(key: String, value: String, allowed: String)

    package var description: String {
        switch self {
        case .outOfRange(let key, let value, let allowed):
            "ppo.\(key) is \(value); expected \(allowed)"
        }
    }
}
