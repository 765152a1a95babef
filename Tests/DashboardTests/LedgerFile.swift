import Foundation
import GRDB

/// A run directory made by hand.
final class RunFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "dashboard-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }

    /// Makes a ledger, as an earlier version did without indexes, and gives it to `body`.
    func ledger(_ body: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue(path: url.appending(path: "ledger.sqlite").path)
        try queue.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE trajectories (
                        step INTEGER NOT NULL, slot INTEGER NOT NULL, problem TEXT NOT NULL, verdict TEXT NOT NULL,
                        tests_passed INTEGER NOT NULL, tests_total INTEGER NOT NULL, score REAL, tokens INTEGER NOT NULL,
                        finished INTEGER NOT NULL, completion TEXT NOT NULL, diagnostics TEXT NOT NULL,
                        PRIMARY KEY (step, slot)) WITHOUT ROWID;
                    """
            )
            try body(db)
        }
        try queue.close()
    }
}

extension Database {
    func add(
        step: Int,
        slot: Int,
        problem: String = "p",
        verdict: String = "accepted",
        score: Double? = 1,
        completion: Data = Data("pass".utf8),
        diagnostics: Data = Data()
    ) throws {
        try execute(
            sql: "INSERT INTO trajectories VALUES (?, ?, ?, ?, 1, 2, ?, 3, 1, CAST(? AS TEXT), CAST(? AS TEXT))",
            arguments: [step, slot, problem, verdict, score, completion, diagnostics]
        )
    }
}
