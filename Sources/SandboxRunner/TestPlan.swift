/// An expression of a test that has been taken apart.
indirect enum PythonExpression: Sendable {
    case literal(PlainData)
    /// The result of a call of the program, by its number in the plan.
    case call(Int)
    case list([PythonExpression])
    case tuple([PythonExpression])
    case set([PythonExpression])
    case dictionary([(key: PythonExpression, value: PythonExpression)])
    case negative(PythonExpression)
    case not(PythonExpression)
    case arithmetic(String, PythonExpression, PythonExpression)
    /// `a < b <= c`: each part once, from the left, up to the first that does not hold.
    case comparison(PythonExpression, [(relation: String, other: PythonExpression)])
    case all([PythonExpression])
    case any([PythonExpression])
    case function(String, [PythonExpression])
    /// `range(…)`, which is no list, but may be gone through.
    case range([PythonExpression])
    /// The variable of a comprehension.
    case variable(String)
    /// `[element for variable in items if condition …]`
    case comprehension(
        element: PythonExpression,
        variable: String,
        items: PythonExpression,
        conditions: [PythonExpression]
    )
    /// A call that a message makes and its assertion has not made.
    case unmade
}

/// Python test code taken apart: the calls it makes of the program, and what it asserts of their results.
///
/// `assert f(1, 2) == 3`, and a `check(candidate)` made of such lines, need no interpreter beside the one that runs the
/// program: the calls are made there, and the assertions are judged here, in Python's terms. Variables that hold constants
/// are replaced by these, and loops over constants unrolled. What is not understood to the last token is not taken apart.
package struct TestPlan: Sendable {
    struct Call: Equatable, Sendable {
        var function: String
        var arguments: [PlainData]
    }

    struct Assertion: Sendable {
        var condition: PythonExpression
        var message: PythonExpression?
    }

    /// More of them than any test needs are refused.
    static let mostAssertions = 2000

    var calls: [Call] = []
    var assertions: [Assertion] = []

    /// Takes test code apart; nil when it cannot be.
    package init?(_ code: String) {
        guard let tokens = try? PythonTokens.tokens(code) else { return nil }
        var parser = TestParser(tokens: tokens)
        guard let plan = try? parser.read() else { return nil }
        self = plan
    }

    init() {}

    /// The names of the functions it calls, in order.
    package var functions: [String] { calls.map(\.function) }
    /// What its assertions say when they fail, in order, as far as that is known before.
    package var messages: [String] {
        assertions.map { if case .literal(.text(let text)) = $0.message { text } else { "" } }
    }
}
