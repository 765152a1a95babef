import Programs

/// Families whose functions take lists of words or tables.
enum TableFamilies {
    static let all = words + tables

    private static let words: [Family] = [
        Family(
            "words-longer",
            [.range(1...8)],
            [.words],
            ["keeps the words longer than {0} letters", "returns the list of words with more than {0} letters"],
            ["return [w for w in words if len(w) > {0}]"],
            wrong: ["return [w for w in words if w > {0}]", "return [w for w in words if len(w) < {0}]"]
        ) { p, a in .words(a.words(0).filter { $0.count > p.int(0) }) },
        Family(
            "words-starting",
            [.letter],
            [.words],
            ["keeps the words that start with \"{0}\"", "returns the list of words beginning with \"{0}\""],
            ["return [w for w in words if w.startswith(\"{0}\")]"],
            wrong: ["return [w for w in words if w.endswith(\"{0}\")]", "return [w for w in words if \"{0}\" in w]"]
        ) { p, a in .words(a.words(0).filter { $0.prefix(1) == p.text(0) }) },
        Family(
            "words-containing",
            [.letter],
            [.words],
            ["keeps the words that contain \"{0}\"", "returns the list of words with a \"{0}\" in them"],
            ["return [w for w in words if \"{0}\" in w]"],
            wrong: ["return [w for w in words if w in \"{0}\"]", "return [w for w in words if \"{0}\" not in w]"]
        ) { p, a in .words(a.words(0).filter { word in word.contains { String($0) == p.text(0) } }) },
        Family(
            "words-joined",
            [.choice(["-", "_", "+", ".", "*", "/", ":", "#"])],
            [.words],
            ["joins the words with \"{0}\" between them", "returns one text of all words separated by \"{0}\""],
            ["return \"{0}\".join(words)"],
            wrong: ["return words.join(\"{0}\")", "return \"\".join(words)"]
        ) { p, a in .string(a.words(0).joined(separator: p.text(0))) },
        Family(
            "words-lengths",
            [.range(1...20)],
            [.words],
            ["returns the length of each word plus {0}", "lists the lengths of the words with {0} added"],
            ["return [len(w) + {0} for w in words]"],
            wrong: ["return [w + {0} for w in words]", "return len(words) + {0}"]
        ) { p, a in .ints(a.words(0).map { $0.count + p.int(0) }) },
        Family(
            "words-shortest",
            [.range(1...5)],
            [.words],
            ["sorts the words by length and returns the first {0}", "returns the {0} shortest words, shortest first"],
            ["return sorted(words, key=len)[:{0}]"],
            wrong: ["return sorted(words)[:{0}]", "return words[:{0}]"]
        ) { p, a in
            .words(Array((0...99).flatMap { n in a.words(0).filter { $0.count == n } }.prefix(p.int(0))))
        },
        Family(
            "words-count",
            [.word],
            [.words],
            ["counts how often \"{0}\" is among the words", "returns the number of words equal to \"{0}\""],
            ["return words.count(\"{0}\")"],
            wrong: ["return \"{0}\" in words", "return len(words)"]
        ) { p, a in .integer(a.words(0).count { $0 == p.text(0) }) },
        Family(
            "words-suffix",
            [.word],
            [.words],
            ["adds \"{0}\" to the end of each word", "returns the list of words with \"{0}\" after every word"],
            ["return [w + \"{0}\" for w in words]"],
            wrong: ["return [\"{0}\" + w for w in words]", "return words + [\"{0}\"]"]
        ) { p, a in .words(a.words(0).map { $0 + p.text(0) }) },
        Family(
            "words-numbered",
            [.range(1...20)],
            [.words],
            ["writes a number before each word, counting from {0}", "numbers the words from {0} on, number first"],
            ["return [str(i) + w for i, w in enumerate(words, {0})]"],
            wrong: [
                "return [str(i) + w for i, w in enumerate(words)]", "return [i + w for i, w in enumerate(words, {0})]",
            ]
        ) { p, a in .words(a.words(0).indices.map { "\(p.int(0) + $0)\(a.words(0)[$0])" }) },
        Family(
            "lengths-table",
            [.range(1...20)],
            [.words],
            ["maps each word to its length plus {0}", "returns a dict from word to its length with {0} added"],
            ["return {w: len(w) + {0} for w in words}"],
            wrong: ["return {len(w) + {0}: w for w in words}", "return [len(w) + {0} for w in words]"]
        ) { p, a in
            var table: [String: Int] = [:]
            for word in a.words(0) { table[word] = word.count + p.int(0) }
            return .table(table)
        },
        Family(
            "count-table",
            [.range(1...12)],
            [.words],
            ["returns a dict that adds {0} for each time a word occurs", "counts the words in a dict in steps of {0}"],
            ["counts = {}", "for w in words:", "    counts[w] = counts.get(w, 0) + {0}", "return counts"],
            wrong: [
                "counts = {}\nfor w in words:\n    counts[w] = counts[w] + {0}\nreturn counts",
                "counts = {}\nfor w in words:\n    counts[w] = {0}\nreturn counts",
            ]
        ) { p, a in
            var table: [String: Int] = [:]
            for word in a.words(0) { table[word] = a.words(0).count { $0 == word } * p.int(0) }
            return .table(table)
        },
        Family(
            "zip-table",
            [.range(1...20)],
            [.words, .xs],
            ["maps each word to the number in xs at its place plus {0}", "pairs words with xs in a dict, adding {0}"],
            ["return {w: x + {0} for w, x in zip(words, xs)}"],
            wrong: ["return {w: x for w, x in zip(words, xs)}", "return dict(words, xs)"]
        ) { p, a in
            var table: [String: Int] = [:]
            for (word, x) in zip(a.words(0), a.ints(1)) { table[word] = x + p.int(0) }
            return .table(table)
        },
    ]

    private static let tables: [Family] = [
        Family(
            "look-up-word",
            [.word, .range(1...20)],
            [.d],
            ["returns the value of \"{0}\" in the dict d or {1} if missing", "looks up \"{0}\" in d with default {1}"],
            ["return d.get(\"{0}\", {1})"],
            wrong: ["return d[\"{0}\"]", "return d.get({1}, \"{0}\")"]
        ) { p, a in .integer(a.table(0)[p.text(0)] ?? p.int(1)) },
        Family(
            "set-entry",
            [.word, .range(1...20)],
            [.d],
            ["returns the dict d with \"{0}\" set to {1}", "stores {1} under \"{0}\" in d and returns d"],
            ["d[\"{0}\"] = {1}", "return d"],
            wrong: ["return d[\"{0}\"] == {1}", "d[{1}] = \"{0}\"\nreturn d"]
        ) { p, a in .table(a.table(0).merging([p.text(0): p.int(1)]) { $1 }) },
        Family(
            "values-greater",
            [.range(1...20)],
            [.d],
            ["keeps the entries of d with a value above {0}", "returns the dict of entries in d greater than {0}"],
            ["return {k: v for k, v in d.items() if v > {0}}"],
            wrong: ["return {k: v for k, v in d if v > {0}}", "return {k: v for k, v in d.items() if v < {0}}"]
        ) { p, a in .table(a.table(0).filter { $0.value > p.int(0) }) },
        Family(
            "values-scaled",
            [.range(2...20)],
            [.d],
            ["multiplies each value of the dict d by {0}", "returns d with all values times {0}"],
            ["return {k: v * {0} for k, v in d.items()}"],
            wrong: ["return {k: v + {0} for k, v in d.items()}", "return d * {0}"]
        ) { p, a in .table(a.table(0).mapValues { $0 * p.int(0) }) },
        Family(
            "values-sum",
            [.range(1...20)],
            [.d],
            ["returns the sum of the values of d plus {0}", "adds up all values in the dict d and adds {0}"],
            ["return sum(d.values()) + {0}"],
            wrong: ["return sum(d) + {0}", "return len(d) + {0}"]
        ) { p, a in .integer(a.table(0).values.reduce(p.int(0), +)) },
        Family(
            "keys-greater",
            [.range(1...20)],
            [.d],
            [
                "returns the sorted keys of d with a value above {0}",
                "lists in order the keys in d with values over {0}",
            ],
            ["return sorted(k for k, v in d.items() if v > {0})"],
            wrong: ["return sorted(v for k, v in d.items() if v > {0})", "return sorted(k for k in d if k > {0})"]
        ) { p, a in .words(a.table(0).filter { $0.value > p.int(0) }.map(\.key).sorted()) },
        Family(
            "remove-entry",
            [.word],
            [.d],
            ["returns the dict d without the key \"{0}\"", "drops the entry \"{0}\" from d"],
            ["return {k: v for k, v in d.items() if k != \"{0}\"}"],
            wrong: ["return d.pop(\"{0}\")", "return {k: v for k, v in d.items() if v != \"{0}\"}"]
        ) { p, a in .table(a.table(0).filter { $0.key != p.text(0) }) },
        Family(
            "values-in-range",
            [.range(1...9), .range(10...20)],
            [.d],
            [
                "counts the values of d from {0} to {1}",
                "returns how many values in d are at least {0} and at most {1}",
            ],
            ["return sum(1 for v in d.values() if {0} <= v <= {1})"],
            wrong: [
                "return sum(v for v in d.values() if {0} <= v <= {1})", "return sum(1 for v in d if {0} <= v <= {1})",
            ]
        ) { p, a in .integer(a.table(0).values.count { $0 >= p.int(0) && $0 <= p.int(1) }) },
    ]
}
