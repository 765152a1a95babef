import Foundation
import Telemetry
import Testing

/// What Prometheus gets from each role of a run that goes on.
@Suite(.serialized) struct ExpositionTests {
    @Test(arguments: [
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a 1",
        "# TYPE ppocoder_a gauge\n# HELP ppocoder_a a\nppocoder_a 1\n",
        "# HELP ppocoder_a a\nppocoder_a 1\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a 1\nppocoder_a 2\n",
        "# HELP ppocoder_a a\n# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a 1\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a counter\nppocoder_a 1\n",
        "# HELP ppocoder_a_total a\n# TYPE ppocoder_a_total gauge\nppocoder_a_total 1\n",
        "# HELP ppocoder_a_ms a\n# TYPE ppocoder_a_ms gauge\nppocoder_a_ms 1\n",
        "# HELP ppocoder_a_count a\n# TYPE ppocoder_a_count gauge\nppocoder_a_count 1\n",
        "# HELP ppocoder_a/b a\n# TYPE ppocoder_a/b gauge\nppocoder_a/b 1\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a one\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a inf\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a{b=\"c\\d\"} 1\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a{b=\"c\nd\"} 1\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\nppocoder_a{b=\"c\",b=\"d\"} 1\n",
        "# HELP ppocoder_a a\n# TYPE ppocoder_a gauge\n# HELP ppocoder_b b\n# TYPE ppocoder_b gauge\nppocoder_b 1\nppocoder_a 1\n",
    ])
    func whatTheFormatForbidsIsFound(text: String) {
        #expect(throws: Exposition.Malformed.self) { try Exposition(text) }
    }

    @Test func everyMetricWithTheWorstOfValuesAndNamesIsServedInTheFormat() throws {
        let values = Dictionary(
            uniqueKeysWithValues: MetricName.all.enumerated().map { index, metric in
                (metric.name, [0.1, -1e-300, 1e300, .nan, .infinity, -.infinity][index % 6])
            }
        )
        let text = prometheusText(values, labels: ["worker": "a\"b\\c\r\nd\u{2028}{,}", "role": "learner"])
        let page = try Exposition(text)
        #expect(page.types.count == MetricName.all.count && page.samples.count == MetricName.all.count)
        #expect(page.samples.keys.allSatisfy { $0.labels["worker"] == #"a\"b\\c\#r\nd\#u{2028}{,}"# })
    }

    @Test func learnerWorkerAndExecutorServeTheFormatWhileTheyWork() throws {
        let folder = try Scratch()
        let settings =
            TinyModel.shape + ReplayCommandTests.run + [
                "run.output_path=\(folder.url.path)", "run.name=live", "run.iterations=100000",
                "cluster.rollout_workers=0", "cluster.executors=0", "cluster.endpoint=\(folder.url.path)",
                "monitoring.listen=127.0.0.1:0", "run.evaluate_every=1000000",
            ]
        let train = try LiveProcess(
            "ppocoder",
            ["train", "--load_model_path", try TinyModel.path()] + settings.flatMap { ["--set", $0] }
        )
        defer { train.stop() }
        let learner = try train.match(/dashboard and \/metrics at http:\/\/([0-9.:]+)\//).1
        let base = "ipc://\(folder.url.path)"
        let rollout = try LiveProcess(
            "ppocoder-rollout",
            ["--connect", base + "/control", "--name", "w\"1\\", "--metrics", "127.0.0.1:0"]
        )
        defer { rollout.stop() }
        let executor = try LiveProcess(
            "ppocoder-sandbox",
            [
                "execute", "--connect", base + "/executors", "--slots", "1", "--languages", "python", "--name", "e1",
                "--metrics", "127.0.0.1:0",
            ]
        )
        defer { executor.stop() }
        let addresses = [
            ("learner", learner), ("rollout", try rollout.match(/\/metrics at http:\/\/([0-9.:]+)\//).1),
            ("executor", try executor.match(/\/metrics at http:\/\/([0-9.:]+)\//).1),
        ]
        _ = try train.match(/step:3\s/)
        let expected = [
            "learner": [
                "critic_score_mean", "rollout_workers", "executor_slots", "transport_clock_offset_max_seconds",
            ],
            "rollout": ["rollout_shards_done", "rollout_generation_seconds", "transport_clock_offset_seconds"],
            "executor": ["executor_verdicts", "executor_slots", "transport_clock_error_seconds"],
        ]
        for (role, address) in addresses {
            let text = try fetched(address, "/metrics")
            let page = try Exposition(text)
            let samples = page.samples.filter { $0.key.labels["role"] == role }
            #expect(samples.count == page.samples.count, "\(role)")
            let names = Set(samples.keys.map(\.name))
            for name in expected[role] ?? [] { #expect(names.contains("ppocoder_\(name)"), "\(role): \(name)") }
            #expect(try fetched(address, "/healthz") == "ok\n")
            try Self.promtool(text, role)
        }
        #expect(try fetched(addresses[1].1, "/metrics").contains(#"worker="w\"1\\""#))
    }

    /// What Prometheus' own tool says, where there is one.
    private static func promtool(_ text: String, _ role: String) throws {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/promtool") })
        else {
            return
        }
        let scratch = try Scratch()
        let process = Process()
        process.executableURL = URL(filePath: "\(folder)/promtool")
        process.arguments = ["check", "metrics"]
        process.standardInput = try FileHandle(forReadingFrom: scratch.file("metrics", text))
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let said = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(role): \(String(decoding: said, as: UTF8.self))")
    }
}
