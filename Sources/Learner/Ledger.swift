internal import Determinism
internal import Dispatching
internal import Foundation
internal import GRDB
internal import Programs
internal import Protocol

/// What happened, in SQLite: readable by any tool while the run goes on.
///
/// `shards` holds the results of rollout workers as they came, from before they are acknowledged until a checkpoint has
/// made them superfluous; `iterations` and `trajectories` are the record of the run.
final class Ledger: Sendable {
    private let database: DatabaseQueue
    private let path: String

    /// Opens or creates the file.
    ///
    /// - Parameters:
    ///   - url: of the file.
    ///   - report: hears what was wrong with a file that had to be set aside.
    /// - Throws: ``LearnerError/ledger(path:reason:)`` when there is no room or no permission.
    init(at url: URL, report: (String) -> Void = { _ in }) throws {
        path = url.path
        do {
            database = try Self.open(url)
        } catch let error as DatabaseError where Self.isDamaged(error) {
            // Set aside, not removed. All that it held for the future can be computed again.
            let aside = try Self.setAside(url)
            report(
                "\(url.path) is damaged (\(error.message ?? "\(error.resultCode)")) and is now \(aside.lastPathComponent); "
                    + "a new one is begun, shards that only the old one held are computed again"
            )
            database = try Self.open(url)
        } catch {
            throw Self.explain(error, path: url.path)
        }
    }

    private static func open(_ url: URL) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            // A commit is on the disk when it returns, and costs one sync.
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        let database = try DatabaseQueue(path: url.path, configuration: configuration)
        try database.write { db in
            let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "ok"
            guard verdict == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS iterations (
                        step INTEGER PRIMARY KEY, weights TEXT NOT NULL, metrics TEXT NOT NULL);
                    CREATE TABLE IF NOT EXISTS trajectories (
                        step INTEGER NOT NULL, slot INTEGER NOT NULL, problem TEXT NOT NULL, verdict TEXT NOT NULL,
                        tests_passed INTEGER NOT NULL, tests_total INTEGER NOT NULL, score REAL, tokens INTEGER NOT NULL,
                        finished INTEGER NOT NULL, completion TEXT NOT NULL, diagnostics TEXT NOT NULL,
                        PRIMARY KEY (step, slot)) WITHOUT ROWID;
                    CREATE TABLE IF NOT EXISTS shards (
                        purpose INTEGER NOT NULL, label TEXT NOT NULL, step INTEGER NOT NULL, shard INTEGER NOT NULL,
                        lease BLOB NOT NULL, result BLOB NOT NULL, digest BLOB NOT NULL,
                        PRIMARY KEY (purpose, label, step, shard));
                    """
            )
            try db.execute(sql: Self.browsing)
        }
        return database
    }

    private static func isDamaged(_ error: DatabaseError) -> Bool {
        [ResultCode.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode.primaryResultCode)
    }

    private static func setAside(_ url: URL) throws -> URL {
        let files = FileManager.default
        var number = 1
        while files.fileExists(atPath: "\(url.path).damaged-\(number)") { number += 1 }
        let aside = URL(filePath: "\(url.path).damaged-\(number)")
        try files.moveItem(at: url, to: aside)
        for suffix in ["-wal", "-shm"] where files.fileExists(atPath: url.path + suffix) {
            try files.moveItem(atPath: url.path + suffix, toPath: aside.path + suffix)
        }
        return aside
    }

    private static func explain(_ error: any Error, path: String) -> LearnerError {
        guard let error = error as? DatabaseError else { return .ledger(path: path, reason: "\(error)") }
        let reason =
            switch error.resultCode.primaryResultCode {
            case .SQLITE_FULL: "there is no room on the disk"
            case .SQLITE_READONLY, .SQLITE_PERM: "it may not be written"
            case .SQLITE_CANTOPEN: "it cannot be opened (\(openFailure()))"
            case .SQLITE_IOERR: "reading or writing failed (\(error.message ?? "input/output error"))"
            default: error.message ?? "\(error.resultCode)"
            }
        return .ledger(path: path, reason: reason)
    }

    /// Why a file cannot be opened, which SQLite does not say.
    private static func openFailure() -> String {
        let descriptor = unsafe Foundation.open("/dev/null", O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return "too many files are open: raise the limit, see ulimit -n" }
        close(descriptor)
        return "no such folder, or no permission"
    }

    func writing<T>(_ body: (Database) throws -> T) throws -> T {
        do {
            return try database.write(body)
        } catch {
            throw Self.explain(error, path: path)
        }
    }

    /// Forgets iterations from `step` on, which a resumed run does again, and shards that are of earlier ones.
    ///
    /// - Returns: how many earlier iterations it has.
    func truncate(from step: Int) throws -> Int {
        try writing { db in
            try db.execute(sql: "DELETE FROM iterations WHERE step >= ?", arguments: [step])
            try db.execute(sql: "DELETE FROM trajectories WHERE step >= ?", arguments: [step])
            try db.execute(sql: "DELETE FROM trajectory_tokens WHERE step >= ?", arguments: [step])
            try db.execute(sql: "DELETE FROM shards WHERE step < ?", arguments: [step])
            return try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM iterations") ?? 0
        }
    }

    /// Forgets the shards that a checkpoint after `step` iterations has made superfluous.
    func forgetShards(before step: Int) throws {
        try writing { db in try db.execute(sql: "DELETE FROM shards WHERE step < ?", arguments: [step]) }
    }

    /// The results that are held for `leases`; a result of a lease of another `name`, or one that is damaged, is none.
    func shards(for leases: [WireRolloutLease], name: (WireRolloutLease) throws -> Data) throws -> [WireShardResult] {
        guard let first = leases.first else { return [] }
        let rows = try database.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT shard, lease, result, digest FROM shards WHERE purpose = ? AND label = ? AND step = ?",
                arguments: [first.purpose.rawValue, first.label, Int64(first.step)]
            )
        }
        let wanted = try Dictionary(leases.map { (Int($0.shard), try name($0)) }) { a, _ in a }
        return rows.compactMap { row in
            let result: Data = row["result"]
            guard wanted[row["shard"]] == (row["lease"] as Data), Data(Digest(of: Array(result)).bytes) == row["digest"]
            else { return nil }
            return WireShardResult(stored: Array(result))
        }
    }

    /// Adds results in one transaction, each with the digest of its lease; when it returns they are on the disk.
    func append(_ entries: [(lease: Data, result: WireShardResult)]) throws {
        try writing { db in
            let insert = try db.makeStatement(sql: "INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, ?, ?, ?)")
            for (lease, result) in entries {
                let bytes = try result.stored()
                try insert.execute(arguments: [
                    result.purpose.rawValue, result.label, Int64(result.step), Int64(result.shard), lease, Data(bytes),
                    Data(Digest(of: bytes).bytes),
                ])
            }
        }
    }

    /// Records one iteration in one transaction.
    ///
    /// - Parameters:
    ///   - step: the iteration.
    ///   - trajectories: its batch.
    ///   - weights: digest of the weights after the iteration.
    ///   - metrics: by name; those that are not finite are left out.
    ///   - advantages: parallel to the batch, by token; empty for those left out of the loss.
    /// - Throws: when the database refuses the rows.
    func record(
        step: Int,
        _ trajectories: [Trajectory],
        weights: String,
        metrics: [String: Double],
        advantages: [[Float]]
    ) throws {
        let finite = metrics.filter { $0.value.isFinite }
        let json = String(
            decoding: try JSONSerialization.data(withJSONObject: finite, options: .sortedKeys),
            as: UTF8.self
        )
        try writing { db in
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
            try Self.recordTokens(db, step: step, trajectories: trajectories, advantages: advantages)
        }
    }
}

/// The ledger as the place where results of outstanding shards go.
///
/// A stored result is used again only for the very same lease and reward settings.
actor ShardLedger: ShardStore {
    private let ledger: Ledger
    private let settings: Data
    /// Digests of the leases that were asked for and have no result.
    private var names: [ShardID: Data] = [:]

    /// `settings` is what decides a result beside its lease, such as the reward settings.
    init(_ ledger: Ledger, settings: Data) {
        self.ledger = ledger
        self.settings = settings
    }

    /// Notes what is asked for.
    ///
    /// - Returns: the results that are held already.
    func expect(_ leases: [WireRolloutLease]) throws -> [WireShardResult] {
        guard let first = leases.first else { return [] }
        let batch = BatchID(purpose: first.purpose, label: first.label, step: Int(first.step))
        for lease in leases { names[ShardID(batch: batch, shard: Int(lease.shard))] = try name(of: lease) }
        return try ledger.shards(for: leases, name: name)
    }

    func append(_ results: [WireShardResult]) throws {
        try ledger.append(results.map { (names.removeValue(forKey: ShardID(of: $0)) ?? Data(), $0) })
    }

    private func name(of lease: WireRolloutLease) throws -> Data {
        Data(Digest(of: try lease.essence() + settings).bytes)
    }
}
