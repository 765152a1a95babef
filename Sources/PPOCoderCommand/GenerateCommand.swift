import ArgumentParser
import Determinism
import Foundation
import Learner
import Telemetry
import Tokenization
import Transformer

/// `ppocoder generate`: completions for prompts.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Samples completions for prompts.",
        discussion: """
            Reads {"id","source"} rows, writes {"id","completions":[{"text","tokens","logprobs","finished"}]} rows in \
            their order. Log-probabilities are natural logarithms, of the distribution sampled from. The same seed gives \
            the same completions, whatever the number of threads.
            """
    )

    @Option(help: ArgumentHelp("Model directory.", valueName: "folder"))
    var model: String

    @Option(help: ArgumentHelp("File of prompts, one JSON object per line; - is stdin.", valueName: "file"))
    var prompts: String

    @Option(help: "Completions per prompt.")
    var samples = 1

    @OptionGroup var sampling: GenerateOptions
    @OptionGroup var rows: RowOptions

    func validate() throws {
        guard samples >= 1 else { throw ValidationError("--samples is \(samples), expected 1 or more") }
        guard !sampling.greedy || samples == 1 else {
            throw ValidationError("--greedy gives one completion per prompt: leave out --samples")
        }
    }

    private struct Prompt: Decodable, Sendable {
        var id: RowID
        var source: String
    }

    private struct Completions: Encodable, Sendable {
        struct Completion: Encodable, Sendable {
            var text: String
            var tokens: [Int32]
            var logprobs: [Float]
            var finished: Bool
        }
        var id: RowID
        var completions: [Completion]
    }

    func run() async throws {
        let input = try JSONLinesInput(prompts, skipBadRows: rows.skipBadRows) { (row: Prompt) in row }
        let output = try JSONLinesOutput(rows.output)
        let pool = GeneratePool(model: try PolicyModel.load(from: model), threads: sampling.threads)
        let begun = ContinuousClock.now
        var (prompts, tokens) = (0, 0)
        let rowsPerChunk = max(1, GenerateLane.batch / samples)
        try await mapInOrder(window: 2 * pool.lanes.count) {
            try await input.next(upTo: rowsPerChunk)
        } work: { [self] chunk, index in
            await completions(of: chunk, index: index, pool: pool)
        } emit: { chunk in
            for row in chunk {
                try output.write(row)
                tokens += row.completions.reduce(0) { $0 + $1.tokens.count }
            }
            prompts += chunk.count
        }
        try output.finish()
        await input.reportSkipped()
        let seconds = (ContinuousClock.now - begun).seconds
        writeNotice(
            "generate: \(prompts) prompts, \(prompts * samples) completions, \(tokens) tokens in \(shortTime(seconds)) "
                + "(\(shortNumber(Double(tokens) / seconds)) tokens/s)"
        )
    }

    private func completions(
        of chunk: [JSONLinesInput<Prompt>.Numbered],
        index: Int,
        pool: GeneratePool
    ) async -> [Completions] {
        let requests = chunk.flatMap { numbered in
            let source = pool.model.tokenizer.encodeSource(numbered.row.source, maximumLength: sampling.maxSourceLength)
            return (0..<samples).map { sample in
                GenerationRequest(
                    source: source,
                    key: RandomKey(seed: sampling.seed, path: UInt64(numbered.line - 1), UInt64(sample))
                )
            }
        }
        let sequences = await pool.generate(requests, index: index, settings: sampling.settings)
        return chunk.enumerated().map { position, numbered in
            let own = sequences[position * samples..<(position + 1) * samples]
            return Completions(
                id: numbered.row.id,
                completions: own.map { sequence in
                    Completions.Completion(
                        text: pool.text(of: sequence),
                        tokens: sequence.tokens,
                        logprobs: sequence.logProbabilities,
                        finished: sequence.finished
                    )
                }
            )
        }
    }
}
