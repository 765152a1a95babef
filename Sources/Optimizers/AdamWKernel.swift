/// The numbers that are the same for all elements of one AdamW step.
struct AdamWScalars {
    /// What clipping multiplies the gradient by.
    var gradientScale: Float
    /// 1 − ηλ, or 1 without decay.
    var keep: Float
    /// 1 − β₁.
    var gain1: Float
    /// β₂.
    var keep2: Float
    /// 1 − β₂.
    var gain2: Float
    /// η/(1 − β₁ᵗ).
    var rate: Float
    /// √(1 − β₂ᵗ).
    var root: Float
    /// ε.
    var epsilon: Float
}

/// One pass over parameter, gradient and both moments.
///
/// Each element depends on itself only, so the vector body and the scalar tail give the same bits.
func adamWKernel(
    values: UnsafeMutablePointer<Float>,
    gradients: UnsafeMutablePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>,
    secondMoments: UnsafeMutablePointer<Float>,
    count: Int,
    _ s: AdamWScalars
) {
    var i = 0
    while i + 8 <= count {
        let g = unsafe load(gradients + i) * s.gradientScale
        var m = unsafe load(firstMoments + i)
        var v = unsafe load(secondMoments + i)
        m += s.gain1 * (g - m)
        v = v * s.keep2 + s.gain2 * g * g
        let step = s.rate * m / (v.squareRoot() / s.root + s.epsilon)
        unsafe store(load(values + i) * s.keep - step, values + i)
        unsafe store(m, firstMoments + i)
        unsafe store(v, secondMoments + i)
        i += 8
    }
    while i < count {
        let g = unsafe gradients[i] * s.gradientScale
        let m = unsafe firstMoments[i] + s.gain1 * (g - firstMoments[i])
        let v = unsafe secondMoments[i] * s.keep2 + s.gain2 * g * g
        let step = s.rate * m / (v.squareRoot() / s.root + s.epsilon)
        unsafe values[i] = unsafe values[i] * s.keep - step
        unsafe firstMoments[i] = m
        unsafe secondMoments[i] = v
        i += 1
    }
}

private func load(_ pointer: UnsafeMutablePointer<Float>) -> SIMD8<Float> {
    unsafe UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
}

private func store(_ x: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Float>) {
    unsafe UnsafeMutableRawPointer(pointer).storeBytes(of: x, as: SIMD8<Float>.self)
}
