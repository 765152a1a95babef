import Tensors
import Testing

struct OrderedProductTests {
    private static func waves(_ rows: Int, _ columns: Int, phase: Int = 0) -> Matrix {
        let matrix = Matrix(FloatBuffer(count: rows * columns), rows: rows, columns: columns)
        for r in 0..<rows {
            for c in 0..<columns { matrix[r, c] = Float((r * 37 + c * 91 + phase * 53) % 201 - 100) / 64 }
        }
        return matrix
    }

    /// Inner sizes around the chain of 32, outputs around the panel of 16, rows around every height of a tile.
    @Test("Ordered products agree with the definition", arguments: [1, 31, 32, 33, 100], [1, 15, 16, 35])
    func agreesWithTheDefinition(inner: Int, outputs: Int) {
        for rows in [1, 2, 3, 7, 12, 29] {
            for transposeB in [false, true] {
                let a = Self.waves(rows, inner + 5).columns(3..<3 + inner)
                let b = Self.waves(transposeB ? outputs : inner, 110, phase: 1)
                    .columns(2..<2 + (transposeB ? inner : outputs))
                let before = Self.waves(rows, outputs + 9, phase: 2)
                for target in [PackedMatrix.Target.store, .add, .rectified] {
                    let whole = Self.waves(rows, outputs + 9, phase: 2)
                    let c = whole.columns(4..<4 + outputs)
                    orderedProduct(c, a, b, transposeB: transposeB, target)
                    var largest = 0.0
                    for i in 0..<rows {
                        for j in 0..<outputs {
                            let sum = (0..<inner).reduce(0.0) {
                                $0 + Double(a[i, $1]) * Double(transposeB ? b[j, $1] : b[$1, j])
                            }
                            let expected =
                                switch target {
                                case .store: sum
                                case .add: sum + Double(before[i, 4 + j])
                                case .rectified: max(sum, 0)
                                }
                            largest = max(largest, abs(Double(c[i, j]) - expected))
                        }
                        #expect(whole[i, 3] == before[i, 3] && whole[i, 4 + outputs] == before[i, 4 + outputs])
                    }
                    #expect(largest < 2e-5)
                }
            }
        }
    }

    @Test("A row has the same bits alone, in a batch, after packing, and with zeros behind it")
    func rowsDoNotDependOnTheirNeighbours() {
        let (rows, inner, outputs) = (29, 300, 600)
        let a = Self.waves(rows, inner)
        let b = Self.waves(outputs, inner, phase: 1)
        // Irrational factors, so that sums do round.
        for matrix in [a, b] {
            for r in 0..<matrix.rows { for c in 0..<inner { matrix[r, c] *= Float(2).squareRoot() } }
        }
        let together = Self.waves(rows, outputs)
        orderedProduct(together, a, b, transposeB: true)

        let packed = PackedMatrix(offset: 0, inputs: inner, outputs: outputs)
        let storage = FloatBuffer(count: packed.count)
        unsafe packed.pack(b.base, into: storage)
        let longer = Matrix(FloatBuffer(count: inner * outputs + 50 * outputs), rows: inner + 50, columns: outputs)
        for k in 0..<inner { for j in 0..<outputs { longer[k, j] = b[j, k] } }
        for k in inner..<inner + 50 { for j in 0..<outputs { longer[k, j] = 7 } }
        let padded = Matrix(FloatBuffer(count: inner + 50), rows: 1, columns: inner + 50)
        for i in 0..<rows {
            let results = (0..<3).map { Self.waves(1, outputs, phase: $0) }
            orderedProduct(results[0], a.rows(i..<i + 1), b, transposeB: true)
            unsafe packed.multiply(
                storage: storage,
                input: a.rows(i..<i + 1).base,
                rows: 1,
                output: results[1].base,
                .store
            )
            padded.columns(0..<inner).copy(from: a.rows(i..<i + 1))
            orderedProduct(results[2], padded, longer, transposeB: false)
            for result in results {
                #expect((0..<outputs).allSatisfy { result[0, $0] == together[i, $0] })
            }
        }
    }

    /// Inner sizes around a block of 512, strides around that from which rows are copied, rows around a tile.
    @Test(
        "Transposed operands, deep sums, long strides and factors agree with double precision",
        arguments: [7, 512, 1100]
    )
    func deepAndTransposedProducts(inner: Int) {
        for (rows, outputs, stride) in [(1, 5, 1200), (13, 130, 1200), (30, 145, 1501), (30, 145, 1120)] {
            for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
                let a = Self.waves(transposeA ? inner : rows, stride).columns(1..<1 + (transposeA ? rows : inner))
                let b = Self.waves(transposeB ? outputs : inner, stride, phase: 1)
                    .columns(0..<(transposeB ? inner : outputs))
                let c = Self.waves(rows, outputs, phase: 2)
                let before = Self.waves(rows, outputs, phase: 2)
                orderedProduct(c, a, transposeA: transposeA, b, transposeB: transposeB, alpha: 0.25, .add)
                let reference = Self.waves(rows, outputs, phase: 2)
                matmul(reference, a, transposeA: transposeA, b, transposeB: transposeB, alpha: 0.25, beta: 1)
                for i in Swift.stride(from: 0, to: rows, by: 3) {
                    for j in Swift.stride(from: 0, to: outputs, by: 4) {
                        let sum = (0..<inner).reduce(0.0) {
                            $0 + Double(transposeA ? a[$1, i] : a[i, $1]) * Double(transposeB ? b[j, $1] : b[$1, j])
                        }
                        let expected = Double(before[i, j]) + 0.25 * sum
                        #expect(abs(Double(c[i, j]) - expected) < 2e-4)
                        #expect(abs(c[i, j] - reference[i, j]) < 4e-4)
                    }
                }
            }
        }
    }

    @Test("A rectified product over several blocks is rectified once, at its end")
    func rectifiedAfterTheLastBlock() {
        // The first 512 products sum to −512, the other 600 to 600.
        let a = Matrix(FloatBuffer(count: 2 * 1112), rows: 2, columns: 1112)
        let b = Matrix(FloatBuffer(count: 1112 * 3), rows: 1112, columns: 3)
        for k in 0..<1112 {
            for i in 0..<2 { a[i, k] = k < 512 ? -1 : 1 }
            for j in 0..<3 { b[k, j] = 1 }
        }
        let c = Self.waves(2, 3)
        orderedProduct(c, a, b, .rectified)
        #expect((0..<6).allSatisfy { c[$0 / 3, $0 % 3] == 88 })
    }

    @Test("No rows, no outputs and no inner dimension")
    func emptyProducts() {
        let c = Self.waves(2, 3)
        orderedProduct(c, Self.waves(2, 0), Self.waves(3, 0), transposeB: true)
        #expect((0..<6).allSatisfy { c[$0 / 3, $0 % 3] == 0 })
        orderedProduct(Self.waves(0, 3), Self.waves(0, 4), Self.waves(3, 4), transposeB: true)
        orderedProduct(Self.waves(2, 0), Self.waves(2, 4), Self.waves(0, 4), transposeB: true)
    }
}
