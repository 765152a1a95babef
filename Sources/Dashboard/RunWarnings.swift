package import Telemetry

/// What a person should look at in a run, found in its numbers.
package struct RunWarning: Equatable, Sendable {
    /// `infrastructure`, `collapse`, `suspicion`, `length`, `mismatch` or `memory`: stands in the page as it is.
    package var kind: String
    package var text: String
}

/// Looks for trouble in the numbers of a run.
///
/// Compares the mean of the newest ten values with earlier ones, so that one bad batch raises nothing.
package func runWarnings(_ history: MetricHistory) -> [RunWarning] {
    var warnings: [RunWarning] = []
    func recent(_ name: String) -> Double? { history[name].flatMap { mean($0.values.suffix(10)) } }
    func early(_ name: String) -> Double? { history[name].flatMap { mean($0.values.prefix(10)) } }
    func best(_ name: String) -> Double? { history[name].flatMap { greatestMean($0.values) } }

    if let rate = recent("executor/infra_error_rate"), rate > 0.05 {
        warnings.append(
            RunWarning(
                kind: "infrastructure",
                text: "\(percent(rate)) of the programs could not be judged: look at the executors, not at the policy"
            )
        )
    }
    if let best = best("reward/pass_rate"), let now = recent("reward/pass_rate"), best > 0.1, now < best / 2 {
        warnings.append(
            RunWarning(kind: "collapse", text: "the pass rate fell to \(percent(now)) from \(percent(best))")
        )
    }
    if let first = early("actor/entropy"), let now = recent("actor/entropy"), first > 0.005, now < first / 20 {
        warnings.append(
            RunWarning(
                kind: "collapse",
                text:
                    "the policy's entropy is \(short(now)) nat, a twentieth of what it was: it hardly samples any more"
            )
        )
    }
    if let held = history["val/greedy/pass@1"], held.values.count >= 3, let first = held.values.first,
        let last = held.last, let start = early("reward/pass_rate"), let now = recent("reward/pass_rate"),
        now - start > 0.1, last - first < -0.02
    {
        warnings.append(
            RunWarning(
                kind: "suspicion",
                text: "training problems pass more often (\(percent(start)) → \(percent(now))) and held-out ones less "
                    + "(\(percent(first)) → \(percent(last))): read what passes in the rollouts"
            )
        )
    }
    if let start = early("critic/score/mean"), let now = recent("critic/score/mean"),
        let pass = early("reward/pass_rate"), let passes = recent("reward/pass_rate"), now > start + 0.2,
        passes < pass - 0.05
    {
        warnings.append(
            RunWarning(kind: "suspicion", text: "the score rises while fewer programs pass: a reward term is gamed")
        )
    }
    if let rate = recent("response_length/clip_ratio"), rate > 0.5 {
        warnings.append(
            RunWarning(
                kind: "length",
                text: "\(percent(rate)) of the completions reach the length limit without an end"
            )
        )
    }
    if let gap = recent("training/rollout_log_prob_diff_max"), gap > 0.1 {
        warnings.append(
            RunWarning(
                kind: "mismatch",
                text: "sampler and learner disagree by up to \(short(gap)) nat about the same token"
            )
        )
    }
    return warnings
}

/// The warnings of a run, each in one line.
package func warningTexts(_ history: MetricHistory) -> [String] {
    runWarnings(history).map { "\($0.kind): \($0.text)" }
}

/// Who the others wait for, in a sentence; nil when nobody measured it.
package func bottleneck(_ latest: [String: Double]) -> String? {
    let roles = [
        ("learner", "idle/learner_ratio"), ("rollout workers", "idle/rollout_ratio"),
        ("executors", "idle/executor_ratio"),
    ].compactMap { name, metric in latest[metric].map { (name, $0) } }
    guard let busiest = roles.min(by: { $0.1 < $1.1 }), roles.count > 1 else {
        return latest["idle/learner_ratio"].map {
            $0 > 0.5
                ? "the learner waits \(percent($0)) of the time: sampling and judging set the pace"
                : "the learner works \(percent(1 - $0)) of the time and sets the pace"
        }
    }
    let others = roles.filter { $0.0 != busiest.0 }.map { "\($0.0) idle \(percent($0.1))" }.joined(separator: ", ")
    return "the \(busiest.0) set\(busiest.0 == "learner" ? "s" : "") the pace: idle \(percent(busiest.1)); \(others)"
}

private func mean(_ values: ArraySlice<Double>) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// The greatest mean of ten values in a row.
private func greatestMean(_ values: [Double]) -> Double? {
    guard values.count > 10 else { return nil }
    var sum = values.prefix(10).reduce(0, +)
    var greatest = sum
    for i in 10..<values.count {
        sum += values[i] - values[i - 10]
        greatest = max(greatest, sum)
    }
    return greatest / 10
}

private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

private func short(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }
