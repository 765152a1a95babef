/// Each score minus the mean score of the other completions of its prompt.
///
/// sᵢ − 1/(n − 1)·Σ_{j≠i} sⱼ over the n included members of a group; a score alone in its group is left as it is. The
/// baseline of a completion does not depend on it, so the expected gradient stays the same, while the difficulty of the
/// prompt, which is most of the variance, drops out and the critic is left with what happens within a completion.
///
/// Source: Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free!", the estimator with the mean
/// of the other samples.
///
/// - Parameters:
///   - scores: of all trajectories.
///   - groups: indices of the trajectories of each prompt.
///   - included: whether each trajectory counts; those that do not are neither read nor changed.
/// - Returns: the scores, each included one less the mean of the others of its group; one alone stays as it is.
package func leaveOneOut(scores: [Float], groups: [[Int]], included: [Bool]) -> [Float] {
    precondition(scores.count == included.count, "one flag per score")
    var result = scores
    for group in groups {
        let members = group.filter { included[$0] }
        guard members.count > 1 else { continue }
        let sum = members.reduce(0.0) { $0 + Double(scores[$1]) }
        for i in members {
            result[i] = Float(Double(scores[i]) - (sum - Double(scores[i])) / Double(members.count - 1))
        }
    }
    return result
}
