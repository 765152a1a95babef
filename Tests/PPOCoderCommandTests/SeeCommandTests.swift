import Foundation
import Telemetry
import Testing

/// One small run with everything recorded, and what status, trace and report say of it.
@Suite(.serialized) struct SeeCommandTests {
    private static let made: Result<Scratch, any Error> = Result {
        let folder = try Scratch()
        let settings =
            TinyModel.shape + ReplayCommandTests.run + [
                "run.output_path=\(folder.url.path)", "run.name=small", "run.iterations=4", "cluster.rollout_workers=3",
                "monitoring.trace=true", "monitoring.listen=127.0.0.1:0",
                // Enough work for the last of the workers to join on a fast machine, too.
                "rollout.prompts_per_step=64", "rollout.prompts_per_shard=2",
            ]
        let train = try CommandRun.ppocoder(
            ["train", "--load_model_path", try TinyModel.path()] + settings.flatMap { ["--set", $0] }
        )
        try #require(train.code == 0, "\(train.errors)")
        #expect(train.errors.contains("dashboard and /metrics at http://127.0.0.1:"))
        return folder
    }

    static func run() throws -> String { try made.get().path("small") }

    @Test func everyNumberOfARunIsInTheTableAndThoseItPromisesAreThere() throws {
        let records = try RunLog.read(URL(filePath: Self.run() + "/metrics.jsonl"))
        let written = Set(records.flatMap(\.metrics.keys))
        #expect(MetricName.unknown(in: written) == [])
        for name in [
            "idle/rollout_ratio", "idle/executor_ratio", "executor/queue_wait_s/p95", "executor/utilization",
            "weights/bytes_sent", "transport/bytes_in", "transport/bytes_out", "executor/run_s/mean",
            "timing_s/metrics", "reward/kl/mean", "val/sampled/response_length", "prompt_length/clip_ratio",
            "training/off_policy/trajectory_staleness/max", "perf/peak_memory", "reward/tests_passed_rate",
            "transport/clock_offset_max_s", "transport/clock_error_max_s",
        ] {
            #expect(written.contains(name), "\(name)")
        }
    }

    @Test func idleSharesOfTheTraceAreThoseOfTheLog() throws {
        let run = try Self.run()
        let command = try CommandRun.ppocoder("trace", run, "--json")
        try #require(command.code == 0, "\(command.errors)")
        let shares = try #require(
            try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Double]
        )
        let records = try RunLog.read(URL(filePath: run + "/metrics.jsonl"))
        for (role, metric) in [
            ("learner", "idle/learner_ratio"), ("rollout workers", "idle/rollout_ratio"),
            ("executors", "idle/executor_ratio"),
        ] {
            let rows = records.filter { $0.metrics[metric] != nil }
            let lengths = rows.map { $0.metrics["timing_s/step"] ?? 0 }
            let logged = zip(rows, lengths).reduce(0) { $0 + ($1.0.metrics[metric] ?? 0) * $1.1 } / lengths.reduce(0, +)
            #expect(abs((shares[role] ?? 9) - logged) < 0.02, "\(role)")
        }
        // The file is what a trace viewer reads, and spans of a lane nest.
        let file = try Data(contentsOf: URL(filePath: run + "/trace.json"))
        let trace = try #require(try JSONSerialization.jsonObject(with: file) as? [String: [[String: Any]]])
        let events = try #require(trace["traceEvents"])
        let names = events.filter { $0["ph"] as? String == "M" }.compactMap {
            ($0["args"] as? [String: String])?["name"]
        }
        #expect(names.first == "learner" && names.contains("executor executor-1") && names.count >= 3)
        // Beside the name of each other process stands what its clock is ahead; on one machine that is next to nothing.
        let labels = events.compactMap { ($0["args"] as? [String: Any])?["labels"] as? String }
        #expect(labels.first == "all times are on its clock" && labels.count == names.count, "\(labels)")
        #expect(labels.dropFirst().allSatisfy { $0.hasPrefix("clock ") && $0.contains(" ± ") }, "\(labels)")
        #expect(command.errors.contains("clock of executor executor-1: "))
        #expect(events.contains { $0["name"] as? String == "judging" && $0["ph"] as? String == "X" })
        var lanes: [String: [(Double, Double)]] = [:]
        for event in events where event["ph"] as? String == "X" {
            let start = try #require(event["ts"] as? Double)
            let key = "\(event["pid"] ?? 0) \(event["tid"] ?? 0)"
            lanes[key, default: []].append((start, start + (event["dur"] as? Double ?? 0)))
        }
        #expect(lanes.count >= 4)
        for spans in lanes.values {
            for (a, b) in zip(spans, spans.dropFirst()) where b.0 < a.1 - 1 { #expect(b.1 <= a.1 + 1) }
        }
    }

    @Test func aStatusIsPlainTextOffATerminalAndAnObjectOnRequest() throws {
        let run = try Self.run()
        let plain = try CommandRun.ppocoder("status", run)
        #expect(plain.code == 0 && !plain.output.contains("\u{1B}"))
        #expect(plain.output.hasPrefix("small  step 4 of 4  finished\n"))
        #expect(plain.output.contains("rollout-3  ") && plain.output.contains("executor-1  "))
        let object = try CommandRun.ppocoder("status", run, "--json")
        let status = try #require(try JSONSerialization.jsonObject(with: Data(object.output.utf8)) as? [String: Any])
        #expect(status["step"] as? Int == 4 && status["phase"] as? String == "finished")
        #expect((status["metrics"] as? [String: Double])?["critic/score/mean"] != nil)
        // Nobody sets clocks here: they differ by what the wall clock was corrected since the processes began.
        let cluster = try #require(status["cluster"] as? [String: Any])
        for peers in [cluster["workers"], cluster["executors"]] {
            let clocks = (peers as? [[String: Any]] ?? []).compactMap { $0["clock"] as? [String: Double] }
            #expect(!clocks.isEmpty)
            for clock in clocks {
                let (offset, error) = (try #require(clock["offset_s"]), try #require(clock["error_s"]))
                #expect(error > 0 && error < 0.5 && abs(offset) < error + 0.05, "\(clock)")
            }
        }
    }

    @Test func aReportComparesRunsAndExportsEveryNumber() throws {
        let run = try Self.run()
        let folder = try Scratch()
        let command = try CommandRun.ppocoder(
            "report",
            run,
            run,
            "--output",
            folder.path("out"),
            "--csv",
            folder.path("all.csv"),
            "--jsonl",
            folder.path("all.jsonl")
        )
        try #require(command.code == 0, "\(command.errors)")
        let page = try String(contentsOfFile: folder.path("out/report.html"), encoding: .utf8)
        #expect(
            page.contains("<svg") && !page.contains("<script") && !page.contains("http://")
                && !page.contains("https://")
        )
        #expect(page.contains("ppocoder train --config"))
        let text = try String(contentsOfFile: folder.path("out/report.md"), encoding: .utf8)
        #expect(text.contains("| pass@1 held out, greedy"))
        let numbers = try RunLog.read(URL(filePath: run + "/metrics.jsonl")).reduce(0) { $0 + $1.metrics.count }
        let csv = try String(contentsOfFile: folder.path("all.csv"), encoding: .utf8).split(separator: "\n")
        #expect(csv.count == 2 * numbers + 1 && csv[0] == "run,step,time,metric,value")
        let rows = try CommandRun.rows(String(contentsOfFile: folder.path("all.jsonl"), encoding: .utf8))
        #expect(rows.count == 2 * numbers)
    }

    @Test func whatIsNoRunIsRefused() throws {
        for command in [
            ["status", "/nowhere"], ["report", "/nowhere"], ["trace", "/nowhere"], ["dashboard", "/nowhere"],
        ] {
            let run = try CommandRun.ppocoder(command)
            #expect(run.code != 0 && run.errors.contains("/nowhere"), "\(command)")
        }
        let open = try CommandRun.ppocoder("dashboard", try Self.run(), "--listen", "0.0.0.0:0")
        #expect(open.code != 0 && open.errors.contains("PPOCODER_MONITORING_TOKEN"))
    }
}
