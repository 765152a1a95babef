/// How tokens are drawn from the policy.
package struct SamplingSettings: Sendable, Equatable, Codable {
    /// Divides the logits; below 1 sharpens, above 1 flattens.
    package var temperature: Float = 1
    /// Keeps only so many of the most probable tokens; 0 keeps all.
    package var topK: Int = 0
    /// Keeps the fewest most probable tokens whose probabilities sum to at least this; 1 keeps all.
    package var topP: Float = 1
    /// Takes the most probable token instead of drawing one.
    package var greedy: Bool = false
    /// Number of tokens before which the end token cannot be drawn.
    package var minimumLength: Int = 0
    /// Number of tokens, the end token included, after which a completion is cut.
    package var maximumLength: Int

    /// Settings that draw from the untouched softmax unless told otherwise.
    package init(
        temperature: Float = 1,
        topK: Int = 0,
        topP: Float = 1,
        greedy: Bool = false,
        minimumLength: Int = 0,
        maximumLength: Int
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.greedy = greedy
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
    }

    /// - Throws: `TransformerError.setting` naming the first setting that is out of its range.
    package func validate() throws(TransformerError) {
        guard temperature > 0, temperature.isFinite else {
            throw .setting(field: "temperature", expected: "a number above 0", found: "\(temperature)")
        }
        guard topK >= 0 else { throw .setting(field: "topK", expected: "0 (off) or more", found: "\(topK)") }
        guard topP > 0, topP <= 1 else {
            throw .setting(field: "topP", expected: "above 0 and at most 1", found: "\(topP)")
        }
        guard maximumLength > 0 else {
            throw .setting(field: "maximumLength", expected: "1 or more", found: "\(maximumLength)")
        }
        guard (0...maximumLength).contains(minimumLength) else {
            throw .setting(
                field: "minimumLength",
                expected: "0 to maximumLength (\(maximumLength))",
                found: "\(minimumLength)"
            )
        }
    }

    /// Whether a step may have a support, that is, whether tokens may be cut from the distribution.
    package var truncates: Bool { !greedy && (topK > 0 || topP < 1) }
}
