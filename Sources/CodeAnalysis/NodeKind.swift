/// What a node of a syntax tree means to the analyses, whatever its language calls it.
enum NodeKind: UInt8 {
    case other
    case comment
    /// One token to the data flow, whatever its inner structure: strings and characters.
    case literal
    case identifier
    /// An identifier of several parts: PHP's `$x`.
    case variable
    case expressionStatement
    /// `name` (or `declarator`) comes from `value`.
    case definition
    /// A C# parameter, which is a definition when it has a default value.
    case parameter
    /// `= value` where the value is no field of the definition.
    case initialValue
    /// A C or C++ declaration: declarators that are not definitions make fresh variables.
    case declaration
    /// A C++ structured binding: every name in it is declared.
    case bindings
    /// `left` is computed from `right`.
    case assignment
    /// Go's `left := right`: an assignment that declares, so that `left` comes from `right`.
    case shortDeclaration
    /// `a` and `b` in `a, b = b, a`: sides of equal length flow element by element.
    case list
    /// `for x in xs` inside a Python comprehension: flows before its siblings.
    case comprehensionClause
    /// `i++`.
    case increment
    /// An operator and its operand: an increment when the operator is `++` or `--`.
    case unary
    case stepOperator
    case branch
    /// `elif`: an alternative that leaves open that none is taken.
    case alternativeIf
    /// Ruby's `body if condition`.
    case modifierBranch
    /// Python's `for`, which may have an `else`.
    case forIn
    /// `for (init; condition; update) body`.
    case forClauses
    /// `for (T name : values) body`.
    case forEach
    /// `while` and `do`.
    case loop
    /// Go's `for`, whose clauses are a node of their own.
    case goFor
    case rangeClause
    /// PHP's `for` and `foreach`, whose parts have no field names.
    case phpFor
    case phpForEach
    case semicolon
    case closingParenthesis
}

/// Fields of nodes that the analyses follow.
enum FieldRole: UInt8 {
    case none, name, value, declarator, left, right, pattern, body, alternative, initializer, condition, update

    static let table: [String: FieldRole] = [
        "name": .name, "value": .value, "default_value": .value, "declarator": .declarator, "left": .left,
        "right": .right, "pattern": .pattern, "body": .body, "alternative": .alternative,
        "initializer": .initializer, "init": .initializer, "condition": .condition, "update": .update,
        "increment": .update,
    ]
}
