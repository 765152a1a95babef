import Foundation
import Programs

/// One problem of APPS as its files have it.
struct APPSEntry {
    /// `input_output.json`: without `fn_name` texts for standard input, with it arguments of calls.
    struct InputOutput: Decodable {
        var fn_name: String?
        var inputs: [JSONValue]
        var outputs: [JSONValue]
    }

    var id: String
    var question: String
    var starterCode: String?
    var difficulty: String
    var solutions: [String]
    var tests: InputOutput?

    /// What the official runner imports before a program, so that solutions rely on it.
    static let imports = """
        import bisect, collections, fractions, functools, heapq, itertools, math, random, re, string, sys, time
        from bisect import *
        from collections import *
        from functools import *
        from heapq import *
        from itertools import *
        from math import *
        from typing import *

        """

    /// The problem.
    ///
    /// - Throws: `FilteredRow` without tests, `BadField` for tests that cannot be used.
    func problem() throws -> Problem {
        guard let tests, !tests.inputs.isEmpty else { throw FilteredRow(reason: "apps: no tests") }
        guard tests.inputs.count == tests.outputs.count else {
            throw BadField(
                field: "outputs",
                expected: "as many as inputs (\(tests.inputs.count)), found \(tests.outputs.count)"
            )
        }
        let cases = zip(tests.inputs, tests.outputs).enumerated()
        let made: [TestCase] =
            if let function = tests.fn_name {
                try cases.map { try Self.call(function, $0.element.0, $0.element.1, index: $0.offset) }
            } else {
                try cases.map { index, pair in
                    .stdio(
                        stdin: try Self.text(pair.0, "inputs[\(index)]"),
                        stdout: try Self.text(pair.1, "outputs[\(index)]")
                    )
                }
            }
        // Only a program that reads standard input may return at its top level.
        let callable = tests.fn_name == nil ? nil : solutions.first { !Self.returnsAtTopLevel($0) }
        let reference = callable ?? solutions.first
        return Problem(
            id: "apps/\(id)",
            prompt: prompt,
            language: .python,
            tests: made,
            reference: reference.map { Self.imports + $0 } ?? "",
            preamble: Self.imports,
            difficulty: difficulty,
            comparison: .apps
        )
    }

    private var prompt: String {
        // The published code decides by the starter code and not by `fn_name`.
        let form = starterCode == nil ? "Use Standard Input format" : "Use Call-Based format"
        return "\nQUESTION:\n\(question)\n\(starterCode ?? "")\n\n\(form)\n\nANSWER:\n"
    }

    /// Whether a `return` stands outside every function, which the official runner allows by wrapping the program.
    private static func returnsAtTopLevel(_ program: String) -> Bool {
        var isInDefinition = false
        for line in program.split(separator: "\n") {
            let text = line.drop { $0 == " " || $0 == "\t" }
            guard !text.isEmpty, text.first != "#" else { continue }
            if text.startIndex == line.startIndex {
                isInDefinition = ["def ", "class ", "async ", "@"].contains { text.hasPrefix($0) }
            }
            if !isInDefinition, text == "return" || text.hasPrefix("return ") || text.hasPrefix("return(") {
                return true
            }
        }
        return false
    }

    /// Text for a stream: a list is its lines.
    private static func text(_ value: JSONValue, _ field: String) throws -> String {
        switch value {
        case .string(let text): return text
        case .array(let lines):
            return try lines.enumerated().map { try text($0.element, "\(field)[\($0.offset)]") }.joined(separator: "\n")
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        default: throw BadField(field: field, expected: "text or a list of lines")
        }
    }

    /// One call, compared as the official runner compares: a tuple is a list, and the expected value may be wrapped in a
    /// list once more.
    private static func call(
        _ function: String,
        _ input: JSONValue,
        _ output: JSONValue,
        index: Int
    ) throws -> TestCase {
        guard case .array(let arguments) = input else {
            throw BadField(field: "inputs[\(index)]", expected: "a list of arguments")
        }
        guard !function.isEmpty, function.allSatisfy({ $0 == "_" || $0.isLetter || $0.isNumber }) else {
            throw BadField(field: "fn_name", expected: "a function's name")
        }
        let given = arguments.map { withIntegerKeys($0) }.joined(separator: ", ")
        return .assert(
            code: """
                try:
                    _function = Solution().\(function)
                except NameError:
                    _function = \(function)
                def _lists(value):
                    return [_lists(item) for item in value] if isinstance(value, (list, tuple)) else value
                _result = _lists(_function(\(given)))
                _expected = \(withIntegerKeys(output))
                assert _result == _expected or isinstance(_expected, list) and _expected and _result == _expected[0]
                """
        )
    }

    /// JSON has no integers as keys; where all keys are integers, the runner takes them for such.
    private static func withIntegerKeys(_ value: JSONValue) -> String {
        guard case .object(let members) = value, !members.isEmpty, members.keys.allSatisfy({ Int($0) != nil }) else {
            return value.pythonLiteral
        }
        return "{"
            + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.pythonLiteral)" }
            .joined(separator: ", ") + "}"
    }
}
