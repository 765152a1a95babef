internal import Foundation
internal import GRDB

/// Trajectories of a run's ledger, read while the learner writes them.
struct LedgerReader: Sendable {
    private let database: DatabaseQueue
    /// The narrow index that a search runs over; ledgers of earlier versions have none.
    private let hasBrowseIndex: Bool
    private let hasDetails: Bool

    /// Texts longer than this are cut before they are sent, bytes.
    static let longestText = 200_000

    /// What to look for; nil means anything.
    struct Filter: Sendable, Equatable {
        var verdicts: [String] = []
        /// The beginning of a problem's name.
        var problem: String?
        var leastScore: Double?
        var greatestScore: Double?
        var firstStep: Int?
        var lastStep: Int?
        /// Only rows before this one, newest first.
        var before: (step: Int, slot: Int)?

        static func == (a: Filter, b: Filter) -> Bool {
            (a.verdicts, a.problem, a.leastScore, a.greatestScore, a.firstStep)
                == (b.verdicts, b.problem, b.leastScore, b.greatestScore, b.firstStep)
                && a.lastStep == b.lastStep && a.before?.step == b.before?.step && a.before?.slot == b.before?.slot
        }
    }

    /// One line of the list.
    struct Row: Sendable, Equatable {
        var step: Int
        var slot: Int
        var problem: String
        var verdict: String
        var testsPassed: Int
        var testsTotal: Int
        /// Nil when the completion could not be judged.
        var score: Double?
        var tokens: Int
        var finished: Bool
    }

    /// What the list does not show.
    struct Detail: Sendable {
        var row: Row
        var completion: String
        var diagnostics: String
        var tokens: Tokens?
    }

    /// What the learner knew of each token.
    struct Tokens: Sendable {
        var ids: [Int32]
        var logProbabilities: [Float]
        var referenceLogProbabilities: [Float]
        var values: [Float]
        var advantages: [Float]
        /// A JSON list of test reports.
        var tests: String
    }

    /// - Returns: nil when there is no ledger, or none that can be read.
    init?(at url: URL) {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        var options = Configuration()
        options.readonly = true
        options.busyMode = .timeout(5)
        guard let queue = try? DatabaseQueue(path: url.path, configuration: options) else { return nil }
        database = queue
        let names = try? queue.read { db in
            try String.fetchSet(db, sql: "SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")
        }
        guard let names, names.contains("trajectories") else { return nil }
        hasBrowseIndex = names.contains("trajectories_browse")
        hasDetails = names.contains("trajectory_tokens")
    }

    /// The newest rows that `filter` lets through.
    func rows(_ filter: Filter, limit: Int) throws -> [Row] {
        var conditions: [String] = []
        var arguments: [any DatabaseValueConvertible] = []
        func add(_ condition: String, _ values: any DatabaseValueConvertible...) {
            conditions.append(condition)
            arguments += values
        }
        if !filter.verdicts.isEmpty {
            conditions.append("verdict IN (\(filter.verdicts.map { _ in "?" }.joined(separator: ", ")))")
            arguments += filter.verdicts
        }
        if let problem = filter.problem, !problem.isEmpty {
            add("substr(problem, 1, ?) = ?", problem.unicodeScalars.count, problem)
        }
        if let least = filter.leastScore { add("score >= ?", least) }
        if let greatest = filter.greatestScore { add("score <= ?", greatest) }
        if let first = filter.firstStep { add("step >= ?", first) }
        if let last = filter.lastStep { add("step <= ?", last) }
        if let before = filter.before { add("(step, slot) < (?, ?)", before.step, before.slot) }
        let sql =
            "SELECT \(Self.columns) FROM trajectories \(hasBrowseIndex ? "INDEXED BY trajectories_browse " : "")"
            + (conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) ")
            + "ORDER BY step DESC, slot DESC LIMIT \(limit)"
        return try database.read { db in
            try GRDB.Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments)).map(Self.row)
        }
    }

    /// Everything about one trajectory.
    func detail(step: Int, slot: Int) throws -> Detail? {
        try database.read { db in
            try Self.detail(
                db,
                where: "step = ? AND slot = ?",
                arguments: [step, slot],
                hasDetails: hasDetails
            )
        }
    }

    /// What an earlier policy answered to the same prompt, the latest such answer.
    func previous(problem: String, before step: Int) throws -> Detail? {
        try database.read { db in
            try Self.detail(
                db,
                where: "problem = ? AND step < ? ORDER BY step DESC, slot LIMIT 1",
                arguments: [problem, step],
                hasDetails: false
            )
        }
    }

    /// Trajectories of the newest step: how many there are, and how many of them could not be judged.
    func newestStep() throws -> (step: Int, trajectories: Int, masked: Int)? {
        try database.read { db in
            guard let step = try Int.fetchOne(db, sql: "SELECT max(step) FROM trajectories") else { return nil }
            let counts = try GRDB.Row.fetchOne(
                db,
                sql: "SELECT count(*), sum(verdict = 'infrastructure_failure') FROM trajectories WHERE step = ?",
                arguments: [step]
            )
            return (step, counts?[0] ?? 0, counts?[1] ?? 0)
        }
    }

    private static let columns =
        "step, slot, problem, verdict, tests_passed, tests_total, score, tokens, finished"

    private static func row(_ row: GRDB.Row) -> Row {
        Row(
            step: row["step"],
            slot: row["slot"],
            problem: row["problem"],
            verdict: row["verdict"],
            testsPassed: row["tests_passed"],
            testsTotal: row["tests_total"],
            score: row["score"],
            tokens: row["tokens"],
            finished: row["finished"]
        )
    }

    private static func detail(
        _ db: Database,
        where condition: String,
        arguments: StatementArguments,
        hasDetails: Bool
    ) throws -> Detail? {
        // As bytes: what a program printed may hold anything, zeros and broken UTF-8 too.
        let sql =
            "SELECT \(columns), CAST(completion AS BLOB) AS completion, CAST(diagnostics AS BLOB) AS diagnostics "
            + "FROM trajectories WHERE \(condition)"
        guard let found = try GRDB.Row.fetchOne(db, sql: sql, arguments: arguments) else { return nil }
        let row = row(found)
        let tokens =
            hasDetails
            ? try GRDB.Row.fetchOne(
                db,
                sql: "SELECT * FROM trajectory_tokens WHERE step = ? AND slot = ?",
                arguments: [row.step, row.slot]
            ).map(tokens) : nil
        return Detail(
            row: row,
            completion: text(found["completion"]),
            diagnostics: text(found["diagnostics"]),
            tokens: tokens
        )
    }

    private static func text(_ bytes: Data?) -> String {
        let bytes = bytes ?? Data()
        let cut = bytes.count > longestText
        return String(decoding: bytes.prefix(longestText), as: UTF8.self)
            + (cut ? "\n… \(bytes.count - longestText) more bytes" : "")
    }

    private static func tokens(_ row: GRDB.Row) -> Tokens {
        func floats(_ name: String) -> [Float] { array(row[name]).map { Float(bitPattern: $0) } }
        return Tokens(
            ids: array(row["ids"]).map { Int32(bitPattern: $0) },
            logProbabilities: floats("log_probabilities"),
            referenceLogProbabilities: floats("reference_log_probabilities"),
            values: floats("value_estimates"),
            advantages: floats("advantages"),
            tests: row["tests"]
        )
    }

    /// Little-endian numbers of four bytes.
    private static func array(_ data: Data?) -> [UInt32] {
        unsafe (data ?? Data()).withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { i in
                unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
            }
        }
    }
}
