internal import CKernels

/// The numbers that are the same for all elements of one AdamW step.
package struct AdamWScalars {
    /// What clipping multiplies the gradient by.
    package var gradientScale: Float
    /// 1 − ηλ, or 1 without decay.
    package var keep: Float
    /// 1 − β₁.
    package var gain1: Float
    /// β₂.
    package var keep2: Float
    /// 1 − β₂.
    package var gain2: Float
    /// η/(1 − β₁ᵗ).
    package var rate: Float
    /// √(1 − β₂ᵗ).
    package var root: Float
    /// ε.
    package var epsilon: Float

    package init(
        gradientScale: Float,
        keep: Float,
        gain1: Float,
        keep2: Float,
        gain2: Float,
        rate: Float,
        root: Float,
        epsilon: Float
    ) {
        self.gradientScale = gradientScale
        self.keep = keep
        self.gain1 = gain1
        self.keep2 = keep2
        self.gain2 = gain2
        self.rate = rate
        self.root = root
        self.epsilon = epsilon
    }
}

extension RowKernels {
    /// One pass over parameter, gradient and both moments, `count` floats each.
    ///
    /// Each element depends on itself only and every operation is rounded on its own: the same bits everywhere.
    package static func adamW(
        values: UnsafeMutablePointer<Float>,
        gradients: UnsafePointer<Float>,
        firstMoments: UnsafeMutablePointer<Float>,
        secondMoments: UnsafeMutablePointer<Float>,
        count: Int,
        _ s: AdamWScalars
    ) {
        var scalars = ck_adamw_scalars(
            gradient_scale: s.gradientScale,
            keep: s.keep,
            gain1: s.gain1,
            keep2: s.keep2,
            gain2: s.gain2,
            rate: s.rate,
            root: s.root,
            epsilon: s.epsilon
        )
        unsafe ck_adamw(values, gradients, firstMoments, secondMoments, count, &scalars)
    }

    /// The sum of `count` squares in double precision: element i goes to lane i mod 8, and lanes are added in order.
    package static func sumOfSquares(_ base: UnsafePointer<Float>, count: Int) -> Double {
        unsafe ck_sum_of_squares(base, count)
    }
}
