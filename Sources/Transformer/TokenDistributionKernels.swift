import Foundation

/// eˣ on eight lanes, for x ≤ 0, to 1e-7 relative; 0 below −87.
///
/// Cody–Waite reduction x = n·ln 2 + r with the degree-6 polynomial of Cephes' `expf`. Rounding is done by adding
/// 1.5·2²³, because `SIMD.rounded()` and conversions to integers become scalar calls.
@inline(__always)
func exponential(_ input: SIMD8<Float>) -> SIMD8<Float> {
    let lowest = SIMD8<Float>(repeating: -87)
    let x = input.replacing(with: lowest, where: input .< lowest)
    let magic = SIMD8<Float>(repeating: 12_582_912)
    let shifted = magic.addingProduct(x, SIMD8<Float>(repeating: 1.442_695_04))
    let n = shifted - magic
    let r = x.addingProduct(n, SIMD8<Float>(repeating: -0.693_359_375))
        .addingProduct(n, SIMD8<Float>(repeating: 2.121_944_4e-4))
    var p = SIMD8<Float>(repeating: 1.987_569_15e-4)
    p = SIMD8<Float>(repeating: 1.398_199_95e-3).addingProduct(p, r)
    p = SIMD8<Float>(repeating: 8.333_451_9e-3).addingProduct(p, r)
    p = SIMD8<Float>(repeating: 4.166_579_6e-2).addingProduct(p, r)
    p = SIMD8<Float>(repeating: 1.666_666_55e-1).addingProduct(p, r)
    p = SIMD8<Float>(repeating: 5.000_000_1e-1).addingProduct(p, r)
    let y = (r + SIMD8<Float>(repeating: 1)).addingProduct(p, r * r)
    let exponent = unsafe unsafeBitCast(shifted, to: SIMD8<Int32>.self) &<< 23
    let scaled = unsafe unsafeBitCast(unsafeBitCast(y, to: SIMD8<Int32>.self) &+ exponent, to: SIMD8<Float>.self)
    return scaled.replacing(with: SIMD8<Float>(repeating: 0), where: input .< lowest)
}

/// One row of logits divided by the temperature, with at most one excluded index.
@unsafe struct TemperedLogits {
    /// Sums over a distribution, relative to its largest logit.
    struct Sums {
        /// The largest logit, before division by the temperature.
        var maximum: Float
        /// S = Σ e^zᵢ, with z the tempered logit less the largest one.
        var total: Double
        /// log S.
        var logTotal: Double
        var entropy: Float
    }

    let logits: UnsafeBufferPointer<Float>
    let inverseTemperature: Float
    let excluded: Int?
    /// As `excluded`, but −8 when there is none, so that no window of eight contains it.
    private let hole: Int

    init(_ logits: UnsafeBufferPointer<Float>, temperature: Float, excluded: Int?) {
        unsafe self.logits = unsafe logits
        unsafe inverseTemperature = 1 / temperature
        unsafe self.excluded = excluded
        unsafe hole = excluded ?? -8
    }

    /// Sums are taken in blocks of so many logits, each in eight lanes and then in double precision.
    static var blockSize: Int { 256 }

    var blockCount: Int { unsafe (logits.count + TemperedLogits.blockSize - 1) / TemperedLogits.blockSize }

    /// Eight logits from `i` on; lanes past the end and the excluded one are −∞.
    @inline(__always)
    func load(_ i: Int) -> SIMD8<Float> {
        guard let base = unsafe logits.baseAddress else { return SIMD8(repeating: -.infinity) }
        if unsafe i + 8 <= logits.count && UInt(bitPattern: hole &- i) >= 8 {
            return unsafe UnsafeRawPointer(base + i).loadUnaligned(as: SIMD8<Float>.self)
        }
        var lanes = SIMD8<Float>(repeating: -.infinity)
        for lane in unsafe 0..<min(8, logits.count - i) {
            if unsafe i + lane != hole { unsafe lanes[lane] = logits[i + lane] }
        }
        return lanes
    }

    private func largest() -> Float {
        var lanes = SIMD8<Float>(repeating: -.infinity)
        for i in unsafe stride(from: 0, to: logits.count, by: 8) {
            let x = unsafe load(i)
            lanes.replace(with: x, where: x .> lanes)
        }
        return lanes.max()
    }

    /// The largest logit's index, the lowest on ties.
    func argmax() -> Int {
        let maximum = unsafe largest()
        for i in unsafe stride(from: 0, to: logits.count, by: 8) {
            let hits = unsafe load(i) .== maximum
            guard any(hits) else { continue }
            for lane in 0..<8 where hits[lane] { return i + lane }
        }
        return 0
    }

    /// Total and entropy; `blockTotals`, where given, receives the total of each block.
    func sums(blockTotals: UnsafeMutablePointer<Double>? = nil) -> Sums {
        let maximum = unsafe largest()
        let maxima = SIMD8<Float>(repeating: maximum)
        let scale = unsafe SIMD8<Float>(repeating: inverseTemperature)
        let lowest = SIMD8<Float>(repeating: -87)
        var total = 0.0
        var weighted = 0.0
        for block in unsafe 0..<blockCount {
            var e = SIMD8<Float>(repeating: 0)
            var w = SIMD8<Float>(repeating: 0)
            let start = unsafe block * TemperedLogits.blockSize
            for i in unsafe stride(from: start, to: min(start + TemperedLogits.blockSize, logits.count), by: 8) {
                let z = unsafe (load(i) - maxima) * scale
                let p = exponential(z)
                e += p
                w.addProduct(p, z.replacing(with: lowest, where: z .< lowest))
            }
            let blockTotal = Double(e.sum())
            total += blockTotal
            weighted += Double(w.sum())
            if let blockTotals = unsafe blockTotals { unsafe blockTotals[block] = blockTotal }
        }
        let logTotal = log(total)
        return Sums(
            maximum: maximum,
            total: total,
            logTotal: logTotal,
            entropy: Float(logTotal - weighted / total)
        )
    }

    /// e^zᵢ for eight indices from `i` on.
    @inline(__always)
    func weights(_ i: Int, maximum: Float) -> SIMD8<Float> {
        unsafe exponential((load(i) - SIMD8(repeating: maximum)) * SIMD8(repeating: inverseTemperature))
    }

    /// The first index of `block` at which the running sum of e^zᵢ exceeds `target`.
    func pick(inBlock block: Int, target: Double, maximum: Float) -> Int {
        var running = 0.0
        let start = unsafe block * TemperedLogits.blockSize
        var last = start
        for i in unsafe stride(from: start, to: min(start + TemperedLogits.blockSize, logits.count), by: 8) {
            let lanes = unsafe weights(i, maximum: maximum)
            for lane in 0..<8 where lanes[lane] > 0 {
                running += Double(lanes[lane])
                last = i + lane
                if running > target { return last }
            }
        }
        // Rounding left the target a hair above the sum: the last possible token of the block it is.
        return last
    }

    /// Writes −gₗpᵢ − gₕpᵢ(log pᵢ + H), divided by the temperature, for every index.
    func storeGradient(
        _ gradient: UnsafeMutableBufferPointer<Float>,
        _ sums: Sums,
        logProbabilityGradient: Float,
        entropyGradient: Float
    ) {
        guard let base = gradient.baseAddress else { return }
        let scale = unsafe SIMD8<Float>(repeating: inverseTemperature)
        let lowest = SIMD8<Float>(repeating: -87)
        let inverseTotal = SIMD8<Float>(repeating: Float(1 / sums.total))
        let shift = sums.entropy - Float(sums.logTotal)
        let offset = SIMD8<Float>(repeating: logProbabilityGradient + entropyGradient * shift)
        let slope = SIMD8<Float>(repeating: entropyGradient)
        for i in unsafe stride(from: 0, to: logits.count, by: 8) {
            let z = unsafe (load(i) - SIMD8(repeating: sums.maximum)) * scale
            let p = exponential(z) * inverseTotal
            let result = -p * offset.addingProduct(slope, z.replacing(with: lowest, where: z .< lowest)) * scale
            if unsafe i + 8 <= logits.count {
                unsafe UnsafeMutableRawPointer(base + i).storeBytes(of: result, as: SIMD8<Float>.self)
            } else {
                for lane in unsafe 0..<(logits.count - i) { unsafe gradient[i + lane] = result[lane] }
            }
        }
    }
}
