/// Bodies in JavaScript for the families whose functions take lists of words or tables; see ``JavaScriptNumbers``.
///
/// A table is an object. Its keys are words, so that it keeps the order in which they came, as Python's `dict` does.
enum JavaScriptTables {
    static let bodies: [String: [String]] = words.merging(tables) { $1 }

    private static let words: [String: [String]] = [
        "words-longer": [
            "return words.filter((w) => w.length > {0});",
            """
            const out = [];
            for (const w of words) {
                if (w.length > {0}) {
                    out.push(w);
                }
            }
            return out;
            """,
        ],
        "words-starting": [
            "return words.filter((w) => w.startsWith(\"{0}\"));",
            "return words.filter((w) => w[0] === \"{0}\");",
        ],
        "words-containing": [
            "return words.filter((w) => w.includes(\"{0}\"));",
            """
            const out = [];
            for (const w of words) {
                if (w.indexOf("{0}") !== -1) {
                    out.push(w);
                }
            }
            return out;
            """,
        ],
        "words-joined": [
            "return words.join(\"{0}\");",
            "return words.reduce((text, w, i) => (i === 0 ? w : text + \"{0}\" + w), \"\");",
        ],
        "words-lengths": [
            "return words.map((w) => w.length + {0});",
            "const out = [];\nfor (const w of words) {\n    out.push(w.length + {0});\n}\nreturn out;",
        ],
        "words-shortest": [
            "return [...words].sort((v, w) => v.length - w.length).slice(0, {0});",
            "words.sort((v, w) => v.length - w.length);\nreturn words.slice(0, {0});",
        ],
        "words-count": [
            "return words.filter((w) => w === \"{0}\").length;",
            """
            let count = 0;
            for (const w of words) {
                if (w === "{0}") {
                    count++;
                }
            }
            return count;
            """,
        ],
        "words-suffix": ["return words.map((w) => w + \"{0}\");", "return words.map((w) => `${w}{0}`);"],
        "words-numbered": [
            "return words.map((w, i) => String(i + {0}) + w);",
            "return words.map((w, i) => `${i + {0}}${w}`);",
        ],
        "lengths-table": [
            "return Object.fromEntries(words.map((w) => [w, w.length + {0}]));",
            "const table = {};\nfor (const w of words) {\n    table[w] = w.length + {0};\n}\nreturn table;",
        ],
        "count-table": [
            "const counts = {};\nfor (const w of words) {\n    counts[w] = (counts[w] || 0) + {0};\n}\nreturn counts;",
            """
            const counts = {};
            words.forEach((w) => {
                counts[w] = (counts[w] ?? 0) + {0};
            });
            return counts;
            """,
        ],
        "zip-table": [
            """
            const table = {};
            for (let i = 0; i < Math.min(words.length, xs.length); i++) {
                table[words[i]] = xs[i] + {0};
            }
            return table;
            """,
            "return Object.fromEntries(words.slice(0, xs.length).map((w, i) => [w, xs[i] + {0}]));",
        ],
    ]

    private static let tables: [String: [String]] = [
        "look-up-word": ["return \"{0}\" in d ? d[\"{0}\"] : {1};", "return d[\"{0}\"] ?? {1};"],
        "set-entry": ["d[\"{0}\"] = {1};\nreturn d;", "return { ...d, {0}: {1} };"],
        "values-greater": [
            "return Object.fromEntries(Object.entries(d).filter(([k, v]) => v > {0}));",
            """
            const out = {};
            for (const [k, v] of Object.entries(d)) {
                if (v > {0}) {
                    out[k] = v;
                }
            }
            return out;
            """,
        ],
        "values-scaled": [
            "return Object.fromEntries(Object.entries(d).map(([k, v]) => [k, v * {0}]));",
            "for (const k in d) {\n    d[k] *= {0};\n}\nreturn d;",
        ],
        "values-sum": [
            "return Object.values(d).reduce((total, v) => total + v, {0});",
            "let total = {0};\nfor (const k in d) {\n    total += d[k];\n}\nreturn total;",
        ],
        "keys-greater": [
            "return Object.keys(d).filter((k) => d[k] > {0}).sort();",
            """
            const out = [];
            for (const [k, v] of Object.entries(d)) {
                if (v > {0}) {
                    out.push(k);
                }
            }
            return out.sort();
            """,
        ],
        "remove-entry": [
            "const { {0}: removed, ...rest } = d;\nreturn rest;",
            "delete d[\"{0}\"];\nreturn d;",
            "return Object.fromEntries(Object.entries(d).filter(([k]) => k !== \"{0}\"));",
        ],
        "values-in-range": [
            "return Object.values(d).filter((v) => v >= {0} && v <= {1}).length;",
            """
            let count = 0;
            for (const v of Object.values(d)) {
                if (v >= {0} && v <= {1}) {
                    count++;
                }
            }
            return count;
            """,
        ],
    ]
}
