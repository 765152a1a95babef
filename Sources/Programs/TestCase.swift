/// One question put to a program.
///
/// A program is accepted when it answers all of its tests.
package enum TestCase: Sendable, Hashable {
    /// Run the program with `stdin`; what it prints must equal `stdout` (token-wise, trailing space ignored).
    case stdio(stdin: String, stdout: String)
    /// Call `function(arguments…)`; what it returns must equal `expected`.
    case call(function: String, arguments: [JSONValue], expected: JSONValue)
    /// One Python assertion.
    case assert(code: String)
    /// Test code appended to the program in its own language; passes when it runs to its end.
    case program(code: String)
}

extension TestCase: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, stdin, stdout, function, arguments, expected, code
    }

    private enum Kind: String, Codable {
        case stdio, call, assert, program
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decode(Kind.self, forKey: .kind) {
        case .stdio:
            self = .stdio(
                stdin: try fields.decode(String.self, forKey: .stdin),
                stdout: try fields.decode(String.self, forKey: .stdout)
            )
        case .call:
            self = .call(
                function: try fields.decode(String.self, forKey: .function),
                arguments: try fields.decode([JSONValue].self, forKey: .arguments),
                expected: try fields.decode(JSONValue.self, forKey: .expected)
            )
        case .assert: self = .assert(code: try fields.decode(String.self, forKey: .code))
        case .program: self = .program(code: try fields.decode(String.self, forKey: .code))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .stdio(let stdin, let stdout):
            try fields.encode(Kind.stdio, forKey: .kind)
            try fields.encode(stdin, forKey: .stdin)
            try fields.encode(stdout, forKey: .stdout)
        case .call(let function, let arguments, let expected):
            try fields.encode(Kind.call, forKey: .kind)
            try fields.encode(function, forKey: .function)
            try fields.encode(arguments, forKey: .arguments)
            try fields.encode(expected, forKey: .expected)
        case .assert(let code):
            try fields.encode(Kind.assert, forKey: .kind)
            try fields.encode(code, forKey: .code)
        case .program(let code):
            try fields.encode(Kind.program, forKey: .kind)
            try fields.encode(code, forKey: .code)
        }
    }
}
