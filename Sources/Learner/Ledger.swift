internal import Foundation
internal import GRDB
internal import Programs

/// What happened, iteration by iteration, in SQLite: readable by any tool while the run goes on.
final class Ledger: Sendable {
    private let database: DatabaseQueue

    /// Opens or creates the file.
    init(at url: URL) throws {
        database = try DatabaseQueue(path: url.path)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS iterations (
                        step INTEGER PRIMARY KEY, weights TEXT NOT NULL, metrics TEXT NOT NULL);
                    CREATE TABLE IF NOT EXISTS trajectories (
                        step INTEGER NOT NULL, slot INTEGER NOT NULL, problem TEXT NOT NULL, verdict TEXT NOT NULL,
                        tests_passed INTEGER NOT NULL, tests_total INTEGER NOT NULL, score REAL, tokens INTEGER NOT NULL,
                        finished INTEGER NOT NULL, completion TEXT NOT NULL, diagnostics TEXT NOT NULL,
                        PRIMARY KEY (step, slot)) WITHOUT ROWID;
                    """
            )
        }
    }

    /// Forgets iterations from `step` on, which a resumed run does again.
    func truncate(from step: Int) throws {
        try database.write { db in
            try db.execute(sql: "DELETE FROM iterations WHERE step >= ?", arguments: [step])
            try db.execute(sql: "DELETE FROM trajectories WHERE step >= ?", arguments: [step])
        }
    }

    /// Records one iteration in one transaction.
    ///
    /// - Parameters:
    ///   - step: the iteration.
    ///   - trajectories: its batch.
    ///   - weights: digest of the weights after the iteration.
    ///   - metrics: by name; those that are not finite are left out.
    /// - Throws: when the database refuses the rows.
    func record(step: Int, trajectories: [Trajectory], weights: String, metrics: [String: Double]) throws {
        let finite = metrics.filter { $0.value.isFinite }
        let json = String(
            decoding: try JSONSerialization.data(withJSONObject: finite, options: .sortedKeys),
            as: UTF8.self
        )
        try database.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO iterations VALUES (?, ?, ?)",
                arguments: [step, weights, json]
            )
            let insert = try db.makeStatement(
                sql: "INSERT OR REPLACE INTO trajectories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            )
            for trajectory in trajectories {
                try insert.execute(arguments: [
                    step, trajectory.slot, trajectory.problemID, trajectory.verdict.outcome.rawValue,
                    trajectory.verdict.testsPassed, trajectory.verdict.testsTotal,
                    trajectory.masked ? nil : trajectory.score, trajectory.tokens.count, trajectory.finished,
                    trajectory.text, trajectory.verdict.diagnostics,
                ])
            }
        }
    }
}
