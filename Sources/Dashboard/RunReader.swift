package import Foundation
internal import Telemetry
internal import Tokenization

/// Everything the page shows of one run directory; reads only.
package actor RunReader {
    package nonisolated let directory: URL
    package nonisolated let name: String
    private var history: MetricHistory
    private var ledger: LedgerReader?
    private var tokenizer: Tokenizer?
    private var hasLookedForTokenizer = false
    private let problem: @Sendable (_ step: Int, _ slot: Int) async -> ProblemText?

    /// - Parameters:
    ///   - directory: the run directory.
    ///   - problem: the problem of a slot of an iteration, when it can be told.
    package init(
        directory: URL,
        problem: @escaping @Sendable (_ step: Int, _ slot: Int) async -> ProblemText? = { _, _ in nil }
    ) {
        self.directory = directory
        name = directory.lastPathComponent
        history = MetricHistory(url: directory.appending(path: "metrics.jsonl"))
        self.problem = problem
    }

    /// Reads what is new.
    ///
    /// - Returns: a mark that changes whenever the run has written something.
    @discardableResult package func refresh() -> String {
        _ = history.refresh()
        return "\(history.steps.count) \(history.lastStep ?? -1)"
    }

    private func openLedger() -> LedgerReader? {
        if ledger == nil { ledger = LedgerReader(at: directory.appending(path: "ledger.sqlite")) }
        return ledger
    }

    /// A line of the list of runs.
    func summary(index: Int) -> JSONBuilder {
        var json = JSONBuilder()
        refresh()
        let latest = history.latest
        let report = ClusterReport.read(in: directory)
        let isLive = report.map { Date().timeIntervalSince1970 - $0.time < 30 && $0.phase != "finished" } ?? false
        json.object { json in
            json.field("index", index)
            json.field("name", name)
            json.field("path", directory.path)
            json.field("step", history.lastStep ?? 0)
            json.field("live", isLive)
            json.field("updated", history.times.last)
            json.field("score", latest["critic/score/mean"])
            json.field("pass", latest["val/greedy/pass@1"] ?? latest["reward/pass_rate"])
            json.field("brokenLines", history.brokenLines)
        }
        return json
    }

    /// Metrics over time.
    ///
    /// - Parameters:
    ///   - names: which ones; those without a value are left out.
    ///   - limit: points per metric at most.
    /// - Returns: an object of the run's name, its step and the series by name.
    func series(names: [String], limit: Int) -> JSONBuilder {
        var json = JSONBuilder()
        refresh()
        json.object { json in
            json.field("run", name)
            json.field("step", history.lastStep ?? 0)
            json.object("series") { json in
                for name in names {
                    guard let series = history[name], !series.values.isEmpty else { continue }
                    let reduced = series.reduced(to: limit)
                    json.object(name) { json in
                        json.numbers("steps", reduced.steps)
                        json.numbers("mean", reduced.mean)
                        if reduced.steps.count < series.steps.count {
                            json.numbers("low", reduced.low)
                            json.numbers("high", reduced.high)
                        }
                    }
                }
            }
        }
        return json
    }

    /// State, warnings, the cluster and the settings.
    func overview() -> JSONBuilder {
        var json = JSONBuilder()
        refresh()
        let report = ClusterReport.read(in: directory)
        let latest = history.latest
        let counts = try? openLedger()?.newestStep()
        json.object { json in
            json.field("name", name)
            json.field("step", history.lastStep ?? 0)
            json.field("time", Date().timeIntervalSince1970)
            if let sentence = bottleneck(latest) { json.field("bottleneck", sentence) }
            json.list("warnings") { json in
                for warning in runWarnings(history) {
                    json.object {
                        $0.field("kind", warning.kind)
                        $0.field("text", warning.text)
                    }
                }
            }
            json.list("names") { for name in history.names { $0.field(nil, name) } }
            json.object("latest") {
                for (name, value) in latest.sorted(by: { $0.key < $1.key }) { $0.field(name, value) }
            }
            json.object("meanings") { json in
                for name in history.names {
                    guard let metric = MetricName.named(name) else { continue }
                    json.list(name) {
                        $0.field(nil, metric.unit.rawValue)
                        $0.field(nil, metric.meaning)
                    }
                }
            }
            if let counts {
                json.object("ledger") {
                    $0.field("step", counts.step)
                    $0.field("trajectories", counts.trajectories)
                    $0.field("masked", counts.masked)
                }
            }
            if let report { Self.write(report, &json) }
            json.field("configuration", Self.text(directory.appending(path: "config.yaml")))
        }
        return json
    }

    private static func write(_ report: ClusterReport, _ json: inout JSONBuilder) {
        json.object("cluster") { json in
            json.field("time", report.time)
            json.field("step", report.step)
            json.field("phase", report.phase)
            json.field("version", report.version)
            json.field("queued", report.queued)
            json.field("running", report.running)
            json.field("queueWait", report.queueWait)
            json.list("workers") { json in
                for worker in report.workers {
                    json.object {
                        $0.field("name", worker.name)
                        $0.field("slots", worker.slots)
                        $0.field("leases", worker.leases)
                        $0.field("version", worker.version.map(Double.init))
                        $0.field("silence", worker.silence)
                        $0.field("done", worker.shards)
                        if let clock = worker.clock { $0.field("clock", clock.text) }
                    }
                }
            }
            json.list("executors") { json in
                for executor in report.executors {
                    json.object {
                        $0.field("name", executor.name)
                        $0.field("slots", executor.slots)
                        $0.field("leases", executor.leases)
                        $0.field("silence", executor.silence)
                        $0.field("done", executor.verdicts)
                        $0.field("languages", executor.languages.joined(separator: ", "))
                        if let clock = executor.clock { $0.field("clock", clock.text) }
                    }
                }
            }
        }
    }

    private static func text(_ file: URL) -> String {
        (try? Data(contentsOf: file)).map { String(decoding: $0.prefix(100_000), as: UTF8.self) } ?? ""
    }

    /// A page of the list of trajectories.
    func rollouts(filter: LedgerReader.Filter, limit: Int) throws -> JSONBuilder {
        var json = JSONBuilder()
        let rows = try openLedger()?.rows(filter, limit: limit + 1) ?? []
        json.object { json in
            json.field("ledger", ledger != nil)
            json.field("more", rows.count > limit)
            json.list("rows") { for row in rows.prefix(limit) { Self.write(row, &$0) } }
        }
        return json
    }

    private static func write(_ row: LedgerReader.Row, _ json: inout JSONBuilder) {
        json.object {
            $0.field("step", row.step)
            $0.field("slot", row.slot)
            $0.field("problem", row.problem)
            $0.field("verdict", row.verdict)
            $0.field("passed", row.testsPassed)
            $0.field("total", row.testsTotal)
            $0.field("score", row.score)
            $0.field("tokens", row.tokens)
            $0.field("finished", row.finished)
        }
    }

    /// Everything about one trajectory.
    ///
    /// - Returns: nil when there is no such trajectory.
    func rollout(step: Int, slot: Int) async throws -> JSONBuilder? {
        guard let reader = openLedger(), let detail = try reader.detail(step: step, slot: slot) else { return nil }
        let before = try reader.previous(problem: detail.row.problem, before: step)
        // A run that went on with other settings has other problems in its slots.
        let asked = await self.problem(step, slot)
        let problem = asked?.id == detail.row.problem ? asked : nil
        let pieces = detail.tokens.map { self.pieces(of: $0.ids) }
        var json = JSONBuilder()
        json.object { json in
            json.list("row") { Self.write(detail.row, &$0) }
            json.field("completion", detail.completion)
            json.field("diagnostics", detail.diagnostics)
            if let problem {
                json.field("prompt", problem.prompt)
                json.field("reference", problem.reference)
                json.list("tests") { for test in problem.tests { $0.field(nil, test) } }
            }
            if let before {
                json.object("previous") {
                    $0.field("step", before.row.step)
                    $0.field("slot", before.row.slot)
                    $0.field("verdict", before.row.verdict)
                    $0.field("completion", before.completion)
                }
            }
            if let tokens = detail.tokens, let pieces {
                json.field("testReports", tokens.tests)
                json.object("tokens") {
                    $0.list("pieces") { for piece in pieces { $0.field(nil, piece) } }
                    $0.numbers("logprobs", tokens.logProbabilities.map(Double.init))
                    $0.numbers("reference", tokens.referenceLogProbabilities.map(Double.init))
                    $0.numbers("values", tokens.values.map(Double.init))
                    $0.numbers("advantages", tokens.advantages.map(Double.init))
                }
            }
        }
        return json
    }

    private func pieces(of ids: [Int32]) -> [String] {
        if !hasLookedForTokenizer {
            hasLookedForTokenizer = true
            tokenizer = try? Tokenizer(directory: directory.appending(path: "reference"))
        }
        guard let tokenizer else { return ids.map { "⟨\($0)⟩" } }
        return ids.map { id in
            let text = String(decoding: tokenizer.decodeBytes([id], skipSpecialTokens: false), as: UTF8.self)
            return text.isEmpty ? "⟨\(id)⟩" : text
        }
    }
}
