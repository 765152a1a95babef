import Foundation
import Programs
import SandboxRunner
import Testing

/// A problem of MBXP, in one of its languages.
struct MBXPRow: Decodable, Sendable {
    var task_id: String
    var prompt: String
    var canonical_solution: String?
    var entry_point: String
    var test: String

    var number: Int { Int(task_id.split(separator: "/").last ?? "") ?? -1 }

    /// Numbers of the rows for whose program the verdict `holds`.
    static func numbers(
        of rows: [MBXPRow],
        _ language: Language,
        limits: (inout ExecutionLimits) -> Void = { _ in },
        where holds: (Verdict) -> Bool,
        program: (MBXPRow) -> String
    ) async throws -> Set<Int> {
        let pool = try await sharedPool()
        return await withTaskGroup(of: (Int, Verdict).self) { group in
            for row in rows {
                let wanted = job(program(row), [.program(code: row.test)], language: language, limits: limits)
                group.addTask { (row.number, await pool.judge(wanted)) }
            }
            var found: Set<Int> = []
            for await (number, verdict) in group {
                #expect(verdict.outcome != .infrastructureFailure, "\(number): \(verdict)")
                if holds(verdict) { found.insert(number) }
            }
            return found
        }
    }
}
