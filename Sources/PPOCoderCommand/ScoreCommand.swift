import ArgumentParser
import CodeAnalysis
import Foundation
import Learner
import Programs
import Rewards
import Telemetry

/// `ppocoder score`: how like its reference a program is.
struct ScoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Compares programs with references: AST match, data-flow match, CodeBLEU.",
        discussion: """
            Reads {"id","language","candidate","reference"} rows, writes {"id","ast_match","dfg_match","ngram_match",\
            "weighted_ngram_match","codebleu","parses"} rows in their order. Every part lies in 0 … 1; dfg_match is null \
            when the reference has no data flow, and counts as 1 in codebleu then. Languages: python, c, cpp, java, \
            csharp, php, javascript, go, ruby.

            --calibrate reads {"id","language","reference","tests"} rows instead and says what a reward makes of \
            them: per language, what an unrelated program (the next row's), the first half of the reference, nothing, and \
            the reference itself earn for each term and in all.
            """
    )

    @Option(help: ArgumentHelp("File of rows, one JSON object per line; - is stdin.", valueName: "file"))
    var input = "-"

    @OptionGroup var rows: RowOptions

    @Flag(help: "Report what a reward makes of known programs instead.")
    var calibrate = false

    @Flag(help: "With --calibrate: run the programs in a sandbox; without it there is no execution term.")
    var judge = false

    @Option(help: "With --calibrate: the reward's preset, one of \(RewardPreset.names).")
    var preset = RewardPreset.ppocoder.rawValue

    func validate() throws {
        guard RewardPreset(rawValue: preset) != nil else {
            throw ValidationError("--preset is \(preset), expected one of \(RewardPreset.names)")
        }
    }

    private struct Row: Decodable {
        var id: RowID
        var language: String
        var candidate: String
        var reference: String
    }

    private struct Pair: Sendable {
        var id: RowID
        var language: Language
        var candidate: String
        var reference: String
    }

    private struct Similarity: Encodable, Sendable {
        var id: RowID
        var value: CodeSimilarity

        private enum CodingKeys: String, CodingKey {
            case id, codebleu, parses
            case astMatch = "ast_match"
            case dataFlowMatch = "dfg_match"
            case ngramMatch = "ngram_match"
            case weightedNgramMatch = "weighted_ngram_match"
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(id, forKey: .id)
            try fields.encode(value.astMatch, forKey: .astMatch)
            // A missing part is null, not absent.
            try fields.encode(value.dataFlowMatch, forKey: .dataFlowMatch)
            try fields.encode(value.ngramMatch, forKey: .ngramMatch)
            try fields.encode(value.weightedNgramMatch, forKey: .weightedNgramMatch)
            try fields.encode(value.codeBLEU, forKey: .codebleu)
            try fields.encode(value.parses, forKey: .parses)
        }
    }

    func run() async throws {
        if calibrate {
            let calibration = RewardCalibration(
                rewards: RewardConfiguration(preset: RewardPreset(rawValue: preset) ?? .ppocoder),
                runsPrograms: judge
            )
            return try await calibration.run(input: input, rows: rows)
        }
        let rowsInput = try JSONLinesInput(input, skipBadRows: rows.skipBadRows) { (row: Row) in
            Pair(
                id: row.id,
                language: try rowLanguage(row.language),
                candidate: row.candidate,
                reference: row.reference
            )
        }
        let output = try JSONLinesOutput(rows.output)
        let analyzer = try CodeAnalyzer()
        var count = 0
        var sum = 0.0
        // Several at a time: a comparison takes less time than handing one to a thread.
        try await mapInOrder(window: 4 * threadCount(0)) {
            try await rowsInput.next(upTo: 32, atHand: true)
        } work: { rows, _ in
            rows.map(\.row).map { pair in
                Similarity(
                    id: pair.id,
                    value: analyzer.compare(
                        candidate: pair.candidate,
                        reference: pair.reference,
                        language: pair.language
                    )
                )
            }
        } emit: { rows in
            try output.write(rows: rows)
            for row in rows {
                count += 1
                sum += row.value.codeBLEU
            }
        }
        try output.finish()
        await rowsInput.reportSkipped()
        let mean = count == 0 ? "" : ", mean CodeBLEU \(String(format: "%.4f", sum / Double(count)))"
        writeNotice("score: \(count) rows\(mean)")
    }
}
