import ArgumentParser
import Dashboard
import Foundation
import Learner
import Telemetry

/// `ppocoder report`: runs beside each other, on a page that needs nothing else.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Compares runs: tables, curves and the exact commands, as HTML and Markdown; exports every number.",
        discussion: "The trajectories themselves are in each run's ledger.sqlite."
    )

    @Argument(help: ArgumentHelp("Run directories.", valueName: "run"))
    var runs: [String]

    @Option(help: ArgumentHelp("Folder for report.html and report.md.", valueName: "folder"))
    var output = "report"

    @Option(help: ArgumentHelp("Write every number as CSV: run, step, time, metric, value.", valueName: "file"))
    var csv: String?

    @Option(help: ArgumentHelp("Write every number as JSON lines: run, step, time, metric, value.", valueName: "file"))
    var jsonl: String?

    func run() throws {
        let directories = try DashboardCommand.directories(runs)
        guard !directories.isEmpty else { throw ValidationError("name at least one run directory") }
        let report = RunReport(runs: directories.map(RunReport.Run.init))
        let folder = URL(filePath: output)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try report.html.write(to: folder.appending(path: "report.html"), atomically: true, encoding: .utf8)
        try report.markdown.write(to: folder.appending(path: "report.md"), atomically: true, encoding: .utf8)
        writeNotice("report: \(folder.appending(path: "report.html").path) and report.md")
        if let csv { try report.rows(csv: true).write(toFile: csv, atomically: true, encoding: .utf8) }
        if let jsonl { try report.rows(csv: false).write(toFile: jsonl, atomically: true, encoding: .utf8) }
    }
}

/// Some runs beside each other.
struct RunReport {
    struct Run {
        var name: String
        var directory: URL
        var history: MetricHistory
        var records: [RunLog.Record]
        var configuration: String

        init(_ directory: URL) {
            self.directory = directory
            name = directory.lastPathComponent
            history = MetricHistory(url: directory.appending(path: "metrics.jsonl"))
            _ = history.refresh()
            records = (try? RunLog.read(directory.appending(path: "metrics.jsonl"))) ?? []
            configuration = (try? String(contentsOf: directory.appending(path: "config.yaml"), encoding: .utf8)) ?? ""
        }
    }

    let runs: [Run]

    private static let figures: [(String, String, Bool)] = [
        ("pass@1 held out, greedy", "val/greedy/pass@1", true),
        ("pass@1 held out, sampled", "val/sampled/pass@1", true),
        ("compiles held out, greedy", "val/greedy/compile_rate", true),
        ("pass rate, training", "reward/pass_rate", true),
        ("score, training", "critic/score/mean", false), ("KL per completion", "actor/reward_kl_per_trajectory", false),
        ("entropy", "actor/entropy", false), ("length", "response_length/mean", false),
    ]

    /// First and last value of what matters.
    private var results: Table {
        var table = Table(columns: ["figure"] + runs.flatMap { ["\($0.name), first", "last"] })
        for (label, metric, isShare) in Self.figures {
            let cells = runs.flatMap { run in
                let values = run.history[metric]?.values ?? []
                return [values.first, values.last].map { value in
                    value.map { isShare ? fixed(100 * $0, digits: 1) + " %" : fixed($0, digits: 3) } ?? "–"
                }
            }
            table.addRow([label] + cells)
        }
        return table
    }

    private var costs: Table {
        var table = Table(columns: ["run", "iterations", "hours", "s per iteration", "tokens per s", "not judged"])
        for run in runs {
            let times = run.history.times
            func mean(_ name: String) -> Double? {
                run.history[name].flatMap { $0.values.isEmpty ? nil : $0.values.reduce(0, +) / Double($0.values.count) }
            }
            table.addRow([
                run.name, "\(run.history.lastStep ?? 0)",
                fixed(((times.last ?? 0) - (times.first ?? 0)) / 3600, digits: 2),
                mean("timing_s/step").map { fixed($0, digits: 2) } ?? "–",
                mean("perf/throughput").map { fixed($0, digits: 0) } ?? "–",
                mean("executor/infra_error_rate").map { fixed(100 * $0, digits: 2) + " %" } ?? "–",
            ])
        }
        return table
    }

    /// Settings in which the runs differ.
    private var differences: Table {
        let settings = runs.map { Self.leaves($0.configuration) }
        var table = Table(columns: ["setting"] + runs.map(\.name), alignments: [.left] + runs.map { _ in .left })
        for key in Set(settings.flatMap(\.keys)).sorted() {
            let values = settings.map { $0[key] ?? "" }
            if Set(values).count > 1 { table.addRow([key] + values) }
        }
        return table
    }

    private static func leaves(_ yaml: String) -> [String: String] {
        var (found, path): ([String: String], [String]) = ([:], [])
        for line in yaml.split(separator: "\n") {
            let depth = line.prefix { $0 == " " }.count / 2
            let parts = line.drop { $0 == " " }.split(separator: ":", maxSplits: 1)
            guard let key = parts.first else { continue }
            path = path.prefix(depth) + [String(key)]
            if parts.count == 2 { found[path.joined(separator: ".")] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        return found
    }

    private var commands: [String] {
        runs.map { "ppocoder train --config \($0.directory.path)/config.yaml --set run.name=\($0.name)-again" }
            + ["ppocoder dashboard \(runs.map(\.directory.path).joined(separator: " "))"]
            + ["ppocoder report \(runs.map(\.directory.path).joined(separator: " "))"]
    }

    var markdown: String {
        """
        # Runs compared: \(runs.map(\.name).joined(separator: ", "))

        ## Results

        \(results.markdown)
        ## Cost

        \(costs.markdown)
        ## Settings that differ

        \(differences.rows.isEmpty ? "None.\n" : differences.markdown)
        ## Commands

        \(commands.map { "    \($0)" }.joined(separator: "\n"))

        """
    }

    var html: String {
        let escaped = EvalPage.escaped
        func table(_ table: Table) -> String {
            let head = table.columns.map { "<th>\(escaped($0))</th>" }.joined()
            let rows = table.rows.map { "<tr>\($0.map { "<td>\(escaped($0))</td>" }.joined())</tr>" }
            return "<div class=\"scroll\"><table><tr>\(head)</tr>\n\(rows.joined(separator: "\n"))</table></div>\n"
        }
        let title = "Runs compared: \(runs.map(\.name).joined(separator: ", "))"
        var page = Self.head(escaped(title)) + "<h1>\(escaped(title))</h1>\n<h2>Results</h2>\n" + table(results)
        page += "<div class=\"grid\">"
        for (label, metric, isShare) in Self.figures { page += ReportCurve(label, metric, isShare, runs).svg }
        page += "</div>\n<h2>Cost</h2>\n" + table(costs) + "<h2>Settings that differ</h2>\n"
        page += differences.rows.isEmpty ? "<p>None.</p>" : table(differences)
        page += "<h2>Commands</h2><pre>\(escaped(commands.joined(separator: "\n")))</pre>\n"
        for run in runs {
            page +=
                "<details><summary>Settings of \(escaped(run.name))</summary><pre>\(escaped(run.configuration))</pre></details>\n"
        }
        return page + "</body></html>\n"
    }

    /// Every number of every run, a line each.
    func rows(csv: Bool) -> String {
        var text = csv ? "run,step,time,metric,value\n" : ""
        for run in runs {
            let name = csv ? "\"\(run.name.replacing("\"", with: "\"\""))\"" : JSONLine.quoted(run.name)
            for record in run.records {
                for (metric, value) in record.metrics.sorted(by: { $0.key < $1.key }) {
                    let number = value.isFinite ? "\(value)" : csv ? "" : "null"
                    text +=
                        csv
                        ? "\(name),\(record.step),\(record.time),\(metric),\(number)\n"
                        : "{\"run\":\(name),\"step\":\(record.step),\"time\":\(record.time),"
                            + "\"metric\":\(JSONLine.quoted(metric)),\"value\":\(number)}\n"
                }
            }
        }
        return text
    }

    private enum JSONLine {
        static func quoted(_ text: String) -> String {
            (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
        }
    }

    private static func head(_ title: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1"><title>\(title)</title>
        <style>
        :root { color-scheme: light dark; --line: #8886; --s0: #0b5cad; --s1: #b14a00; --s2: #1a6e36; --s3: #8a2a83; --s4: #8a6100; --s5: #0d6b73; }
        @media (prefers-color-scheme: dark) { :root { --s0: #7cb8ff; --s1: #ffa066; --s2: #6fd08c; --s3: #e394dc; --s4: #e5c454; --s5: #5fcbd3; } }
        body { font: 15px/1.45 system-ui, sans-serif; max-width: 80rem; margin: 1rem auto; padding: 0 1rem; }
        h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 1.6rem; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; } th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; }
        .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: 1rem; margin: 1rem 0; }
        figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; padding: .6rem; } figure svg { width: 100%; height: auto; }
        svg text { font: 11px system-ui, sans-serif; fill: currentColor; } path { fill: none; stroke-width: 1.6; } .axis { stroke: var(--line); }
        .c0 { stroke: var(--s0); } .c1 { stroke: var(--s1); } .c2 { stroke: var(--s2); } .c3 { stroke: var(--s3); } .c4 { stroke: var(--s4); } .c5 { stroke: var(--s5); }
        pre { background: #8881; padding: .6rem .8rem; border-radius: 6px; overflow-x: auto; font: 13px/1.4 ui-monospace, monospace; }
        </style></head><body>

        """
    }
}

/// One metric of several runs as a picture.
private struct ReportCurve {
    private let label: String
    private let isShare: Bool
    private let lines: [(name: String, steps: [Int], values: [Double])]

    init(_ label: String, _ metric: String, _ isShare: Bool, _ runs: [RunReport.Run]) {
        self.label = label
        self.isShare = isShare
        lines = runs.map { run in
            let reduced = (run.history[metric] ?? MetricHistory.Series()).reduced(to: 200)
            return (run.name, reduced.steps, reduced.mean)
        }
    }

    var svg: String {
        let all = lines.flatMap(\.values)
        guard var low = all.min(), var high = all.max(), let last = lines.flatMap(\.steps).max() else { return "" }
        if high - low < 1e-12 { (low, high) = (low - 0.5, high + 0.5) }
        let (width, height, left, bottom) = (400.0, 170.0, 46.0, 18.0)
        func x(_ step: Int) -> Double { left + Double(step) / Double(max(1, last)) * (width - left - 6) }
        func y(_ value: Double) -> Double { 6 + (high - value) / (high - low) * (height - bottom - 6) }
        func number(_ value: Double) -> String {
            isShare ? fixed(100 * value, digits: 0) + " %" : fixed(value, digits: 2)
        }
        var text =
            "<figure><b>\(EvalPage.escaped(label))</b><svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\">"
        for value in [low, (low + high) / 2, high] {
            text += "<line class=\"axis\" x1=\"\(left)\" x2=\"\(width - 6)\" y1=\"\(y(value))\" y2=\"\(y(value))\"/>"
            text += "<text x=\"\(left - 5)\" y=\"\(y(value) + 4)\" text-anchor=\"end\">\(number(value))</text>"
        }
        text += "<text x=\"\(width - 6)\" y=\"\(height - 4)\" text-anchor=\"end\">step \(last)</text>"
        for (index, line) in lines.enumerated() where !line.steps.isEmpty {
            let points = zip(line.steps, line.values).map { "\(fixed(x($0), digits: 1)) \(fixed(y($1), digits: 1))" }
            text += "<path class=\"c\(index % 6)\" d=\"M\(points.joined(separator: "L"))\"/>"
        }
        let key = lines.enumerated().map { index, line in
            "<svg viewBox=\"0 0 20 8\" width=\"20\" height=\"8\" style=\"width:20px\"><path class=\"c\(index % 6)\" d=\"M0 4L20 4\"/></svg> "
                + EvalPage.escaped(line.name)
        }
        return text + "</svg><figcaption>\(key.joined(separator: " &nbsp; "))</figcaption></figure>\n"
    }
}
