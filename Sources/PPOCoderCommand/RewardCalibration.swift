import CodeAnalysis
import Foundation
import Learner
import Programs
import Rewards
import Telemetry

/// `ppocoder score --calibrate`: what a reward makes of programs whose worth is known.
struct RewardCalibration {
    let rewards: RewardConfiguration
    /// Runs every program; otherwise there is no execution term, and terms that need a verdict say nothing.
    let runsPrograms: Bool

    /// Programs made of a reference, worst first.
    private enum Candidate: String, CaseIterable {
        case empty, unrelated, truncated, gold
    }

    private struct Row: Decodable {
        var id: RowID
        var language: String
        var reference: String
        var tests: [TestCase]?
        var limits: ExecutionLimits?
    }

    /// Sums over the candidates of one kind and language.
    private struct Tally {
        var rows = 0
        var masked = 0
        var total = 0.0
        var sums: [RewardTerm.Name: (sum: Double, count: Int)] = [:]
    }

    private struct Line: Encodable {
        var language: String
        var candidate: String
        var rows: Int
        var terms: [String: Double]
        var score: Double?
    }

    func run(input: String, rows options: RowOptions) async throws {
        let problems = try await problems(input, options)
        let model = try RewardModel(configuration: rewards, analyzer: CodeAnalyzer())
        let output = try JSONLinesOutput(options.output)
        let judge: JudgeOnThisMachine? = runsPrograms ? try await JudgeOnThisMachine(slots: 0) : nil
        var lines: [Line] = []
        for language in Language.allCases {
            let chosen = problems.filter { $0.language == language }
            guard !chosen.isEmpty else { continue }
            for candidate in Candidate.allCases {
                let tally = try await tally(chosen, candidate, model, judge)
                lines.append(line(language, candidate, tally))
            }
        }
        await judge?.close()
        for line in lines { try output.write(line) }
        try output.finish()
        writeNotice(table(lines))
    }

    private func problems(_ input: String, _ options: RowOptions) async throws -> [Problem] {
        let rows = try JSONLinesInput(input, skipBadRows: options.skipBadRows) { (row: Row) in
            Problem(
                id: "\(row.id)",
                prompt: "",
                language: try rowLanguage(row.language),
                tests: row.tests ?? [],
                reference: row.reference,
                limits: row.limits ?? ExecutionLimits()
            )
        }
        var problems: [Problem] = []
        while let row = try await rows.next()?.row { problems.append(row) }
        await rows.reportSkipped()
        return problems
    }

    private func tally(
        _ problems: [Problem],
        _ candidate: Candidate,
        _ model: RewardModel,
        _ judge: JudgeOnThisMachine?
    ) async throws -> Tally {
        var tally = Tally()
        let programs = programs(candidate, of: problems)
        try await inOrder(problems.count, window: judge?.window ?? 64) { index in
            let problem = problems[index]
            let job = ExecutionJob(problem, program: programs[index])
            let verdict = await judge?.verdict(on: job) ?? Verdict(outcome: .accepted)
            return model.breakdown(verdict: verdict, completion: programs[index], finished: true, problem: problem)
        } emit: { breakdown in
            guard !breakdown.masked else {
                tally.masked += 1
                return
            }
            tally.rows += 1
            for term in breakdown.terms where judge != nil || term.name == .ast || term.name == .dataFlow {
                let old = tally.sums[term.name] ?? (0, 0)
                tally.sums[term.name] = (old.sum + term.value, old.count + 1)
                tally.total += term.weight * term.value
            }
            tally.total += breakdown.penalties.reduce(0) { $0 + $1.value }
        }
        return tally
    }

    private func inOrder(
        _ count: Int,
        window: Int,
        work: @escaping @Sendable (Int) async throws -> RewardBreakdown,
        emit: (RewardBreakdown) throws -> Void
    ) async throws {
        let numbers = NumberSource(count: count)
        try await mapInOrder(window: window) {
            await numbers.next()
        } work: { index, _ in
            try await work(index)
        } emit: {
            try emit($0)
        }
    }

    private func programs(_ candidate: Candidate, of problems: [Problem]) -> [String] {
        problems.indices.map { index in
            let gold = problems[index].reference
            switch candidate {
            case .empty: return ""
            case .unrelated: return problems[(index + 1) % problems.count].reference
            case .truncated: return String(gold.prefix(gold.count / 2))
            case .gold: return gold
            }
        }
    }

    private func line(_ language: Language, _ candidate: Candidate, _ tally: Tally) -> Line {
        if tally.masked > 0 {
            writeNotice(
                "score: \(tally.masked) \(candidate.rawValue) \(language.rawValue) programs could not be judged"
            )
        }
        var terms: [String: Double] = [:]
        for (name, entry) in tally.sums { terms[name.rawValue] = entry.sum / Double(entry.count) }
        return Line(
            language: language.rawValue,
            candidate: candidate.rawValue,
            rows: tally.rows,
            terms: terms,
            score: tally.rows == 0 ? nil : tally.total / Double(tally.rows)
        )
    }

    private func table(_ lines: [Line]) -> String {
        let names = RewardTerm.Name.allCases.map(\.rawValue).filter { name in lines.contains { $0.terms[name] != nil } }
        var table = Table(columns: ["language", "program", "rows"] + names + ["sum"])
        func number(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "–" }
        for line in lines {
            let figures = names.map { number(line.terms[$0]) }
            table.addRow([line.language, line.candidate, "\(line.rows)"] + figures + [number(line.score)])
        }
        return table.markdown
    }
}

/// Counts up to an end.
private actor NumberSource {
    private var upcoming = 0
    private let count: Int

    init(count: Int) { self.count = count }

    func next() -> Int? {
        guard upcoming < count else { return nil }
        defer { upcoming += 1 }
        return upcoming
    }
}
