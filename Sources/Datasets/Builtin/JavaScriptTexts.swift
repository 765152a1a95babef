/// Bodies in JavaScript for the families whose functions take texts; see ``JavaScriptNumbers``.
///
/// Texts of the tests are ASCII, so that an index counts characters in both languages.
enum JavaScriptTexts {
    static let bodies: [String: [String]] = building.merging(slicing) { $1 }.merging(asking) { $1 }

    private static let building: [String: [String]] = [
        "repeat-text": [
            "return s.repeat({0});",
            "let out = \"\";\nfor (let i = 0; i < {0}; i++) {\n    out += s;\n}\nreturn out;",
        ],
        "suffix": ["return s + \"{0}\";", "return `${s}{0}`;", "return s.concat(\"{0}\");"],
        "prefix": ["return \"{0}\" + s;", "return `{0}${s}`;"],
        "wrap": ["return \"{0}\" + s + \"{1}\";", "return `{0}${s}{1}`;"],
        "replace": [
            "return s.replaceAll(\"{0}\", \"{1}\");",
            "return s.split(\"{0}\").join(\"{1}\");",
            "return [...s].map((c) => (c === \"{0}\" ? \"{1}\" : c)).join(\"\");",
        ],
        "remove": [
            "return s.replaceAll(\"{0}\", \"\");",
            "return [...s].filter((c) => c !== \"{0}\").join(\"\");",
            """
            let out = "";
            for (const c of s) {
                if (c !== "{0}") {
                    out += c;
                }
            }
            return out;
            """,
        ],
        "join-letters": ["return [...s].join(\"{0}\");", "return s.split(\"\").join(\"{0}\");"],
        "pad-right": [
            "return s.padEnd({0}, \"{1}\");",
            "while (s.length < {0}) {\n    s += \"{1}\";\n}\nreturn s;",
        ],
        "pad-left": [
            "return s.padStart({0}, \"{1}\");",
            "while (s.length < {0}) {\n    s = \"{1}\" + s;\n}\nreturn s;",
        ],
        "reverse-add": [
            "return [...s].reverse().join(\"\") + \"{0}\";",
            "let out = \"{0}\";\nfor (const c of s) {\n    out = c + out;\n}\nreturn out;",
        ],
        "upper-add": ["return s.toUpperCase() + \"{0}\";", "return `${s.toUpperCase()}{0}`;"],
        "shift-letters": [
            "return [...s].map((c) => String.fromCharCode(((c.charCodeAt(0) - 97 + {0}) % 26) + 97)).join(\"\");",
            """
            let out = "";
            for (const c of s) {
                const place = (c.charCodeAt(0) - 97 + {0}) % 26;
                out += String.fromCharCode(place + 97);
            }
            return out;
            """,
        ],
    ]

    private static let slicing: [String: [String]] = [
        "first-letters": ["return s.slice(0, {0});", "return s.substring(0, {0});"],
        "last-letters": ["return s.slice(-{0});", "return s.substring(s.length - {0});"],
        "skip-letters": ["return s.slice({0});", "return s.substring({0});"],
        "cut-letters": ["return s.slice(0, -{0});", "return s.substring(0, s.length - {0});"],
        "upper-first": [
            "return s.slice(0, {0}).toUpperCase() + s.slice({0});",
            "return [...s].map((c, i) => (i < {0} ? c.toUpperCase() : c)).join(\"\");",
        ],
        "nth-letters": [
            "return [...s].filter((c, i) => i % {0} === 0).join(\"\");",
            "let out = \"\";\nfor (let i = 0; i < s.length; i += {0}) {\n    out += s[i];\n}\nreturn out;",
        ],
        "letter-or": [
            "if (s.length > {0}) {\n    return s[{0}];\n}\nreturn \"{1}\";",
            "return s.length > {0} ? s.charAt({0}) : \"{1}\";",
            "return s[{0}] ?? \"{1}\";",
        ],
    ]

    private static let asking: [String: [String]] = [
        "count-letter": [
            "return s.split(\"{0}\").length - 1;",
            "return [...s].filter((c) => c === \"{0}\").length;",
            """
            let count = 0;
            for (const c of s) {
                if (c === "{0}") {
                    count++;
                }
            }
            return count;
            """,
        ],
        "count-two": [
            "return [...s].filter((c) => \"{0}{1}\".includes(c)).length;",
            """
            let count = 0;
            for (const c of s) {
                if (c === "{0}" || c === "{1}") {
                    count++;
                }
            }
            return count;
            """,
        ],
        "starts-with": ["return s.startsWith(\"{0}\");", "return s[0] === \"{0}\";"],
        "ends-with": ["return s.endsWith(\"{0}\");", "return s[s.length - 1] === \"{0}\";"],
        "contains-word": ["return s.includes(\"{0}\");", "return s.indexOf(\"{0}\") >= 0;"],
        "find": [
            "return s.indexOf(\"{0}\");",
            """
            for (let i = 0; i < s.length; i++) {
                if (s[i] === "{0}") {
                    return i;
                }
            }
            return -1;
            """,
        ],
        "length-plus": ["return s.length + {0};", "const count = s.length;\nreturn count + {0};"],
        "longer": ["return s.length > {0};", "if (s.length > {0}) {\n    return true;\n}\nreturn false;"],
        "long-words": [
            "return s.split(\" \").filter((w) => w.length > {0}).length;",
            """
            let count = 0;
            for (const w of s.split(/\\s+/)) {
                if (w.length > {0}) {
                    count++;
                }
            }
            return count;
            """,
        ],
        "join-words": [
            "return s.split(\" \").join(\"{0}\");",
            "return s.replace(/\\s+/g, \"{0}\");",
        ],
    ]
}
