package import Tensors

/// Adam with decoupled weight decay.
///
/// With g the clipped gradient and t the steps this parameter has taken:
/// m ← m + (1 − β₁)(g − m), v ← β₂v + (1 − β₂)g²,
/// θ ← θ(1 − ηλ) − η/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + ε).
///
/// Source: Loshchilov & Hutter 2019, <https://arxiv.org/abs/1711.05101>, algorithm 2, in the order of operations of
/// PyTorch's `AdamW`. Element by element on one thread, so the same gradients give the same weights bit for bit.
package final class AdamW {
    /// What one step did.
    package struct StepReport: Sendable, Equatable {
        /// The global norm of the gradient before clipping.
        package let gradientNorm: Double
        /// What the gradient was multiplied by; 1 when it was short enough.
        package let clipScale: Double
    }

    package let configuration: AdamWConfiguration
    /// What is optimized, in the order given.
    package let parameters: [OptimizedParameter]
    /// m of all parameters; `momentRanges` says whose is where.
    package let firstMoments: FloatBuffer
    /// v of all parameters, laid out like `firstMoments`.
    package let secondMoments: FloatBuffer
    /// Where the moments of each parameter are, in the order of `parameters`.
    package let momentRanges: [Range<Int>]
    /// t of each parameter: a parameter that was frozen has taken fewer steps than the others.
    private var stepCounts: [Int]

    /// An optimizer that has taken no step.
    ///
    /// Names must differ, and the elements of two parameters must not overlap.
    package init(_ parameters: [OptimizedParameter], configuration: AdamWConfiguration) {
        precondition(Set(parameters.map(\.name)).count == parameters.count, "two parameters have the same name")
        requireDisjoint(parameters)
        var offset = 0
        var ranges: [Range<Int>] = []
        for parameter in parameters {
            ranges.append(offset..<offset + parameter.range.count)
            // Every parameter's moments start on a cache line.
            offset += (parameter.range.count + 15) / 16 * 16
        }
        self.configuration = configuration
        self.parameters = parameters
        momentRanges = ranges
        firstMoments = FloatBuffer(count: offset)
        secondMoments = FloatBuffer(count: offset)
        stepCounts = [Int](repeating: 0, count: parameters.count)
    }

    /// Moves the parameters once along their gradients, which stay as they are.
    ///
    /// - Parameters:
    ///   - learningRate: η of this step, the schedule already applied.
    ///   - maximumGradientNorm: the global norm to which a longer gradient is scaled down; nil clips nothing.
    ///   - frozen: names of parameters that take no part: neither moved nor in the norm.
    ///   - measured: what ``measure()`` said of these very gradients; nil measures them here.
    /// - Returns: the norm of the gradient and how far it was clipped.
    /// - Throws: `nonFiniteGradient`, and then nothing has been changed.
    @discardableResult
    package func step(
        learningRate: Double,
        maximumGradientNorm: Double?,
        frozen: Set<String> = [],
        measured: GradientSquares? = nil
    ) throws(OptimizerError) -> StepReport {
        let moving = parameters.indices.filter { !frozen.contains(parameters[$0].name) }
        let norm: Double
        if let measured {
            norm = measured.norm(moving)
        } else {
            norm = try globalGradientNorm(moving.map { parameters[$0] })
        }
        let scale = maximumGradientNorm.map { clipScale(norm: norm, maximum: $0) } ?? 1
        for i in moving {
            stepCounts[i] += 1
            move(i, learningRate: learningRate, gradientScale: Float(scale))
        }
        return StepReport(gradientNorm: norm, clipScale: scale)
    }

    /// Measures the gradients of all parameters, and refuses what is not finite before any of several steps changes
    /// something.
    package func measure() throws(OptimizerError) -> GradientSquares {
        var sums: [Double] = []
        for parameter in parameters { sums.append(try sumOfSquares(parameter)) }
        return GradientSquares(sums: sums)
    }

    /// The steps each parameter has taken, by name: with the two moment buffers the whole state of a checkpoint.
    package var steps: [String: Int] {
        Dictionary(uniqueKeysWithValues: zip(parameters.map(\.name), stepCounts))
    }

    /// Takes over the steps of a checkpoint; the moment buffers are filled by the caller.
    ///
    /// - Throws: `foreignState` for a parameter that only one side has, or for a count below 0; nothing is changed.
    package func restore(steps: [String: Int]) throws(OptimizerError) {
        var counts: [Int] = []
        for parameter in parameters {
            guard let count = steps[parameter.name], count >= 0 else {
                throw .foreignState(parameter: parameter.name, expected: "a number of steps of at least 0")
            }
            counts.append(count)
        }
        let known = Set(parameters.map(\.name))
        if let stranger = steps.keys.sorted().first(where: { !known.contains($0) }) {
            throw .foreignState(parameter: stranger, expected: "only parameters of this model")
        }
        stepCounts = counts
    }

    private func move(_ index: Int, learningRate: Double, gradientScale: Float) {
        let parameter = parameters[index]
        let steps = stepCounts[index]
        let correction1 = 1 - power(configuration.beta1, steps)
        let correction2 = 1 - power(configuration.beta2, steps)
        let start = parameter.range.lowerBound
        unsafe RowKernels.adamW(
            values: parameter.values.base + start,
            gradients: parameter.gradients.base + start,
            firstMoments: firstMoments.base + momentRanges[index].lowerBound,
            secondMoments: secondMoments.base + momentRanges[index].lowerBound,
            count: parameter.range.count,
            AdamWScalars(
                gradientScale: gradientScale,
                keep: parameter.decays ? Float(1 - learningRate * configuration.weightDecay) : 1,
                gain1: Float(1 - configuration.beta1),
                keep2: Float(configuration.beta2),
                gain2: Float(1 - configuration.beta2),
                rate: Float(learningRate / correction1),
                root: Float(correction2.squareRoot()),
                epsilon: Float(configuration.epsilon)
            )
        )
    }
}

/// base^exponent by squaring: the same bits on every C library, unlike `pow`.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}

private func requireDisjoint(_ parameters: [OptimizedParameter]) {
    for group in Dictionary(grouping: parameters, by: { ObjectIdentifier($0.values) }).values {
        let sorted = group.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (a, b) in zip(sorted, sorted.dropFirst()) {
            precondition(a.range.upperBound <= b.range.lowerBound, "\(a.name) and \(b.name) overlap")
        }
    }
}
