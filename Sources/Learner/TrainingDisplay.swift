internal import Datasets
internal import Dispatching
internal import Foundation
internal import Optimizers
internal import Telemetry

/// What people see of a run, and what machines read: the progress line, `metrics.jsonl` and the TensorBoard files.
final class TrainingDisplay {
    private let progress = ProgressDisplay()
    private let log: RunLog
    private let board: TensorBoardWriter
    private let configuration: RunConfiguration
    private let directory: RunDirectory
    private let firstStep: Int
    private let begun = ContinuousClock.now
    /// What the references of the data set reach, beside which compile rates are shown.
    private let ceiling: GoldCeiling?
    private var watch: LearningWatch

    init(directory: RunDirectory, configuration: RunConfiguration, resumedAt step: Int) throws {
        self.directory = directory
        self.configuration = configuration
        firstStep = step
        watch = LearningWatch(configuration: configuration)
        let file = configuration.data.goldCeiling
        ceiling = file.isEmpty ? nil : try GoldCeiling(file: file)
        try FileManager.default.createDirectory(at: directory.tensorboard, withIntermediateDirectories: true)
        log = try RunLog(url: directory.metrics, resumingAfter: step)
        board = try TensorBoardWriter(directory: directory.tensorboard, resumingAfter: step == 0 ? nil : step)
    }

    func started(parameters: Int, problems: Int?, heldOut: Int, step: Int) {
        let count = problems.map { "\($0)" } ?? "endless"
        note(
            "learner: \(shortNumber(Double(parameters))) parameters, \(count) training problems, "
                + "\(heldOut) held out, iterations \(step) … \(configuration.run.iterations), "
                + "staleness \(configuration.run.staleness), seed \(configuration.run.seed)"
        )
    }

    func iteration(step: Int, metrics: [String: Double], digest: String) throws {
        try log.append(step: step, metrics: metrics)
        try board.append(step: step, metrics: metrics)
        let elapsed = (ContinuousClock.now - begun).seconds
        let perStep = elapsed / Double(max(1, step - firstStep))
        progress.show(
            ProgressLine(
                step: step,
                totalSteps: configuration.run.iterations,
                reward: metrics["critic/score/mean"],
                passRate: metrics["reward/pass_rate"],
                compileRate: metrics["reward/compile_rate"],
                kl: metrics["actor/reward_kl_per_trajectory"],
                tokensPerSecond: metrics["perf/throughput"],
                verdictsPerSecond: metrics["perf/programs_per_s"],
                secondsLeft: perStep * Double(configuration.run.iterations - step)
            )
        )
        let difference = metrics["training/rollout_log_prob_diff_max"] ?? 0
        let rate = metrics["executor/infra_error_rate"] ?? 0
        note(
            "step:\(step) - score:\(fixed(metrics["critic/score/mean"] ?? .nan, digits: 3))"
                + " - pass:\(fixed(metrics["reward/pass_rate"] ?? .nan, digits: 3))"
                + " - log-probability difference:\(String(format: "%.1e", difference))"
                + " - clip:\(fixed(metrics["actor/pg_clipfrac"] ?? .nan, digits: 3))"
                + " - entropy:\(fixed(metrics["actor/entropy"] ?? .nan, digits: 3))"
                + " - infrastructure:\(fixed(100 * rate, digits: 1))%"
                + " - s:\(fixed(metrics["timing_s/step"] ?? .nan, digits: 1))"
                + " - shards:\(Int(metrics["rollout/shards_accepted"] ?? 0))/\(Int(metrics["rollout/shards_issued"] ?? 0))"
                + " - weights:\(digest.prefix(12))"
        )
        for warning in watch.notes(after: metrics) { note("warning: \(warning)") }
    }

    /// Shows the evaluation after `step` iterations, and what all of them show together.
    func evaluation(step: Int, evaluations: [Int: EvaluationReport], seconds: Double) throws {
        guard let report = evaluations[step] else { return }
        let suspicion = RewardHackingWatch.note(evaluations)
        var metrics = report.metrics
        metrics["val/reward_hacking"] = suspicion == nil ? 0 : 1
        metrics["timing_s/testing"] = seconds
        metrics["val/gold/compile_rate"] = ceiling?.total.compileRate
        metrics["val/gold/pass@1"] = ceiling?.total.passRate
        try log.append(step: step, metrics: metrics)
        try board.append(step: step, metrics: metrics)
        note(
            "evaluation after \(step): pass@1 greedy \(percent(report.greedyPass)), sampled \(percent(report.sampledPass)); "
                + "compiles greedy \(percent(report.greedyCompile)), sampled \(percent(report.sampledCompile))"
                + (ceiling?.total.compileRate.map { ", the references \(percent($0))" } ?? "") + " "
                + "(\(report.problems) held-out problems, \(fixed(seconds, digits: 1)) s)"
        )
        if let suspicion { note("warning: \(suspicion)") }
    }

    func checkpoint(step: Int, seconds: Double) throws {
        try log.append(step: step, metrics: ["timing_s/save_checkpoint": seconds])
    }

    /// What became of everything that was asked for.
    func accounts(shards: ShardAccounts, programs: ProgramAccounts) {
        note("accounts  shards: \(shards.summary)" + (shards.isBalanced ? "" : "  UNBALANCED"))
        note(
            "accounts  programs: \(programs.summary)" + (programs.isBalanced ? "" : "  UNBALANCED")
                + (programs.moved > 0
                    ? "; \(programs.moved) went to another dispatcher, \(programs.late) verdicts came too late to count"
                    : "")
        )
    }

    /// The table at the end, and what to do next.
    func finished(evaluations: [Int: EvaluationReport], digest: String) {
        progress.finish()
        guard let first = evaluations.min(by: { $0.key < $1.key }), let last = evaluations.max(by: { $0.key < $1.key })
        else { return }
        var table = Table(columns: ["held-out problems", "before (\(first.key))", "after (\(last.key))", "change"])
        func addRow(_ name: String, _ before: Double, _ after: Double) {
            let change = 100 * (after - before)
            table.addRow([name, percent(before), percent(after), (change < 0 ? "" : "+") + fixed(change, digits: 1)])
        }
        let rows: [(String, KeyPath<EvaluationReport, Double>)] = [
            ("pass@1, greedy", \.greedyPass), ("pass@1, sampled", \.sampledPass),
            ("compile rate, greedy", \.greedyCompile), ("compile rate, sampled", \.sampledCompile),
        ]
        for (name, path) in rows {
            addRow(name, first.value[keyPath: path], last.value[keyPath: path])
        }
        if let before = first.value.greedyExact, let after = last.value.greedyExact {
            addRow("exact match, greedy", before, after)
        }
        for line in table.plain.split(separator: "\n") { note(String(line)) }
        if let gold = ceiling?.total, let compile = gold.compileRate, let pass = gold.passRate {
            note("gold ceiling: of the \(gold.judged) references \(percent(compile)) compile, \(percent(pass)) pass")
        }
        // A rate that has fallen to zero would learn nothing more.
        let isLinear = configuration.optimizer.schedule.decay == .linear
        let schedule = isLinear ? " --set optimizer.schedule.decay=constant" : ""
        note("weights \(digest)")
        note("model     \(directory.final.path)")
        note("evaluate  ppocoder eval --model \(directory.final.path) --config \(directory.configuration.path)")
        note(
            "continue  ppocoder train --resume \(directory.url.path) "
                + "--set run.iterations=\(2 * configuration.run.iterations)\(schedule)"
        )
    }

    private func note(_ text: String) { progress.note(text) }

    private func percent(_ share: Double) -> String { fixed(100 * share, digits: 1) + " %" }
}
