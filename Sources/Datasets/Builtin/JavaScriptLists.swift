/// Bodies in JavaScript for the families whose functions take lists of integers; see ``JavaScriptNumbers``.
///
/// Lists of different lengths are paired up to the end of the shorter one, as Python's `zip` does; numbers are sorted by
/// value and not as text.
enum JavaScriptLists {
    static let bodies: [String: [String]] = maps.merging(filters) { $1 }.merging(counts) { $1 }
        .merging(slices) { $1 }.merging(orders) { $1 }.merging(loops) { $1 }

    private static let maps: [String: [String]] = [
        "map-add": [
            "return xs.map((x) => x + {0});",
            "const out = [];\nfor (const x of xs) {\n    out.push(x + {0});\n}\nreturn out;",
        ],
        "map-multiply": [
            "return xs.map((x) => x * {0});",
            "const out = [];\nfor (const x of xs) {\n    out.push(x * {0});\n}\nreturn out;",
        ],
        "map-limit": [
            "return xs.map((x) => Math.min(x, {0}));",
            "return xs.map((x) => (x > {0} ? {0} : x));",
        ],
        "map-remainder": [
            "return xs.map((x) => ((x % {0}) + {0}) % {0});",
            """
            const out = [];
            for (const x of xs) {
                const rest = x % {0};
                out.push(rest < 0 ? rest + {0} : rest);
            }
            return out;
            """,
        ],
        "map-replace": [
            "return xs.map((x) => (x === {0} ? {1} : x));",
            """
            for (let i = 0; i < xs.length; i++) {
                if (xs[i] === {0}) {
                    xs[i] = {1};
                }
            }
            return xs;
            """,
        ],
        "map-position": [
            "return xs.map((x, i) => x + {0} * i);",
            "const out = [];\nfor (let i = 0; i < xs.length; i++) {\n    out.push(xs[i] + {0} * i);\n}\nreturn out;",
        ],
        "map-differences": [
            "return xs.slice(1).map((x, i) => (x - xs[i]) * {0});",
            """
            const out = [];
            for (let i = 1; i < xs.length; i++) {
                out.push((xs[i] - xs[i - 1]) * {0});
            }
            return out;
            """,
        ],
        "zip-weighted": [
            "return xs.slice(0, ys.length).map((x, i) => x + {0} * ys[i]);",
            """
            const out = [];
            for (let i = 0; i < xs.length && i < ys.length; i++) {
                out.push(xs[i] + {0} * ys[i]);
            }
            return out;
            """,
        ],
        "dot-product": [
            """
            let total = {0};
            for (let i = 0; i < Math.min(xs.length, ys.length); i++) {
                total += xs[i] * ys[i];
            }
            return total;
            """,
            "return xs.slice(0, ys.length).reduce((total, x, i) => total + x * ys[i], {0});",
        ],
    ]

    private static let filters: [String: [String]] = [
        "keep-greater": [
            "return xs.filter((x) => x > {0});",
            """
            const out = [];
            for (const x of xs) {
                if (x > {0}) {
                    out.push(x);
                }
            }
            return out;
            """,
        ],
        "keep-less": [
            "return xs.filter((x) => x < {0});",
            """
            const out = [];
            for (let i = 0; i < xs.length; i++) {
                if (xs[i] < {0}) {
                    out.push(xs[i]);
                }
            }
            return out;
            """,
        ],
        "keep-divisible": [
            "return xs.filter((x) => x % {0} === 0);",
            """
            const out = [];
            for (const x of xs) {
                if (x % {0} !== 0) {
                    continue;
                }
                out.push(x);
            }
            return out;
            """,
        ],
        "remove-value": [
            "return xs.filter((x) => x !== {0});",
            """
            const out = [];
            for (const x of xs) {
                if (x !== {0}) {
                    out.push(x);
                }
            }
            return out;
            """,
        ],
        "keep-between": [
            "return xs.filter((x) => x >= {0} && x <= {1});",
            "return xs.filter((x) => !(x < {0} || x > {1}));",
        ],
        "split-at-value": [
            """
            const small = xs.filter((x) => x < {0});
            const large = xs.filter((x) => x >= {0});
            return [small, large];
            """,
            """
            const small = [];
            const large = [];
            for (const x of xs) {
                (x < {0} ? small : large).push(x);
            }
            return [small, large];
            """,
        ],
    ]

    private static let counts: [String: [String]] = [
        "count-value": [
            "return xs.filter((x) => x === {0}).length;",
            """
            let count = 0;
            for (const x of xs) {
                if (x === {0}) {
                    count++;
                }
            }
            return count;
            """,
        ],
        "count-greater": [
            "return xs.filter((x) => x > {0}).length;",
            "return xs.reduce((count, x) => (x > {0} ? count + 1 : count), 0);",
        ],
        "sum-plus": [
            "return xs.reduce((total, x) => total + x, {0});",
            "let total = 0;\nfor (const x of xs) {\n    total += x;\n}\nreturn total + {0};",
        ],
        "sum-greater": [
            "return xs.filter((x) => x > {0}).reduce((total, x) => total + x, 0);",
            """
            let total = 0;
            for (const x of xs) {
                if (x > {0}) {
                    total += x;
                }
            }
            return total;
            """,
        ],
        "sum-squares": [
            "return xs.reduce((total, x) => total + x * x, 0) % {0};",
            "let total = 0;\nfor (const x of xs) {\n    total += x ** 2;\n}\nreturn total % {0};",
        ],
        "contains": [
            "return xs.includes({0});", "return xs.some((x) => x === {0});", "return xs.indexOf({0}) !== -1;",
        ],
        "any-greater": [
            "return xs.some((x) => x > {0});",
            """
            for (const x of xs) {
                if (x > {0}) {
                    return true;
                }
            }
            return false;
            """,
        ],
        "all-less": [
            "return xs.every((x) => x < {0});",
            """
            for (const x of xs) {
                if (x >= {0}) {
                    return false;
                }
            }
            return true;
            """,
        ],
        "length-exceeds": ["return xs.length > {0};", "const count = xs.length;\nreturn count > {0};"],
        "max-default": [
            "return xs.length > 0 ? Math.max(...xs) : {0};",
            "if (xs.length === 0) {\n    return {0};\n}\nreturn xs.reduce((best, x) => (x > best ? x : best));",
        ],
        "neighbour-jumps": [
            "return xs.slice(1).filter((x, i) => Math.abs(x - xs[i]) > {0}).length;",
            """
            let count = 0;
            for (let i = 1; i < xs.length; i++) {
                if (Math.abs(xs[i] - xs[i - 1]) > {0}) {
                    count++;
                }
            }
            return count;
            """,
        ],
    ]

    private static let slices: [String: [String]] = [
        "take-first": ["return xs.slice(0, {0});", "return xs.filter((x, i) => i < {0});"],
        "take-last": ["return xs.slice(-{0});", "return xs.slice(Math.max(0, xs.length - {0}));"],
        "drop-first": ["return xs.slice({0});", "return xs.filter((x, i) => i >= {0});"],
        "drop-last": ["return xs.slice(0, -{0});", "return xs.filter((x, i) => i < xs.length - {0});"],
        "slice": [
            "return xs.slice({0}, {1});",
            """
            const out = [];
            for (let i = {0}; i < {1} && i < xs.length; i++) {
                out.push(xs[i]);
            }
            return out;
            """,
        ],
        "every-nth": [
            "return xs.filter((x, i) => i % {0} === 0);",
            "const out = [];\nfor (let i = 0; i < xs.length; i += {0}) {\n    out.push(xs[i]);\n}\nreturn out;",
        ],
        "rotate": [
            "return [...xs.slice({0}), ...xs.slice(0, {0})];", "return xs.slice({0}).concat(xs.slice(0, {0}));",
        ],
        "append": ["return [...xs, {0}];", "return xs.concat([{0}]);", "xs.push({0});\nreturn xs;"],
        "prepend": ["return [{0}, ...xs];", "return [{0}].concat(xs);", "xs.unshift({0});\nreturn xs;"],
        "repeat-list": [
            "return Array({0}).fill(xs).flat();",
            "let out = [];\nfor (let i = 0; i < {0}; i++) {\n    out = out.concat(xs);\n}\nreturn out;",
        ],
        "get-or": [
            "if (xs.length > {0}) {\n    return xs[{0}];\n}\nreturn {1};",
            "return xs.length > {0} ? xs[{0}] : {1};",
            "return xs[{0}] ?? {1};",
        ],
        "chunks": [
            """
            const out = [];
            for (let i = 0; i < xs.length; i += {0}) {
                out.push(xs.slice(i, i + {0}));
            }
            return out;
            """,
            """
            const out = [];
            while (xs.length > 0) {
                out.push(xs.splice(0, {0}));
            }
            return out;
            """,
        ],
    ]

    private static let orders: [String: [String]] = [
        "sort-by-remainder": [
            "const key = (x) => ((x % {0}) + {0}) % {0};\nreturn [...xs].sort((x, y) => key(x) - key(y));",
            """
            function rest(x) {
                return x - Math.floor(x / {0}) * {0};
            }
            return xs.sort((x, y) => rest(x) - rest(y));
            """,
        ],
        "sort-by-distance": [
            "return [...xs].sort((x, y) => Math.abs(x - {0}) - Math.abs(y - {0}));",
            "const key = (x) => Math.abs(x - {0});\nreturn xs.slice().sort((x, y) => key(x) - key(y));",
        ],
        "nearest": [
            "return xs.reduce((best, x) => (Math.abs(x - {0}) < Math.abs(best - {0}) ? x : best));",
            """
            let best = xs[0];
            for (const x of xs) {
                if (Math.abs(x - {0}) < Math.abs(best - {0})) {
                    best = x;
                }
            }
            return best;
            """,
        ],
        "largest": [
            "return [...xs].sort((x, y) => y - x).slice(0, {0});",
            "xs.sort((x, y) => y - x);\nreturn xs.slice(0, {0});",
        ],
        "smallest-sum": [
            "const sorted = [...xs].sort((x, y) => x - y);\nreturn sorted.slice(0, {0}).reduce((total, x) => total + x, 0);",
            """
            let total = 0;
            for (const x of xs.sort((x, y) => x - y).slice(0, {0})) {
                total += x;
            }
            return total;
            """,
        ],
        "distinct-remainders": [
            "const rests = new Set(xs.map((x) => ((x % {0}) + {0}) % {0}));\nreturn [...rests].sort((x, y) => x - y);",
            """
            const rests = xs.map((x) => ((x % {0}) + {0}) % {0});
            const out = [];
            for (let r = 0; r < {0}; r++) {
                if (rests.includes(r)) {
                    out.push(r);
                }
            }
            return out;
            """,
        ],
    ]

    private static let loops: [String: [String]] = [
        "running-sum": [
            "let total = {0};\nconst out = [];\nfor (const x of xs) {\n    total += x;\n    out.push(total);\n}\nreturn out;",
            "let total = {0};\nreturn xs.map((x) => (total += x));",
        ],
        "take-until": [
            """
            const out = [];
            for (const x of xs) {
                if (x > {0}) {
                    break;
                }
                out.push(x);
            }
            return out;
            """,
            "const end = xs.findIndex((x) => x > {0});\nreturn end === -1 ? xs : xs.slice(0, end);",
        ],
        "first-greater": [
            "for (const x of xs) {\n    if (x > {0}) {\n        return x;\n    }\n}\nreturn -1;",
            "const found = xs.find((x) => x > {0});\nreturn found === undefined ? -1 : found;",
        ],
        "product": [
            """
            let result = {0};
            for (const x of xs) {
                result = (((result * x) % 1000) + 1000) % 1000;
            }
            return result;
            """,
            "return xs.reduce((result, x) => (((result * x) % 1000) + 1000) % 1000, {0});",
        ],
    ]
}
