import Programs

/// Families whose functions take texts.
enum TextFamilies {
    static let all = building + slicing + asking

    private static let marks = ["-", "_", "+", ".", "*", "/", ":", "#"]

    private static let building: [Family] = [
        Family(
            "repeat-text",
            [.range(2...9)],
            [.s],
            ["returns s repeated {0} times", "writes the text s {0} times in a row"],
            ["return s * {0}"],
            wrong: ["return s + {0}", "return [s] * {0}"]
        ) { p, a in .string(String(repeating: a.text(0), count: p.int(0))) },
        Family(
            "suffix",
            [.word],
            [.s],
            ["returns s followed by \"{0}\"", "adds \"{0}\" to the end of s"],
            ["return s + \"{0}\""],
            wrong: ["return \"{0}\" + s", "return s + {0}"]
        ) { p, a in .string(a.text(0) + p.text(0)) },
        Family(
            "prefix",
            [.word],
            [.s],
            ["returns s with \"{0}\" before it", "puts \"{0}\" in front of s"],
            ["return \"{0}\" + s"],
            wrong: ["return s + \"{0}\"", "return {0} + s"]
        ) { p, a in .string(p.text(0) + a.text(0)) },
        Family(
            "wrap",
            [.word, .word],
            [.s],
            ["returns s between \"{0}\" and \"{1}\"", "puts \"{0}\" before and \"{1}\" after the text s"],
            ["return \"{0}\" + s + \"{1}\""],
            wrong: ["return \"{1}\" + s + \"{0}\"", "return \"{0}\" + \"{1}\" + s"]
        ) { p, a in .string([p.text(0), a.text(0), p.text(1)].joined()) },
        Family(
            "replace",
            [.letter, .letter],
            [.s],
            ["replaces every \"{0}\" in s by \"{1}\"", "returns s with each \"{0}\" changed to \"{1}\""],
            ["return s.replace(\"{0}\", \"{1}\")"],
            wrong: ["return s.replace(\"{1}\", \"{0}\")", "return s.replace(\"{0}\", \"{1}\", 1)"]
        ) { p, a in .text(a.letters(0).map { String($0) == p.text(0) ? p.text(1) : String($0) }.joined()) },
        Family(
            "remove",
            [.letter],
            [.s],
            ["removes every \"{0}\" from s", "returns s without the letter \"{0}\""],
            ["return s.replace(\"{0}\", \"\")"],
            wrong: ["return s.remove(\"{0}\")", "return s.replace(\"\", \"{0}\")"]
        ) { p, a in .text(a.letters(0).filter { String($0) != p.text(0) }) },
        Family(
            "join-letters",
            [.choice(marks)],
            [.s],
            ["joins the letters of s with \"{0}\"", "puts \"{0}\" between the letters of s"],
            ["return \"{0}\".join(s)"],
            wrong: ["return s.join(\"{0}\")", "return s + \"{0}\""]
        ) { p, a in .string(a.letters(0).map(String.init).joined(separator: p.text(0))) },
        Family(
            "pad-right",
            [.range(4...15), .choice(marks)],
            [.s],
            ["fills s with \"{1}\" on the right to length {0}", "pads the end of s with \"{1}\" up to {0} letters"],
            ["return s.ljust({0}, \"{1}\")"],
            wrong: ["return s.rjust({0}, \"{1}\")", "return s + \"{1}\" * {0}"]
        ) { p, a in
            .string(a.text(0) + String(repeating: p.text(1), count: max(0, p.int(0) - a.letters(0).count)))
        },
        Family(
            "pad-left",
            [.range(4...15), .choice(marks)],
            [.s],
            ["fills s with \"{1}\" on the left to length {0}", "pads the front of s with \"{1}\" up to {0} letters"],
            ["return s.rjust({0}, \"{1}\")"],
            wrong: ["return s.ljust({0}, \"{1}\")", "return \"{1}\" * {0} + s"]
        ) { p, a in
            .string(String(repeating: p.text(1), count: max(0, p.int(0) - a.letters(0).count)) + a.text(0))
        },
        Family(
            "reverse-add",
            [.word],
            [.s],
            ["reverses s and adds \"{0}\" at the end", "returns s backwards followed by \"{0}\""],
            ["return s[::-1] + \"{0}\""],
            wrong: ["return s + \"{0}\"", "return \"{0}\" + s[::-1]"]
        ) { p, a in .string(String(a.text(0).reversed()) + p.text(0)) },
        Family(
            "upper-add",
            [.word],
            [.s],
            ["writes s in upper case followed by \"{0}\"", "returns s in capitals with \"{0}\" at the end"],
            ["return s.upper() + \"{0}\""],
            wrong: ["return s.lower() + \"{0}\"", "return s.upper + \"{0}\""]
        ) { p, a in .string(a.text(0).uppercased() + p.text(0)) },
        Family(
            "shift-letters",
            [.range(1...20)],
            [.s],
            ["shifts each letter of s by {0} in the alphabet", "moves every letter of s on by {0} places, z before a"],
            ["return \"\".join(chr((ord(c) - 97 + {0}) % 26 + 97) for c in s)"],
            wrong: [
                "return \"\".join(chr(ord(c) + {0}) for c in s)",
                "return \"\".join(chr((ord(c) - 97 - {0}) % 26 + 97) for c in s)",
            ]
        ) { p, a in
            let alphabet = Array("abcdefghijklmnopqrstuvwxyz")
            return .text(
                a.letters(0).map { letter in
                    alphabet[((alphabet.firstIndex(of: letter) ?? 0) + p.int(0)) % alphabet.count]
                }
            )
        },
    ]

    private static let slicing: [Family] = [
        Family(
            "first-letters",
            [.range(1...12)],
            [.s],
            ["returns the first {0} letters of s", "takes {0} letters from the start of s"],
            ["return s[:{0}]"],
            wrong: ["return s[{0}:]", "return s[{0}]"]
        ) { p, a in .text(a.letters(0).prefix(p.int(0))) },
        Family(
            "last-letters",
            [.range(1...12)],
            [.s],
            ["returns the last {0} letters of s", "takes {0} letters from the end of s"],
            ["return s[-{0}:]"],
            wrong: ["return s[:-{0}]", "return s[{0}:]"]
        ) { p, a in .text(a.letters(0).suffix(p.int(0))) },
        Family(
            "skip-letters",
            [.range(1...12)],
            [.s],
            ["returns s without its first {0} letters", "drops {0} letters from the start of s"],
            ["return s[{0}:]"],
            wrong: ["return s[:{0}]", "return s[-{0}:]"]
        ) { p, a in .text(a.letters(0).dropFirst(p.int(0))) },
        Family(
            "cut-letters",
            [.range(1...12)],
            [.s],
            ["returns s without its last {0} letters", "drops {0} letters from the end of s"],
            ["return s[:-{0}]"],
            wrong: ["return s[-{0}:]", "return s[:{0}]"]
        ) { p, a in .text(a.letters(0).dropLast(p.int(0))) },
        Family(
            "upper-first",
            [.range(1...9)],
            [.s],
            ["writes the first {0} letters of s in upper case", "returns s with its first {0} letters in capitals"],
            ["return s[:{0}].upper() + s[{0}:]"],
            wrong: ["return s.upper()", "return s[:{0}] + s[{0}:].upper()"]
        ) { p, a in
            .string(a.letters(0).enumerated().map { $0 < p.int(0) ? $1.uppercased() : String($1) }.joined())
        },
        Family(
            "nth-letters",
            [.range(2...8)],
            [.s],
            ["returns each {0}th letter of s from the first", "takes every {0}th letter of s"],
            ["return s[::{0}]"],
            wrong: ["return s[{0}::]", "return s[:{0}]"]
        ) { p, a in .text(a.letters(0).enumerated().filter { $0.offset.isMultiple(of: p.int(0)) }.map(\.element)) },
        Family(
            "letter-or",
            [.range(1...9), .word],
            [.s],
            [
                "returns the letter at index {0} of s or \"{1}\" if s is too short",
                "reads s at {0}, with \"{1}\" when out of range",
            ],
            ["if len(s) > {0}:", "    return s[{0}]", "return \"{1}\""],
            wrong: ["return s[{0}]", "if len(s) < {0}:\n    return s[{0}]\nreturn \"{1}\""]
        ) { p, a in .string(a.letters(0).dropFirst(p.int(0)).first.map(String.init) ?? p.text(1)) },
    ]

    private static let asking: [Family] = [
        Family(
            "count-letter",
            [.letter],
            [.s],
            ["counts the letter \"{0}\" in s", "returns how often \"{0}\" occurs in s"],
            ["return s.count(\"{0}\")"],
            wrong: ["return s.find(\"{0}\")", "return count(s, \"{0}\")"]
        ) { p, a in .integer(a.letters(0).count { String($0) == p.text(0) }) },
        Family(
            "count-two",
            [.letter, .letter],
            [.s],
            ["counts letters of s that are \"{0}\" or \"{1}\"", "returns how many letters of s are in \"{0}{1}\""],
            ["return sum(1 for c in s if c in \"{0}{1}\")"],
            wrong: ["return s.count(\"{0}{1}\")", "return sum(1 for c in s if c == \"{0}\")"]
        ) { p, a in .integer(a.letters(0).count { [p.text(0), p.text(1)].contains(String($0)) }) },
        Family(
            "starts-with",
            [.letter],
            [.s],
            ["tells whether s starts with \"{0}\"", "returns True if the first letter of s is \"{0}\""],
            ["return s.startswith(\"{0}\")"],
            wrong: ["return s.endswith(\"{0}\")", "return s[0] == \"{0}\""]
        ) { p, a in .bool(a.letters(0).first.map(String.init) == p.text(0)) },
        Family(
            "ends-with",
            [.letter],
            [.s],
            ["tells whether s ends with \"{0}\"", "returns True if the last letter of s is \"{0}\""],
            ["return s.endswith(\"{0}\")"],
            wrong: ["return s.startswith(\"{0}\")", "return s[-1] == \"{0}\""]
        ) { p, a in .bool(a.letters(0).last.map(String.init) == p.text(0)) },
        Family(
            "contains-word",
            [.word],
            [.s],
            ["tells whether \"{0}\" is part of s", "returns True if s contains \"{0}\""],
            ["return \"{0}\" in s"],
            wrong: ["return s in \"{0}\"", "return s == \"{0}\""]
        ) { p, a in
            let (text, word) = (a.letters(0), Array(p.text(0)))
            return .bool(text.indices.contains { text[$0...].starts(with: word) })
        },
        Family(
            "find",
            [.letter],
            [.s],
            ["returns the position of the first \"{0}\" in s or -1", "finds the index of \"{0}\" in s, -1 if missing"],
            ["return s.find(\"{0}\")"],
            wrong: ["return s.index(\"{0}\")", "return s.rfind(\"{0}\")"]
        ) { p, a in .integer(a.letters(0).firstIndex { String($0) == p.text(0) } ?? -1) },
        Family(
            "length-plus",
            [.range(1...20)],
            [.s],
            ["returns the length of s plus {0}", "adds {0} to the number of letters of s"],
            ["return len(s) + {0}"],
            wrong: ["return s + {0}", "return len(s) - {0}"]
        ) { p, a in .integer(a.letters(0).count + p.int(0)) },
        Family(
            "longer",
            [.range(1...12)],
            [.s],
            ["tells whether s is longer than {0} letters", "returns True if s has more than {0} letters"],
            ["return len(s) > {0}"],
            wrong: ["return len(s) >= {0}", "return s > {0}"]
        ) { p, a in .bool(a.letters(0).count > p.int(0)) },
        Family(
            "long-words",
            [.range(1...8)],
            [.sentence],
            [
                "counts the words of s longer than {0} letters",
                "returns how many words in s have more than {0} letters",
            ],
            ["return sum(1 for w in s.split() if len(w) > {0})"],
            wrong: ["return sum(1 for w in s if len(w) > {0})", "return len(s.split()) > {0}"]
        ) { p, a in .integer(a.text(0).split(separator: " ").count { $0.count > p.int(0) }) },
        Family(
            "join-words",
            [.choice(marks)],
            [.sentence],
            [
                "replaces the spaces between the words of s by \"{0}\"",
                "splits s into words and joins them with \"{0}\"",
            ],
            ["return \"{0}\".join(s.split())"],
            wrong: ["return s.split(\"{0}\")", "return \"{0}\".join(s)"]
        ) { p, a in .string(a.text(0).split(separator: " ").joined(separator: p.text(0))) },
    ]
}
