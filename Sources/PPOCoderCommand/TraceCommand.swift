import ArgumentParser
import Dashboard
import Foundation
import Learner
import Telemetry

/// `ppocoder trace`: the spans of a run for a trace viewer.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Writes a run's trace for ui.perfetto.dev or chrome://tracing, and who idled how long.",
        discussion: """
            Needs a run with monitoring.trace=true. All times are on the learner's clock: what another process recorded is \
            moved by what its clock is ahead, which heartbeats and their answers tell to half of their round trip. The \
            offset and its greatest error stand beside the name of each process, and in a lane of its own over time.
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
        for (process, clock) in TraceClocks(spans: spans).newest.sorted(by: { $0.key < $1.key }) {
            writeNotice("clock of \(process): \(clock.text) ahead of the learner's")
        }
        if json { try printJSON(idle.shares) }
    }

    private static func percent(_ share: Double?) -> String { share.map { fixed(100 * $0, digits: 2) + " %" } ?? "–" }
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
