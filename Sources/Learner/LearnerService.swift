internal import Checkpoints
internal import Determinism
package import Dispatching
internal import Foundation
internal import Optimizers
internal import Programs
internal import Protocol
internal import Telemetry
internal import Tensors
internal import Tokenization
internal import Transformer
package import Transport

/// The outer loop: lease, collect, update, publish, evaluate, checkpoint.
///
/// One step of the loop is a pure function of the checkpoint before it and the verdicts.
package final class LearnerService {
    let configuration: RunConfiguration
    private let directory: RunDirectory
    private let endpoints: LearnerEndpoints
    private let provider: any ChannelProvider
    let signer: ManifestSigner?
    private let display: TrainingDisplay
    private let source: ProblemSource
    private let supervised: SupervisedExamples

    let model: PolicyModel
    private let reference: T5Parameters
    private let learner: PPOLearner
    private let ledger: Ledger
    private let recorder: ReplayRecorder?
    private let monitor: ClusterMonitor
    private var step: Int
    private var evaluations: [Int: EvaluationReport]
    /// Weights by the number of iterations that made them, as far as iterations not yet sampled need them.
    private var versions: [Int: T5Parameters]
    private var manifests: [Int: WireWeightManifest] = [:]
    private(set) var watchdog: Watchdog?

    /// Prepares a run, or picks up the newest valid checkpoint of one.
    ///
    /// - Parameters:
    ///   - configuration: of the run.
    ///   - directory: the run directory.
    ///   - endpoints: where workers and executors connect.
    ///   - provider: opens the channels.
    ///   - signer: signs the manifests of weights, where keys are used.
    ///   - resume: continue the run in `directory`.
    /// - Throws: when the data, the model or the checkpoint cannot be read, naming the file.
    package init(
        configuration: RunConfiguration,
        directory: RunDirectory,
        endpoints: LearnerEndpoints,
        provider: any ChannelProvider,
        signer: ManifestSigner? = nil,
        resume: Bool
    ) throws {
        self.configuration = configuration
        self.directory = directory
        self.endpoints = endpoints
        self.provider = provider
        self.signer = signer
        source = try ProblemSource(configuration: configuration)
        var checkpoint: LearnerCheckpoint.Contents?
        var folder: URL?
        if resume {
            let search = try CheckpointDirectory.newestValid(in: directory.url)
            for skipped in search.skipped {
                writeNotice("skipped checkpoint \(skipped.url.lastPathComponent): \(skipped.reason)")
            }
            folder = search.url
            checkpoint = try search.url.map { try LearnerCheckpoint.read(from: $0) }
        }
        if let checkpoint {
            model = checkpoint.model
            reference = try PolicyModel.load(from: directory.reference.path).parameters
            guard reference.digest().hex == checkpoint.state.reference else {
                throw LearnerError.resume(
                    path: directory.reference.path,
                    reason: "is not the reference policy of this run"
                )
            }
            guard checkpoint.state.seed == configuration.run.seed else {
                throw LearnerError.resume(
                    path: directory.url.path,
                    reason: "was started with seed \(checkpoint.state.seed), not \(configuration.run.seed)"
                )
            }
        } else {
            model = try PolicyModel.load(from: configuration.model.path)
            reference = model.parameters.copy()
            try PolicyModel(parameters: reference, tokenizer: model.tokenizer).save(to: directory.reference)
        }
        supervised = try SupervisedExamples(configuration: configuration, source: source, tokenizer: model.tokenizer)
        step = checkpoint?.state.step ?? 0
        evaluations = checkpoint?.state.evaluations ?? [:]
        versions = checkpoint?.older ?? [:]
        learner = PPOLearner(
            parameters: model.parameters,
            critic: checkpoint?.critic,
            configuration: configuration,
            state: checkpoint?.state.learner
        )
        if let checkpoint, let folder {
            try LearnerCheckpoint.restore(learner, from: folder, state: checkpoint.state)
        }
        versions[step] = model.parameters.copy()
        ledger = try Ledger(at: directory.ledger) { writeNotice("learner: \($0)") }
        let held = try ledger.truncate(from: step)
        if held < step {
            writeNotice(
                "learner: the ledger lacks \(step - held) of the \(step) iterations before this one; the weights have them, "
                    + "and nothing is lost for what is to come"
            )
        }
        recorder = configuration.run.recordRollouts ? try ReplayRecorder(at: directory.rollouts, step: step) : nil
        monitor = try ClusterMonitor(directory: directory, configuration: configuration, step: step)
        display = try TrainingDisplay(directory: directory, configuration: configuration, resumedAt: step)
        for notice in source.notices { writeNotice(notice) }
    }

    var runID: [UInt8] { Array(Digest(of: directory.url.path).bytes.prefix(16)) }

    /// Trains until the last iteration.
    ///
    /// - Returns: the evaluations by iteration, the first and the last among them.
    package func run() async throws -> [Int: EvaluationReport] {
        let control = try await provider.server(binding: endpoints.control, options: .control)
        let bulk = try await provider.server(binding: endpoints.bulk, options: .bulk)
        let announcements = try await provider.publisher(binding: endpoints.announcements, options: .announcements)
        let programs = try await provider.server(binding: endpoints.programs, options: .execution)
        let executors = try await provider.server(binding: endpoints.executors, options: .executors)
        let weights = WeightServer(
            channel: bulk,
            publisher: announcements,
            runID: runID,
            sendsDifferences: weightEncoding.sendsDifferences
        )
        let referenceManifest = try await publish(reference, version: 0, isReference: true, on: weights)
        let welcome = try welcome()
        let shards = ShardLedger(ledger, settings: welcome.workerConfigurationJson)
        let rollouts = RolloutService(
            channel: control,
            runID: runID,
            welcome: welcome,
            store: shards,
            leaseSeconds: configuration.cluster.leaseSeconds,
            silenceSeconds: configuration.cluster.silenceSeconds
        )
        var options = ExecutionDispatcher.Options()
        options.name = configuration.run.name
        options.leaseSeconds = configuration.cluster.leaseSeconds
        options.silenceSeconds = configuration.cluster.silenceSeconds
        if configuration.cluster.probes { options.probes = DispatcherOptions.knownPrograms }
        let quarantine = QuarantineFolder(directory.url.appending(path: "quarantine"))
        let dispatcher = ExecutionDispatcher(
            clients: programs,
            executors: executors,
            options: options,
            onNote: { writeNotice("learner: \($0)") },
            onQuarantine: { writeNotice("learner: \(quarantine.keep($0, reason: $1))") }
        )
        let builder = LeaseBuilder(
            configuration: configuration,
            source: source,
            tokenizer: model.tokenizer,
            reference: referenceManifest
        )
        let services = [
            Task { await rollouts.run() },
            Task {
                // A service that fails leaves nothing to wait for: whoever waits is woken and the run ends.
                do { try await weights.run() } catch {
                    writeNotice("learner: weights: \(error)")
                    await rollouts.close()
                }
            },
            Task {
                do { try await dispatcher.run() } catch {
                    writeNotice("learner: dispatcher: \(error)")
                    await rollouts.close()
                }
            },
        ]
        let watching = try monitor.start(rollouts: rollouts, dispatcher: dispatcher, weights: weights)
        defer { for service in services + watching { service.cancel() } }
        display.started(
            parameters: model.parameters.buffer.count,
            problems: source.trainingCount,
            heldOut: source.evaluation.count,
            step: step
        )
        for (version, parameters) in versions {
            manifests[version] = try await publish(parameters, version: version, isReference: false, on: weights)
        }
        let patience = configuration.cluster.watchdogSeconds
        let watchdog = Watchdog(name: "learner", patience: patience) {
            await rollouts.delays(longerThan: patience / 2) + dispatcher.delays(longerThan: patience / 2)
        }
        defer { watchdog.stop() }
        self.watchdog = watchdog
        let cluster = Cluster(rollouts: rollouts, weights: weights, dispatcher: dispatcher, shards: shards)
        try await iterate(cluster, builder)
        await rollouts.sayGoodbye()
        display.accounts(
            shards: await rollouts.accounts,
            programs: configuration.cluster.dispatcher.isEmbedded
                ? ProgramAccounts(await dispatcher.snapshot()) : await rollouts.programs
        )
        try finish()
        return evaluations
    }

    private func iterate(_ cluster: Cluster, _ builder: LeaseBuilder) async throws {
        var submitted = step
        // Seconds that the last iteration's numbers took to be shown, and its rows to be in the ledger.
        var (observing, recording) = (0.0, 0.0)
        if evaluations[step] == nil { try await evaluate(cluster, builder, training: TrainingBatch()) }
        while step < configuration.run.iterations {
            var clock = Stopwatch()
            var total = Stopwatch()
            monitor.begin(step: step)
            while submitted < configuration.run.iterations, submitted <= step + configuration.run.staleness {
                try await submit(step: submitted, to: cluster, builder)
                submitted += 1
            }
            monitor.enter(.waiting)
            let collected = try await trainingBatch(of: step, cluster, builder)
            let batch = collected.trajectories
            watchdog?.waiting(for: "the update of iteration \(step)")
            var metrics = collected.metrics
            metrics["timing_s/gen"] = clock.lap()
            monitor.enter(.updating)
            metrics.merge(rolloutMetrics(batch)) { $1 }
            try checkInfrastructure(batch)
            try recorder?.record(step: step, trajectories: batch)
            let updated = try await update(batch)
            metrics.merge(updated) { $1 }
            step += 1
            metrics["timing_s/update"] = clock.lap()
            monitor.enter(.publishing)
            let snapshot = learner.parameters.copy()
            versions[step] = snapshot
            let manifest = try await publish(snapshot, version: step, isReference: false, on: cluster.weights)
            manifests[step] = manifest
            metrics["timing_s/update_weights"] = clock.lap()
            await retire(on: cluster.weights)
            let seconds = total.lap()
            metrics.merge(await monitor.finishStep(version: step, cluster)) { $1 }
            metrics["timing_s/step"] = seconds
            metrics["perf/time_per_step"] = seconds
            metrics["perf/throughput"] = (metrics["perf/total_num_tokens"] ?? 0) / seconds
            metrics["perf/programs_per_s"] = Double(batch.count) / seconds
            metrics["weights/version"] = Double(step)
            metrics.merge(stepMetrics(collected, learner: learner, problems: source.trainingCount)) { $1 }
            metrics["timing_s/metrics"] = observing + clock.lap()
            metrics["timing_s/ledger"] = recording
            guard let digest = Digest(bytes: Array(manifest.digest))?.hex else {
                preconditionFailure("a manifest of our own names its weights by SHA-256")
            }
            let advantages = learner.lastAdvantages
            try ledger.record(step: step - 1, batch, weights: digest, metrics: metrics, advantages: advantages)
            recording = clock.lap()
            monitor.update(metrics)
            try display.iteration(step: step, metrics: metrics, digest: digest)
            observing = clock.lap()
            let isLast = step == configuration.run.iterations
            if step.isMultiple(of: configuration.run.evaluateEvery) || isLast {
                try await evaluate(cluster, builder, training: collected)
            }
            if step.isMultiple(of: configuration.run.checkpointEvery) || isLast {
                try checkpoint()
                try ledger.forgetShards(before: step)
            }
        }
    }

    private func update(_ batch: [Trajectory]) async throws -> [String: Double] {
        // SAFETY: the learner is idle until the thread is done with it.
        nonisolated(unsafe) let learner = self.learner
        let step = self.step
        let examples = supervised.examples(between: step, configuration)
        do {
            return try await onOwnThread { () throws(LearnerError) in
                var metrics = try unsafe learner.update(trajectories: batch, step: step)
                if !examples.isEmpty { metrics["sft/loss"] = try unsafe learner.supervise(examples, step: step) }
                return metrics
            }
        } catch {
            throw saveOffenders(of: error, in: batch)
        }
    }

    /// Writes the samples that an update failed on, as rows that `ppocoder replay` reads.
    private func saveOffenders(of error: LearnerError, in batch: [Trajectory]) -> LearnerError {
        guard case .nonFinite(let step, let slots, let detail) = error else { return error }
        let file = directory.url.appending(path: "failed-step-\(step).jsonl")
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        let rows = batch.filter { slots.isEmpty || slots.contains($0.slot) }
        var lines = Data()
        for trajectory in rows {
            guard let line = try? encoder.encode(ReplayRow(step: step, trajectory: trajectory)) else { continue }
            lines += line
            lines.append(10)
        }
        do { try lines.write(to: file) } catch {
            return .nonFinite(step: step, slots: slots, detail: detail + "; the samples could not be saved: \(error)")
        }
        return .nonFinite(step: step, slots: slots, detail: detail + "; saved to \(file.path)")
    }

    private func checkInfrastructure(_ batch: [Trajectory]) throws {
        let masked = batch.filter(\.masked)
        let share = Double(masked.count) / Double(max(1, batch.count))
        guard share > configuration.run.maximumInfrastructureShare, let example = masked.first else { return }
        throw LearnerError.infrastructure(
            step: step,
            masked: masked.count,
            of: batch.count,
            example: example.verdict.diagnostics
        )
    }

    /// Judges the current version on the held-out problems, greedily and sampled.
    private func evaluate(_ cluster: Cluster, _ builder: LeaseBuilder, training: TrainingBatch) async throws {
        guard !source.evaluation.isEmpty, let manifest = manifests[step] else { return }
        monitor.enter(.evaluating)
        var clock = Stopwatch()
        var parts: [[Trajectory]] = []
        for (label, greedy) in [("greedy", true), ("sampled", false)] {
            try await cluster.submit(builder.evaluation(step: step, label: label, greedy: greedy, weights: manifest))
        }
        for label in ["greedy", "sampled"] {
            let id = BatchID(purpose: .evaluation, label: label, step: step)
            watchdog?.waiting(for: "the \(label) evaluation after \(step) iterations")
            parts.append(try trajectories(of: try await cluster.rollouts.collect(id)))
        }
        let report = EvaluationReport(greedy: parts[0], sampled: parts[1], of: source.evaluation)
        evaluations[step] = report
        let epoch = evaluations.keys.count { $0 < step }
        try writeGenerations(epoch: epoch, test: parts[0], training: training)
        try display.evaluation(step: step, evaluations: evaluations, seconds: clock.lap())
    }

    /// The version that iteration `t` is sampled with: v(max(0, t − k)).
    func manifest(forSampling t: Int) throws -> WireWeightManifest {
        guard let manifest = manifests[max(0, t - configuration.run.staleness)] else {
            preconditionFailure("the version for iteration \(t) was retired too early")
        }
        return manifest
    }

    /// Forgets versions that no coming iteration is sampled with.
    private func retire(on server: WeightServer) async {
        let oldest = max(0, step - configuration.run.staleness)
        for version in versions.keys where version < oldest {
            versions[version] = nil
            guard let manifest = manifests.removeValue(forKey: version) else { continue }
            if let digest = Digest(bytes: Array(manifest.digest)) { await server.withdraw(digest) }
        }
    }

    private func welcome() throws -> WireWelcome {
        var welcome = WireWelcome()
        welcome.name = configuration.run.name
        welcome.modelFiles = try model.tokenizer.files()
        welcome.modelFiles["config.json"] = model.parameters.configuration.huggingFaceJSON()
        welcome.workerConfigurationJson = try JSONEncoder().encode(configuration.reward)
        welcome.endpoints = [
            "bulk": LearnerEndpoints.advertised(endpoints.bulk),
            "announcements": LearnerEndpoints.advertised(endpoints.announcements),
        ]
        let dispatchers = configuration.cluster.dispatcher
        welcome.endpoints.merge(
            programEndpoints(
                dispatchers.isEmbedded ? [LearnerEndpoints.advertised(endpoints.programs)] : dispatchers.endpoints
            )
        ) { $1 }
        if configuration.cluster.shareWeights {
            let name = runID.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            welcome.endpoints["relay"] = "ipc:///tmp/ppocoder-weights-\(name)"
        }
        welcome.heartbeatSeconds = 0.5
        return welcome
    }

    private func writeGenerations(epoch: Int, test: [Trajectory], training: TrainingBatch) throws {
        let gold = training.trajectories.map { row in
            training.problem(row.slot / configuration.rollout.samplesPerPrompt, step: step - 1, source).target
        }
        try directory.writeGenerations(
            epoch: epoch,
            test: test.map(\.text),
            testGold: source.evaluation.map(\.target),
            train: training.trajectories.map(\.text),
            trainGold: gold
        )
    }

    private func checkpoint() throws {
        watchdog?.waiting(for: "the checkpoint after \(step) iterations to be written")
        var clock = Stopwatch()
        let older = versions.filter { $0.key < step }
        let state = CheckpointState(
            step: step,
            seed: configuration.run.seed,
            learner: learner.state,
            optimizerSteps: learner.optimizer.steps,
            weights: learner.parameters.digest().hex,
            critic: learner.critic?.parameters.digest().hex,
            criticSteps: learner.critic?.optimizer.steps,
            reference: reference.digest().hex,
            olderVersions: older.mapValues { $0.digest().hex },
            evaluations: evaluations
        )
        try CheckpointDirectory.write(
            step: step,
            into: directory.url,
            keep: configuration.run.keepCheckpoints
        ) { folder in
            try LearnerCheckpoint.write(
                to: folder,
                model: PolicyModel(parameters: learner.parameters, tokenizer: model.tokenizer),
                learner: learner,
                state: state,
                older: older
            )
        }
        try display.checkpoint(step: step, seconds: clock.lap())
    }

    private func finish() throws {
        try PolicyModel(parameters: learner.parameters, tokenizer: model.tokenizer).save(to: directory.final)
        monitor.finish()
        display.finished(evaluations: evaluations, digest: learner.parameters.digest().hex)
    }
}
