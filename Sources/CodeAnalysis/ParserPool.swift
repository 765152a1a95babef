import CTreeSitter
import Synchronization

/// A grammar's table of constants.
// SAFETY: it is never freed, and nothing writes to it once it is made.
@safe struct GrammarTable: @unchecked Sendable {
    let raw: UnsafePointer<TSLanguage>
}

/// Parsers of one grammar that wait for work: making one costs as much as parsing a few lines.
final class ParserPool: Sendable {
    // SAFETY: whoever has taken it out of the pool is the only one who has it.
    @safe private struct Idle: @unchecked Sendable {
        let parser: OpaquePointer
    }

    private struct State {
        /// The grammar as it is parsed with; made by the first who needs it.
        var table: GrammarTable?
        var idle: [Idle] = []
    }

    private let published: GrammarTable
    private let state = Mutex(State())

    init(_ published: GrammarTable) { self.published = published }

    deinit {
        state.withLock { state in
            for idle in state.idle { unsafe ts_parser_delete(idle.parser) }
        }
    }

    /// Hands a parser to `body`; nil when none can be made.
    func withParser<Result>(_ body: (OpaquePointer) -> Result?) -> Result? {
        guard let taken = take() else { return nil }
        defer {
            unsafe ts_parser_reset(taken.parser)
            state.withLock { $0.idle.append(taken) }
        }
        return unsafe body(taken.parser)
    }

    private func take() -> Idle? {
        state.withLock { state in
            if let idle = state.idle.popLast() { return idle }
            // Without memory for another table the published one does.
            let table =
                unsafe state.table ?? ts_language_written_out(published.raw).map { unsafe GrammarTable(raw: $0) }
                ?? published
            state.table = table
            guard let parser = unsafe ts_parser_new() else { return nil }
            guard unsafe ts_parser_set_language(parser, table.raw) else {
                unsafe ts_parser_delete(parser)
                return nil
            }
            return unsafe Idle(parser: parser)
        }
    }
}
