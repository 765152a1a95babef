import Synchronization

/// Tests that have been taken apart, and those that cannot be: all samples of a prompt have the same.
///
/// When it is full it begins anew.
final class PlanCache: Sendable {
    private struct Contents {
        /// By the code's bytes: texts that are equal to Swift may differ to Python.
        var plans: [[UInt8]: TestPlan?] = [:]
        var size = 0
    }

    private let capacity: Int
    private let contents = Mutex(Contents())

    /// Keeps the plans of at most `capacity` bytes of test code.
    init(capacity: Int = 4 << 20) { self.capacity = capacity }

    /// The plan of test code, made now if need be; nil when it cannot be taken apart.
    subscript(code: String) -> TestPlan? {
        let key = Array(code.utf8)
        if let known = contents.withLock({ $0.plans[key] }) { return known }
        let plan = TestPlan(code)
        let size = key.count
        guard size <= capacity / 16 else { return plan }
        contents.withLock { contents in
            if contents.size + size > capacity { contents = Contents() }
            contents.plans[key] = .some(plan)
            contents.size += size
        }
        return plan
    }
}
