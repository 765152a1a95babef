/// Why the learner stopped.
package enum LearnerError: Error, CustomStringConvertible {
    case nonFinite(step: Int, slots: [Int] = [], detail: String)
    /// Something that holds of every run does not.
    case invariant(step: Int, detail: String)
    /// A completion was sampled by weights older than allowed.
    case stale(step: Int, slot: Int, version: Int, allowed: Int)
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
        case .nonFinite(let step, let slots, let detail):
            "iteration \(step): a number is not finite (\(detail))"
                + (slots.isEmpty ? "" : ", slots \(slots.map(String.init).joined(separator: ", "))")
                + "; no weight was changed by it, and no checkpoint written"
        case .invariant(let step, let detail):
            "iteration \(step): \(detail); the run stops, since its numbers would mean nothing"
        case .stale(let step, let slot, let version, let allowed):
            "iteration \(step): slot \(slot) was sampled with the weights of iteration \(version), more than run.staleness = \(allowed) behind"
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
