import Determinism
import Dispatching
import Programs
import Synchronization

/// Compiled programs, and compilers' refusals, by everything that went into them.
///
/// The oldest go first.
final class CompileCache: Sendable {
    /// What a compiler made.
    struct Artefact: Sendable {
        /// What the compiler said when it refused.
        var refusal: String?
        /// The limit that stopped the compiler.
        var limit: Verdict.CompileLimit?
        var files: [SlotFile]
        /// Why a test in this program would not be believed.
        var objection: String?
        /// Whether another try might come to something else.
        var isDecidedByClock = false

        var size: Int { files.reduce(256 + (refusal?.utf8.count ?? 0)) { $0 + $1.bytes.count } }
    }

    private struct Contents {
        var artefacts: [Digest: Artefact] = [:]
        var order: [Digest] = []
        var size = 0
    }

    private let capacity: Int
    private let contents = Mutex(Contents())

    init(capacity: Int) { self.capacity = capacity }

    /// The key of everything that decides what comes of it: sources, purpose, options, flags, the tools' version, and the
    /// compiler's time.
    static func key(_ unit: CompileUnit, toolChain: ToolChain, limits: ExecutionLimits) -> Digest {
        var hasher = DigestHasher()
        hasher.update(unit.fingerprint)
        let tools = [toolChain.language.rawValue, toolChain.identity, "\(limits.compileSeconds)"]
        hasher.update(Array(tools.joined(separator: "\u{0}").utf8))
        return hasher.finish()
    }

    subscript(key: Digest) -> Artefact? {
        get { contents.withLock { $0.artefacts[key] } }
        set {
            guard let newValue, newValue.size <= capacity else { return }
            contents.withLock { contents in
                guard contents.artefacts.updateValue(newValue, forKey: key) == nil else { return }
                contents.order.append(key)
                contents.size += newValue.size
                while contents.size > capacity, !contents.order.isEmpty {
                    let oldest = contents.order.removeFirst()
                    contents.size -= contents.artefacts.removeValue(forKey: oldest)?.size ?? 0
                }
            }
        }
    }
}

/// Verdicts by program, tests, limits and tools.
///
/// The oldest go first.
///
/// A verdict that another run might not repeat is not kept: our own trouble, and anything decided by a clock.
final class VerdictCache: Sendable {
    private struct Contents {
        var verdicts: [Digest: Verdict] = [:]
        var order: [Digest] = []
        var oldest = 0
    }

    private let capacity: Int
    private let contents = Mutex(Contents())

    init(capacity: Int) { self.capacity = capacity }

    /// The key of a job, its id left out; nil when nothing is kept.
    ///
    /// It has everything that the verdict depends on: program, tests, limits, options, and what `version` says of the tools.
    func key(_ job: ExecutionJob, version: String) -> Digest? {
        capacity > 0 ? jobDigest(job, salt: version) : nil
    }

    subscript(key: Digest) -> Verdict? { contents.withLock { $0.verdicts[key] } }

    func keep(_ verdict: Verdict, for key: Digest) {
        guard verdict.outcome != .infrastructureFailure, verdict.outcome != .timeLimit else { return }
        contents.withLock { contents in
            guard contents.verdicts.updateValue(verdict, forKey: key) == nil else { return }
            if contents.order.count < capacity {
                contents.order.append(key)
            } else {
                contents.verdicts.removeValue(forKey: contents.order[contents.oldest])
                contents.order[contents.oldest] = key
                contents.oldest = (contents.oldest + 1) % capacity
            }
        }
    }
}
