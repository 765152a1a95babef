internal import Programs

/// Starts training problems from a prefix of their reference solution, which gets shorter as the run goes on.
///
/// Source: Dou et al. 2024, StepCoder, <https://arxiv.org/abs/2402.01391>, section 3.1, where the cuts are at conditional
/// statements; here they are at ends of lines. The share is a function of the iteration alone, so that a problem is a
/// function of seed, iteration and slot, and the completions of one prompt start from the same place.
struct PrefixCurriculum: Sendable {
    /// Share of the reference's lines that is given at iteration 0.
    let share: Double
    /// Iterations until nothing is given any more.
    let steps: Int

    /// The share at iteration `step`.
    func share(at step: Int) -> Double {
        steps == 0 ? 0 : share * max(0, 1 - Double(step) / Double(steps))
    }

    /// `problem` as it is set at iteration `step`.
    ///
    /// The prefix stands at the end of the prompt and in the preamble of the program; one line at least is left to write.
    func problem(_ problem: Problem, at step: Int) -> Problem {
        let target = problem.target
        let share = share(at: step)
        guard share > 0, problem.reference.utf8.count > problem.preamble.utf8.count || problem.preamble.isEmpty,
            problem.preamble.isEmpty || target.utf8.count < problem.reference.utf8.count
        else { return problem }
        let lines = target.split(separator: "\n", omittingEmptySubsequences: false)
        let written = lines.last?.isEmpty == true ? lines.count - 1 : lines.count
        let given = min(Int(share * Double(written)), written - 1)
        guard given > 0 else { return problem }
        let prefix = lines.prefix(given).joined(separator: "\n") + "\n"
        var result = problem
        let goesOn = problem.promptLeadsIntoCompletion || problem.prompt.isEmpty || problem.prompt.last == "\n"
        result.prompt += (goesOn ? "" : "\n") + prefix
        result.preamble += prefix
        return result
    }
}
