import ArgumentParser
import Datasets
import Dispatching
import Foundation
import Learner

/// `ppocoder train`: a whole run on this machine.
struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Starts learner, rollout workers and executors on this machine and trains.",
        discussion: "Without flags: a small model is made, warmed up on built-in problems and then trained by PPO. "
            + "The original's flags are understood with underscores and with hyphens."
    )

    @OptionGroup var settings: ConfigurationOptions

    @Option(help: "Kind of problems: \(DatasetTask.names). --l1 or --l2 alone mean xlcost.")
    var task: String?

    @Option(
        help: ArgumentHelp(
            "Method: \(TrainingPreset.names). Sets reward, advantages and loss; other settings override it.",
            valueName: "method"
        )
    )
    var preset: TrainingPreset?

    @Option(help: "Source language of a translation (java, cpp, python, …).")
    var l1: String?

    @Option(help: "Target language of a translation.")
    var l2: String?

    @Option(help: "Action space: only the most likely asp tokens can be sampled; 0 is no limit.")
    var asp: Int?

    @Option(help: "Completions per prompt and iteration (number of synthetic samples).")
    var ns: Int?

    @Option(name: .both("data_path"), help: ArgumentHelp("File or folder of the data set.", valueName: "path"))
    var dataPath: String?

    @Option(name: .both("output_path"), help: ArgumentHelp("Folder that holds run directories.", valueName: "folder"))
    var outputPath: String?

    @Option(
        name: .both("baseline_output_dir"),
        help: ArgumentHelp(
            "Model directory of the supervised baseline, used when --load_model_path is not given.",
            valueName: "folder"
        )
    )
    var baseline: String?

    @Option(name: .both("load_model_path"), help: ArgumentHelp("Model directory to start from.", valueName: "folder"))
    var loadModelPath: String?

    @Option(name: .both("max_source_length"), help: "Longest prompt, tokens.")
    var maxSourceLength: Int?

    @Option(name: .both("max_target_length"), help: "Longest completion, tokens.")
    var maxTargetLength: Int?

    @Option(name: .both("train_batch_size"), help: "Prompts per iteration.")
    var trainBatchSize: Int?

    @Option(name: .both("test_batch_size"), help: "Prompts per shard of an evaluation.")
    var testBatchSize: Int?

    @Option(help: "Peak learning rate.")
    var lr: Double?

    @Option(name: .both("kl_coef"), help: "First weight β of the KL penalty.")
    var klCoefficient: Double?

    @Option(name: .both("kl_target"), help: "KL to the reference policy that β steers for, nats per completion.")
    var klTarget: Double?

    @Option(name: .both("vf_coef"), help: "Weight of the value loss.")
    var valueCoefficient: Double?

    @Option(help: "Name of the run.")
    var run: String?

    @Option(help: ArgumentHelp("Continue the run in this folder.", valueName: "folder"))
    var resume: String?

    @Flag(help: "End when the process that started the run ends.")
    var attached = false

    /// The flags as settings.
    var flags: [String] {
        var flags: [String] = []
        func add(_ key: String, _ value: (some Any)?) {
            if let value { flags.append("\(key)=\(value)") }
        }
        add("data.task", task ?? (l1 != nil || l2 != nil ? "xlcost" : nil))
        add("data.l1", l1)
        add("data.l2", l2)
        add("rollout.asp", asp)
        add("rollout.samples_per_prompt", ns)
        add("data.path", dataPath)
        add("run.output_path", outputPath)
        add("model.path", loadModelPath ?? baseline)
        add("data.max_source_length", maxSourceLength)
        add("rollout.max_target_length", maxTargetLength)
        add("rollout.prompts_per_step", trainBatchSize)
        add("rollout.evaluation_prompts_per_shard", testBatchSize)
        add("optimizer.learning_rate", lr)
        add("ppo.kl_coefficient", klCoefficient)
        add("ppo.kl_target", klTarget)
        add("ppo.value_coefficient", valueCoefficient)
        add("run.name", run)
        return flags
    }

    mutating func run() async throws {
        // Its children inherit the limit.
        if let complaint = descriptorComplaint(needed: 256) {
            throw LearnerError.runDirectory(path: "open files", reason: complaint)
        }
        if resume != nil, preset != nil {
            throw ValidationError(
                "--preset is for new runs: a run goes on with the settings of its config.yaml and --set"
            )
        }
        if let resume { return try await self.resume(RunDirectory(url: URL(filePath: resume))) }
        var base = try TrainCommand.defaults(settings, flags: flags)
        if let preset { base.apply(preset) }
        var configuration = try settings.load(base: base, flags: flags)
        // Refused here, before any process is started.
        let isFresh = configuration.model.path.isEmpty
        if !isFresh { _ = try PolicyModel.load(from: configuration.model.path) }
        let source = try ProblemSource(configuration: configuration)
        if isFresh { try source.requireReferences() }
        try await Preflight.check(configuration, source)
        if !configuration.data.goldCeiling.isEmpty { _ = try GoldCeiling(file: configuration.data.goldCeiling) }
        let directory = RunDirectory(configuration: configuration)
        try directory.create()
        if isFresh { configuration.model.path = directory.warmStart.path }
        try configuration.yaml().write(to: directory.configuration, atomically: true, encoding: .utf8)
        try await Supervisor(configuration: configuration, directory: directory).run(
            warmStart: isFresh,
            resume: false,
            attached: attached
        )
    }

    private func resume(_ directory: RunDirectory) async throws {
        guard FileManager.default.fileExists(atPath: directory.configuration.path) else {
            throw LearnerError.resume(path: directory.url.path, reason: "is not a run directory: it has no config.yaml")
        }
        var options = settings
        options.config = directory.configuration.path
        let configuration = try options.load(flags: flags)
        try await Preflight.check(configuration, ProblemSource(configuration: configuration))
        try configuration.yaml().write(to: directory.configuration, atomically: true, encoding: .utf8)
        let isWarm = FileManager.default.fileExists(atPath: configuration.model.path)
        try await Supervisor(configuration: configuration, directory: directory).run(
            warmStart: !isWarm,
            resume: true,
            attached: attached
        )
    }

    /// Defaults of a run; the built-in problems have the tuned ones of the default run, wherever the task was named.
    static func defaults(_ settings: ConfigurationOptions, flags: [String]) throws -> RunConfiguration {
        var quiet = settings
        quiet.printConfig = false
        // Only the task is asked for; what it needs may be named by other defaults.
        let task = try quiet.task(flags: flags)
        switch DatasetTask(rawValue: task) {
        case .builtin: return .builtinRun
        case .builtinPairs: return .builtinPairsRun
        default: return RunConfiguration()
        }
    }
}

extension TrainingPreset: ExpressibleByArgument {}

extension NameSpecification {
    /// A long option in the original's spelling and with hyphens.
    fileprivate static func both(_ name: String) -> NameSpecification {
        [.customLong(name), .customLong(String(name.map { $0 == "_" ? "-" : $0 }))]
    }
}
