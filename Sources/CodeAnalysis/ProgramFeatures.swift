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

/// Features of the references seen last: a problem comes round many times, its reference is parsed once.
final class ReferenceCache: Sendable {
    private struct Key: Hashable {
        let language: Language
        let code: String
    }

    /// References kept; all are dropped when one more comes.
    private static let capacity = 4096
    private let entries = Mutex<[Key: ProgramFeatures]>([:])

    func features(_ code: String, _ language: Language, make: () -> ProgramFeatures?) -> ProgramFeatures? {
        let key = Key(language: language, code: code)
        if let known = entries.withLock({ $0[key] }) { return known }
        guard let made = make() else { return nil }
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
            entries[key] = made
        }
        return made
    }
}
