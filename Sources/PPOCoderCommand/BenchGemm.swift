import ArgumentParser
import Foundation
import Tensors
import Transformer

/// `ppocoder bench gemm`: what this machine's cores and memory can do at most, and what our products reach.
struct BenchGemmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Measures multiply-adds, memory bandwidth and matrix products, on one thread.",
        discussion: """
            GFLOP/s of CPU time: the best of several. "ordered" are the products of this program, "packed" those with a \
            weight rearranged beforehand, as generation has them; "openblas" is cblas_sgemm on the same operands.
            """
    )

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    /// Rows, inputs, outputs.
    private static let shapes = [
        (256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (1, 512, 2048), (8, 512, 2048),
        (16, 512, 2048), (32, 512, 2048), (64, 512, 2048), (256, 512, 2048), (256, 2048, 512), (16, 512, 32_100),
        (64, 512, 32_100),
    ]

    func run() async throws {
        let limits = BenchLimits.measured()
        var figures = BenchFigures(
            bench: "gemm",
            columns: [
                ("gflops", 1), ("packed_gflops", 1), ("openblas_gflops", 1), ("share_of_peak_percent", 1),
                ("gb_per_s", 1),
            ]
        )
        figures.rows.append(.init(name: "multiply-add peak", figures: ["gflops": limits.operationsPerSecond * 1e-9]))
        figures.rows.append(.init(name: "read", figures: ["gb_per_s": limits.bytesPerSecond * 1e-9]))
        figures.rows.append(.init(name: "triad", figures: ["gb_per_s": BenchLimits.triadBytesPerSecond() * 1e-9]))
        for (rows, inputs, outputs) in Self.shapes {
            let own = Self.product(rows, inputs, outputs)
            figures.rows.append(
                .init(
                    name: "\(rows) × \(inputs) × \(outputs)",
                    figures: [
                        "gflops": own.ordered * 1e-9, "packed_gflops": own.packed * 1e-9,
                        "openblas_gflops": own.openBLAS * 1e-9,
                        "share_of_peak_percent": 100 * max(own.ordered, own.packed) / limits.operationsPerSecond,
                    ]
                )
            )
        }
        try figures.report(json: json)
    }

    /// Operations per second of x·Wᵀ for a published weight, `[outputs, inputs]`.
    private static func product(
        _ rows: Int,
        _ inputs: Int,
        _ outputs: Int
    ) -> (ordered: Double, packed: Double, openBLAS: Double) {
        func filled(_ rows: Int, _ columns: Int) -> Matrix {
            let buffer = FloatBuffer(count: rows * columns)
            for i in 0..<buffer.count { unsafe buffer.base[i] = Float(i % 17) / 17 - 0.5 }
            return Matrix(buffer, rows: rows, columns: columns)
        }
        let (x, w, y) = (filled(rows, inputs), filled(outputs, inputs), filled(rows, outputs))
        let packed = PackedMatrix(offset: 0, inputs: inputs, outputs: outputs)
        let panels = FloatBuffer(count: packed.count)
        unsafe packed.pack(w.base, into: panels)
        let operations = 2 * Double(rows) * Double(inputs) * Double(outputs)
        return (
            operations / BenchLimits.leastSeconds { orderedProduct(y, x, w, transposeB: true) },
            operations
                / BenchLimits.leastSeconds {
                    unsafe packed.multiply(storage: panels, input: x.base, rows: rows, output: y.base, .store)
                },
            operations / BenchLimits.leastSeconds { matmul(y, x, w, transposeB: true) }
        )
    }
}

/// The limits of one core of this machine.
struct BenchLimits {
    let operationsPerSecond: Double
    /// Of reading memory.
    let bytesPerSecond: Double

    /// Measures for a second or so.
    static func measured() -> BenchLimits {
        var operations = 0.0
        let seconds = leastSeconds { operations = MachineLimits.multiplyAdds(rounds: 500_000) }
        let memory = FloatBuffer(count: 1 << 24)
        var sum: Float = 0
        let reading = leastSeconds { sum += MachineLimits.read(memory) }
        precondition(sum == 0, "a fresh buffer is zero")
        return BenchLimits(
            operationsPerSecond: operations / seconds,
            bytesPerSecond: Double(memory.count * MemoryLayout<Float>.stride) / reading
        )
    }

    static func triadBytesPerSecond() -> Double {
        let (target, source) = (FloatBuffer(count: 1 << 26), FloatBuffer(count: 1 << 26))
        let seconds = leastSeconds { MachineLimits.triad(target, source) }
        return Double(3 * target.count * MemoryLayout<Float>.stride) / seconds
    }

    /// The shortest CPU time of this thread that `work` took in a quarter of a second, at least three times.
    static func leastSeconds(_ work: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
        var least = Double.infinity
        let begun = now()
        var count = 0
        while count < 3 || now() - begun < 0.25 {
            let start = now()
            work()
            least = min(least, now() - start)
            count += 1
        }
        return least
    }
}

/// What a model has to compute: floating-point operations and bytes of weights.
struct BenchWork {
    private let shape: T5Configuration

    init(_ shape: T5Configuration) { self.shape = shape }

    /// Multiplications with weights that a token of the encoder needs, cross-attention's keys and values included.
    private var encoderWeights: Double {
        let (d, inner) = (Double(shape.dModel), Double(shape.innerWidth))
        let layer = 4 * d * inner + 2 * d * Double(shape.dFF)
        return Double(shape.numEncoderLayers) * layer + Double(shape.numDecoderLayers) * 2 * d * inner
    }

    /// Multiplications with weights that a token of the decoder needs.
    private var decoderWeights: Double {
        let (d, inner) = (Double(shape.dModel), Double(shape.innerWidth))
        return Double(shape.numDecoderLayers) * (6 * d * inner + 2 * d * Double(shape.dFF))
            + d * Double(shape.vocabularySize)
    }

    /// Operations of one forward pass over a prompt, and over one completion (its attention over a prompt left out).
    func forwardOperations(source: Int?, target: Int) -> Double {
        let inner = Double(shape.innerWidth)
        let encoder = (source.map(Double.init) ?? 0)
        let decoder = Double(target)
        return 2 * encoder * (encoderWeights + 2 * Double(shape.numEncoderLayers) * encoder * inner)
            + 2 * decoder * (decoderWeights + Double(shape.numDecoderLayers) * decoder * inner)
    }

    /// CPU seconds that sampling cannot be faster than, however it is done.
    func generationSeconds(sources: [Int], rows: Int, tokens: Int, _ limits: BenchLimits) -> Double {
        let inner = Double(shape.innerWidth)
        let encoder = sources.reduce(0.0) { $0 + forwardOperations(source: $1, target: 0) } / limits.operationsPerSecond
        let keys = Double(sources.reduce(0, +)) / Double(max(1, sources.count))
        return (0..<tokens).reduce(encoder) { sum, position in
            let attention = 2 * Double(shape.numDecoderLayers) * inner * (keys + Double(position + 1))
            let operations = 2 * Double(rows) * (decoderWeights + attention)
            return sum + max(operations / limits.operationsPerSecond, 4 * decoderWeights / limits.bytesPerSecond)
        }
    }
}
