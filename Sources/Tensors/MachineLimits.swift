internal import CKernels

/// What this machine can do at most, to which measured figures are compared.
package enum MachineLimits {
    /// Multiplies and adds on registers; the number of floating-point operations done.
    package static func multiplyAdds(rounds: Int) -> Double { ck_multiply_add_peak(rounds) }

    /// target = source + ½·target over whole buffers of equal length.
    package static func triad(_ target: FloatBuffer, _ source: FloatBuffer) {
        precondition(target.count == source.count, "expected buffers of equal length")
        unsafe ck_triad(target.base, source.base, 0.5, target.count)
    }

    /// Reads a whole buffer.
    ///
    /// - Returns: The sum, so that nothing can be left out.
    package static func read(_ source: FloatBuffer) -> Float { unsafe ck_read(source.base, source.count) }
}
