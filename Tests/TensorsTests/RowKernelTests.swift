import Foundation
import Tensors
import Testing

/// A buffer of the given numbers as one row.
private func row(_ values: [Float]) -> Matrix {
    let matrix = Matrix(FloatBuffer(count: values.count), rows: 1, columns: values.count)
    for (i, value) in values.enumerated() { matrix[0, i] = value }
    return matrix
}

/// `rows × columns` numbers that look random and are always the same.
private func waves(_ rows: Int, _ columns: Int, phase: Double = 0) -> Matrix {
    let matrix = Matrix(FloatBuffer(count: rows * columns), rows: rows, columns: columns)
    for r in 0..<rows {
        for c in 0..<columns { matrix[r, c] = Float(2 * sin(Double(r * columns + c) * 1.7 + phase)) }
    }
    return matrix
}

/// Log-sum-exp and entropy of softmax(`scale`·x); x lives until they are known.
private func categorical(_ x: Matrix, scale: Float = 1) -> (logSumExp: Float, entropy: Float) {
    withExtendedLifetime(x) { unsafe RowKernels.categorical(x.base, count: x.columns, scale: scale) }
}

/// Softmax of `scale`·x as a new row.
private func softmax(_ x: Matrix, scale: Float = 1) -> Matrix {
    let y = row([Float](repeating: 0, count: x.columns))
    withExtendedLifetime((x, y)) {
        unsafe RowKernels.softmax(output: y.base, input: x.base, count: x.columns, scale: scale)
    }
    return y
}

struct RowKernelTests {
    @Test("The norm of 3, 4 with weights 1, 2 divides by √12.5")
    func normOfThreeAndFour() {
        let (y, rstd) = (row([0, 0]), row([0]))
        y.rmsNorm(of: row([3, 4]), weight: row([1, 2]), rstd: rstd, epsilon: 0)
        #expect(abs(y[0, 0] - 0.848_528_1) < 1e-6)
        #expect(abs(y[0, 1] - 2.262_741_7) < 1e-6)
        #expect(abs(rstd[0, 0] - 0.282_842_7) < 1e-6)
    }

    @Test("The gradient of the norm agrees with central differences", arguments: [(1, 8), (3, 11), (2, 37)])
    func normGradient(rows: Int, width: Int) {
        let (x, w, dy) = (waves(rows, width), waves(1, width, phase: 3), waves(rows, width, phase: 5))
        let (y, rstd) = (waves(rows, width), waves(1, rows))
        func loss() -> Double {
            y.rmsNorm(of: x, weight: w, rstd: rstd, epsilon: 1e-6)
            var total = 0.0
            for r in 0..<rows { for c in 0..<width { total += Double(y[r, c]) * Double(dy[r, c]) } }
            return total
        }
        _ = loss()
        let (dx, dw) = (waves(rows, width), waves(1, width))
        dx.zero()
        dw.zero()
        dx.addRMSNormGradient(outputGradient: dy, input: x, weight: w, weightGradient: dw, rstd: rstd)
        for (parameter, gradient) in [(x, dx), (w, dw)] {
            for r in 0..<parameter.rows {
                for c in 0..<width {
                    let original = parameter[r, c]
                    parameter[r, c] = original + 1e-2
                    let above = loss()
                    parameter[r, c] = original - 1e-2
                    let below = loss()
                    parameter[r, c] = original
                    #expect(abs((above - below) / 2e-2 - Double(gradient[r, c])) < 5e-3)
                }
            }
        }
    }

    @Test("Softmax and its log-sum-exp agree with double precision, at every length", arguments: 1...70)
    func softmaxAgreesWithDoubles(count: Int) {
        let x = waves(1, count, phase: Double(count))
        for c in 0..<count { x[0, c] *= 20 }
        let y = softmax(x, scale: 0.5)
        let exponentials = (0..<count).map { exp(Double(x[0, $0]) * 0.5) }
        let total = exponentials.reduce(0, +)
        for c in 0..<count { #expect(abs(Double(y[0, c]) - exponentials[c] / total) < 1e-6) }
        #expect(abs(Double(categorical(x, scale: 0.5).logSumExp) - log(total)) < 1e-5)
        let entropy = exponentials.reduce(0) { $0 - $1 / total * log($1 / total) }
        #expect(abs(Double(categorical(x, scale: 0.5).entropy) - entropy) < 1e-5)
    }

    @Test("An excluded entry gets probability 0, and a NaN is not hidden")
    func softmaxOfInfinityAndNaN() {
        let y = softmax(row([1, -.infinity, 1, -.infinity, -200]))
        #expect((0..<5).map { y[0, $0] } == [0.5, 0, 0.5, 0, 0])
        let poisoned = softmax(row([1, .nan, 2]))
        #expect(poisoned[0, 0].isNaN && poisoned[0, 1].isNaN)
        #expect(categorical(row([0, -.infinity, 0])).entropy == Float(log(2.0)))
    }

    @Test("The gradient of log-probability and entropy agrees with central differences")
    func categoricalGradient() {
        let (n, token, scale) = (19, 11, Float(0.7))
        let x = waves(1, n)
        func value() -> Double {
            let (logSumExp, entropy) = categorical(x, scale: scale)
            return 0.8 * Double(x[0, token] * scale - logSumExp) - 0.3 * Double(entropy)
        }
        let (logSumExp, entropy) = categorical(x, scale: scale)
        let gradient = waves(1, n)
        withExtendedLifetime((x, gradient)) {
            unsafe RowKernels.categoricalBackward(
                gradient: gradient.base,
                input: x.base,
                count: n,
                scale: scale,
                logSumExp: logSumExp,
                entropy: entropy,
                token: token,
                logProbabilityGradient: 0.8,
                entropyGradient: -0.3
            )
        }
        for c in 0..<n {
            let original = x[0, c]
            x[0, c] = original + 1e-2
            let above = value()
            x[0, c] = original - 1e-2
            let below = value()
            x[0, c] = original
            #expect(abs((above - below) / 2e-2 - Double(gradient[0, c])) < 5e-4)
        }
    }

    @Test("Causal attention with a bias by distance is the softmax of what a query may see")
    func causalAttention() {
        let scores = row([1, 9, 9, 7, 7, 7, 7, 7, 2, 1, 9, 7, 7, 7, 7, 7, 0, 0, 0, 7, 7, 7, 7, 7])
        let block = Matrix(scores.buffer, rows: 3, columns: 3, stride: 8)
        let bias = row([0.5, 1, 2, 100, 100, 9, 9, 9, 9, 9, 9, 9]).columns(0..<5)
        block.attentionSoftmax(bias: bias, causal: true)
        #expect((3..<8).allSatisfy { scores[0, $0] == 0 && scores[0, 16 + $0] == 0 })
        #expect([block[0, 0], block[0, 1], block[0, 2], block[1, 2]] == [1, 0, 0, 0])
        #expect(abs(Double(block[1, 0]) - 0.5) < 1e-6)
        let total = exp(0.5) + exp(1.0) + exp(2.0)
        #expect(abs(Double(block[2, 0]) - exp(0.5) / total) < 1e-6)
        #expect(abs(Double(block[2, 2]) - 1 / (1 + exp(-1.0) + exp(-1.5))) < 1e-6)
    }

    @Test("Products, transposes and strides agree with the definition", arguments: [false, true], [false, true])
    func matmulAgreesWithItsDefinition(transposeA: Bool, transposeB: Bool) {
        let (m, n, k) = (5, 7, 9)
        let a = waves(20, 20).columns(3..<3 + (transposeA ? m : k)).rows(1..<1 + (transposeA ? k : m))
        let b = waves(20, 20, phase: 1).columns(2..<2 + (transposeB ? k : n)).rows(4..<4 + (transposeB ? n : k))
        let c = waves(20, 20, phase: 2).columns(5..<5 + n).rows(0..<m)
        var expected: [Double] = []
        for i in 0..<m {
            for j in 0..<n {
                let sum = (0..<k).reduce(0.0) { sum, l in
                    let x = transposeA ? a[l, i] : a[i, l]
                    let y = transposeB ? b[j, l] : b[l, j]
                    return sum + Double(x) * Double(y)
                }
                expected.append(0.5 * sum + 2 * Double(c[i, j]))
            }
        }
        matmul(c, a, transposeA: transposeA, b, transposeB: transposeB, alpha: 0.5, beta: 2)
        for i in 0..<m { for j in 0..<n { #expect(abs(Double(c[i, j]) - expected[i * n + j]) < 1e-5) } }
    }

    @Test("A buffer begins at a multiple of 64 bytes and is zero")
    func buffersAreAlignedAndZero() {
        for count in [0, 1, 17, 4_099] {
            let buffer = FloatBuffer(count: count)
            withExtendedLifetime(buffer) {
                #expect(unsafe Int(bitPattern: buffer.base) % 64 == 0)
                #expect((0..<count).allSatisfy { unsafe buffer.base[$0] == 0 })
            }
        }
    }

    @Test("Dot and sum of rows are exact on whole numbers at every length", arguments: 0...40)
    func dotAndAxpy(count: Int) {
        let x = row((0..<count).map { Float($0) })
        let y = row((0..<count).map { Float(2 * $0 + 1) })
        let expected = (0..<count).map { $0 * (2 * $0 + 1) }.reduce(0, +)
        #expect(x.dot(y) == Float(expected))
        y.add(-2, x)
        #expect((0..<count).allSatisfy { y[0, $0] == 1 })
    }
}
