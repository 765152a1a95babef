import Foundation

// Where logits become the distribution that is sampled from. Sampling, scoring and the gradient of scoring use the
// same sums in the same order, so that equal logits give equal log-probabilities to the last bit.

/// What scoring one token gives: its log-probability, and the entropy of the distribution it was drawn from.
package typealias TokenScore = (logProbability: Float, entropy: Float)

/// A drawn token with its score, and the token ids the distribution was cut to (ascending; nil: nothing was cut).
package typealias SampledToken = (token: Int32, logProbability: Float, entropy: Float, support: [Int32]?)

/// The log-probability of `token` under the distribution that sampling at `position` uses.
///
/// The logits are divided by the temperature, the end token is excluded before `minimumLength`, and what remains,
/// or `support` where one was recorded, is normalised.
///
/// - Parameters:
///   - logits: Shape `[vocabulary]`.
///   - token: The token that was drawn.
///   - position: Index of the token in the completion, from 0.
///   - settings: Temperature and minimum length; what top-k and top-p cut is in `support`.
///   - endToken: The id that is excluded before the minimum length.
///   - support: The token ids recorded when the token was drawn, or nil when nothing was cut.
/// - Returns: −∞ as log-probability when `token` could not have been drawn.
package func scoreToken(
    logits: UnsafeBufferPointer<Float>,
    token: Int32,
    position: Int,
    settings: SamplingSettings,
    endToken: Int32,
    support: UnsafeBufferPointer<Int32>?
) -> TokenScore {
    if let support = unsafe support {
        let gathered = unsafe gather(logits, support)
        return unsafe gathered.withUnsafeBufferPointer { rows in
            let row = unsafe TemperedLogits(rows, temperature: settings.temperature, excluded: nil)
            let index = unsafe support.firstIndex(of: token)
            return unsafe row.score(at: index, row.sums())
        }
    }
    let row = unsafe TemperedLogits(logits, position: position, settings: settings, endToken: endToken)
    return unsafe row.score(at: Int(token), row.sums())
}

/// The gradient of `scoreToken` in the logits, times the given gradients of its two results.
///
/// With p the distribution and H its entropy: ∂log p(a)/∂zᵢ = [i = a] − pᵢ and ∂H/∂zᵢ = −pᵢ·(log pᵢ + H), both
/// divided by the temperature. Tokens that could not have been drawn get 0.
///
/// - Parameters:
///   - logitsGradient: Overwritten; shape `[vocabulary]`.
///   - logits: As for `scoreToken`.
///   - token: As for `scoreToken`.
///   - position: As for `scoreToken`.
///   - settings: As for `scoreToken`.
///   - endToken: As for `scoreToken`.
///   - support: As for `scoreToken`.
///   - logProbabilityGradient: dL/dlog p(token).
///   - entropyGradient: dL/dH.
package func scoreTokenBackward(
    logitsGradient: UnsafeMutableBufferPointer<Float>,
    logits: UnsafeBufferPointer<Float>,
    token: Int32,
    position: Int,
    settings: SamplingSettings,
    endToken: Int32,
    support: UnsafeBufferPointer<Int32>?,
    logProbabilityGradient: Float,
    entropyGradient: Float
) {
    if let support = unsafe support {
        let gathered = unsafe gather(logits, support)
        var gradient = [Float](repeating: 0, count: support.count)
        unsafe gathered.withUnsafeBufferPointer { rows in
            unsafe gradient.withUnsafeMutableBufferPointer { gradient in
                let row = unsafe TemperedLogits(rows, temperature: settings.temperature, excluded: nil)
                unsafe row.backward(
                    into: gradient,
                    at: support.firstIndex(of: token),
                    logProbabilityGradient: logProbabilityGradient,
                    entropyGradient: entropyGradient
                )
            }
        }
        unsafe logitsGradient.update(repeating: 0)
        for i in 0..<gradient.count { unsafe logitsGradient[Int(support[i])] = gradient[i] }
        return
    }
    let row = unsafe TemperedLogits(logits, position: position, settings: settings, endToken: endToken)
    unsafe row.backward(
        into: logitsGradient,
        at: Int(token),
        logProbabilityGradient: logProbabilityGradient,
        entropyGradient: entropyGradient
    )
}

/// Turns the gradient of one token's cross-entropy into that with smoothed labels.
///
/// With labels (1 − ε)·[i = token] + ε/V the gradient differs from that with [i = token] by a constant:
/// g·(ε/V − ε·[i = token]) for g = dL/dlog π(token). Source: Szegedy et al. 2016, <https://arxiv.org/abs/1512.00567>,
/// section 7, with the uniform distribution over all labels, as PyTorch's `label_smoothing`.
///
/// - Parameters:
///   - logitsGradient: as `scoreTokenBackward` left it, temperature 1, shape `[V]`.
///   - token: the label.
///   - logProbabilityGradient: g.
///   - smoothing: ε, in 0 ≤ ε < 1.
package func smoothLabel(
    logitsGradient: UnsafeMutableBufferPointer<Float>,
    token: Int32,
    logProbabilityGradient: Float,
    smoothing: Float
) {
    let share = logProbabilityGradient * smoothing / Float(logitsGradient.count)
    for i in 0..<logitsGradient.count { unsafe logitsGradient[i] += share }
    unsafe logitsGradient[Int(token)] -= logProbabilityGradient * smoothing
}

/// Draws the token at `position`, or takes the most probable one (lowest id on ties) when `settings.greedy`.
///
/// Temperature first, then top-k (ties at the border go to the lowest ids), then top-p on the renormalised rest.
/// The token is the first in id order whose cumulative probability exceeds `uniform`.
///
/// - Parameters:
///   - logits: Shape `[vocabulary]`.
///   - position: Index of the token in the completion, from 0.
///   - settings: What the distribution is and how it is drawn from.
///   - endToken: The id that is excluded before the minimum length.
///   - uniform: In 0 ..< 1; not looked at when greedy.
/// - Returns: The token with its log-probability and the entropy of the distribution it was drawn from; greedy
///   tokens are scored under the whole tempered distribution.
package func sampleToken(
    logits: UnsafeBufferPointer<Float>,
    position: Int,
    settings: SamplingSettings,
    endToken: Int32,
    uniform: Double
) -> SampledToken {
    let row = unsafe TemperedLogits(logits, position: position, settings: settings, endToken: endToken)
    if settings.greedy {
        let best = unsafe row.argmax()
        let score = unsafe row.score(at: best, row.sums())
        return (Int32(best), score.logProbability, score.entropy, nil)
    }
    if settings.truncates, let support = unsafe truncatedSupport(of: row, settings: settings) {
        let gathered = unsafe support.withUnsafeBufferPointer { unsafe gather(logits, $0) }
        return unsafe gathered.withUnsafeBufferPointer { rows in
            let cut = unsafe TemperedLogits(rows, temperature: settings.temperature, excluded: nil)
            let (index, score) = unsafe cut.draw(uniform)
            return (support[index], score.logProbability, score.entropy, support)
        }
    }
    let (index, score) = unsafe row.draw(uniform)
    return (Int32(index), score.logProbability, score.entropy, nil)
}

private func gather(_ logits: UnsafeBufferPointer<Float>, _ support: UnsafeBufferPointer<Int32>) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: support.count) { values, count in
        for i in 0..<support.count { unsafe values[i] = logits[Int(support[i])] }
        count = support.count
    }
}

extension TemperedLogits {
    init(_ logits: UnsafeBufferPointer<Float>, position: Int, settings: SamplingSettings, endToken: Int32) {
        unsafe self.init(
            logits,
            temperature: settings.temperature,
            excluded: position < settings.minimumLength ? Int(endToken) : nil
        )
    }

    /// The score of the token at `index`; nil is a token outside the distribution.
    func score(at index: Int?, _ sums: Sums) -> TokenScore {
        guard let index, unsafe index != excluded else { return (-.infinity, sums.entropy) }
        let exponent = unsafe (logits[index] - sums.maximum) * inverseTemperature
        return (Float(Double(exponent) - sums.logTotal), sums.entropy)
    }

    /// The first index whose cumulative probability exceeds `uniform`, with its score.
    func draw(_ uniform: Double) -> (index: Int, score: TokenScore) {
        unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: blockCount) { totals in
            let sums = unsafe sums(blockTotals: totals.baseAddress)
            var target = uniform * sums.total
            var block = 0
            while unsafe block + 1 < blockCount && target >= totals[block] {
                unsafe target -= totals[block]
                block += 1
            }
            let index = unsafe pick(inBlock: block, target: target, maximum: sums.maximum)
            return unsafe (index, score(at: index, sums))
        }
    }

    func backward(
        into gradient: UnsafeMutableBufferPointer<Float>,
        at index: Int?,
        logProbabilityGradient: Float,
        entropyGradient: Float
    ) {
        let sums = unsafe sums()
        unsafe storeGradient(
            gradient,
            sums,
            logProbabilityGradient: logProbabilityGradient,
            entropyGradient: entropyGradient
        )
        if let index, unsafe index != excluded {
            unsafe gradient[index] += logProbabilityGradient * inverseTemperature
        }
    }
}
