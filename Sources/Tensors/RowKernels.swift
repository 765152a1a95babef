internal import CKernels

/// Pointer-based kernels over rows of float32, in fixed lanes: a result depends on its inputs alone.
///
/// The caller owns the memory and its bounds; every count is a number of floats unless it says rows.
@unsafe
package enum RowKernels {
    /// Whether the variant with fused multiply-adds was chosen, which rounds as `addingProduct` does.
    @safe
    package static var usesFusedMultiplyAdd: Bool { ck_uses_avx2() == 1 }

    /// T5 layer norm: y[r, i] = x[r, i]·rstd[r]·weight[i], with rstd[r] = 1 / √(mean(x[r]²) + ε).
    ///
    /// No mean is subtracted and there is no bias. Source: Zhang & Sennrich 2019, <https://arxiv.org/abs/1910.07467>.
    ///
    /// - Parameters:
    ///   - output: y, `[rows, width]`, overwritten.
    ///   - rstd: `[rows]`, kept for `rmsNormBackward`.
    ///   - input: x, `[rows, width]`.
    ///   - weight: `[width]`.
    ///   - rows: Number of rows.
    ///   - width: Number of columns.
    ///   - epsilon: 1e-6 in every published T5.
    package static func rmsNorm(
        output: UnsafeMutablePointer<Float>,
        rstd: UnsafeMutablePointer<Float>,
        input: UnsafePointer<Float>,
        weight: UnsafePointer<Float>,
        rows: Int,
        width: Int,
        epsilon: Float
    ) {
        unsafe ck_rms_norm(output, rstd, input, weight, rows, width, epsilon)
    }

    /// Gradients of `rmsNorm`, added to `inputGradient` `[rows, width]` and `weightGradient` `[width]`.
    package static func rmsNormBackward(
        inputGradient: UnsafeMutablePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>,
        outputGradient: UnsafePointer<Float>,
        input: UnsafePointer<Float>,
        weight: UnsafePointer<Float>,
        rstd: UnsafePointer<Float>,
        rows: Int,
        width: Int
    ) {
        unsafe ck_rms_norm_backward(
            inputGradient,
            weightGradient,
            outputGradient,
            input,
            weight,
            rstd,
            rows,
            width
        )
    }

    /// Softmax of `scale`·x over one row, maximum subtracted; `output` may be `input`; −∞ gets exactly 0.
    package static func softmax(
        output: UnsafeMutablePointer<Float>,
        input: UnsafePointer<Float>,
        count: Int,
        scale: Float = 1
    ) {
        unsafe ck_softmax(output, input, count, scale)
    }

    /// log Σ exp(`scale`·x).
    package static func logSumExp(_ input: UnsafePointer<Float>, count: Int, scale: Float = 1) -> Float {
        unsafe ck_log_sum_exp(input, count, scale)
    }

    /// log Σ exp(`scale`·x), and the entropy in nats of softmax(`scale`·x); −∞ contributes nothing.
    package static func categorical(
        _ input: UnsafePointer<Float>,
        count: Int,
        scale: Float = 1
    ) -> (logSumExp: Float, entropy: Float) {
        var logSumExp: Float = 0
        var entropy: Float = 0
        unsafe ck_categorical(&logSumExp, &entropy, input, count, scale)
        return (logSumExp, entropy)
    }

    /// Gradient with respect to x of `logProbabilityGradient`·log p[token] + `entropyGradient`·H.
    ///
    /// p = softmax(`scale`·x): dxⱼ = scale·(g·([j = token] − pⱼ) − h·pⱼ·(log pⱼ + H)), overwriting `gradient`.
    /// `logSumExp` and `entropy` are what `categorical` returned for the same row. A component of −∞ gets 0.
    package static func categoricalBackward(
        gradient: UnsafeMutablePointer<Float>,
        input: UnsafePointer<Float>,
        count: Int,
        scale: Float = 1,
        logSumExp: Float,
        entropy: Float,
        token: Int,
        logProbabilityGradient: Float,
        entropyGradient: Float
    ) {
        precondition((0..<count).contains(token), "token \(token) is not in a row of \(count)")
        unsafe ck_categorical_backward(
            gradient,
            input,
            count,
            scale,
            logSumExp,
            entropy,
            token,
            logProbabilityGradient,
            entropyGradient
        )
    }

    /// x = max(x, 0), in place.
    package static func relu(_ x: UnsafeMutablePointer<Float>, count: Int) { unsafe ck_relu(x, count) }

    /// Zeroes `gradient` where `output`, what `relu` wrote, is 0.
    package static func reluBackward(
        gradient: UnsafeMutablePointer<Float>,
        output: UnsafePointer<Float>,
        count: Int
    ) {
        unsafe ck_relu_backward(gradient, output, count)
    }

    /// Σ aᵢ·bᵢ.
    package static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
        unsafe ck_dot(a, b, count)
    }

    /// y += α·x.
    package static func axpy(
        _ y: UnsafeMutablePointer<Float>,
        alpha: Float,
        _ x: UnsafePointer<Float>,
        count: Int
    ) {
        unsafe ck_axpy(y, alpha, x, count)
    }

    /// Attention scores `[rows, columns]` become probabilities, in place.
    ///
    /// Row i is softmax(sᵢⱼ + bias[j − i]) over all j, or over j ≤ i and zero after it when `causal`.
    ///
    /// - Parameters:
    ///   - scores: s, rows `stride` floats apart.
    ///   - rows: Number of queries.
    ///   - columns: Number of keys.
    ///   - stride: Floats from one row to the next, a multiple of 8; from `columns` on they are overwritten with 0.
    ///   - bias: Entry of distance 0 in a table valid for every distance j − i that occurs, and readable for seven
    ///     floats more; nil adds nothing.
    ///   - causal: Whether a query sees only keys up to its own position.
    package static func attentionSoftmax(
        scores: UnsafeMutablePointer<Float>,
        rows: Int,
        columns: Int,
        stride: Int,
        bias: UnsafePointer<Float>?,
        causal: Bool
    ) {
        unsafe ck_attention_softmax(scores, rows, columns, stride, bias, causal ? 1 : 0)
    }

    /// Gradient of `attentionSoftmax` with respect to the scores, in place of that of the probabilities.
    ///
    /// dsᵢⱼ = pᵢⱼ·(dpᵢⱼ − Σₖ dpᵢₖ·pᵢₖ). `biasGradient`, the entry of distance 0, accumulates ds by distance j − i.
    /// Stride and bias obey the rules of `attentionSoftmax`.
    package static func attentionSoftmaxBackward(
        gradient: UnsafeMutablePointer<Float>,
        probabilities: UnsafePointer<Float>,
        rows: Int,
        columns: Int,
        stride: Int,
        biasGradient: UnsafeMutablePointer<Float>?,
        causal: Bool
    ) {
        unsafe ck_attention_softmax_backward(
            gradient,
            probabilities,
            rows,
            columns,
            stride,
            biasGradient,
            causal ? 1 : 0
        )
    }
}
