internal import Dispatching
internal import Foundation
internal import Programs
internal import Protocol
internal import Telemetry
internal import Tensors
internal import Transformer

/// Who waited for whom in an iteration.
///
/// - Parameters:
///   - shards: that came in the iteration.
///   - workers: names of the rollout workers.
///   - leases: of executors that ended in the iteration or go on.
///   - slots: of the executors, by name.
///   - window: the iteration.
/// - Returns: `idle/rollout_ratio`, `idle/executor_ratio` and `executor/utilization`, as far as there is anybody.
func idleRatios(
    shards: [ShardTimes],
    workers: [String],
    leases: [LeaseSpan],
    slots: [String: Int],
    window: TimeSpan
) -> [String: Double] {
    let length = window.end - window.start
    guard length > 0 else { return [:] }
    var metrics: [String: Double] = [:]
    if !workers.isEmpty {
        let busy = workers.map { name in
            occupiedSeconds(shards.lazy.filter { $0.worker == name }.map(\.generation), capacity: 1, in: window)
                / length
        }
        metrics["idle/rollout_ratio"] = 1 - busy.reduce(0, +) / Double(busy.count)
    }
    let total = slots.values.reduce(0, +)
    if total > 0 {
        let busy = slots.map { name, slots in
            let spans = leases.filter { $0.executor == name }.map { TimeSpan(start: $0.start, end: $0.end) }
            return occupiedSeconds(spans, capacity: slots, in: window)
        }
        let share = busy.reduce(0, +) / (length * Double(total))
        metrics["executor/utilization"] = share
        metrics["idle/executor_ratio"] = 1 - share
    }
    return metrics
}

/// Mean, 95th percentile and greatest of the waits for a slot; nothing when there was none.
func waitMetrics(_ waits: [Double]) -> [String: Double] {
    guard !waits.isEmpty else { return [:] }
    let sorted = waits.sorted()
    return [
        "executor/queue_wait_s/mean": waits.reduce(0, +) / Double(waits.count),
        // The least value that at least 95 of 100 do not exceed.
        "executor/queue_wait_s/p95": sorted[(95 * sorted.count + 99) / 100 - 1],
        "executor/queue_wait_s/max": sorted[sorted.count - 1],
    ]
}

/// Numbers of a batch that need no arithmetic of PPO.
///
/// - Parameters:
///   - collected: the batch.
///   - learner: that learnt from it.
///   - problems: how many there are to train on; nil when they are endless.
/// - Returns: figures by metric name.
func stepMetrics(_ collected: TrainingBatch, learner: PPOLearner, problems: Int?) -> [String: Double] {
    let (batch, results) = (collected.trajectories, collected.results)
    let judged = batch.filter { !$0.masked }
    var metrics: [String: Double] = [
        "training/global_step": Double(learner.state.gradientSteps),
        "timing_s/reward": results.map(\.result.executionSeconds).max() ?? 0,
        "prompt_length/max": Double(batch.map(\.source.count).max() ?? 0),
        "prompt_length/min": Double(batch.map(\.source.count).min() ?? 0),
        "weights/bytes_full": Double(learner.parameters.buffer.count * MemoryLayout<Float>.stride),
    ]
    if let problems, problems > 0, let step = results.first?.lease.step {
        let prompts = Set(batch.map(\.source)).count
        metrics["training/epoch"] = Double((Int(step) + 1) * prompts) / Double(problems)
    }
    let seconds = results.reduce(0) { $0 + $1.result.generationSeconds }
    metrics["rollout/sampling_s"] = seconds
    let limit = learner.configuration.data.maximumSourceLength
    metrics["prompt_length/clip_ratio"] =
        Double(batch.count { $0.source.count >= limit }) / Double(max(1, batch.count))
    let tokens = batch.reduce(0) { $0 + $1.tokens.count }
    if seconds > 0 { metrics["rollout/tokens_per_busy_s"] = Double(tokens) / seconds }
    var usage = rusage()
    if unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
        metrics["perf/peak_memory"] = Double(usage.ru_maxrss) * 1024
    }
    guard !judged.isEmpty else { return metrics }
    let count = Double(judged.count)
    metrics["executor/compile_s/mean"] = judged.reduce(0) { $0 + $1.verdict.compileSeconds } / count
    metrics["executor/run_s/mean"] = judged.reduce(0) { $0 + $1.verdict.wallSeconds } / count
    metrics["reward/empty_rate"] =
        Double(judged.count { $0.text.allSatisfy(\.isWhitespace) }) / count
    let tests = judged.reduce(0) { $0 + $1.verdict.testsTotal }
    if tests > 0 {
        metrics["reward/tests_passed_rate"] = Double(judged.reduce(0) { $0 + $1.verdict.testsPassed }) / Double(tests)
    }
    return metrics
}

/// What became of all shards.
func shardMetrics(_ shards: ShardAccounts) -> [String: Double] {
    [
        "rollout/shards_issued": Double(shards.issued),
        "rollout/shards_accepted": Double(shards.accepted),
        "rollout/shards_expired": Double(shards.expired),
        "rollout/shards_quarantined": Double(shards.quarantined),
        "rollout/shards_outstanding": Double(shards.outstanding),
        "rollout/duplicates_dropped": Double(shards.duplicates),
    ]
}

/// What became of all programs where dispatchers of their own serve them, as the workers tell.
func programMetrics(_ programs: ProgramAccounts) -> [String: Double] {
    [
        "executor/jobs_issued": Double(programs.issued),
        "executor/jobs_accepted": Double(programs.accepted),
        "executor/jobs_expired": Double(programs.expired),
        "executor/jobs_quarantined": Double(programs.quarantined),
        "executor/jobs_outstanding": Double(programs.outstanding),
        "executor/jobs_moved": Double(programs.moved),
    ]
}

/// What became of all programs.
func jobMetrics(_ jobs: DispatcherStatistics) -> [String: Double] {
    [
        "executor/jobs_issued": Double(jobs.submitted),
        "executor/jobs_accepted": Double(jobs.completed),
        "executor/jobs_expired": Double(jobs.dropped),
        "executor/jobs_quarantined": Double(jobs.quarantined),
        "executor/jobs_outstanding": Double(jobs.queued + jobs.running),
        "executor/jobs_hedged": Double(jobs.hedged),
        "executor/untrusted": Double(jobs.untrusted),
        "executor/slots_total": Double(jobs.slots),
        "executor/retries": Double(jobs.requeued),
        "executor/cache_hit_rate": Double(jobs.cacheHits + jobs.merged) / Double(max(1, jobs.requests)),
    ]
}
