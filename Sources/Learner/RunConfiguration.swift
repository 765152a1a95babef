internal import Foundation
package import Optimizers
package import PPO
package import Rewards

/// Everything a run can be told: one YAML file, every key with its default and its only home.
///
/// The sections of other modules (`ppo`, `optimizer`, `reward`) keep their defaults there.
package struct RunConfiguration: Codable, Sendable, Equatable {
    package var run = RunSection()
    package var model = ModelSection()
    package var data = DataSection()
    package var rollout = RolloutSection()
    package var reward = RewardConfiguration()
    package var ppo = PPOConfiguration()
    package var critic = CriticSection()
    package var optimizer = AdamWConfiguration()
    package var sft = SupervisedSection()
    package var sandbox = SandboxSection()
    package var cluster = ClusterSection()
    package var monitoring = MonitoringSection()

    package init() {}
}

/// The run itself: where it writes, how long it lasts, what makes it reproducible.
package struct RunSection: Codable, Sendable, Equatable {
    /// Name of the run directory under `output_path`.
    package var name = "run"
    /// Folder that holds run directories.
    package var outputPath = "runs"
    /// Seed of every random number of the run.
    package var seed: UInt64 = 1
    /// PPO iterations.
    package var iterations = 100
    /// Policy lag k: iteration t is sampled with the weights of iteration t − k.
    ///
    /// 0 is strictly on-policy.
    package var staleness = 0
    /// Iterations between checkpoints.
    package var checkpointEvery = 10
    /// Checkpoints kept; older ones are removed.
    package var keepCheckpoints = 2
    /// Iterations between evaluations; an evaluation ends an epoch of `generations/`.
    package var evaluateEvery = 10
    /// Share of a step's samples that may be lost to infrastructure failures before the learner stops.
    package var maximumInfrastructureShare = 0.2
    /// Write every trajectory that is learnt from to `rollouts.jsonl`, for `ppocoder replay`.
    package var recordRollouts = false

    private enum CodingKeys: String, CodingKey {
        case name, seed, iterations, staleness
        case outputPath = "output_path"
        case checkpointEvery = "checkpoint_every"
        case keepCheckpoints = "keep_checkpoints"
        case evaluateEvery = "evaluate_every"
        case maximumInfrastructureShare = "maximum_infrastructure_share"
        case recordRollouts = "record_rollouts"
    }
}

/// The policy: a model directory to start from, or the sizes of one to make from scratch.
package struct ModelSection: Codable, Sendable, Equatable {
    /// Hugging Face T5/CodeT5 directory to start from; empty: make a model of the sizes below and warm it up.
    package var path = ""
    package var dModel = 128
    package var dKV = 32
    package var dFF = 512
    package var encoderLayers = 2
    package var decoderLayers = 2
    package var heads = 4
    /// Entries of the byte-level BPE vocabulary trained for a model from scratch.
    package var vocabularySize = 640
    /// How the relative position bias of a model from scratch begins: one of `PositionBiasStart`.
    package var positionBias = "random"

    private enum CodingKeys: String, CodingKey {
        case path, heads
        case dModel = "d_model"
        case dKV = "d_kv"
        case dFF = "d_ff"
        case encoderLayers = "encoder_layers"
        case decoderLayers = "decoder_layers"
        case vocabularySize = "vocabulary_size"
        case positionBias = "position_bias"
    }
}

/// The problems.
package struct DataSection: Codable, Sendable, Equatable {
    /// The kind of problems, one of `DatasetTask`.
    package var task = "builtin"
    /// File or folder of the data set; the built-in problems need none.
    package var path = ""
    /// Source language of a translation task; empty: the task's own, see ``pair``.
    package var l1 = ""
    /// Target language of a translation task; empty: the task's own, see ``pair``.
    package var l2 = ""
    /// Split the policy learns on: `train`, `validation` or `test`.
    package var trainSplit = "train"
    /// Split it is judged on.
    package var evaluationSplit = "test"
    /// Problems used for evaluation; 0 means all.
    package var evaluationProblems = 300
    /// Problems used for training; 0 means all.
    package var trainProblems = 0
    /// Longest prompt, tokens; longer ones are cut.
    package var maximumSourceLength = 400
    /// Leave out rows that cannot be read, and count them, instead of stopping.
    package var skipBadRows = false
    /// Language to write where a data set has several; empty: all that can be judged.
    package var language = ""
    /// Half of XLCoST: `program` or `snippet`.
    package var level = "program"
    /// Whether completions go on from the prompt where the prompt is the beginning of a program.
    package var continuePrompt = true
    /// Tokens at the end of a function that a completion task masks.
    package var maskedTokens = 25
    /// Shortest function of a completion task, tokens.
    package var minimumTokens = 64
    /// Folder of the tokenizer that counts a completion task's tokens; empty: that of the model.
    package var tokenizer = ""
    /// Order of the training problems: `shuffled`, `sequential`, `length` or `difficulty`.
    package var order = "shuffled"
    /// Share of the reference's lines that is given at iteration 0; 0: nothing is given.
    package var prefixShare = 0.0
    /// Iterations until nothing is given any more.
    package var prefixSteps = 0
    /// File of `data check --ceiling`, shown beside compile rates; empty: none.
    package var goldCeiling = ""

    private enum CodingKeys: String, CodingKey {
        case task, path, l1, l2, language, level, tokenizer, order
        case continuePrompt = "continue_prompt"
        case maskedTokens = "masked_tokens"
        case minimumTokens = "min_tokens"
        case prefixShare = "prefix_share"
        case prefixSteps = "prefix_steps"
        case goldCeiling = "gold_ceiling"
        case trainSplit = "train_split"
        case evaluationSplit = "evaluation_split"
        case evaluationProblems = "evaluation_problems"
        case trainProblems = "train_problems"
        case maximumSourceLength = "max_source_length"
        case skipBadRows = "skip_bad_rows"
    }
}

/// How completions are sampled.
package struct RolloutSection: Codable, Sendable, Equatable {
    /// Prompts per iteration (the original's `train_batch_size`).
    package var promptsPerStep = 32
    /// Completions per prompt and iteration (the original's `ns`, the number of synthetic samples).
    package var samplesPerPrompt = 8
    /// Prompts per shard, the unit of work of a rollout worker.
    package var promptsPerShard = 8
    /// Times that prompts whose completions all earned the same are replaced by new ones, with `ppo.dynamic_sampling`.
    package var refillRounds = 0
    /// Prompts per shard of an evaluation (the original's `test_batch_size`).
    package var evaluationPromptsPerShard = 50
    /// Softmax temperature.
    package var temperature: Float = 1
    /// Action space: only the most likely `asp` tokens can be sampled (the original's `asp`); 0 is no limit.
    package var asp = 0
    /// Nucleus: only the most likely tokens that together reach this probability can be sampled; 1 is no limit.
    package var topP: Float = 1
    /// Shortest completion, tokens.
    package var minimumTargetLength = 0
    /// Longest completion, tokens, the end-of-sequence token included.
    package var maximumTargetLength = 96

    private enum CodingKeys: String, CodingKey {
        case temperature, asp
        case promptsPerStep = "prompts_per_step"
        case samplesPerPrompt = "samples_per_prompt"
        case promptsPerShard = "prompts_per_shard"
        case refillRounds = "refill_rounds"
        case evaluationPromptsPerShard = "evaluation_prompts_per_shard"
        case topP = "top_p"
        case minimumTargetLength = "min_target_length"
        case maximumTargetLength = "max_target_length"
    }
}

/// The critic, beside what `ppo` says of its loss.
package struct CriticSection: Codable, Sendable, Equatable {
    /// Whether the critic has a T5 of its own, which begins as a copy of the policy, instead of a head on the policy.
    package var separate = false
    /// Iterations at the start of a run that train the critic only, on Monte Carlo returns of the start policy.
    package var pretrainingIterations = 0

    private enum CodingKeys: String, CodingKey {
        case separate
        case pretrainingIterations = "pretraining_iterations"
    }
}

/// The supervised warm start, and supervised steps between iterations.
package struct SupervisedSection: Codable, Sendable, Equatable {
    /// Gradient steps; 0 skips the warm start.
    package var steps = 600
    /// Examples per gradient step.
    package var batchSize = 64
    /// Peak learning rate.
    package var learningRate = 2e-3
    package var warmupSteps = 50
    package var weightDecay = 0.01
    /// Share of the built-in examples that show the habitual mistake of their kind of exercise, if it has one, as code
    /// collected from the web does.
    package var flawedShare = 0.0
    /// Examples held out to measure the loss.
    package var heldOutExamples = 128
    /// ε of smoothed labels: this share of a label is spread over the whole vocabulary.
    package var labelSmoothing: Float = 0
    /// Gradient steps between measurements of the held-out loss; 0 measures it at the start and the end only.
    package var evaluateEvery = 0
    /// Measurements without a better held-out loss after which the warm start ends, with the best weights; 0 never ends it.
    package var patience = 0
    /// Iterations between supervised gradient steps of a run; 0 takes none.
    package var mixEvery = 0

    private enum CodingKeys: String, CodingKey {
        case steps
        case batchSize = "batch_size"
        case learningRate = "learning_rate"
        case warmupSteps = "warmup_steps"
        case weightDecay = "weight_decay"
        case flawedShare = "flawed_share"
        case heldOutExamples = "held_out_examples"
        case labelSmoothing = "label_smoothing"
        case evaluateEvery = "evaluate_every"
        case patience
        case mixEvery = "mix_every"
    }
}

/// The executors of this machine.
package struct SandboxSection: Codable, Sendable, Equatable {
    /// Programs judged at once by one executor process; 0: one per core.
    package var slots = 0
    /// CPU time of one program, seconds.
    package var cpuSeconds = 2.0
    /// Memory of one program, bytes.
    package var memoryBytes = 256 << 20

    private enum CodingKeys: String, CodingKey {
        case slots
        case cpuSeconds = "cpu_s"
        case memoryBytes = "memory_bytes"
    }
}

/// The processes.
package struct ClusterSection: Codable, Sendable, Equatable {
    /// Rollout workers started on this machine.
    package var rolloutWorkers = 1
    /// Executor processes started on this machine.
    package var executors = 1
    /// Gradient lanes of the learner: micro-batches go to lanes in a fixed order, so the result does not depend on
    /// how many threads run them.
    package var learnerLanes = 2
    /// Trajectories per micro-batch.
    package var microbatchSize = 16
    /// Backward computes every layer again from its input: the same bits, a third more time, far less memory.
    package var recomputeActivations = false
    /// An update that would need more bytes than this is refused before it begins; 0 is no limit.
    package var memoryLimitBytes = 0
    /// Where the learner listens: a folder for ipc sockets (empty: a temporary one), or `tcp://ADDRESS:PORT`, where an
    /// address may be the name of an interface.
    package var endpoint = ""
    /// Folder of keys made by `ppocoder keygen`; TCP needs them.
    package var keys = ""
    /// How weights travel to workers: `fp32`, `bf16`, `delta` or `bf16_delta`; see `WeightEncoding`.
    package var weightEncoding = "fp32"
    /// The workers of one host fetch weights once, and share them over a socket of the host.
    package var shareWeights = false
    /// `ppocoder launch` puts a relay of weights on every host of rollout workers, and no host sends weights to more than so many
    /// others; 0: the learner sends them to every worker.
    package var relayFanout = 0
    /// TCP without keys, on the loopback interface.
    package var insecure = false
    /// How long a lease lasts without a renewal, seconds.
    package var leaseSeconds = 10.0
    /// A worker or executor that says nothing for this long is given up, seconds.
    package var silenceSeconds = 2.5
    /// Endpoints for programs of one or several dispatchers of their own (`ppocoder-sandbox dispatch`), which share the
    /// jobs; none: the learner's own.
    package var dispatcher = DispatcherEndpoints()
    /// Executors judge programs of known verdict before they are given others.
    package var probes = true
    /// Restarts of one process in a row, without a minute of work between them, before the run is given up.
    package var restarts = 5
    /// After this long without progress the learner says who waits for whom, seconds; 0 is never.
    package var watchdogSeconds = 60.0

    private enum CodingKeys: String, CodingKey {
        case executors, endpoint, dispatcher, probes, restarts, keys, insecure
        case watchdogSeconds = "watchdog_s"
        case weightEncoding = "weight_encoding"
        case shareWeights = "share_weights"
        case relayFanout = "relay_fanout"
        case rolloutWorkers = "rollout_workers"
        case learnerLanes = "learner_lanes"
        case microbatchSize = "microbatch_size"
        case recomputeActivations = "recompute_activations"
        case memoryLimitBytes = "memory_limit_bytes"
        case leaseSeconds = "lease_s"
        case silenceSeconds = "silence_s"
    }
}
