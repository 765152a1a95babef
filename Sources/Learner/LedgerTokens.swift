internal import Foundation
internal import GRDB
internal import Programs

/// What people look at one by one: each token of the trajectories of some iterations, and the indexes of a search.
extension Ledger {
    static let browsing = """
        CREATE TABLE IF NOT EXISTS trajectory_tokens (
            step INTEGER NOT NULL, slot INTEGER NOT NULL, ids BLOB NOT NULL, log_probabilities BLOB NOT NULL,
            reference_log_probabilities BLOB NOT NULL, value_estimates BLOB NOT NULL, advantages BLOB NOT NULL,
            tests TEXT NOT NULL, PRIMARY KEY (step, slot)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS trajectories_browse ON trajectories (
            step, slot, verdict, score, problem, tests_passed, tests_total, tokens, finished);
        CREATE INDEX IF NOT EXISTS trajectories_problem ON trajectories (problem, step, slot);
        """

    /// Every iteration keeps its tokens for this many iterations, every tenth for good: a long run stays small.
    static let recentIterations = 50

    /// Records the tokens of one iteration, four bytes per number, little-endian, and forgets older ones.
    static func recordTokens(
        _ db: Database,
        step: Int,
        trajectories: [Trajectory],
        advantages: [[Float]]
    ) throws {
        let encoder = JSONEncoder()
        let insert = try db.makeStatement(
            sql: "INSERT OR REPLACE INTO trajectory_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        for (index, trajectory) in trajectories.enumerated() {
            try insert.execute(arguments: [
                step, trajectory.slot, bytes(trajectory.tokens), bytes(trajectory.behaviourLogProbabilities),
                bytes(trajectory.referenceLogProbabilities), bytes(trajectory.values),
                bytes(index < advantages.count ? advantages[index] : []),
                String(decoding: try encoder.encode(trajectory.verdict.tests), as: UTF8.self),
            ])
        }
        let old = step - recentIterations
        if old >= 0, !old.isMultiple(of: 10) {
            try db.execute(sql: "DELETE FROM trajectory_tokens WHERE step = ?", arguments: [old])
        }
    }
}

private func bytes(_ numbers: [Float]) -> Data { unsafe numbers.withUnsafeBytes { unsafe Data($0) } }
private func bytes(_ numbers: [Int32]) -> Data { unsafe numbers.withUnsafeBytes { unsafe Data($0) } }
