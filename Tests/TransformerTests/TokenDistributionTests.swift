import Determinism
import Foundation
import Testing
import Transformer

/// The distribution worked out the slow way, in double precision.
private func reference(_ logits: [Float], _ settings: SamplingSettings, position: Int, end: Int32) -> [Double] {
    var tempered = logits.map { Double($0) / Double(settings.temperature) }
    if position < settings.minimumLength { tempered[Int(end)] = -.infinity }
    var order = tempered.indices.filter { tempered[$0] > -.infinity }
    order.sort { tempered[$0] > tempered[$1] || (tempered[$0] == tempered[$1] && $0 < $1) }
    if settings.topK > 0 && !settings.greedy { order = Array(order.prefix(settings.topK)) }
    let largest = tempered[order[0]]
    let total = order.reduce(0) { $0 + exp(tempered[$1] - largest) }
    if settings.topP < 1 && !settings.greedy {
        var sum = 0.0
        order = Array(
            order.prefix { index in
                defer { sum += exp(tempered[index] - largest) / total }
                return sum < Double(settings.topP)
            }
        )
    }
    let kept = order.reduce(0) { $0 + exp(tempered[$1] - largest) }
    var result = [Double](repeating: 0, count: logits.count)
    for index in order { result[index] = exp(tempered[index] - largest) / kept }
    return result
}

private func entropy(_ probabilities: [Double]) -> Double {
    probabilities.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
}

private func sample(
    _ logits: [Float],
    _ settings: SamplingSettings,
    position: Int = 0,
    end: Int32 = 2,
    uniform: Double
) -> SampledToken {
    unsafe logits.withUnsafeBufferPointer {
        unsafe sampleToken(
            logits: $0,
            position: position,
            settings: settings,
            endToken: end,
            uniform: uniform
        )
    }
}

private func score(
    _ logits: [Float],
    _ token: Int32,
    _ settings: SamplingSettings,
    position: Int = 0,
    end: Int32 = 2,
    support: [Int32]? = nil
) -> TokenScore {
    unsafe logits.withUnsafeBufferPointer { logits in
        func scored(_ support: UnsafeBufferPointer<Int32>?) -> TokenScore {
            unsafe scoreToken(
                logits: logits,
                token: token,
                position: position,
                settings: settings,
                endToken: end,
                support: support
            )
        }
        guard let support else { return scored(nil) }
        return unsafe support.withUnsafeBufferPointer { unsafe scored($0) }
    }
}

private func randomLogits(_ count: Int, seed: UInt64, spread: Double = 2) -> [Float] {
    var generator = RandomKey(seed: seed, path: 1).generator()
    return (0..<count).map { _ in Float(generator.normal() * spread) }
}

struct TokenDistributionTests {
    static let settings: [SamplingSettings] = [
        SamplingSettings(maximumLength: 9),
        SamplingSettings(temperature: 0.7, maximumLength: 9),
        SamplingSettings(topK: 5, maximumLength: 9),
        SamplingSettings(topP: 0.9, maximumLength: 9),
        SamplingSettings(temperature: 1.3, topK: 40, topP: 0.8, maximumLength: 9),
        SamplingSettings(temperature: 0.7, topK: 7, topP: 0.999, minimumLength: 3, maximumLength: 9),
        SamplingSettings(minimumLength: 3, maximumLength: 9),
        SamplingSettings(temperature: 0.5, topK: 3, greedy: true, maximumLength: 9),
        SamplingSettings(greedy: true, minimumLength: 3, maximumLength: 9),
    ]

    @Test(arguments: settings, [7, 8, 64, 255, 257, 600, 3000])
    func probabilitiesEntropyAndSupportAreThoseOfTheDefinition(settings: SamplingSettings, count: Int) {
        var logits = randomLogits(count, seed: UInt64(count))
        logits[2] = 4  // The end token would be likely, were it allowed.
        let expected = reference(logits, settings, position: 1, end: 2)
        for trial in 0..<40 {
            let uniform = RandomKey(seed: 5, path: UInt64(trial)).uniform(counter: 0)
            let drawn = sample(logits, settings, position: 1, uniform: uniform)
            let probability = expected[Int(drawn.token)]
            #expect(abs(Double(drawn.logProbability) - log(probability)) < 2e-6)
            #expect(abs(Double(drawn.entropy) - entropy(expected)) < 5e-6)
            let kept = expected.indices.filter { expected[$0] > 0 }.map(Int32.init)
            let cut = settings.truncates && kept.count < count - (settings.minimumLength > 1 ? 1 : 0)
            #expect(drawn.support == (cut ? kept : nil))
            let again = score(logits, drawn.token, settings, position: 1, support: drawn.support)
            #expect(again.logProbability == drawn.logProbability && again.entropy == drawn.entropy)
            guard !settings.greedy else {
                #expect(probability == expected.max())
                continue
            }
            let before = expected[..<Int(drawn.token)].reduce(0, +)
            #expect(before < uniform + 1e-6 && uniform < before + probability + 1e-6)
        }
    }

    /// p = (0.5, 0.25, 0.125, 0.125): the borders of the cumulative distribution are at 0.5, 0.75 and 0.875.
    @Test func theTokenIsTheFirstWhoseCumulativeProbabilityExceedsTheUniformNumber() {
        let logits = [0.5, 0.25, 0.125, 0.125].map { Float(log($0)) }
        let settings = SamplingSettings(maximumLength: 1)
        for (uniform, token) in [(0, 0), (0.499, 0), (0.501, 1), (0.749, 1), (0.76, 2), (0.88, 3), (1 - 0x1p-53, 3)] {
            #expect(sample(logits, settings, uniform: uniform).token == Int32(token), "\(uniform)")
        }
        let two = SamplingSettings(topK: 2, maximumLength: 1)
        #expect(sample(logits, two, uniform: 0.7).token == 1)
        #expect(abs(sample(logits, two, uniform: 0.6).logProbability - Float(log(2.0 / 3))) < 1e-6)
    }

    @Test func tiesGoToTheLowestIds() {
        let logits: [Float] = [1, 3, 3, 3, 0]
        #expect(sample(logits, SamplingSettings(topK: 2, maximumLength: 1), end: 0, uniform: 0.9).support == [1, 2])
        #expect(sample(logits, SamplingSettings(greedy: true, maximumLength: 1), end: 0, uniform: 0).token == 1)
        #expect(sample(logits, SamplingSettings(topP: 0.5, maximumLength: 1), end: 0, uniform: 0).support == [1, 2])
    }

    @Test func anExcludedEndTokenHasNoProbability() {
        let logits: [Float] = [0, 0, 50, 0]
        let settings = SamplingSettings(minimumLength: 2, maximumLength: 4)
        #expect(score(logits, 2, settings, position: 1).logProbability == -.infinity)
        #expect(abs(score(logits, 2, settings, position: 2).logProbability) < 1e-6)
        #expect(abs(score(logits, 3, settings, position: 1).logProbability + Float(log(3.0))) < 1e-6)
        #expect(score(logits, 0, settings, position: 2, support: [1, 3]).logProbability == -.infinity)
        for i in 0..<50 { #expect(sample(logits, settings, position: 1, uniform: Double(i) / 50).token != 2) }
    }

    @Test func logitsFarApartDoNotOverflow() {
        let logits: [Float] = [-1e30, 3e4, -3e4, 2.9999e4]
        let drawn = sample(logits, SamplingSettings(temperature: 0.01, maximumLength: 1), uniform: 0.99)
        #expect(drawn.token == 1)
        #expect(drawn.logProbability == 0 && drawn.entropy == 0)
    }

    /// χ² with 11 degrees of freedom is below 31.3 with probability 0.999.
    @Test(arguments: [
        SamplingSettings(maximumLength: 1), SamplingSettings(temperature: 0.6, topK: 6, maximumLength: 1),
        SamplingSettings(topP: 0.85, maximumLength: 1),
    ])
    func frequenciesMatchProbabilities(settings: SamplingSettings) {
        let logits = randomLogits(12, seed: 3, spread: 1)
        let expected = reference(logits, settings, position: 0, end: 2)
        let draws = 20_000
        var counts = [Double](repeating: 0, count: 12)
        let key = RandomKey(seed: 11, path: 4)
        for i in 0..<draws {
            counts[Int(sample(logits, settings, uniform: key.uniform(counter: UInt64(i))).token)] += 1
        }
        var statistic = 0.0
        for (count, probability) in zip(counts, expected) {
            if probability == 0 {
                #expect(count == 0)
                continue
            }
            let mean = Double(draws) * probability
            statistic += (count - mean) * (count - mean) / mean
        }
        #expect(statistic < 31.3)
        #expect(statistic > 0)
    }

    /// Central differences of the double-precision definition, against the gradient in single precision.
    @Test(arguments: settings)
    func theGradientIsThatOfTheScore(settings: SamplingSettings) {
        let logits = randomLogits(61, seed: 8)
        let drawn = sample(logits, settings, position: 1, uniform: 0.6)
        let (a, b): (Float, Float) = (0.7, -1.9)
        var gradient = [Float](repeating: .nan, count: logits.count)
        unsafe logits.withUnsafeBufferPointer { logits in
            unsafe gradient.withUnsafeMutableBufferPointer { gradient in
                func backward(_ support: UnsafeBufferPointer<Int32>?) {
                    unsafe scoreTokenBackward(
                        logitsGradient: gradient,
                        logits: logits,
                        token: drawn.token,
                        position: 1,
                        settings: settings,
                        endToken: 2,
                        support: support,
                        logProbabilityGradient: a,
                        entropyGradient: b
                    )
                }
                guard let support = drawn.support else {
                    backward(nil)
                    return
                }
                unsafe support.withUnsafeBufferPointer { unsafe backward($0) }
            }
        }
        var whole = settings
        (whole.topK, whole.topP) = (0, 1)
        func objective(_ logits: [Double]) -> Double {
            let kept = drawn.support.map { Set($0.map(Int.init)) } ?? Set(logits.indices)
            let terms = logits.indices.map { i in
                kept.contains(i) && !(i == 2 && settings.minimumLength > 1)
                    ? exp(logits[i] / Double(settings.temperature)) : 0
            }
            let total = terms.reduce(0, +)
            let probabilities = terms.map { $0 / total }
            return Double(a) * log(probabilities[Int(drawn.token)]) + Double(b) * entropy(probabilities)
        }
        for i in logits.indices {
            var (up, down) = (logits.map(Double.init), logits.map(Double.init))
            up[i] += 1e-5
            down[i] -= 1e-5
            let difference = (objective(up) - objective(down)) / 2e-5
            #expect(abs(Double(gradient[i]) - difference) < 2e-6, "logit \(i)")
        }
    }

    /// Logits 0.5, −1, 2 and label 2 with ε = 0.1: p − 0.9·[i = 2] − 1/30, as PyTorch's `label_smoothing`.
    @Test func smoothedLabelsHaveThePlainGradientAndAConstant() {
        let logits: [Float] = [0.5, -1, 2]
        var gradient: [Float] = [0, 0, 0]
        unsafe logits.withUnsafeBufferPointer { logits in
            unsafe gradient.withUnsafeMutableBufferPointer { gradient in
                unsafe scoreTokenBackward(
                    logitsGradient: gradient,
                    logits: logits,
                    token: 2,
                    position: 0,
                    settings: SamplingSettings(maximumLength: 1),
                    endToken: 1,
                    support: nil,
                    logProbabilityGradient: -1,
                    entropyGradient: 0
                )
                unsafe smoothLabel(logitsGradient: gradient, token: 2, logProbabilityGradient: -1, smoothing: 0.1)
            }
        }
        for (found, expected) in zip(gradient, [0.141958, 0.005780, -0.147737]) {
            #expect(abs(Double(found) - expected) < 2e-6)
        }
    }
}
