import Determinism
import Programs

/// Programs with the slips of crawled code.
enum FlawedPrograms {
    /// A plausible program for `exercise` in `language` that is wrong or broken.
    ///
    /// A third is a wrong body of the family, a third a slip in one place of the reference that still parses, a third
    /// a slip that does not. Families have wrong bodies in Python only; in JavaScript slips that parse take their share.
    static func program(
        for exercise: Exercise,
        in language: Language,
        name: String,
        _ generator: inout CounterGenerator
    ) -> String {
        let reference = exercise.solution(in: language, name: name)
        let wrong = language == .python ? exercise.wrong : []
        let words = language == .javascript ? Words.javaScript : .python
        for _ in 0..<8 {
            let candidate: String
            switch generator.integer(below: 3) {
            case 0 where !wrong.isEmpty:
                candidate = exercise.program(name: name, body: generator.pick(wrong))
            case 0, 1:
                candidate = slip(in: reference, generator.pick(Slip.meaning), words, &generator)
            default:
                candidate = slip(in: reference, generator.pick(Slip.syntax), words, &generator)
            }
            if candidate != reference { return candidate }
        }
        return slip(in: reference, .missingColon, words, &generator)
    }

    /// What is taken for what in a language.
    private struct Words {
        var comparisons: [String: String]
        var arithmetic: [String: String]
        /// Whether a program that has lost its margins is another program.
        var marginsMatter: Bool

        static let python = Words(
            comparisons: [" < ": " <= ", " > ": " >= ", " == ": " != ", " <= ": " < "],
            arithmetic: [" + ": " - ", " - ": " + ", " * ": " + ", " % ": " // ", "[:": "[", "max(": "min("],
            marginsMatter: true
        )
        static let javaScript = Words(
            comparisons: [" < ": " <= ", " > ": " >= ", " === ": " !== ", " !== ": " === ", " <= ": " < "],
            arithmetic: [" + ": " - ", " - ": " + ", " * ": " + ", "(0, ": "(", ".max(": ".min(", "map(": "filter("],
            marginsMatter: false
        )
    }

    private enum Slip {
        case constant, comparison, arithmetic, missingReturn, otherName, lostLine
        /// The last character of the first line is lost: a colon, or a brace.
        case missingColon
        case missingBracket, lostIndentation, cutShort, doubledOperator

        static let meaning: [Slip] = [
            .constant, .constant, .comparison, .arithmetic, .missingReturn, .otherName, .lostLine,
        ]
        static let syntax: [Slip] = [.missingColon, .missingBracket, .lostIndentation, .cutShort, .doubledOperator]
    }

    private static func slip(
        in program: String,
        _ slip: Slip,
        _ words: Words,
        _ generator: inout CounterGenerator
    ) -> String {
        let header = String(program.prefix { $0 != "\n" })
        let body = String(program.dropFirst(header.count))
        switch slip {
        case .constant: return header + shiftConstant(in: body, &generator)
        case .comparison:
            return header + exchange(words.comparisons, in: body, &generator)
        case .arithmetic:
            return header + exchange(words.arithmetic, in: body, &generator)
        case .missingReturn: return header + replaceFirst("return ", by: "", in: body)
        case .otherName:
            return header
                + exchange(
                    ["xs": "ys", "(n": "(m", " n ": " m ", "(s": "(t", "s[": "t[", "words": "word"],
                    in: body,
                    &generator
                )
        case .lostLine:
            var lines = body.split(separator: "\n").map(String.init)
            guard lines.count > 1 else { return program }
            lines.remove(at: generator.integer(below: lines.count - 1))
            return header + "\n" + lines.joined(separator: "\n")
        case .missingColon: return String(header.dropLast()) + body
        case .missingBracket:
            let places = program.indices.filter { "()[]{}".contains(program[$0]) }
            guard !places.isEmpty else { return program }
            var broken = program
            broken.remove(at: generator.pick(places))
            return broken
        case .lostIndentation:
            let lines = body.split(separator: "\n").map { $0.drop { $0 == " " } }
            guard words.marginsMatter else { return program }
            return header + "\n" + lines.joined(separator: "\n")
        case .cutShort:
            let count = body.count
            return header + body.prefix(count - min(count, 2 + generator.integer(below: 6)))
        case .doubledOperator:
            return header
                + exchange(
                    [" + ": " + * ", " * ": " * / ", " > ": " > < ", " = ": " = = ", "return ": "return = "],
                    in: body,
                    &generator
                )
        }
    }

    /// One number of `text` becomes one larger or smaller.
    private static func shiftConstant(in text: String, _ generator: inout CounterGenerator) -> String {
        let characters = Array(text)
        var runs: [Range<Int>] = []
        var start: Int?
        for (i, character) in characters.enumerated() {
            if character.isWholeNumber {
                if start == nil { start = i }
            } else if let first = start {
                runs.append(first..<i)
                start = nil
            }
        }
        guard !runs.isEmpty else { return text }
        let run = generator.pick(runs)
        guard let number = Int(String(characters[run])) else { return text }
        let wrong = number + (generator.integer(below: 2) == 0 || number == 0 ? 1 : -1)
        return String(characters[..<run.lowerBound]) + String(wrong) + String(characters[run.upperBound...])
    }

    /// One of `pairs` that occurs in `text` is replaced once.
    private static func exchange(
        _ pairs: [String: String],
        in text: String,
        _ generator: inout CounterGenerator
    ) -> String {
        let present = pairs.keys.filter { text.contains($0) }.sorted()
        guard !present.isEmpty else { return text }
        let key = generator.pick(present)
        return replaceFirst(key, by: pairs[key] ?? "", in: text)
    }

    private static func replaceFirst(_ part: String, by other: String, in text: String) -> String {
        guard let range = text.firstRange(of: part) else { return text }
        return text.replacingCharacters(in: range, with: other)
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
