import Dashboard
import Foundation
import Telemetry

/// Spans as Chrome's trace events.
struct ChromeTrace {
    let spans: [TraceSpan]

    private enum Argument: Encodable, ExpressibleByStringLiteral {
        case text(String)
        case number(Double)

        init(stringLiteral value: String) { self = .text(value) }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }
    }

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
        var args: [String: Argument]?
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
        let clocks = TraceClocks(spans: spans).newest
        var events: [Event] = []
        for (index, process) in processes.enumerated() {
            let pid = index + 1
            events.append(Event(name: "process_name", ph: "M", pid: pid, tid: 0, args: ["name": .text(process)]))
            let label = process == "learner" ? "all times are on its clock" : clocks[process].map { "clock \($0.text)" }
            if let label {
                events.append(Event(name: "process_labels", ph: "M", pid: pid, tid: 0, args: ["labels": .text(label)]))
            }
            let own = spans.filter { $0.process == process }
            events += own.filter { $0.name == "clock" }.map { Self.counter($0, pid: pid, origin: origin) }
            for (lane, span) in Self.lanes(own.filter { $0.name != "clock" }) {
                events += Self.events(span, pid: pid, lane: lane, origin: origin)
            }
        }
        return events
    }

    /// What was known of a clock, as a lane of numbers.
    private static func counter(_ span: TraceSpan, pid: Int, origin: Double) -> Event {
        Event(
            name: "clock ahead, ms",
            ph: "C",
            pid: pid,
            tid: 0,
            ts: 1e6 * (span.start - origin),
            args: ["offset": .number(1e3 * (span.clockOffset ?? 0)), "error": .number(1e3 * (span.clockError ?? 0))]
        )
    }

    private static func events(_ span: TraceSpan, pid: Int, lane: Int, origin: Double) -> [Event] {
        var args: [String: Argument] = [:]
        args["step"] = span.step.map { .text("\($0)") }
        args["shard"] = span.shard.map { .text("\($0)") }
        args["outcome"] = span.outcome.map { .text($0) }
        func event(_ name: String, _ span: TimeSpan, _ args: [String: Argument]?) -> Event {
            let (start, length) = (1e6 * (span.start - origin), 1e6 * (span.end - span.start))
            return Event(name: name, ph: "X", pid: pid, tid: lane, ts: start, dur: max(0, length), args: args)
        }
        var events = [event(span.name, span.span, args)]
        if let start = span.judgingStart, let end = span.judgingEnd {
            events.append(event("judging", TimeSpan(start: start, end: end), nil))
        }
        // From what was sampled and judged to the update that learns from it.
        guard let step = span.step, let id = flow(span, step) else { return events }
        let isEnd = span.name == "updating"
        let (start, length) = (1e6 * (span.start - origin), 1e6 * (span.end - span.start))
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

/// What the trace says of the clocks of other processes.
struct TraceClocks {
    /// The last that was known of each, by process.
    let newest: [String: ClusterReport.Clock]

    init(spans: [TraceSpan]) {
        newest = spans.reduce(into: [:]) { clocks, span in
            guard span.name == "clock", let offset = span.clockOffset, let error = span.clockError else { return }
            clocks[span.process] = ClusterReport.Clock(offset: offset, error: error)
        }
    }
}
