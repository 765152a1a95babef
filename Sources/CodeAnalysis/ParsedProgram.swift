import CTreeSitter
import Programs

/// One node of a flattened syntax tree.
///
/// Nodes lie in pre-order, so the sub-tree of node `i` is `i..<end`, and its children are `i + 1`, the `end` of that
/// child, and so on.
struct SyntaxNode {
    let symbol: UInt16
    let field: UInt16
    let kind: NodeKind
    let role: FieldRole
    let isNamed: Bool
    var isMissing = false
    /// One past the last node of this sub-tree.
    var end: Int32
    /// Data-flow tokens inside this sub-tree: `firstToken..<endToken`.
    let firstToken: Int32
    var endToken: Int32
}

/// A token that the data flow sees: its text, as a number that is equal for equal texts.
struct FlowToken {
    let name: Int32
    let isIdentifier: Bool
}

/// A program parsed and flattened; comments are left out, and so are Python's statements of a bare string.
///
/// The parser's own tree is freed at once. Everything here walks arrays, never the call stack, so deep nesting costs
/// memory in proportion and nothing else.
package struct ParsedProgram: Sendable {
    /// The parser gives up after this long, microseconds.
    ///
    /// Only a guard against a hang: it is far above what any program within ``ProgramSize`` limits was seen to take, because a
    /// result that depended on the clock would make rewards irreproducible.
    package static let maximumParseMicroseconds: UInt64 = 20_000_000

    let language: Language
    let nodes: [SyntaxNode]
    let tokens: [FlowToken]
    /// How many different token texts there are.
    let nameCount: Int
    /// True when the parser met neither an error nor a missing token.
    package let isComplete: Bool
    /// True when nothing but space and comments is there.
    package let isBlank: Bool

    /// Parses `code`, or returns nil when it is over a limit of ``ProgramSize`` or the time limit.
    init?(_ code: String, grammar: Grammar) {
        let source = Array(code.utf8)
        guard ProgramSize(source).isWithinLimits(for: grammar.language) else { return nil }
        let parsed: OpaquePointer? = unsafe grammar.parsers.withParser { parser in
            unsafe ts_parser_set_timeout_micros(parser, Self.maximumParseMicroseconds)
            return unsafe source.withUnsafeBytes { bytes in
                let text = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return unsafe ts_parser_parse_string(parser, nil, text, UInt32(bytes.count))
            }
        }
        guard let tree = unsafe parsed else { return nil }
        defer { unsafe ts_tree_delete(tree) }

        var flattening = Flattening(grammar: grammar, source: source)
        let root = unsafe ts_tree_root_node(tree)
        unsafe flattening.walk(root)
        language = grammar.language
        nodes = flattening.nodes
        tokens = flattening.tokens
        nameCount = flattening.nameCount
        isBlank = !flattening.hasLeaf
        isComplete = unsafe !ts_node_has_error(root)
    }
}

/// Copies a parser's tree into arrays.
private struct Flattening {
    let grammar: Grammar
    let source: [UInt8]
    var nodes: [SyntaxNode] = []
    var tokens: [FlowToken] = []
    var hasLeaf = false
    private var names = PieceNumbers(minimumCapacity: 64)
    /// Open nodes, outermost first.
    private var open: [Int32] = []
    /// Depth at which a literal was entered: what is inside it is no token.
    private var literalDepth: Int?

    var nameCount: Int { names.count }

    init(grammar: Grammar, source: [UInt8]) {
        self.grammar = grammar
        self.source = source
        nodes.reserveCapacity(source.count / 2 + 8)
    }

    mutating func walk(_ root: TSNode) {
        var cursor = unsafe ts_tree_cursor_new(root)
        defer { unsafe ts_tree_cursor_delete(&cursor) }
        while true {
            let node = unsafe ts_tree_cursor_current_node(&cursor)
            let isKept = unsafe enter(node, field: ts_tree_cursor_current_field_id(&cursor))
            if isKept, unsafe ts_tree_cursor_goto_first_child(&cursor) { continue }
            if isKept { unsafe leaveLeaf(node) }
            while unsafe !ts_tree_cursor_goto_next_sibling(&cursor) {
                guard unsafe ts_tree_cursor_goto_parent(&cursor) else { return }
                leave()
            }
        }
    }

    /// Opens a node, or returns false when it and all below it is to be left out.
    private mutating func enter(_ node: TSNode, field: UInt16) -> Bool {
        let symbol = unsafe ts_node_symbol(node)
        let kind = Int(symbol) < grammar.kinds.count ? grammar.kinds[Int(symbol)] : .other
        if kind == .comment { return false }
        if kind == .expressionStatement, unsafe isBareString(node) { return false }
        let token = Int32(tokens.count)
        unsafe nodes.append(
            SyntaxNode(
                symbol: symbol,
                field: field,
                kind: kind,
                role: Int(field) < grammar.roles.count ? grammar.roles[Int(field)] : .none,
                isNamed: Int(symbol) < grammar.isNamed.count ? grammar.isNamed[Int(symbol)] : ts_node_is_named(node),
                end: 0,
                firstToken: token,
                endToken: token
            )
        )
        open.append(Int32(nodes.count - 1))
        if kind == .literal || kind == .variable, literalDepth == nil {
            unsafe appendToken(node, symbol: symbol, kind: kind)
            literalDepth = open.count
        }
        return true
    }

    private mutating func leaveLeaf(_ node: TSNode) {
        guard let index = open.last.map(Int.init) else { preconditionFailure("a leaf that was not entered") }
        // What the parser puts in for a missing token has no text.
        if unsafe ts_node_start_byte(node) == ts_node_end_byte(node) {
            nodes[index].isMissing = unsafe ts_node_is_missing(node)
        } else if literalDepth == nil {
            unsafe appendToken(node, symbol: nodes[index].symbol, kind: nodes[index].kind)
        }
        leave()
    }

    private mutating func leave() {
        if literalDepth == open.count { literalDepth = nil }
        guard let index = open.popLast() else { preconditionFailure("the cursor left a node it had not entered") }
        nodes[Int(index)].end = Int32(nodes.count)
        nodes[Int(index)].endToken = Int32(tokens.count)
    }

    /// Notes a token, unless its text is its type: such are keywords and punctuation.
    private mutating func appendToken(_ node: TSNode, symbol: UInt16, kind: NodeKind) {
        let start = unsafe Int(ts_node_start_byte(node))
        let end = unsafe Int(ts_node_end_byte(node))
        guard start < end, end <= source.count else { return }
        hasLeaf = true
        if Int(symbol) < grammar.names.count, isText(start..<end, grammar.names[Int(symbol)]) { return }
        let name = names.number(start..<end, of: source)
        tokens.append(FlowToken(name: name, isIdentifier: kind == .identifier || kind == .variable))
    }

    private func isText(_ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for index in name.indices where source[range.lowerBound + index] != name[index] { return false }
        return true
    }

    /// A docstring, or a string that stands alone as a comment does.
    private func isBareString(_ node: TSNode) -> Bool {
        guard unsafe ts_node_child_count(node) == 1 else { return false }
        let symbol = unsafe Int(ts_node_symbol(ts_node_child(node, 0)))
        return symbol < grammar.kinds.count && grammar.kinds[symbol] == .literal
    }
}
