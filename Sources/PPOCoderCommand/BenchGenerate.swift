import ArgumentParser
import Foundation
import Learner
import Tensors
import Transformer

/// `ppocoder bench generate`: sampled tokens per second.
struct BenchGenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Samples completions; tokens per second and per CPU second, and their share of this machine's limit.",
        discussion: """
            The limit is the sum over encoder and positions of the longer of two times: that of their operations at the \
            peak of `bench gemm`, and that of reading the weights once per position and batch at its bandwidth.
            """
    )

    @OptionGroup var options: BenchModelOptions

    func run() async throws {
        let model = try BenchModel(options)
        let generator = BenchGenerator(model.parameters, threads: options.threads)
        let requests = model.requests
        let limits = BenchLimits.measured()
        var runs: [BenchRun] = []
        var tokens = 0
        for _ in 0...options.repeats {
            let clock = BenchClock()
            let sequences = await generator.generate(requests, batch: options.batch, settings: options.settings)
            runs.append(BenchRun(wall: clock.wallSeconds, cpu: clock.cpuSeconds))
            tokens = sequences.reduce(0) { $0 + $1.tokens.count }
        }
        runs.removeFirst()
        let work = BenchWork(model.parameters.configuration)
        let least = stride(from: 0, to: requests.count, by: options.batch).reduce(0.0) { sum, start in
            let part = requests[start..<min(start + options.batch, requests.count)]
            return sum
                + work.generationSeconds(
                    sources: Set(part.map(\.source)).map(\.count),
                    rows: part.count,
                    tokens: tokens / requests.count,
                    limits
                )
        }
        var figures = runs.figures(tokens: Double(tokens))
        figures.merge([
            "parameters": Double(model.parameters.buffer.count), "completions": Double(requests.count),
            "tokens": Double(tokens), "limit_tokens_per_cpu_s": Double(tokens) / least,
            "share_of_limit_percent": 100 * least / runs.median(\.cpu),
        ]) { $1 }
        let report = BenchFigures(
            bench: "generate",
            rows: [BenchFigures.Row(name: options.modelName, figures: figures)],
            columns: [
                ("parameters", 0), ("completions", 0), ("tokens", 0), ("tokens_per_s", 0), ("tokens_per_cpu_s", 0),
                ("spread_percent", 0), ("share_of_limit_percent", 1), ("peak_mib", 0),
            ]
        )
        try report.report(json: options.json)
    }
}

/// One measured repetition.
struct BenchRun {
    /// Seconds.
    var wall: Double
    /// Seconds of all threads.
    var cpu: Double
}

extension [BenchRun] {
    func median(_ time: (BenchRun) -> Double) -> Double {
        let sorted = map(time).sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// Rates at the medians, the spread of the CPU times around theirs, and the most memory the process had.
    func figures(tokens: Double) -> [String: Double] {
        let cpu = map(\.cpu)
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [
            "tokens_per_s": tokens / median(\.wall), "tokens_per_cpu_s": tokens / median(\.cpu),
            "wall_s": median(\.wall), "cpu_s": median(\.cpu),
            "spread_percent": 100 * ((cpu.max() ?? 0) - (cpu.min() ?? 0)) / median(\.cpu),
            "peak_mib": Double(usage.ru_maxrss) / 1024,
        ]
    }
}
