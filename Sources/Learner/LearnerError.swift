/// Why the learner stopped.
package enum LearnerError: Error, CustomStringConvertible {
    case nonFinite(step: Int, detail: String)
    case memory(step: Int, planned: Int, limit: Int)
    case infrastructure(step: Int, masked: Int, of: Int, example: String)
    case runDirectory(path: String, reason: String)
    case model(path: String, reason: String)
    case resume(path: String, reason: String)

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
        }
    }
}
