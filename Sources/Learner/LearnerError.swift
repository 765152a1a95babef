/// Why the learner stopped.
package enum LearnerError: Error, CustomStringConvertible {
    case nonFinite(step: Int, detail: String)
    case memory(step: Int, planned: Int, limit: Int)
    case infrastructure(step: Int, masked: Int, of: Int, example: String)
    case runDirectory(path: String, reason: String)
    case model(path: String, reason: String)
    case resume(path: String, reason: String)
    /// The ledger cannot be written; what it does not hold is not acknowledged, so that nothing is lost.
    case ledger(path: String, reason: String)
    /// Something was lost or counted twice.
    case accounts(String)

    package var description: String {
        switch self {
        case .nonFinite(let step, let detail):
            "iteration \(step): a number is not finite (\(detail)); the batch is saved beside the checkpoints, the weights are those before the step"
        case .memory(let step, let planned, let limit):
            "iteration \(step): the update needs \(planned >> 20) MiB, the limit is \(limit >> 20) MiB (cluster.memory_limit_bytes); cluster.recompute_activations: true or a smaller cluster.microbatch_size needs less"
        case .infrastructure(let step, let masked, let total, let example):
            "iteration \(step): \(masked) of \(total) programs could not be judged (\(example)); nothing was learnt from them. See run.maximum_infrastructure_share"
        case .runDirectory(let path, let reason), .model(let path, let reason), .resume(let path, let reason):
            "\(path): \(reason)"
        case .ledger(let path, let reason):
            "\(path): \(reason); what is not in it was not acknowledged and will be computed again, so that nothing is lost: put it right and continue with --resume"
        case .accounts(let detail): "the accounts do not balance, which is an error of the program: \(detail)"
        }
    }
}
