import ArgumentParser
import Dispatch
import Foundation
import Learner
import Telemetry
import Tokenization
import Transformer

/// `ppocoder logprobs`: what a model thinks of given completions.
struct LogprobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logprobs",
        abstract: "Scores given completions token by token.",
        discussion: """
            Reads {"id","source","target"} or {"id","source_ids","target_ids"} rows, writes \
            {"id","target_ids","logprobs","values","entropy"} rows in their order: per token log π (natural logarithm), \
            the value head's estimate before the token, and the entropy in nats of the distribution it is drawn from. \
            Texts get <s> and </s> as in training; ids are taken as they are.
            """
    )

    @Option(help: ArgumentHelp("Model directory.", valueName: "folder"))
    var model: String

    @Option(help: ArgumentHelp("File of rows, one JSON object per line; - is stdin.", valueName: "file"))
    var input: String

    @Option(help: "Softmax temperature, above 0.")
    var temperature: Float = 1

    @Option(help: "Longest prompt, tokens; a longer text loses its end.")
    var maxSourceLength = 400

    @Option(help: "Longest completion, tokens; a longer text loses its end.")
    var maxTargetLength = 400

    @Option(help: "Threads; 0 is one per core. The result does not depend on it.")
    var threads = 0

    @OptionGroup var rows: RowOptions

    func validate() throws {
        guard temperature > 0, temperature.isFinite else {
            throw ValidationError("--temperature is \(temperature), expected a number above 0")
        }
        guard maxSourceLength >= 2 else {
            throw ValidationError("--max-source-length is \(maxSourceLength), expected 2 or more")
        }
        guard maxTargetLength >= 1 else {
            throw ValidationError("--max-target-length is \(maxTargetLength), expected 1 or more")
        }
        guard threads >= 0 else { throw ValidationError("--threads is \(threads), expected 0 (one per core) or more") }
    }

    private struct Row: Decodable {
        var id: RowID
        var source: String?
        var target: String?
        var source_ids: [Int32]?
        var target_ids: [Int32]?
    }

    private struct Pair: Sendable {
        var id: RowID
        var source: [Int32]
        var target: [Int32]
    }

    private struct Scores: Encodable, Sendable {
        var id: RowID
        var target_ids: [Int32]
        var logprobs: [Float]
        var values: [Float]
        var entropy: [Float]
    }

    /// A thread with a scorer of its own.
    private final class Lane: Sendable {
        private let queue = DispatchQueue(label: "logprobs")
        // SAFETY: only blocks of the serial queue touch it.
        nonisolated(unsafe) private let scorer: T5Scorer

        init(configuration: T5Configuration) { unsafe scorer = T5Scorer(configuration: configuration) }

        func score(_ batch: TeacherForcedBatch, parameters: T5Parameters, settings: SamplingSettings) async
            -> [ScoredTarget]
        {
            await withCheckedContinuation { continuation in
                queue.async { [self] in
                    continuation.resume(
                        returning: unsafe scorer.forward(
                            parameters: parameters,
                            batch: batch,
                            settings: settings,
                            keepForBackward: false
                        )
                    )
                }
            }
        }
    }

    func run() async throws {
        let model = try PolicyModel.load(from: model)
        let (longestSource, longestTarget) = (maxSourceLength, maxTargetLength)
        let rowsInput = try JSONLinesInput(input, skipBadRows: rows.skipBadRows) { (row: Row) in
            try Self.pair(row, model: model, longestSource: longestSource, longestTarget: longestTarget)
        }
        let output = try JSONLinesOutput(rows.output)
        let lanes = (0..<threadCount(threads)).map { _ in Lane(configuration: model.parameters.configuration) }
        let settings = SamplingSettings(temperature: temperature, maximumLength: .max)
        var tokens = 0
        var count = 0
        try await mapInOrder(window: 2 * lanes.count) {
            try await rowsInput.next(upTo: Self.rowsPerChunk)
        } work: { chunk, index in
            let batch = TeacherForcedBatch(
                sources: chunk.map(\.row.source),
                targets: chunk.indices.map { TeacherForcedBatch.Target(sourceIndex: $0, tokens: chunk[$0].row.target) }
            )
            let scores = await lanes[index % lanes.count].score(batch, parameters: model.parameters, settings: settings)
            return zip(chunk, scores).map { numbered, score in
                Scores(
                    id: numbered.row.id,
                    target_ids: numbered.row.target,
                    logprobs: score.logProbabilities,
                    values: score.values,
                    entropy: score.entropies
                )
            }
        } emit: { chunk in
            for row in chunk { try output.write(row) }
            tokens += chunk.reduce(0) { $0 + $1.target_ids.count }
            count += chunk.count
        }
        try output.finish()
        await rowsInput.reportSkipped()
        writeNotice("logprobs: \(count) rows, \(tokens) tokens")
    }

    /// Rows scored as one batch: fixed, so that nothing depends on the number of threads.
    private static let rowsPerChunk = 8

    private static func pair(_ row: Row, model: PolicyModel, longestSource: Int, longestTarget: Int) throws -> Pair {
        if let source = row.source_ids {
            guard row.source == nil else {
                throw BadField("source", expected: "either \"source\" or \"source_ids\", not both")
            }
            guard let target = row.target_ids else {
                throw BadField("target_ids", expected: "a list of token ids, as in \"source_ids\"")
            }
            let size = model.parameters.configuration.vocabularySize
            try check(source, field: "source_ids", vocabularySize: size)
            try check(target, field: "target_ids", vocabularySize: size)
            return Pair(id: row.id, source: source, target: target)
        }
        guard let source = row.source else {
            throw BadField("source", expected: "a text, or token ids in \"source_ids\"")
        }
        guard let target = row.target else { throw BadField("target", expected: "a text, as in \"source\"") }
        return Pair(
            id: row.id,
            source: model.tokenizer.encodeSource(source, maximumLength: longestSource),
            target: model.tokenizer.encodeTarget(target, maximumLength: longestTarget)
        )
    }

    private static func check(_ ids: [Int32], field: String, vocabularySize: Int) throws {
        guard !ids.isEmpty else { throw BadField(field, expected: "at least one token id") }
        for (position, id) in ids.enumerated() where !(0..<Int32(vocabularySize)).contains(id) {
            throw BadField("\(field)[\(position)]", expected: "a token id from 0 to \(vocabularySize - 1); found \(id)")
        }
    }
}
