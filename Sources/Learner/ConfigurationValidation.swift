internal import Datasets
internal import Dispatching
internal import Optimizers
internal import PPO
internal import Rewards

extension RunConfiguration {
    /// Checks every range that does not belong to another module's section, and then those modules' own.
    package func validate() throws(ConfigurationError) {
        try positive("run.iterations", run.iterations, orZero: true)
        try positive("run.staleness", run.staleness, orZero: true)
        try positive("run.checkpoint_every", run.checkpointEvery)
        try positive("run.keep_checkpoints", run.keepCheckpoints)
        try positive("run.evaluate_every", run.evaluateEvery)
        try require(
            !run.name.isEmpty && !run.name.contains("/") && run.name != "." && run.name != "..",
            "run.name",
            run.name,
            "a folder name"
        )
        try require(
            (0...1).contains(run.maximumInfrastructureShare),
            "run.maximum_infrastructure_share",
            run.maximumInfrastructureShare,
            "0 … 1"
        )
        for (key, value) in [
            ("d_model", model.dModel), ("d_kv", model.dKV), ("d_ff", model.dFF), ("heads", model.heads),
            ("encoder_layers", model.encoderLayers), ("decoder_layers", model.decoderLayers),
        ] { try positive("model.\(key)", value) }
        try require(
            model.vocabularySize >= 261,
            "model.vocabulary_size",
            model.vocabularySize,
            "at least 261 (256 bytes and 5 special tokens)"
        )
        try model.validatePositionBias()
        try validateData()
        try positive("rollout.prompts_per_step", rollout.promptsPerStep)
        try positive("rollout.samples_per_prompt", rollout.samplesPerPrompt)
        try positive("rollout.prompts_per_shard", rollout.promptsPerShard)
        try positive("rollout.evaluation_prompts_per_shard", rollout.evaluationPromptsPerShard)
        try positive("rollout.max_target_length", rollout.maximumTargetLength)
        try positive("rollout.asp", rollout.asp, orZero: true)
        try require(rollout.temperature > 0, "rollout.temperature", rollout.temperature, "more than 0")
        try require(rollout.topP > 0 && rollout.topP <= 1, "rollout.top_p", rollout.topP, "0 < top_p ≤ 1")
        try require(
            (0..<rollout.maximumTargetLength).contains(rollout.minimumTargetLength),
            "rollout.min_target_length",
            rollout.minimumTargetLength,
            "0 … max_target_length − 1"
        )
        try positive("cluster.rollout_workers", cluster.rolloutWorkers, orZero: true)
        try positive("cluster.executors", cluster.executors, orZero: true)
        try positive("cluster.restarts", cluster.restarts, orZero: true)
        try positive("cluster.relay_fanout", cluster.relayFanout, orZero: true)
        try positive("cluster.learner_lanes", cluster.learnerLanes)
        try positive("cluster.microbatch_size", cluster.microbatchSize)
        try positive("cluster.memory_limit_bytes", cluster.memoryLimitBytes, orZero: true)
        try validateEndpoint()
        try cluster.dispatcher.validate()
        try validateWeightEncoding()
        try validateLearning()
        try positive("sft.steps", sft.steps, orZero: true)
        try positive("sft.batch_size", sft.batchSize)
        try require((0..<1).contains(sft.flawedShare), "sft.flawed_share", sft.flawedShare, "0 ≤ share < 1")
        try others()
    }

    private func validateWeightEncoding() throws(ConfigurationError) {
        guard let encoding = WeightEncoding(rawValue: cluster.weightEncoding) else {
            throw .outOfRange(
                key: "cluster.weight_encoding",
                value: cluster.weightEncoding,
                expected: oneOf(WeightEncoding.self, found: cluster.weightEncoding)
            )
        }
        try require(
            !encoding.rounds || run.staleness > 0,
            "cluster.weight_encoding",
            cluster.weightEncoding,
            "fp32 or delta with run.staleness 0: a worker with rounded weights samples from another policy than the learner's, "
                + "which only a run with run.staleness 1 or more takes into account"
        )
    }

    private func validateEndpoint() throws(ConfigurationError) {
        guard !cluster.endpoint.isEmpty else { return }
        let endpoints = try LearnerEndpoints(base: cluster.endpoint)
        guard endpoints.control.hasPrefix("tcp://"), cluster.keys.isEmpty else { return }
        let place = endpoints.control.dropFirst("tcp://".count)
        let host = place[..<(place.lastIndex(of: ":") ?? place.endIndex)]
        try require(
            cluster.insecure && (host == "localhost" || host == "[::1]" || host.hasPrefix("127.")),
            "cluster.endpoint",
            cluster.endpoint,
            cluster.insecure
                ? "a loopback address: other hosts need keys (ppocoder keygen, then cluster.keys)"
                : "an ipc folder, or keys for TCP (ppocoder keygen, then cluster.keys); on the loopback interface "
                    + "cluster.insecure does without"
        )
    }

    private func validateData() throws(ConfigurationError) {
        guard let kind = data.kind else {
            throw .outOfRange(
                key: "data.task",
                value: data.task,
                expected: oneOf(DatasetTask.self, found: data.task)
            )
        }
        let isBuiltin = kind.isBuiltin
        _ = try builtinProblems(data: data, seed: run.seed)
        try require(isBuiltin || !data.path.isEmpty, "data.path", "empty", "the data of task \(data.task)")
        try require(data.maximumSourceLength >= 2, "data.max_source_length", data.maximumSourceLength, "2 or more")
        try positive("data.evaluation_problems", data.evaluationProblems, orZero: true)
        try positive("data.train_problems", data.trainProblems, orZero: true)
        try positive("data.masked_tokens", data.maskedTokens)
        try positive("data.min_tokens", data.minimumTokens)
        let levels = XLCoSTReader.Level.allCases.map(\.rawValue)
        try require(levels.contains(data.level), "data.level", data.level, "one of \(levels.joined(separator: ", "))")
        let orders = ProblemOrder.Kind.allCases.map(\.rawValue)
        try require(orders.contains(data.order), "data.order", data.order, "one of \(orders.joined(separator: ", "))")
        try require(
            !isBuiltin || data.order == "shuffled",
            "data.order",
            data.order,
            "shuffled: the built-in problems have no end, and no other order"
        )
        try require((0..<1).contains(data.prefixShare), "data.prefix_share", data.prefixShare, "0 ≤ share < 1")
        try positive("data.prefix_steps", data.prefixSteps, orZero: true)
        try require(
            data.prefixShare == 0 || data.prefixSteps > 0,
            "data.prefix_steps",
            data.prefixSteps,
            "1 or more with data.prefix_share: iterations until nothing is given any more"
        )
    }

    private func validateLearning() throws(ConfigurationError) {
        try positive("rollout.refill_rounds", rollout.refillRounds, orZero: true)
        try positive("critic.pretraining_iterations", critic.pretrainingIterations, orZero: true)
        try positive("sft.evaluate_every", sft.evaluateEvery, orZero: true)
        try positive("sft.patience", sft.patience, orZero: true)
        try require((0..<1).contains(sft.labelSmoothing), "sft.label_smoothing", sft.labelSmoothing, "0 ≤ ε < 1")
        try positive("sft.mix_every", sft.mixEvery, orZero: true)
        try require(
            sft.patience == 0 || sft.evaluateEvery > 0,
            "sft.evaluate_every",
            sft.evaluateEvery,
            "1 or more with sft.patience: gradient steps between measurements"
        )
        try require(
            rollout.refillRounds == 0 || ppo.dynamicSampling,
            "rollout.refill_rounds",
            rollout.refillRounds,
            "0 without ppo.dynamic_sampling: true"
        )
        let estimator = ppo.advantageEstimator
        let compares = [.grpo, .drgrpo, .rloo].contains(estimator) || ppo.dynamicSampling
        try require(
            !compares || rollout.samplesPerPrompt > 1,
            "rollout.samples_per_prompt",
            rollout.samplesPerPrompt,
            "2 or more: completions of a prompt are compared with one another"
        )
        try require(
            estimator.usesCritic || !critic.separate && critic.pretrainingIterations == 0,
            "critic",
            "set",
            "no separate critic and no pretraining: ppo.advantage_estimator \(estimator.rawValue) has no critic"
        )
    }

    private func others() throws(ConfigurationError) {
        do {
            try ppo.validate()
            try optimizer.validate()
            try reward.validate()
        } catch {
            throw .outOfRange(key: "configuration", value: "out of range", expected: "\(error)")
        }
    }

    private func positive(_ key: String, _ value: Int, orZero: Bool = false) throws(ConfigurationError) {
        try require(value > 0 || orZero && value == 0, key, value, orZero ? "0 or more" : "1 or more")
    }

    private func require(
        _ holds: Bool,
        _ key: String,
        _ value: some Sendable,
        _ expected: String
    ) throws(ConfigurationError) {
        guard holds else { throw .outOfRange(key: key, value: "\(value)", expected: expected) }
    }
}

extension RunConfiguration {
    /// Gives a linear decay that names no end the end of the run.
    ///
    /// The run takes iterations × epochs × minibatches gradient steps; one more, so that the last step still moves.
    mutating func completeSchedule() {
        guard optimizer.schedule.decay == .linear, optimizer.schedule.totalSteps == nil else { return }
        let group = max(1, rollout.samplesPerPrompt)
        let groupsPerStep = max(1, ppo.minibatchSize / group)
        let minibatches = (rollout.promptsPerStep + groupsPerStep - 1) / groupsPerStep
        let steps = run.iterations * ppo.epochs * minibatches + 1
        optimizer.schedule.totalSteps = max(steps, optimizer.schedule.warmupSteps + 1)
    }
}
