import Programs
import Synchronization

/// What a comparison needs to know of a program; made once for a reference that many candidates are held against.
struct ProgramFeatures: Sendable {
    let isBlank: Bool
    let isComplete: Bool
    /// Ascending.
    private let subtrees: [StructureHash]
    private let edges: [StructureHash]

    init(_ program: ParsedProgram) {
        isBlank = program.isBlank
        isComplete = program.isComplete
        subtrees = program.subtrees()
        edges = program.dataFlow().map(\.hash).sorted()
    }

    /// Bytes of memory, about.
    var byteCount: Int { (subtrees.count + edges.count) * MemoryLayout<StructureHash>.stride + 64 }

    /// True when there is a data flow that a candidate can match.
    var hasFlow: Bool { !edges.isEmpty }

    /// AST match: the part of the reference's sub-trees that this program has, each of its own counted once.
    func astMatch(against reference: ProgramFeatures) -> Double {
        guard !isBlank, !reference.isBlank else { return 0 }
        return Double(Self.common(subtrees, reference.subtrees)) / Double(reference.subtrees.count)
    }

    /// Data-flow match: the part of the reference's edges that this program has, each of its own counted once.
    ///
    /// Nil when the reference has no data flow, or its language has no extraction.
    /// Source: Ren et al. 2020, CodeBLEU, <https://arxiv.org/abs/2009.10297>, section 3.3.
    func dataFlowMatch(against reference: ProgramFeatures) -> Double? {
        guard reference.hasFlow else { return nil }
        guard !isBlank else { return 0 }
        return Double(Self.common(edges, reference.edges)) / Double(reference.edges.count)
    }

    /// The size of the intersection of two multisets, both ascending.
    private static func common(_ found: [StructureHash], _ wanted: [StructureHash]) -> Int {
        var (i, j, count) = (0, 0, 0)
        while i < found.count, j < wanted.count {
            if found[i] == wanted[j] {
                count += 1
                i += 1
                j += 1
            } else if found[i] < wanted[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return count
    }
}

/// Features of the programs seen last: a reference comes round with every sample of its problem, and samples repeat one another.
final class FeatureCache: Sendable {
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
            left.hash == right.hash && left.language == right.language && left.code.utf8.elementsEqual(right.code.utf8)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }

    /// Bytes of programs and features, which are dropped together when they become more.
    private static let capacity = 32 << 20

    private struct State {
        var entries: [Key: ProgramFeatures] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())

    /// What is known of `code`, or what `make` finds; nil is not remembered.
    func features(_ code: String, _ language: Language, make: () -> ProgramFeatures?) -> ProgramFeatures? {
        let key = Key(code, language)
        if let known = state.withLock({ $0.entries[key] }) { return known }
        guard let made = make() else { return nil }
        state.withLock { state in
            let bytes = code.utf8.count + made.byteCount
            if state.bytes + bytes > Self.capacity { state = State() }
            if state.entries.updateValue(made, forKey: key) == nil { state.bytes += bytes }
        }
        return made
    }
}
