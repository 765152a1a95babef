import Foundation
import Programs
import Synchronization

/// What a comparison needs to know of a program; made once for a reference that many candidates are held against.
struct ProgramFeatures: Sendable {
    let isBlank: Bool
    let isComplete: Bool
    private let subtrees: StructureCounts
    private let edges: StructureCounts

    init(_ program: ParsedProgram) {
        isBlank = program.isBlank
        isComplete = program.isComplete
        subtrees = program.subtrees()
        edges = program.flowHashes()
    }

    /// Bytes of memory, about.
    var byteCount: Int { subtrees.byteCount + edges.byteCount + 64 }

    /// True when there is a data flow that a candidate can match.
    var hasFlow: Bool { edges.total > 0 }

    /// AST match: the part of the reference's sub-trees that this program has, each of its own counted once.
    func astMatch(against reference: ProgramFeatures) -> Double {
        guard !isBlank, !reference.isBlank else { return 0 }
        return Double(reference.subtrees.common(with: subtrees)) / Double(reference.subtrees.total)
    }

    /// Data-flow match: the part of the reference's edges that this program has, each of its own counted once.
    ///
    /// Nil when the reference has no data flow, or its language has no extraction.
    /// Source: Ren et al. 2020, CodeBLEU, <https://arxiv.org/abs/2009.10297>, section 3.3.
    func dataFlowMatch(against reference: ProgramFeatures) -> Double? {
        guard reference.hasFlow else { return nil }
        guard !isBlank else { return 0 }
        return Double(reference.edges.common(with: edges)) / Double(reference.edges.total)
    }
}

/// What was made of the programs seen last: a reference comes round with every sample of its problem, and samples repeat
/// one another.
final class ProgramCache<Value: Sendable>: Sendable {
    /// A program, hashed once.
    private struct Key: Hashable {
        let code: String
        let language: Language
        private let hash: Int

        init(_ code: String, _ language: Language) {
            self.code = code
            self.language = language
            hash = code.hashValue
        }

        static func == (left: Key, right: Key) -> Bool {
            left.hash == right.hash && left.language == right.language && left.code.hasSameBytes(as: right.code)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }

    /// Bytes of programs and values, which are dropped together when they become more.
    private let capacity = 32 << 20

    private struct State {
        var entries: [Key: Value] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())
    private let size: @Sendable (Value) -> Int

    /// - Parameter size: bytes of memory that a value takes, about.
    init(size: @escaping @Sendable (Value) -> Int) { self.size = size }

    /// What is known of `code`, or what `make` finds; nil is not remembered.
    func value(_ code: String, _ language: Language, make: () -> Value?) -> Value? {
        let key = Key(code, language)
        if let known = state.withLock({ $0.entries[key] }) { return known }
        guard let made = make() else { return nil }
        state.withLock { state in
            let bytes = code.utf8.count + size(made)
            if state.bytes + bytes > capacity { state = State() }
            if state.entries.updateValue(made, forKey: key) == nil { state.bytes += bytes }
        }
        return made
    }
}

extension String {
    /// Whether both are the same bytes, where `==` is true for texts that only look the same.
    fileprivate func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let compared: Bool?? = unsafe utf8.withContiguousStorageIfAvailable { own in
            unsafe other.utf8.withContiguousStorageIfAvailable { others in
                guard let first = own.baseAddress, let second = others.baseAddress else { return true }
                return unsafe memcmp(first, second, own.count) == 0
            }
        }
        return (compared ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}
