import ArgumentParser
import Datasets
import Foundation
import Learner
import Programs
import SandboxRunner
import Telemetry
import Tensors
import Transformer

/// `ppocoder bench iteration`: a whole PPO iteration, in this process and its slots.
struct BenchIterationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iteration",
        abstract:
            "Samples completions, judges as many programs of HumanEval, learns from the completions; seconds per iteration.",
        discussion: """
            Random weights write nothing that runs, so a fixed bank of real programs is judged instead, the reference \
            solutions of HumanEval one after another, with a fresh verdict for each; the verdict is the score of the \
            completion with the same number. CPU time is that of this process and of everything that runs in the slots.
            """
    )

    @OptionGroup var options: BenchModelOptions
    @OptionGroup var learning: BenchLearningOptions

    @Option(help: ArgumentHelp("HumanEval.jsonl or .gz.", valueName: "file"))
    var data = "../shared/data/humaneval/HumanEval.jsonl.gz"

    func run() async throws {
        let model = try BenchModel(options)
        let problems = try HumanEvalReader(file: data).problems().problems
        let requests = model.requests
        let jobs = BenchJudgeCommand.jobs(requests.indices.map { problems[$0 % problems.count] })
        var sandbox = SandboxConfiguration()
        sandbox.slots = threadCount(options.threads)
        sandbox.verdictCacheEntries = 0
        sandbox.languages = [.python]
        let pool = try await SandboxPool(configuration: sandbox)
        let learner = PPOLearner(parameters: model.parameters, configuration: learning.configuration(model, options))
        let lanes = (0..<threadCount(options.threads)).map { _ in
            GenerateLane(configuration: model.parameters.configuration)
        }
        var laps: [Lap] = []
        for step in 0...options.repeats {
            let lap = try await iteration(step, model, requests, jobs, pool, learner, lanes)
            if step > 0 { laps.append(lap) }
        }
        await pool.shutdown()
        let runs = laps.map { BenchRun(wall: $0.wall, cpu: $0.cpu.reduce(0, +)) }
        let tokens = Double(requests.count * options.maxTargetLength)
        var figures = runs.figures(tokens: tokens)
        for (place, name) in ["generate_cpu_s", "judge_cpu_s", "update_cpu_s"].enumerated() {
            figures[name] = laps.map { BenchRun(wall: 0, cpu: $0.cpu[place]) }.median(\.cpu)
        }
        figures["tokens"] = tokens
        figures["accepted"] = Double(laps[0].accepted)
        figures["programs"] = Double(jobs.count)
        let report = BenchFigures(
            bench: "iteration",
            rows: [BenchFigures.Row(name: options.modelName, figures: figures)],
            columns: [
                ("programs", 0), ("accepted", 0), ("wall_s", 2), ("cpu_s", 2), ("spread_percent", 0),
                ("generate_cpu_s", 2), ("judge_cpu_s", 2), ("update_cpu_s", 2), ("peak_mib", 0),
            ]
        )
        try report.report(json: options.json)
    }

    /// What one iteration took: CPU seconds of sampling, judging and learning.
    private struct Lap {
        var wall: Double
        var cpu: [Double]
        var accepted: Int
    }

    private func iteration(
        _ step: Int,
        _ model: BenchModel,
        _ requests: [GenerationRequest],
        _ jobs: [ExecutionJob],
        _ pool: SandboxPool,
        _ learner: PPOLearner,
        _ lanes: [GenerateLane]
    ) async throws -> Lap {
        let begun = ContinuousClock.now
        var marks = [ProcessTree.cpuSeconds()]
        // Weights are packed again in every iteration, because they have changed.
        let generator = BenchGenerator(weights: GenerationWeights(model.parameters), lanes: lanes)
        let sequences = await generator.generate(requests, batch: options.batch, settings: options.settings)
        marks.append(ProcessTree.cpuSeconds())
        let accepted = await withTaskGroup(of: (Int, Bool).self) { group in
            for (index, job) in jobs.enumerated() {
                group.addTask { (index, await pool.judge(job).outcome == .accepted) }
            }
            return await group.reduce(into: [Bool](repeating: false, count: jobs.count)) { $0[$1.0] = $1.1 }
        }
        marks.append(ProcessTree.cpuSeconds())
        let batch = benchTrajectories(sequences, model) { accepted[$0] ? 1 : -1 }
        _ = try learner.update(trajectories: batch, step: step)
        marks.append(ProcessTree.cpuSeconds())
        return Lap(
            wall: (ContinuousClock.now - begun).seconds,
            cpu: zip(marks, marks.dropFirst()).map { $1 - $0 },
            accepted: accepted.count { $0 }
        )
    }
}
