import Foundation
import Telemetry

/// The page of `bench cluster`: tables and plots in one file, without anything from elsewhere.
struct ClusterPage {
    private let figures: ClusterFigures

    init(_ figures: ClusterFigures) { self.figures = figures }

    var html: String {
        var body = "<h1>Cluster benchmark</h1><p>\(figures.cores) cores, all roles on one machine.</p>"
        if !figures.plane.isEmpty {
            body += "<h2>Executors' plane</h2>"
            body += plot(
                title: "Share of the slots' time that jobs took",
                labels: figures.plane.map { "\($0.slots)" },
                axis: "slots",
                series: [
                    ("measured", figures.plane.map(\.efficiency)), ("model", figures.plane.map(\.modelledEfficiency)),
                ],
                maximum: 1
            )
            body += table(
                [
                    "slots", "processes", "jobs", "seconds", "efficiency", "programs/s", "dispatcher, share of a core",
                    "model off by",
                ],
                figures.plane.map { p in
                    [
                        "\(p.slots)", "\(p.processes)", "\(p.jobs)", number(p.seconds, 2), percent(p.efficiency),
                        number(p.programsPerSecond, 1), percent(p.dispatcherCPUShare), percent(p.modelError),
                    ]
                }
            )
        }
        if !figures.training.isEmpty { body += training() }
        if !figures.advice.isEmpty {
            body += "<h2>What more would bring, by the model</h2>"
            body += table(
                ["change", "programs/s"],
                figures.advice.map { [$0.change, ($0.gain < 0 ? "" : "+") + percent($0.gain)] }
            )
        }
        body += "<h2>Extrapolation</h2><p>The same state machines with the durations named; the error is the largest "
        body += "difference between model and measurement on this machine.</p>"
        body += table(
            ["what", "figure", "unit", "model off by at most"],
            figures.extrapolation.map {
                [$0.what, number($0.figure, 3), $0.unit, $0.error.map(percent) ?? "not compared"]
            }
        )
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cluster benchmark</title><style>
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff }
            table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; display: block; overflow-x: auto }
            td, th { border-bottom: 1px solid #ccc; padding: .2em .7em; text-align: right }
            td:first-child, th:first-child { text-align: left }
            svg { width: 100%; height: auto }
            </style></head><body>\(body)</body></html>

            """
    }

    private func training() -> String {
        let labels = figures.training.map { "\($0.executors)×\($0.workers)×\($0.promptsPerShard)" }
        var body = "<h2>Training</h2><p>Executors × rollout workers × prompts per shard.</p>"
        body += plot(
            title: "Share of the time in which a role had nothing to do",
            labels: labels,
            axis: "executors × workers × prompts per shard",
            series: [
                ("learner", figures.training.map(\.learnerIdle)),
                ("rollout workers", figures.training.map(\.workerIdle)),
                ("executors", figures.training.map(\.executorIdle)),
            ],
            maximum: 1
        )
        body += plot(
            title: "Seconds of an iteration",
            labels: labels,
            axis: "executors × workers × prompts per shard",
            series: [
                ("measured", figures.training.map(\.stepSeconds)),
                ("model", figures.training.map(\.modelledStepSeconds)),
            ],
            maximum: nil
        )
        body += table(
            [
                "run", "programs/s", "tokens/s", "queue wait, s", "weights, s", "learner idle", "workers idle",
                "executors idle", "scaling", "bottleneck", "step, s", "model off by",
            ],
            zip(labels, figures.training).map { label, p in
                [
                    label, number(p.programsPerSecond, 1), number(p.tokensPerSecond, 0), number(p.queueWaitSeconds, 3),
                    number(p.weightSyncSeconds, 3), percent(p.learnerIdle), percent(p.workerIdle),
                    percent(p.executorIdle),
                    percent(p.scalingEfficiency), p.bottleneck, number(p.stepSeconds, 2), percent(p.modelError),
                ]
            }
        )
        return body
    }

    private static let colours = ["#1f5fa8", "#c2571a", "#2b7a3d"]

    /// Points joined by lines, one colour for each series.
    private func plot(
        title: String,
        labels: [String],
        axis: String,
        series: [(name: String, values: [Double])],
        maximum: Double?
    ) -> String {
        let (width, height, left, top, bottom) = (760.0, 330.0, 60.0, 64.0, 56.0)
        let most = max(maximum ?? 0, (series.flatMap(\.values).max() ?? 1) * (maximum == nil ? 1.1 : 1), 1e-9)
        func x(_ i: Int) -> Double { left + (width - left - 20) * (Double(i) + 0.5) / Double(max(1, labels.count)) }
        func y(_ value: Double) -> Double { height - bottom - (height - bottom - top) * value / most }
        var parts = ["<text x=\"\(left)\" y=\"18\" font-size=\"15\" font-weight=\"600\">\(escape(title))</text>"]
        for tick in 0...4 {
            let value = most * Double(tick) / 4
            parts.append(
                "<line x1=\"\(left)\" x2=\"\(width - 20)\" y1=\"\(y(value))\" y2=\"\(y(value))\" stroke=\"#ddd\"/>"
            )
            parts.append(
                "<text x=\"\(left - 8)\" y=\"\(y(value) + 4)\" text-anchor=\"end\" font-size=\"12\">\(number(value, 2))</text>"
            )
        }
        for (i, label) in labels.enumerated() {
            parts.append(
                "<text x=\"\(x(i))\" y=\"\(height - bottom + 18)\" text-anchor=\"middle\" font-size=\"12\">\(escape(label))</text>"
            )
        }
        parts.append(
            "<text x=\"\(width / 2)\" y=\"\(height - 8)\" text-anchor=\"middle\" font-size=\"12\">\(escape(axis))</text>"
        )
        for (s, line) in series.enumerated() {
            let colour = Self.colours[s % Self.colours.count]
            let points = line.values.enumerated().map { "\(x($0.offset)),\(y($0.element))" }.joined(separator: " ")
            parts.append("<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>")
            for (i, value) in line.values.enumerated() {
                parts.append(
                    "<circle cx=\"\(x(i))\" cy=\"\(y(value))\" r=\"3.5\" fill=\"\(colour)\"><title>\(number(value, 3))</title></circle>"
                )
            }
            parts.append(
                "<text x=\"\(width - 20)\" y=\"\(18 + 15 * Double(s))\" text-anchor=\"end\" font-size=\"12\" fill=\"\(colour)\">\(escape(line.name))</text>"
            )
        }
        return
            "<svg viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(escape(title))\">\(parts.joined())</svg>"
    }

    private func table(_ head: [String], _ rows: [[String]]) -> String {
        let cells = rows.map { "<tr>" + $0.map { "<td>\(escape($0))</td>" }.joined() + "</tr>" }
        return "<table><tr>" + head.map { "<th>\(escape($0))</th>" }.joined() + "</tr>" + cells.joined() + "</table>"
    }

    private func number(_ value: Double, _ digits: Int) -> String { fixed(value, digits: digits) }

    private func percent(_ share: Double) -> String { fixed(100 * share, digits: 1) + " %" }

    private func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
}
