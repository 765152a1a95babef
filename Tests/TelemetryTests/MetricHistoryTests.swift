import Foundation
import Telemetry
import Testing

struct MetricHistoryTests {
    @Test func itReadsWhatTheLogWrote() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appending(path: "metrics.jsonl")
        let log = try RunLog(url: url)
        for step in 1...50 {
            var metrics = ["actor/lr": 1e-5 / Double(step), "critic/score/mean": -0.1 * Double(step)]
            if step.isMultiple(of: 10) { metrics["val/greedy/pass@1"] = 1 / 3 }
            if step == 7 { metrics["actor/grad_norm"] = .infinity }
            try log.append(step: step, time: Double(step), metrics: metrics)
        }
        var history = MetricHistory(url: url)
        let read1 = history.refresh()
        #expect(read1)
        let records = try RunLog.read(url)
        for name in ["actor/lr", "critic/score/mean", "val/greedy/pass@1"] {
            let series = try #require(history[name])
            #expect(series.steps == records.filter { $0.metrics[name] != nil }.map(\.step))
            #expect(series.values == records.compactMap { $0.metrics[name] })
        }
        #expect(history["actor/grad_norm"]?.values.isEmpty == true)
        #expect(history.lastStep == 50 && history.times.last == 50 && history.brokenLines == 0)
        // Only what is new is read, and a torn line is waited for.
        let read2 = history.refresh()
        #expect(!read2)
        let file = try FileHandle(forWritingTo: url)
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"step":51,"time":51,"act"#.utf8))
        let read3 = history.refresh()
        #expect(!read3)
        try file.write(contentsOf: Data("or/lr\":2}\nnonsense\n".utf8))
        let read4 = history.refresh()
        #expect(read4)
        #expect(history["actor/lr"]?.last == 2 && history.brokenLines == 1)
    }

    @Test func aLogThatWasRewrittenIsReadAgain() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appending(path: "metrics.jsonl")
        let log = try RunLog(url: url)
        for step in 1...5 { try log.append(step: step, time: 0, metrics: ["actor/lr": Double(step)]) }
        var history = MetricHistory(url: url)
        _ = history.refresh()
        _ = try RunLog(url: url, resumingAfter: 2)
        let read5 = history.refresh()
        #expect(read5)
        #expect(history["actor/lr"]?.values == [1, 2])
    }
}
