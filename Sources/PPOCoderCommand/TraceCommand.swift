import ArgumentParser
import Foundation
import Learner
import Telemetry

/// `ppocoder trace`: the spans of a run for a trace viewer.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Writes a run's trace for ui.perfetto.dev or chrome://tracing, and who idled how long.",
        discussion: """
            Needs a run with monitoring.trace=true. All times are on the learner's clock: what a rollout worker measured is \
            placed before the arrival of its result, and is late by the time of one message; no clock of another host is \
            read.
            """
    )

    @Argument(help: ArgumentHelp("Run directory.", valueName: "run"))
    var path: String

    @Option(help: ArgumentHelp("File to write; RUN/trace.json if none is given.", valueName: "file"))
    var output: String?

    @Flag(help: "Print the idle shares as JSON on stdout.")
    var json = false

    func run() throws {
        let directory = RunDirectory(url: URL(filePath: path))
        let spans = try TraceLog.read(directory.trace)
        guard !spans.isEmpty else { throw ValidationError("\(directory.trace.path) has no spans yet") }
        let file = output ?? directory.url.appending(path: "trace.json").path
        try ChromeTrace(spans: spans).data.write(to: URL(filePath: file), options: .atomic)
        let idle = TraceIdle(spans: spans)
        var history = MetricHistory(url: directory.metrics)
        _ = history.refresh()
        writeNotice("trace: \(spans.count) spans of \(Set(spans.map(\.process)).count) processes in \(file)")
        var table = Table(columns: ["idle, whole run", "trace", "metrics.jsonl"])
        for (role, metric) in TraceIdle.metrics {
            let logged = history[metric].map { idle.weighted($0) } ?? nil
            table.addRow([role, Self.percent(idle.shares[role]), Self.percent(logged)])
        }
        writeNotice(table.plain)
        if json { try printJSON(idle.shares) }
    }

    private static func percent(_ share: Double?) -> String { share.map { fixed(100 * $0, digits: 2) + " %" } ?? "–" }
}

/// Spans as Chrome's trace events.
struct ChromeTrace {
    let spans: [TraceSpan]

    private struct Event: Encodable {
        var name: String
        var ph: String
        var pid: Int
        var tid: Int
        /// Microseconds since the first span.
        var ts: Double?
        var dur: Double?
        var id: Int?
        var bp: String?
        var cat: String?
        var args: [String: String]?
    }

    /// The file.
    var data: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.withoutEscapingSlashes]
            return try encoder.encode(["traceEvents": events])
        }
    }

    private var events: [Event] {
        let others = Set(spans.map(\.process)).subtracting(["learner"]).sorted()
        let processes = ["learner"] + others
        let origin = spans.map(\.start).min() ?? 0
        var events: [Event] = []
        for (index, process) in processes.enumerated() {
            let pid = index + 1
            events.append(Event(name: "process_name", ph: "M", pid: pid, tid: 0, args: ["name": process]))
            let own = spans.filter { $0.process == process }
            for (lane, span) in Self.lanes(own) {
                var args: [String: String] = [:]
                args["step"] = span.step.map(String.init)
                args["shard"] = span.shard.map(String.init)
                args["outcome"] = span.outcome
                let (start, length) = (1e6 * (span.start - origin), 1e6 * (span.end - span.start))
                events.append(
                    Event(name: span.name, ph: "X", pid: pid, tid: lane, ts: start, dur: max(0, length), args: args)
                )
                // From what was sampled and judged to the update that learns from it.
                guard let step = span.step, let id = Self.flow(span, step) else { continue }
                let isEnd = span.name == "updating"
                events.append(
                    Event(
                        name: "learn",
                        ph: isEnd ? "f" : "s",
                        pid: pid,
                        tid: lane,
                        ts: start + (isEnd ? 0 : max(0, length) * 0.999),
                        id: id,
                        bp: isEnd ? "e" : nil,
                        cat: "lease"
                    )
                )
            }
        }
        return events
    }

    private static func flow(_ span: TraceSpan, _ step: Int) -> Int? {
        span.name == "updating" || span.name == "execution" && span.shard == 0 ? step : nil
    }

    /// Spans of one process with a lane each, such that spans of a lane nest: the first lane whose spans have ended, or
    /// contain this one.
    static func lanes(_ spans: [TraceSpan]) -> [(lane: Int, span: TraceSpan)] {
        var open: [[TraceSpan]] = []
        let sorted = spans.sorted { a, b in a.start < b.start || (a.start == b.start && a.end > b.end) }
        return sorted.map { span in
            for lane in open.indices {
                while let last = open[lane].last, last.end <= span.start { open[lane].removeLast() }
                // Only the learner's phases are parts of something longer, its iteration.
                let nests = span.process == "learner" && open[lane].last.map { span.end <= $0.end } ?? true
                if open[lane].isEmpty || nests {
                    open[lane].append(span)
                    return (lane + 1, span)
                }
            }
            open.append([span])
            return (open.count, span)
        }
    }
}

/// How long each role idled, from spans alone.
struct TraceIdle {
    static let metrics = [
        ("learner", "idle/learner_ratio"), ("rollout workers", "idle/rollout_ratio"),
        ("executors", "idle/executor_ratio"),
    ]

    /// Share of the iterations' time, by role.
    let shares: [String: Double]
    /// Length of each iteration, seconds.
    private let lengths: [Int: Double]

    init(spans: [TraceSpan]) {
        let steps = spans.filter { $0.process == "learner" && $0.name == "step" }
        lengths = Dictionary(steps.compactMap { s in s.step.map { ($0, s.end - s.start) } }) { $1 }
        let total = lengths.values.reduce(0, +)
        let workers = Dictionary(grouping: spans.filter { $0.name == "generation" }, by: \.process)
        let executors = Dictionary(grouping: spans.filter { $0.name == "lease" }, by: \.process)
        let waiting = spans.filter { $0.process == "learner" && $0.name == "waiting" }
        var busy = (learner: 0.0, workers: 0.0, executors: 0.0)
        // Seconds that were there to be used: those of every rollout worker, and of every slot.
        var available = (workers: 0.0, slots: 0.0)
        for step in steps {
            let length = step.end - step.start
            available.workers += length * Double(step.capacity ?? workers.count)
            available.slots += length * Double(step.slots ?? 0)
            busy.learner += length - occupiedSeconds(waiting.lazy.map(\.span), capacity: 1, in: step.span)
            for spans in workers.values {
                busy.workers += occupiedSeconds(spans.lazy.map(\.span), capacity: 1, in: step.span)
            }
            for spans in executors.values {
                // One that is being drained says it has none.
                let capacity = spans.compactMap(\.capacity).max() ?? 1
                busy.executors += occupiedSeconds(spans.lazy.map(\.span), capacity: capacity, in: step.span)
            }
        }
        var shares: [String: Double] = [:]
        if total > 0 { shares["learner"] = 1 - busy.learner / total }
        if available.workers > 0 { shares["rollout workers"] = 1 - busy.workers / available.workers }
        if available.slots > 0 { shares["executors"] = 1 - busy.executors / available.slots }
        self.shares = shares
    }

    /// The mean of a metric over iterations, each with the weight of its length; nil when none was logged.
    func weighted(_ series: MetricHistory.Series) -> Double? {
        var (sum, total) = (0.0, 0.0)
        // Records count iterations from 1, spans from 0.
        for (step, value) in zip(series.steps, series.values) {
            guard let length = lengths[step - 1] else { continue }
            sum += value * length
            total += length
        }
        return total > 0 ? sum / total : nil
    }
}
