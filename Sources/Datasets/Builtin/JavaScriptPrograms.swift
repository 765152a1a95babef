/// Correct solutions of exercises in JavaScript.
enum JavaScriptPrograms {
    static let bodies: [String: [String]] = JavaScriptNumbers.bodies.merging(JavaScriptLists.bodies) { $1 }
        .merging(JavaScriptTexts.bodies) { $1 }.merging(JavaScriptTables.bodies) { $1 }

    /// The body of a family's exercise in one of its ways, line by line; way 0 is the one that is to be written.
    static func body(of family: String, way: Int, _ parameters: Parameters) -> [String] {
        guard let ways = bodies[family] else { preconditionFailure("family \(family) has no JavaScript") }
        return parameters.fill(ways[way % ways.count]).split(separator: "\n").map(String.init)
    }

    /// The function called `name` with `body`.
    static func function(_ name: String, _ inputs: [Input], body: [String]) -> String {
        "function \(name)(\(parameters(inputs))) {\n" + indented(body) + "\n}"
    }

    /// The solution that a model reads, in one of six forms: `variant` is that of the problem's wording.
    static func program(for exercise: Exercise, name: String, variant: Int) -> String {
        let body = exercise.javaScript(variant)
        let list = parameters(exercise.inputs)
        switch variant / 2 % 3 {
        case 0: return function(name, exercise.inputs, body: body)
        case 1: return "const \(name) = function (\(list)) {\n" + indented(body) + "\n};"
        default:
            let head = "const \(name) = (\(list)) => "
            if body.count == 1, let value = body.first?.dropFirst("return ".count), !value.hasPrefix("{") {
                return head + value
            }
            return head + "{\n" + indented(body) + "\n};"
        }
    }

    /// A description of a Python function as one of a JavaScript function.
    static func worded(_ prompt: String) -> String {
        prompt.replacing("Python function", with: "JavaScript function").replacing("returns True", with: "returns true")
            .replacing("a dict", with: "an object").replacing("the dict", with: "the object")
    }

    private static func parameters(_ inputs: [Input]) -> String { inputs.map(\.name).joined(separator: ", ") }

    private static func indented(_ body: [String]) -> String { body.map { "    \($0)" }.joined(separator: "\n") }
}
