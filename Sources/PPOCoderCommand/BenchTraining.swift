import Dispatching
import Foundation
import Learner
import Telemetry

/// Short runs of training with different numbers of processes: what each role does all day, measured and by the model.
struct BenchTraining {
    /// One run.
    struct Point: Encodable {
        var executors: Int
        var workers: Int
        var promptsPerShard: Int
        var programsPerSecond = 0.0
        var tokensPerSecond = 0.0
        var stepSeconds = 0.0
        var updateSeconds = 0.0
        var queueWaitSeconds = 0.0
        var weightSyncSeconds = 0.0
        /// Shares of the time in which a role had nothing to do.
        var learnerIdle = 0.0
        var workerIdle = 0.0
        var executorIdle = 0.0
        /// Busy time of workers per shard and of executors per program, seconds.
        var shardSeconds = 0.0
        var programSeconds = 0.0
        /// Programs per second by those of the smallest run, by the number of processes that work more.
        var scalingEfficiency = 1.0
        var bottleneck = ""
        var modelledStepSeconds = 0.0
        var modelError = 0.0

        private enum CodingKeys: String, CodingKey {
            case executors, workers, bottleneck
            case promptsPerShard = "prompts_per_shard"
            case programsPerSecond = "programs_per_s"
            case tokensPerSecond = "tokens_per_s"
            case stepSeconds = "step_s"
            case updateSeconds = "update_s"
            case queueWaitSeconds = "queue_wait_s"
            case weightSyncSeconds = "weight_sync_s"
            case learnerIdle = "learner_idle"
            case workerIdle = "worker_idle"
            case executorIdle = "executor_idle"
            case shardSeconds = "shard_s"
            case programSeconds = "program_s"
            case scalingEfficiency = "scaling_efficiency"
            case modelledStepSeconds = "modelled_step_s"
            case modelError = "model_error"
        }
    }

    static let prompts = 16
    static let samples = 4
    let iterations: Int
    let folder: URL

    /// The configuration of every run, and a small model that all start from.
    func prepare() async throws -> URL {
        let text = """
            run: {iterations: \(iterations), evaluate_every: 100000, checkpoint_every: 100000}
            model: {d_model: 64, d_kv: 16, d_ff: 128, heads: 4, encoder_layers: 1, decoder_layers: 2, vocabulary_size: 400}
            data: {evaluation_problems: 2}
            rollout: {prompts_per_step: \(Self.prompts), samples_per_prompt: \(Self.samples), max_target_length: 64}
            sft: {steps: 60}
            sandbox: {slots: 1}
            """
        let file = folder.appending(path: "bench.yaml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        let process = try BenchProcess(
            "ppocoder",
            ["sft", "--config", file.path, "--output", folder.appending(path: "model").path]
        )
        try await process.waitForEnd(seconds: 600)
        return file
    }

    func measure(_ file: URL, executors: Int, workers: Int, promptsPerShard: Int) async throws -> Point {
        let name = "e\(executors)-w\(workers)-s\(promptsPerShard)"
        let process = try BenchProcess(
            "ppocoder",
            [
                "train", "--config", file.path, "--load_model_path", folder.appending(path: "model").path,
                "--output_path", folder.path, "--run", name, "--set", "cluster.executors=\(executors)", "--set",
                "cluster.rollout_workers=\(workers)", "--set", "rollout.prompts_per_shard=\(promptsPerShard)",
            ]
        )
        try await process.waitForEnd(seconds: 1200)
        let records = try RunLog.read(folder.appending(path: "\(name)/metrics.jsonl"))
        // The first iterations wait for processes to start.
        let steps = records.filter { $0.metrics["timing_s/step"] != nil }.dropFirst(2)
        guard !steps.isEmpty else {
            throw BenchError(text: "the run \(name) has no iterations; it said: \(process.said.suffix(300))")
        }
        func mean(_ key: String) -> Double { steps.reduce(0) { $0 + ($1.metrics[key] ?? 0) } / Double(steps.count) }
        var point = Point(executors: executors, workers: workers, promptsPerShard: promptsPerShard)
        point.programsPerSecond = mean("perf/programs_per_s")
        point.tokensPerSecond = mean("perf/throughput")
        point.stepSeconds = mean("timing_s/step")
        point.updateSeconds = mean("timing_s/update")
        point.queueWaitSeconds = mean("executor/queue_wait_s/mean")
        point.weightSyncSeconds = mean("timing_s/update_weights")
        point.learnerIdle = mean("idle/learner_ratio")
        point.workerIdle = mean("idle/rollout_ratio")
        point.executorIdle = mean("idle/executor_ratio")
        let shards = Double((Self.prompts + promptsPerShard - 1) / promptsPerShard)
        point.shardSeconds = (1 - point.workerIdle) * point.stepSeconds * Double(workers) / shards
        point.programSeconds =
            (1 - point.executorIdle) * point.stepSeconds * Double(executors) / Double(Self.prompts * Self.samples)
        let idle = [
            ("learner", point.learnerIdle), ("rollout workers", point.workerIdle), ("executors", point.executorIdle),
        ]
        point.bottleneck = idle.min { $0.1 < $1.1 }?.0 ?? ""
        return point
    }

    /// Seconds of an iteration by the model, with the durations that `base` measured.
    func modelledStep(_ base: Point, executors: Int, workers: Int, promptsPerShard: Int, cores: Double) -> Double {
        var options = ClusterModel.Options()
        options.executors = executors
        options.workers = workers
        options.steps = 4
        options.shardsPerStep = (Self.prompts + promptsPerShard - 1) / promptsPerShard
        options.programsPerShard = min(Self.prompts, promptsPerShard) * Self.samples
        // What a shard takes grows with its prompts.
        options.sampleSeconds = base.shardSeconds * Double(promptsPerShard) / Double(base.promptsPerShard)
        options.jobSeconds = base.programSeconds
        options.jobCPUShare = 0.9
        options.updateSeconds = base.updateSeconds
        options.weightSeconds = base.weightSyncSeconds
        options.cores = cores
        var model = ClusterModel(options: options)
        return model.run().seconds / Double(options.steps)
    }
}

extension BenchProcess {
    /// Waits until it has ended well.
    func waitForEnd(seconds: Double) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while isRunning {
            guard ContinuousClock.now < deadline else {
                await stop(SIGKILL)
                throw BenchError(text: "process \(pid) did not end within \(seconds) s; it said: \(said.suffix(500))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        guard status == 0 else {
            throw BenchError(text: "process \(pid) ended with \(status); it said: \(said.suffix(500))")
        }
    }
}
