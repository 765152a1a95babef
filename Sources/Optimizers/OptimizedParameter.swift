package import Tensors

/// A run of floats that an optimizer moves, with its gradient.
///
/// Both may be stretches of one large buffer or buffers of their own. A weight that is used in two places (a tied
/// head) is listed once.
package struct OptimizedParameter: Sendable {
    /// What errors and checkpoints call it, for example `decoder.block.0.layer.0.SelfAttention.q.weight`.
    package let name: String
    /// The buffer that holds the parameter.
    package let values: FloatBuffer
    /// The buffer that holds its gradient, at the same offsets.
    package let gradients: FloatBuffer
    /// The parameter's elements in both buffers.
    package let range: Range<Int>
    /// Whether weight decay applies: false for norms and biases, as the caller likes for embeddings.
    package let decays: Bool

    package init(name: String, values: FloatBuffer, gradients: FloatBuffer, range: Range<Int>, decays: Bool) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= values.count && range.upperBound <= gradients.count,
            "\(name): elements \(range) lie outside \(values.count) values or \(gradients.count) gradients"
        )
        self.name = name
        self.values = values
        self.gradients = gradients
        self.range = range
        self.decays = decays
    }
}

/// The global norm of the gradients of `parameters`: the root of the sum of all squares.
///
/// In double precision and in a fixed order: element i of a parameter goes to lane i mod 8, lanes and parameters are
/// added in their order. The result depends on nothing else, and no finite float can overflow it.
///
/// - Throws: `nonFiniteGradient` for the first element that is NaN or infinite.
package func globalGradientNorm(_ parameters: [OptimizedParameter]) throws(OptimizerError) -> Double {
    var total = 0.0
    for parameter in parameters { total += try sumOfSquares(parameter) }
    return total.squareRoot()
}

/// The sum of the squares of one parameter's gradient, as ``globalGradientNorm(_:)`` takes it.
func sumOfSquares(_ parameter: OptimizedParameter) throws(OptimizerError) -> Double {
    let sum = unsafe RowKernels.sumOfSquares(
        parameter.gradients.base + parameter.range.lowerBound,
        count: parameter.range.count
    )
    guard sum.isFinite else { throw firstNonFinite(parameter) }
    return sum
}

/// What the gradients of an optimizer's parameters were found to be, all of them finite.
package struct GradientSquares: Sendable {
    /// Σ g² of each parameter, in their order.
    let sums: [Double]

    /// The global norm of the parameters at `indices`, as ``globalGradientNorm(_:)`` gives it.
    func norm(_ indices: [Int]) -> Double { indices.reduce(0) { $0 + sums[$1] }.squareRoot() }
}

/// What a gradient of norm `norm` is multiplied by so that it is no longer than `maximum`.
///
/// min(1, maximum/(norm + 10⁻⁶)). Source: Pascanu et al. 2013, <https://arxiv.org/abs/1211.5063>, algorithm 1, with the
/// guard of PyTorch's `clip_grad_norm_`.
package func clipScale(norm: Double, maximum: Double) -> Double { min(1, maximum / (norm + 1e-6)) }

private func firstNonFinite(_ parameter: OptimizedParameter) -> OptimizerError {
    for i in parameter.range {
        let x = unsafe parameter.gradients.base[i]
        guard x.isFinite else {
            return .nonFiniteGradient(
                parameter: parameter.name,
                offset: i - parameter.range.lowerBound,
                value: "\(x)"
            )
        }
    }
    preconditionFailure("squares of finite floats have a finite sum in double precision")
}
