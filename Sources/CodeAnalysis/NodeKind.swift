import Programs

/// What a node of a syntax tree means to the analyses, whatever its language calls it.
enum NodeKind: UInt8 {
    case other
    case comment
    /// One token to the data flow, whatever its inner structure: strings and characters.
    case literal
    case identifier
    case expressionStatement
    /// `name` (or `declarator`) comes from `value`.
    case definition
    /// A C or C++ declaration: declarators that are not definitions make fresh variables.
    case declaration
    /// A C++ structured binding: every name in it is declared.
    case bindings
    /// `left` is computed from `right`.
    case assignment
    /// `a` and `b` in `a, b = b, a`: sides of equal length flow element by element.
    case list
    /// `for x in xs` inside a Python comprehension: flows before its siblings.
    case comprehensionClause
    /// `i++`.
    case increment
    case branch
    /// `elif`: an alternative that leaves open that none is taken.
    case alternativeIf
    /// Python's `for`.
    case forIn
    /// `for (init; condition; update) body`.
    case forClauses
    /// `for (T name : values) body`.
    case forEach
    /// `while` and `do`.
    case loop

    /// Node types by kind; the first table that names a type wins.
    static func table(for language: Language) -> [String: NodeKind] {
        var table: [String: NodeKind] = [
            "comment": .comment, "line_comment": .comment, "block_comment": .comment,
            "string": .literal, "string_literal": .literal, "character_literal": .literal, "char_literal": .literal,
            "raw_string_literal": .literal, "concatenated_string": .other,
            "identifier": .identifier,
        ]
        switch language {
        case .python: table.merge(python) { $1 }
        case .java: table.merge(java) { $1 }
        case .c, .cpp: table.merge(cpp) { $1 }
        default: break
        }
        return table
    }

    private static let python: [String: NodeKind] = [
        "expression_statement": .expressionStatement,
        "default_parameter": .definition, "typed_default_parameter": .definition,
        "assignment": .assignment, "augmented_assignment": .assignment,
        "pattern_list": .list, "tuple_pattern": .list, "list_pattern": .list,
        "expression_list": .list, "tuple": .list, "list": .list,
        "for_in_clause": .comprehensionClause,
        "if_statement": .branch, "elif_clause": .alternativeIf,
        "for_statement": .forIn, "while_statement": .loop,
    ]

    private static let java: [String: NodeKind] = [
        "variable_declarator": .definition,
        "assignment_expression": .assignment,
        "update_expression": .increment,
        "if_statement": .branch,
        "for_statement": .forClauses, "enhanced_for_statement": .forEach,
        "while_statement": .loop, "do_statement": .loop,
    ]

    private static let cpp: [String: NodeKind] = [
        "init_declarator": .definition, "optional_parameter_declaration": .definition,
        "declaration": .declaration, "parameter_declaration": .declaration,
        "structured_binding_declarator": .bindings,
        "assignment_expression": .assignment,
        "update_expression": .increment,
        "if_statement": .branch,
        "for_statement": .forClauses, "for_range_loop": .forEach,
        "while_statement": .loop, "do_statement": .loop,
    ]
}

/// Fields of nodes that the analyses follow.
enum FieldRole: UInt8 {
    case none, name, value, declarator, left, right, body, alternative, initializer, condition, update

    static let table: [String: FieldRole] = [
        "name": .name, "value": .value, "default_value": .value, "declarator": .declarator, "left": .left,
        "right": .right, "body": .body, "alternative": .alternative, "initializer": .initializer,
        "init": .initializer, "condition": .condition, "update": .update,
    ]
}
