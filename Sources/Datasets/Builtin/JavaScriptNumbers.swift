/// Bodies in JavaScript for the families whose functions take integers.
///
/// By family: one or more ways to write it, the first the one that is to be written where JavaScript is the target. `{0}`
/// stands for the first parameter. They mean what the Python bodies mean: `%` of JavaScript has the sign of its left side
/// and `/` leaves a fraction, so that remainders are brought above zero and quotients rounded down.
enum JavaScriptNumbers {
    static let bodies: [String: [String]] = arithmetic.merging(comparisons) { $1 }.merging(sequences) { $1 }
        .merging(several) { $1 }

    private static let arithmetic: [String: [String]] = [
        "add": ["return n + {0};", "const result = n + {0};\nreturn result;", "n += {0};\nreturn n;"],
        "subtract": ["return n - {0};", "const result = n - {0};\nreturn result;", "n -= {0};\nreturn n;"],
        "subtract-from": ["return {0} - n;", "const result = {0} - n;\nreturn result;"],
        "multiply": ["return n * {0};", "const result = n * {0};\nreturn result;", "n *= {0};\nreturn n;"],
        "quotient": [
            "return Math.floor(n / {0});",
            "const quotient = Math.floor(n / {0});\nreturn quotient;",
            "return (n - (((n % {0}) + {0}) % {0})) / {0};",
        ],
        "remainder": [
            "return ((n % {0}) + {0}) % {0};",
            "const rest = n % {0};\nreturn rest < 0 ? rest + {0} : rest;",
            "return n - Math.floor(n / {0}) * {0};",
        ],
        "linear": ["return n * {0} + {1};", "const product = n * {0};\nreturn product + {1};"],
        "linear-minus": ["return n * {0} - {1};", "const product = n * {0};\nreturn product - {1};"],
        "add-then-multiply": ["return (n + {0}) * {1};", "const sum = n + {0};\nreturn sum * {1};"],
        "square-plus": [
            "return n * n + {0};", "return n ** 2 + {0};", "const square = Math.pow(n, 2);\nreturn square + {0};",
        ],
        "power": [
            "return n ** {0};",
            "return Math.pow(n, {0});",
            "let result = 1;\nfor (let i = 0; i < {0}; i++) {\n    result *= n;\n}\nreturn result;",
        ],
        "clock": [
            "return (((n + {0}) % {1}) + {1}) % {1};",
            "const hour = (n + {0}) % {1};\nreturn hour < 0 ? hour + {1} : hour;",
        ],
        "distance": ["return Math.abs(n - {0});", "return n > {0} ? n - {0} : {0} - n;"],
        "gcd": [
            "let d = {0};\nwhile (d !== 0) {\n    [n, d] = [d, n % d];\n}\nreturn n;",
            "const gcd = (x, y) => (y === 0 ? x : gcd(y, x % y));\nreturn gcd(n, {0});",
        ],
    ]

    private static let comparisons: [String: [String]] = [
        "at-most": ["return Math.min(n, {0});", "return n < {0} ? n : {0};"],
        "at-least": ["return Math.max(n, {0});", "return n > {0} ? n : {0};"],
        "clamp": [
            "return Math.max({0}, Math.min({1}, n));",
            "if (n < {0}) {\n    return {0};\n}\nreturn n > {1} ? {1} : n;",
        ],
        "greater": ["return n > {0};", "if (n > {0}) {\n    return true;\n}\nreturn false;"],
        "divisible": ["return n % {0} === 0;", "const rest = n % {0};\nreturn rest === 0;"],
        "between": ["return n >= {0} && n <= {1};", "return !(n < {0} || n > {1});"],
        "label": [
            "if (n > {0}) {\n    return \"{1}\";\n}\nreturn \"{2}\";",
            "return n > {0} ? \"{1}\" : \"{2}\";",
            "let label = \"{2}\";\nif (n > {0}) {\n    label = \"{1}\";\n}\nreturn label;",
        ],
        "fizz": [
            "if (n % {0} === 0) {\n    return \"{1}\";\n}\nreturn String(n);",
            "return n % {0} === 0 ? \"{1}\" : n.toString();",
        ],
        "step": [
            "if (n % 2 === 0) {\n    return n + {0};\n}\nreturn n - {1};",
            "return n % 2 === 0 ? n + {0} : n - {1};",
            "if (n % 2 !== 0) {\n    n -= {1};\n} else {\n    n += {0};\n}\nreturn n;",
        ],
    ]

    private static let sequences: [String: [String]] = [
        "sum-multiples": [
            "let total = 0;\nfor (let i = 0; i < n; i += {0}) {\n    total += i;\n}\nreturn total;",
            """
            let total = 0;
            for (let i = 0; i < n; i++) {
                if (i % {0} === 0) {
                    total += i;
                }
            }
            return total;
            """,
        ],
        "range-step": [
            "const out = [];\nfor (let i = 0; i < n; i += {0}) {\n    out.push(i);\n}\nreturn out;",
            "return Array.from({ length: Math.ceil(n / {0}) }, (_, i) => i * {0});",
        ],
        "first-multiples": [
            "return Array.from({ length: {0} }, (_, i) => n * (i + 1));",
            "const out = [];\nfor (let i = 1; i <= {0}; i++) {\n    out.push(n * i);\n}\nreturn out;",
        ],
        "countdown": [
            "const out = [];\nfor (let i = n; i > 0; i -= {0}) {\n    out.push(i);\n}\nreturn out;",
            "const out = [];\nwhile (n > 0) {\n    out.push(n);\n    n -= {0};\n}\nreturn out;",
        ],
        "digit-sum": [
            "return [...String(n)].reduce((total, c) => total + Number(c), {0});",
            "let total = {0};\nfor (const c of String(n)) {\n    total += parseInt(c, 10);\n}\nreturn total;",
            "let total = {0};\nwhile (n > 0) {\n    total += n % 10;\n    n = Math.floor(n / 10);\n}\nreturn total;",
        ],
        "digit-count": [
            "return String(n).split(\"{0}\").length - 1;",
            "return [...String(n)].filter((c) => c === \"{0}\").length;",
            """
            let count = 0;
            for (const c of String(n)) {
                if (c === "{0}") {
                    count++;
                }
            }
            return count;
            """,
        ],
        "grow": [
            "for (let i = 0; i < {0}; i++) {\n    n = n * 2 + {1};\n}\nreturn n;",
            "let left = {0};\nwhile (left > 0) {\n    n = 2 * n + {1};\n    left--;\n}\nreturn n;",
        ],
        "sum-to": [
            "let total = {0};\nfor (let i = 1; i <= n; i++) {\n    total += i;\n}\nreturn total;",
            "return (n * (n + 1)) / 2 + {0};",
        ],
    ]

    private static let several: [String: [String]] = [
        "weighted-sum": ["return a * {0} + b;", "const product = a * {0};\nreturn product + b;"],
        "difference-times": ["return (a - b) * {0};", "const difference = a - b;\nreturn difference * {0};"],
        "larger-plus": ["return Math.max(a, b) + {0};", "const larger = a > b ? a : b;\nreturn larger + {0};"],
        "smaller-minus": ["return Math.min(a, b) - {0};", "const smaller = a < b ? a : b;\nreturn smaller - {0};"],
        "sum-exceeds": ["return a + b > {0};", "const sum = a + b;\nreturn sum > {0};"],
        "swap-add": ["return [b + {0}, a];", "[a, b] = [b, a];\nreturn [a + {0}, b];"],
        "quotient-remainder": [
            "const quotient = Math.floor(n / {0});\nreturn [quotient, n - quotient * {0}];",
            "return [Math.floor(n / {0}), ((n % {0}) + {0}) % {0}];",
        ],
        "three-combined": ["return a + b * {0} - c;", "const product = b * {0};\nreturn a + product - c;"],
        "spread": [
            "return Math.max(a, b, c) - Math.min(a, b, c) + {0};",
            "const sorted = [a, b, c].sort((x, y) => x - y);\nreturn sorted[2] - sorted[0] + {0};",
        ],
    ]
}
