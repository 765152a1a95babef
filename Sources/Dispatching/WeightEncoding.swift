/// What workers are sent of a version of the weights: `cluster.weight_encoding`.
///
/// What comes out at the worker is, bit for bit, what the manifest names; only ``bf16`` changes what that is.
package enum WeightEncoding: String, CaseIterable, Sendable {
    /// All of it, as float32.
    case fp32
    /// All of it, rounded to bfloat16: workers sample from the rounded policy, and the manifest names the rounded weights.
    case bf16
    /// What changed since the weights that a worker holds, compressed; all of it where it holds none that are known.
    case delta
    /// What changed in the rounded weights.
    case bf16Delta = "bf16_delta"

    /// Whether the policy that samples is the rounded one.
    package var rounds: Bool { self == .bf16 || self == .bf16Delta }
    package var sendsDifferences: Bool { self == .delta || self == .bf16Delta }
}

/// The bfloat16 nearest to `value`, ties to even, as a float32.
package func roundedToBFloat16(_ value: Float) -> Float {
    let bits = value.bitPattern
    // Rounding must not make infinity, or nothing, out of a NaN.
    if value.isNaN { return Float(bitPattern: bits | 0x0040_0000) }
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}
