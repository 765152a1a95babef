import Foundation
import Programs
import SandboxRunner
import Testing

/// The published solutions of published problems must be accepted.
@Suite struct GoldTests {
    private struct MBPPRow: Decodable {
        var task_id: Int
        var code: String
        var test_setup_code: String
        var test_list: [String]
    }

    @Test(.enabled(if: data("mbpp/mbpp.jsonl") != nil))
    func `Every MBPP solution passes its assertions`() async throws {
        guard let file = data("mbpp/mbpp.jsonl") else { return }
        let pool = try await sharedPool()
        let lines = try Data(contentsOf: file).split(separator: 10)
        let rows = try lines.map { try JSONDecoder().decode(MBPPRow.self, from: Data($0)) }
        #expect(rows.count == 724)
        await withTaskGroup(of: (Int, Verdict).self) { group in
            for row in rows {
                let tests = row.test_list.map { TestCase.assert(code: row.test_setup_code + "\n" + $0) }
                group.addTask { (row.task_id, await pool.judge(job(row.code, tests))) }
            }
            for await (id, verdict) in group { #expect(verdict.outcome == .accepted, "MBPP \(id): \(verdict)") }
        }
    }

    private struct HumanEvalRow: Decodable {
        var task_id: String
        var prompt: String
        var canonical_solution: String
        var test: String
        var entry_point: String
    }

    @Test(.enabled(if: data("humaneval/HumanEval.jsonl.gz") != nil))
    func `Every HumanEval solution passes its check`() async throws {
        guard let file = data("humaneval/HumanEval.jsonl.gz") else { return }
        let pool = try await sharedPool()
        let rows = try unzippedRows(file, as: HumanEvalRow.self)
        #expect(rows.count == 164)
        await withTaskGroup(of: (String, Verdict).self) { group in
            for row in rows {
                let test = TestCase.program(code: row.test + "\ncheck(\(row.entry_point))\n")
                let solution = job(row.prompt + row.canonical_solution, [test])
                group.addTask { (row.task_id, await pool.judge(solution)) }
            }
            for await (id, verdict) in group { #expect(verdict.outcome == .accepted, "\(id): \(verdict)") }
        }
    }
}
