internal import Foundation
internal import Yams

extension RunConfiguration {
    /// The configuration as YAML that can be read back, numbers as people write them.
    package func yaml() throws -> String {
        let lines = try YAMLEncoder().encode(self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map(Self.legible).joined(separator: "\n")
    }

    /// `key: 2.00000002980232e-1` as `key: 0.2`; other lines as they are.
    private static func legible(_ line: Substring) -> String {
        guard let colon = line.lastIndex(of: ":") else { return String(line) }
        let text = line[line.index(after: colon)...].drop { $0 == " " }
        guard text.contains("e"), let value = Double(text) else { return String(line) }
        return "\(line[...colon]) \(shortest(value))"
    }

    /// The fewest digits that give the same number back.
    ///
    /// The encoder writes a `Float` as the `Double` it equals, to 15 digits.
    private static func shortest(_ value: Double) -> String {
        let single = Float(value)
        let isSingle = abs(Double(single) - value) <= 1e-14 * abs(value)
        let text = isSingle ? "\(single)" : "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
