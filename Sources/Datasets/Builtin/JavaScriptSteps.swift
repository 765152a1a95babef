/// Expressions in JavaScript for the steps of pipelines, by step.
///
/// One that begins with a point is called on what the steps before it gave; any other has the name of the variable in it.
enum JavaScriptSteps {
    /// Steps over a list `xs`.
    static let lists: [String: String] = [
        "even": ".filter((x) => x % 2 === 0)",
        "odd": ".filter((x) => x % 2 !== 0)",
        "positive": ".filter((x) => x > 0)",
        "above": ".filter((x) => x > {0})",
        "below": ".filter((x) => x < {0})",
        "add": ".map((x) => x + {0})",
        "subtract": ".map((x) => x - {0})",
        "multiply": ".map((x) => x * {0})",
        "square": ".map((x) => x * x)",
        "negate": ".map((x) => -x)",
        "absolute": ".map((x) => Math.abs(x))",
        "remainder": ".map((x) => ((x % {0}) + {0}) % {0})",
        "reverse": ".slice().reverse()",
        "sort": ".slice().sort((x, y) => x - y)",
        "take": ".slice(0, {0})",
        "drop": ".slice({0})",
        "sum": ".reduce((total, x) => total + x, 0)",
        "length": ".length",
        "largest": "xs.length > 0 ? Math.max(...xs) : 0",
        "smallest": "xs.length > 0 ? Math.min(...xs) : 0",
        "sum-plus": ".reduce((total, x) => total + x, {0})",
    ]

    /// Steps over a text `s`.
    static let texts: [String: String] = [
        "reverse": ".split(\"\").reverse().join(\"\")",
        "upper": ".toUpperCase()",
        "take": ".slice(0, {0})",
        "drop": ".slice({0})",
        "repeat": ".repeat({0})",
        "append": "s + \"{0}\"",
        "prepend": "\"{0}\" + s",
        "remove": ".replaceAll(\"{0}\", \"\")",
        "dash": ".replaceAll(\"{0}\", \"-\")",
        "length": ".length",
        "count": ".split(\"{0}\").length - 1",
    ]

    /// The steps over a variable.
    static func table(over variable: String) -> [String: String] { variable == "s" ? texts : lists }

    /// The lines of a pipeline over `variable`: a statement for each step, or `chained`, calls in a row as far as they go.
    static func lines(
        _ steps: [(name: String, parameters: Parameters)],
        over variable: String,
        chained: Bool
    ) -> [String] {
        let table = table(over: variable)
        var lines: [String] = []
        var value = variable
        var isCall = true
        for step in steps {
            guard let template = table[step.name] else { preconditionFailure("step \(step.name) has no JavaScript") }
            let expression = step.parameters.fill(template)
            let goesOn = expression.hasPrefix(".")
            if value != variable, !(chained && goesOn && isCall) {
                lines.append("\(variable) = \(value);")
                value = variable
            }
            value = goesOn ? value + expression : expression
            isCall = goesOn
        }
        return lines + ["return \(value);"]
    }
}
