package import Foundation

/// Something that took time in some process of a run: a line of `trace.jsonl`.
package struct TraceSpan: Codable, Sendable, Equatable {
    /// `learner`, `rollout NAME` or `executor NAME`.
    package var process: String
    /// What went on: `step`, `leasing`, `waiting`, `updating`, `publishing`, `recording`, `evaluating`, `generation`, `execution`, `lease`; or `clock`,
    /// which takes no time and says what was known of the process's clock.
    package var name: String
    /// Seconds since 1970, on the learner's clock.
    package var start: Double
    package var end: Double
    package var step: Int?
    package var shard: Int?
    /// Places of the process; of a `step`, the rollout workers that took part.
    package var capacity: Int?
    /// Of a `step`, the slots of all executors.
    package var slots: Int?
    /// The outcome of a program.
    package var outcome: String?
    /// Of a `lease`: when the executor judged the program, within the span.
    package var judgingStart: Double?
    package var judgingEnd: Double?
    /// Of a `clock`: seconds by which it is ahead of the learner's, and by how many that may be wrong.
    package var clockOffset: Double?
    package var clockError: Double?

    package init(
        process: String,
        name: String,
        start: Double,
        end: Double,
        step: Int? = nil,
        shard: Int? = nil,
        capacity: Int? = nil,
        slots: Int? = nil,
        outcome: String? = nil,
        judgingStart: Double? = nil,
        judgingEnd: Double? = nil,
        clockOffset: Double? = nil,
        clockError: Double? = nil
    ) {
        self.process = process
        self.name = name
        self.start = start
        self.end = end
        self.step = step
        self.shard = shard
        self.capacity = capacity
        self.slots = slots
        self.outcome = outcome
        self.judgingStart = judgingStart
        self.judgingEnd = judgingEnd
        self.clockOffset = clockOffset
        self.clockError = clockError
    }

    package var span: TimeSpan { TimeSpan(start: start, end: end) }
}

/// The spans of a run, one JSON object per line.
package final class TraceLog: Sendable {
    private let file: AppendOnlyFile

    /// Opens the log, making it when it is not there.
    package init(url: URL) throws(TelemetryError) { file = try AppendOnlyFile(url) }

    package func append(_ spans: [TraceSpan]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes: [UInt8] = []
        for span in spans {
            guard let line = try? encoder.encode(span) else { continue }
            bytes += line
            bytes.append(10)
        }
        // A trace is not worth a run: on a full disk it ends early.
        try? file.append(bytes)
    }

    /// The spans at `url`; a torn last line is left out.
    ///
    /// - Throws: ``TelemetryError/malformedRecord(file:line:expected:)`` when it is not such a log.
    package static func read(_ url: URL) throws(TelemetryError) -> [TraceSpan] {
        guard let data = try? Data(contentsOf: url) else {
            throw .malformedRecord(
                file: url.path,
                line: 1,
                expected: "spans, as a run with monitoring.trace=true writes"
            )
        }
        var spans: [TraceSpan] = []
        let decoder = JSONDecoder()
        let lines = data.split(separator: 10)
        for (index, line) in lines.enumerated() {
            if let span = try? decoder.decode(TraceSpan.self, from: line) {
                spans.append(span)
            } else if index < lines.count - 1 {
                throw .malformedRecord(file: url.path, line: index + 1, expected: "a span")
            }
        }
        return spans
    }
}
