import Foundation
import Telemetry
import Testing

struct MetricPageTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func thePageIsWhatTheTableSays() throws {
        let file = Self.root.appending(path: "docs/metrics.md")
        if ProcessInfo.processInfo.environment["PPOCODER_WRITE_DOCS"] == "1" {
            try MetricName.page.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == MetricName.page)
    }

    @Test func everyQueryOfTheGrafanaFileNamesAMetricThatIsWritten() throws {
        let data = try Data(contentsOf: Self.root.appending(path: "docs/grafana.json"))
        let board = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(board["panels"] as? [[String: Any]])
        let known = Set(MetricName.all.map(\.prometheusName))
        var queries = 0
        for panel in panels {
            for target in panel["targets"] as? [[String: Any]] ?? [] {
                let query = try #require(target["expr"] as? String)
                let names = query.matches(of: /ppocoder_[a-z0-9_]+/).map { String($0.0) }
                #expect(!names.isEmpty, "\(query)")
                for name in names { #expect(known.contains(name), "\(name)") }
                queries += 1
            }
        }
        #expect(queries >= 30)
    }

    @Test(arguments: [
        ("timing_s/gen", "ppocoder_timing_seconds_gen"), ("perf/programs_per_s", "ppocoder_perf_programs_per_second"),
        ("executor/slots_total", "ppocoder_executor_slots"), ("val/greedy/pass@1", "ppocoder_val_greedy_pass_1"),
        ("executor/queue_wait_s/p95", "ppocoder_executor_queue_wait_seconds_p95"),
    ])
    func prometheusWritesUnitsOut(name: String, expected: String) {
        #expect(MetricName.named(name)?.prometheusName == expected)
    }
}
