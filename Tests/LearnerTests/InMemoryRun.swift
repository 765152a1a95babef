import Dispatching
import Foundation
import Learner
import Optimizers
import PPO
import Programs
import RolloutWorker
import Testing
import Transformer
import Transport
import Determinism

/// A whole run in this process: learner, workers and an executor over in-memory channels.
///
/// The executor's verdicts are a hash of the program, so that rewards vary without a sandbox.
enum InMemoryRun {
    static func configuration(staleness: Int, model: URL, output: URL) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.run.outputPath = output.path
        configuration.run.name = "run"
        configuration.run.iterations = 5
        configuration.run.staleness = staleness
        configuration.run.evaluateEvery = 5
        configuration.run.checkpointEvery = 1
        configuration.model.path = model.path
        configuration.model.dModel = 16
        configuration.model.dKV = 8
        configuration.model.dFF = 32
        configuration.model.heads = 2
        configuration.model.encoderLayers = 1
        configuration.model.decoderLayers = 1
        configuration.model.vocabularySize = 300
        configuration.data.evaluationProblems = 6
        configuration.data.maximumSourceLength = 48
        configuration.rollout.promptsPerStep = 6
        configuration.rollout.samplesPerPrompt = 3
        configuration.rollout.promptsPerShard = 1
        configuration.rollout.maximumTargetLength = 12
        configuration.optimizer.learningRate = 1e-2
        configuration.ppo.minibatchSize = 9
        configuration.cluster.microbatchSize = 4
        // The executor below gives verdicts of its own making.
        configuration.cluster.probes = false
        return configuration
    }

    /// Runs and returns the SHA-256 of the weights.
    static func train(
        _ configuration: RunConfiguration,
        workers: Int,
        losing lost: Bool = false,
        resume: Bool = false,
        over provider: any ChannelProvider = InMemoryTransport(),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Digest {
        let directory = RunDirectory(configuration: configuration)
        if !resume { try directory.create() }
        let sockets = URL(filePath: "/tmp/\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: sockets, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: sockets) }
        let endpoints = try LearnerEndpoints(base: sockets.path)
        let service = try LearnerService(
            configuration: configuration,
            directory: directory,
            endpoints: endpoints,
            provider: provider,
            resume: resume
        )
        // SAFETY: only the task below touches the service.
        nonisolated(unsafe) let learner = service
        let run = Task { _ = try await unsafe learner.run() }
        try await Task.sleep(for: .milliseconds(50))
        let executor = Task {
            let channel = try await provider.client(connecting: endpoints.executors, options: .executors)
            try await runExecutor(channel: channel, slots: 4, toolChains: ["python": "test"]) { job in
                let hash = Digest(of: job.program).bytes[0]
                return Verdict(outcome: hash < 80 ? .accepted : hash < 160 ? .wrongAnswer : .compileError)
            }
        }
        var pool = (0..<workers).map { index in worker(index, provider, endpoints, report) }
        if lost {
            // One of them goes in the middle of its work, without a word.
            try await Task.sleep(for: .milliseconds(150))
            pool[0].cancel()
            pool.append(worker(workers, provider, endpoints, report))
        }
        try await run.value
        for task in pool { task.cancel() }
        executor.cancel()
        return try PolicyModel.load(from: directory.final.path).parameters.digest()
    }

    private static func worker(
        _ index: Int,
        _ provider: any ChannelProvider,
        _ endpoints: LearnerEndpoints,
        _ report: @escaping @Sendable (String) -> Void
    ) -> Task<Void, any Error> {
        Task {
            let service = RolloutWorkerService(
                provider: provider,
                endpoint: endpoints.control,
                name: "\(index)",
                report: report
            )
            try await service.run()
        }
    }
}
