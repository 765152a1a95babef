import ArgumentParser
import Dashboard
import Foundation
import Learner
import Telemetry
import Transport

/// `ppocoder status`: a run on one screen.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows a run on one screen, again every second while it goes on.",
        discussion: "On a terminal until interrupted or the run is finished; elsewhere, with --once or --json once."
    )

    @Argument(help: ArgumentHelp("Run directory.", valueName: "run"))
    var path: String

    @Flag(help: "Print one JSON object on stdout: name, step, phase, metrics, cluster, warnings.")
    var json = false

    @Flag(help: "Show it once.")
    var once = false

    func run() async throws {
        let directory = try DashboardCommand.directories([path])[0]
        var history = MetricHistory(url: directory.appending(path: "metrics.jsonl"))
        let total = Self.iterations(of: RunDirectory(url: directory))
        if json {
            _ = history.refresh()
            return try printJSON(StatusObject(directory: directory, history: history, iterations: total))
        }
        let isScreen = isatty(STDOUT_FILENO) == 1 && !once
        let lifetime = ProcessLifetime(watchParent: false) { _ in
            // The cursor, which was hidden.
            if isScreen { print("\u{1B}[?25h") }
            _exit(0)
        }
        defer { withExtendedLifetime(lifetime) {} }
        repeat {
            _ = history.refresh()
            let report = ClusterReport.read(in: directory)
            let (columns, rows) = isScreen ? Self.size() : (100, 1000)
            let screen = StatusScreen(
                name: directory.lastPathComponent,
                history: history,
                report: report,
                iterations: total,
                now: Date().timeIntervalSince1970
            )
            let lines = screen.lines(width: columns, color: isatty(STDOUT_FILENO) == 1).prefix(rows - 1)
            if isScreen {
                let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n")
                try? FileHandle.standardOutput.write(contentsOf: Data("\u{1B}[?25l\u{1B}[H\(text)\u{1B}[J".utf8))
                if report?.phase == "finished" { break }
                try await Task.sleep(for: .seconds(1))
            } else {
                print(lines.joined(separator: "\n"))
            }
        } while isScreen
        if isScreen { print("\u{1B}[?25h") }
    }

    private static func iterations(of directory: RunDirectory) -> Int? {
        guard var loader = try? ConfigurationLoader() else { return nil }
        guard (try? loader.merge(yamlFile: directory.configuration.path)) != nil else { return nil }
        return try? loader.finish().run.iterations
    }

    private static func size() -> (columns: Int, rows: Int) {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return (80, 24) }
        return (Int(size.ws_col), max(4, Int(size.ws_row)))
    }
}

/// What `--json` prints.
private struct StatusObject: Encodable {
    var name: String
    var step: Int
    var iterations: Int?
    var phase: String?
    var metrics: [String: Double]
    var cluster: ClusterReport?
    var warnings: [String]

    init(directory: URL, history: MetricHistory, iterations: Int?) {
        name = directory.lastPathComponent
        step = history.lastStep ?? 0
        self.iterations = iterations
        cluster = ClusterReport.read(in: directory)
        phase = cluster?.phase
        metrics = history.latest
        warnings = warningTexts(history)
    }
}

/// The lines of a status, cut to the width of a terminal.
struct StatusScreen {
    let name: String
    let history: MetricHistory
    let report: ClusterReport?
    let iterations: Int?
    /// Seconds since 1970.
    let now: Double

    func lines(width: Int, color: Bool) -> [String] {
        func bold(_ text: String) -> String { color ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
        var lines = [bold(Self.cut(head, width))]
        lines += warningTexts(history).map { Self.cut("! \($0)", width) }
        lines.append("")
        for (label, metric, isShare) in Self.rows {
            guard let series = history[metric], let last = series.last else { continue }
            let value = isShare ? fixed(100 * last, digits: 1) + " %" : shortNumber(last)
            let left = label.padding(toLength: min(22, max(8, width / 3)), withPad: " ", startingAt: 0)
            let room = width - left.count - 12
            let curve = room >= 8 ? "  " + Self.curve(series, width: min(60, room)) : ""
            lines.append(Self.cut(left + String(repeating: " ", count: max(0, 9 - value.count)) + value + curve, width))
        }
        if let sentence = bottleneck(history.latest) { lines += ["", Self.cut("pace: \(sentence)", width)] }
        guard let report else { return lines }
        let age = max(0, now - report.time)
        lines += ["", bold(Self.cut("rollout workers (version, leases, shards, heard, clock ahead)", width))]
        for worker in report.workers {
            let version = worker.version.map { "v\($0)" } ?? "–"
            let heard = fixed(worker.silence + age, digits: 1)
            let text =
                "\(worker.name)  \(version)  \(worker.leases)/\(worker.slots)  \(worker.shards)  \(heard) s"
                + Self.clock(worker.clock)
            lines.append(Self.cut(text, width))
        }
        lines.append(bold(Self.cut("executors (leases of slots, verdicts, heard, clock ahead)", width)))
        for executor in report.executors {
            let heard = fixed(executor.silence + age, digits: 1)
            let text =
                "\(executor.name)  \(executor.leases)/\(executor.slots)  \(executor.verdicts)  \(heard) s"
                + Self.clock(executor.clock)
            lines.append(Self.cut(text, width))
        }
        lines.append(Self.cut("\(report.queued) programs wait, \(report.running) run", width))
        return lines
    }

    private static func clock(_ clock: ClusterReport.Clock?) -> String { clock.map { "  " + $0.text } ?? "" }

    private var head: String {
        let step = history.lastStep ?? 0
        let of = iterations.map { " of \($0)" } ?? ""
        var text = "\(name)  step \(step)\(of)"
        if let report {
            text += "  \(report.phase)"
            if report.phase != "finished", now - report.time > 10 {
                text += ", silent for \(Int(now - report.time)) s: the learner is gone or stuck"
            }
        }
        return text
    }

    private static let rows: [(String, String, Bool)] = [
        ("score", "critic/score/mean", false), ("pass, training", "reward/pass_rate", true),
        ("pass, held out", "val/greedy/pass@1", true), ("compiles", "reward/compile_rate", true),
        ("KL per completion", "actor/reward_kl_per_trajectory", false), ("entropy", "actor/entropy", false),
        ("length", "response_length/mean", false), ("not judged", "executor/infra_error_rate", true),
        ("tokens per s", "perf/throughput", false), ("programs per s", "perf/programs_per_s", false),
        ("s per iteration", "timing_s/step", false), ("learner idle", "idle/learner_ratio", true),
        ("workers idle", "idle/rollout_ratio", true), ("executors idle", "idle/executor_ratio", true),
    ]

    /// A curve of one line of eight heights.
    private static func curve(_ series: MetricHistory.Series, width: Int) -> String {
        let values = series.reduced(to: width).mean
        guard let low = values.min(), let high = values.max(), high > low else { return "" }
        let marks = Array("▁▂▃▄▅▆▇█")
        return String(values.map { marks[min(7, Int(8 * ($0 - low) / (high - low)))] })
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(1, width - 1))) + "…"
    }
}
