import Programs

// Which node types of each grammar are of which kind.
extension NodeKind {
    /// Kinds of named node types; what the language says itself goes before what holds for all.
    static func table(for language: Language) -> [String: NodeKind] {
        let own =
            switch language {
            case .python: python
            case .java: java
            case .c, .cpp: cpp
            case .csharp: csharp
            case .php: php
            case .javascript: javascript
            case .go: go
            case .ruby: ruby
            }
        return common.merging(own) { $1 }
    }

    /// Kinds of the few operators and marks that matter.
    static let marks: [String: NodeKind] = [
        "++": .stepOperator, "--": .stepOperator, ";": .semicolon, ")": .closingParenthesis,
    ]

    private static let common: [String: NodeKind] = [
        "comment": .comment, "line_comment": .comment, "block_comment": .comment,
        "string": .literal, "string_literal": .literal, "character_literal": .literal, "char_literal": .literal,
        "raw_string_literal": .literal,
        "identifier": .identifier,
    ]

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

    private static let csharp: [String: NodeKind] = [
        "verbatim_string_literal": .literal,
        "variable_declarator": .definition, "equals_value_clause": .initialValue, "parameter": .parameter,
        "assignment_expression": .assignment, "tuple_expression": .list,
        "postfix_unary_expression": .unary, "prefix_unary_expression": .unary,
        "if_statement": .branch,
        "for_statement": .forClauses, "for_each_statement": .forEach,
        "while_statement": .loop, "do_statement": .loop,
    ]

    private static let php: [String: NodeKind] = [
        "variable_name": .variable,
        "simple_parameter": .definition,
        "assignment_expression": .assignment, "augmented_assignment_expression": .assignment,
        "list_literal": .list, "array_creation_expression": .list,
        "update_expression": .increment,
        "if_statement": .branch, "else_if_clause": .alternativeIf,
        "for_statement": .phpFor, "foreach_statement": .phpForEach,
        "while_statement": .loop, "do_statement": .loop,
    ]

    private static let javascript: [String: NodeKind] = [
        "shorthand_property_identifier": .identifier, "shorthand_property_identifier_pattern": .identifier,
        "variable_declarator": .definition, "assignment_pattern": .definition,
        "assignment_expression": .assignment, "augmented_assignment_expression": .assignment,
        "array_pattern": .list, "object_pattern": .list, "array": .list,
        "update_expression": .increment,
        "if_statement": .branch,
        "for_statement": .forClauses, "for_in_statement": .forEach,
        "while_statement": .loop, "do_statement": .loop,
    ]

    private static let go: [String: NodeKind] = [
        "interpreted_string_literal": .literal, "rune_literal": .literal,
        "var_spec": .definition, "const_spec": .definition,
        "short_var_declaration": .shortDeclaration, "assignment_statement": .assignment,
        "expression_list": .list,
        "inc_statement": .increment, "dec_statement": .increment,
        "if_statement": .branch,
        "for_statement": .goFor, "for_clause": .forClauses, "range_clause": .rangeClause,
    ]

    private static let ruby: [String: NodeKind] = [
        "instance_variable": .identifier, "class_variable": .identifier, "global_variable": .identifier,
        "optional_parameter": .definition, "keyword_parameter": .definition,
        "assignment": .assignment, "operator_assignment": .assignment,
        "left_assignment_list": .list, "right_assignment_list": .list, "array": .list,
        "if": .branch, "elsif": .branch, "unless": .branch, "when": .branch,
        "if_modifier": .modifierBranch, "unless_modifier": .modifierBranch,
        "for": .forEach,
        "while": .loop, "until": .loop, "while_modifier": .loop, "until_modifier": .loop,
    ]
}
