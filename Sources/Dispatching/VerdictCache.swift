import Determinism
import Programs
import Protocol

/// Verdicts by job, the oldest forgotten first.
struct VerdictCache {
    private var verdicts: [Digest: WireVerdict] = [:]
    private var order: [Digest] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    subscript(id: Digest) -> WireVerdict? { verdicts[id] }

    /// Remembers `verdict`, unless another run might come to another one: a failure of the infrastructure says nothing
    /// about the program, and a time limit depends on how busy the machine was.
    mutating func insert(_ verdict: WireVerdict, for id: Digest) {
        let fleeting: [Verdict.Outcome] = [.infrastructureFailure, .timeLimit]
        guard capacity > 0, !fleeting.contains(where: { $0.rawValue == verdict.outcome }) else { return }
        guard verdicts.updateValue(verdict, forKey: id) == nil else { return }
        if order.count < capacity {
            order.append(id)
        } else {
            verdicts[order[next]] = nil
            order[next] = id
            next = (next + 1) % capacity
        }
    }
}
