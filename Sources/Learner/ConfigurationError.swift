/// What is wrong with a configuration; the message names the key and what was expected.
package enum ConfigurationError: Error, CustomStringConvertible, Equatable {
    case unknownKey(String, source: String, nearest: String?)
    case wrongType(key: String, source: String, expected: String, found: String)
    case outOfRange(key: String, value: String, expected: String)
    case unreadable(file: String, reason: String)

    package var description: String {
        switch self {
        case .unknownKey(let key, let source, let nearest):
            "\(source): there is no key \"\(key)\"" + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
        case .wrongType(let key, let source, let expected, let found):
            "\(source): \(key) is \(found), expected \(expected)"
        case .outOfRange(let key, let value, let expected):
            "\(key) is \(value), expected \(expected)"
        case .unreadable(let file, let reason):
            "\(file): \(reason)"
        }
    }
}
