/// Random numbers as a pure function of a key and a counter: no state to lose, no order to respect.
///
/// Philox4x32-10. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 4.3.
package struct RandomKey: Sendable, Hashable, Codable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The key that belongs to `path`, for example `(seed, purpose, step, slot)`.
    package init(seed: UInt64, path: UInt64...) {
        self.init(seed: seed, path: path)
    }

    /// The key that belongs to `path`, for example `(seed, purpose, step, slot)`.
    package init(seed: UInt64, path: [UInt64]) {
        var key = RandomKey(high: seed, low: 0x9E37_79B9_7F4A_7C15)
        for (depth, part) in path.enumerated() {
            let block = key.block(counter: part, domain: UInt64(depth) | 1 << 32)
            key = RandomKey(
                high: UInt64(block.x) << 32 | UInt64(block.y),
                low: UInt64(block.z) << 32 | UInt64(block.w)
            )
        }
        self = key
    }

    /// 128 random bits for `counter`.
    ///
    /// Streams with different `domain` are independent.
    package func block(counter: UInt64, domain: UInt64 = 0) -> SIMD4<UInt32> {
        var x = SIMD4<UInt32>(
            UInt32(truncatingIfNeeded: counter),
            UInt32(truncatingIfNeeded: counter >> 32),
            UInt32(truncatingIfNeeded: domain ^ low),
            UInt32(truncatingIfNeeded: (domain ^ low) >> 32)
        )
        var k0 = UInt32(truncatingIfNeeded: high)
        var k1 = UInt32(truncatingIfNeeded: high >> 32)
        for _ in 0..<10 {
            let a = UInt64(0xD251_1F53) &* UInt64(x[0])
            let b = UInt64(0xCD9E_8D57) &* UInt64(x[2])
            x = SIMD4<UInt32>(
                UInt32(truncatingIfNeeded: b >> 32) ^ x[1] ^ k0,
                UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ x[3] ^ k1,
                UInt32(truncatingIfNeeded: a)
            )
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return x
    }

    /// A uniform number in 0 ..< 1 with 53 random bits, for `counter`.
    package func uniform(counter: UInt64, domain: UInt64 = 0) -> Double {
        let x = block(counter: counter, domain: domain)
        let bits = UInt64(x[0]) << 32 | UInt64(x[1])
        return Double(bits >> 11) * 0x1p-53
    }

    /// A sequential generator over this key, for code that wants `RandomNumberGenerator`.
    package func generator() -> CounterGenerator { CounterGenerator(key: self) }
}

/// A `RandomNumberGenerator` that walks the counters of one key.
package struct CounterGenerator: RandomNumberGenerator, Sendable {
    package let key: RandomKey
    package private(set) var counter: UInt64 = 0

    init(key: RandomKey) { self.key = key }

    package mutating func next() -> UInt64 {
        let x = key.block(counter: counter, domain: 1 << 40)
        counter += 1
        return UInt64(x[0]) << 32 | UInt64(x[1])
    }

    /// An integer in 0 ..< bound, by multiplication and shift (bias below 2⁻³²), the same on every platform and release.
    package mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "an empty range has no element")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// An integer in `range`.
    package mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + integer(below: range.count)
    }

    /// One element of `choices`, which must not be empty.
    package mutating func pick<T>(_ choices: [T]) -> T { choices[integer(below: choices.count)] }

    /// A standard normal number (Box–Muller).
    package mutating func normal() -> Double {
        let u = (Double(next() >> 11) + 0.5) * 0x1p-53
        let v = Double(next() >> 11) * 0x1p-53
        return (-2 * u.logarithm()).squareRoot() * (2 * Double.pi * v).cosine()
    }

    /// `items` in a random order (Fisher–Yates), the same on every platform and release.
    package mutating func shuffled<T>(_ items: [T]) -> [T] {
        var result = items
        guard result.count > 1 else { return result }
        for i in stride(from: result.count - 1, to: 0, by: -1) {
            result.swapAt(i, integer(below: i + 1))
        }
        return result
    }
}
