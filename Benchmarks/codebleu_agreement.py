#!/usr/bin/env python3
"""Compares `ppocoder score` with the `codebleu` 0.7.0 package on real program pairs: agreement and speed.

    python3 -m venv /tmp/codebleu && /tmp/codebleu/bin/pip install codebleu==0.7.0 tree-sitter==0.22.3 \
        tree-sitter-python==0.21.0 tree-sitter-java==0.21.0 tree-sitter-c==0.21.4 tree-sitter-cpp==0.22.0 \
        tree-sitter-c-sharp==0.21.3 tree-sitter-php==0.22.8 tree-sitter-javascript==0.21.4 tree-sitter-go==0.21.2 \
        tree-sitter-ruby==0.21.0
    /tmp/codebleu/bin/python Benchmarks/codebleu_agreement.py

Four pairs are made from each program of the data folder (--data): another program, the first two thirds of the program, the program without its
middle line or statement, the program with a variable renamed. Rows printed for each language:

  n-grams          both parts, as published
  AST, published   the package with the grammars it installs
  AST, multiset    its sub-trees over the grammars that we load, each of the candidate's used up by one of the reference's,
                   comments left out by the grammar
  flow, published  the package with the grammars it installs
  flow, + group    over the grammars that we load, comments left out by the grammar, sources as sets, and with groups of its
                   rules corrected one after the other (codebleu_corrections.py)

"unbroken" leaves out candidates with syntax errors: the package's tree-sitter (0.22) recovers from them in other ways than
Debian's (0.20.7).

Exit code 1 when an n-gram part differs by more than 1e-9.
"""
import argparse
import ctypes
import gzip
import json
import logging
import pathlib
import re
import resource
import shlex
import statistics
import subprocess
import sys
import time
import warnings
from collections import Counter

from codebleu import calc_codebleu
from tree_sitter import Language, Parser

import codebleu_corrections as corrections

PARTS = [("ngram_match", "ngram_match_score"), ("weighted_ngram_match", "weighted_ngram_match_score")]
PACKAGE_NAMES = {"csharp": "c_sharp"}
MBXP = {"cpp": "mbcpp", "csharp": "mbcsp", "java": "mbjp", "javascript": "mbjsp", "php": "mbphp",
        "ruby": "mbrbp"}


def programs(data: pathlib.Path) -> dict[str, list[str]]:
    """Programs of each language, as people wrote them."""
    found: dict[str, list[str]] = {}
    mbpp = [json.loads(line)["code"] for line in (data / "mbpp/mbpp.jsonl").open(encoding="utf-8")]
    human = [json.loads(line) for file in sorted((data / "humaneval").glob("*.jsonl*"))
             for line in (gzip.open(file, "rt") if file.suffix == ".gz" else file.open(encoding="utf-8"))]
    # Without tabs: the package's comment remover turns some of them into one space, which breaks the indentation.
    found["python"] = [x.replace("\r\n", "\n").expandtabs(4)
                       for x in mbpp + [r["prompt"] + r["canonical_solution"] for r in human]]
    for language, name in MBXP.items():
        rows = [json.loads(line) for file in sorted((data / "mbxp").glob(f"{name}*"))
                for line in gzip.open(file, "rt", encoding="utf-8")]
        # The tests close some classes and namespaces; without them the braces are missing.
        whole = [r["prompt"] + r["canonical_solution"] for r in rows if r.get("canonical_solution")]
        found[language] = [x + "}" * max(0, x.count("{") - x.count("}")) for x in whole]
    folder = data / "xlcost/Java-C++"
    for language, name, newline in [("java", "java", "\\n"), ("cpp", "cpp", "\n")]:
        lines = (folder / f"val-Java-C++-tok.{name}.txt").read_text(encoding="utf-8").splitlines()
        own = [x.replace("STRNEWLINE", "\\n").replace("NEW_LINE", newline).replace(" ▁ ", " ") for x in lines]
        # Half from each.
        found[language] = [x for pair in zip(found[language], own) for x in pair]
    return found


def go_functions(root: pathlib.Path) -> list[str]:
    """Functions of Go's standard library: MBXP has no solutions in Go."""
    files = [file for name in ["strings", "bytes", "sort", "strconv", "bufio", "container", "math", "text"]
             for file in sorted((root / name).rglob("*.go")) if not file.name.endswith("_test.go")]
    functions = [x for file in files
                 for x in re.findall(r"^func .*?^}$", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)]
    return ["package p\n\n" + x + "\n" for x in functions if 5 <= x.count("\n") <= 40]


def with_c(found: dict[str, list[str]], grammar: Language) -> None:
    """C: the C++ programs, less their namespace, that C's grammar reads without an error; there is no C in the data."""
    parser = Parser()
    parser.language = grammar
    plain = [re.sub(r"using namespace std ?;", "", x) for x in found["cpp"]]
    found["c"] = [x for x in plain if not parser.parse(x.encode()).root_node.has_error]


def renamed(program: str) -> str:
    """The program with its most frequent name of more than one letter replaced by another of its names."""
    words = Counter(re.findall(r"\b[a-z_][A-Za-z_0-9]+\b", program))
    names = [w for w, n in words.most_common(12) if n > 1]
    return re.sub(rf"\b{names[-1]}\b", names[len(names) // 2], program) if len(names) > 2 else program + "\n"


def pairs(sources: list[str], count: int) -> list[tuple[str, str]]:
    """Four candidates for each of the first `count` programs, as a reward compares several with one reference."""
    result = []
    for i, reference in enumerate(sources[:count]):
        separator = "\n" if reference.count("\n") > 3 else ";"
        pieces = reference.split(separator)
        del pieces[len(pieces) // 2]
        candidates = [sources[(i + 2) % len(sources)], reference[: len(reference) * 2 // 3], separator.join(pieces),
                      renamed(reference)]
        result += [(candidate, reference) for candidate in candidates]
    return result


def multiset_ast(candidate: str, reference: str, language: str, grammar: Language) -> float:
    rules = corrections.Rules(language, set())

    def subtrees(code: str) -> Counter:
        parser = Parser()
        parser.language = grammar
        cursor, counts = parser.parse(code.encode()).walk(), Counter()

        def expression(node, field) -> str | None:
            if node.type in corrections.COMMENTS or rules.is_docstring(node):
                return None
            parts = []
            if cursor.goto_first_child():
                while True:
                    part = expression(cursor.node, cursor.field_name)
                    if part and (cursor.node.is_named or cursor.node.is_missing):
                        parts.append(part)
                    if not cursor.goto_next_sibling():
                        break
                cursor.goto_parent()
                present = [x for x in node.children if x.type not in corrections.COMMENTS
                           and not rules.is_docstring(x)]
            else:
                present = []
            inner = f"({'MISSING ' if node.is_missing else ''}{node.type}{''.join(' ' + p for p in parts)})"
            if present or node.parent is None:
                counts[inner] += 1
            return f"{field}: {inner}" if field else inner

        expression(cursor.node, None)
        return counts

    wanted, found = subtrees(reference), subtrees(candidate)
    return sum((wanted & found).values()) / sum(wanted.values())


def flow(candidate: str, reference: str, language: str, grammar: Language, groups: set[str]) -> float | None:
    parser = Parser()
    parser.language = grammar
    wanted = Counter(corrections.edges(reference, parser, language, groups))
    found = Counter(corrections.edges(candidate, parser, language, groups))
    return sum((wanted & found).values()) / sum(wanted.values()) if wanted else None


def report(label: str, ours: list, theirs: list) -> int:
    both = [(0.0 if a is None else a, 0.0 if b is None else b) for a, b in zip(ours, theirs)]
    gaps = [abs(a - b) for a, b in both] or [0.0]
    same = sum(abs(a - b) < 1e-9 for a, b in both)
    try:
        correlation = statistics.correlation([a for a, _ in both], [b for _, b in both])
    except statistics.StatisticsError:
        correlation = float("nan")
    print(f"  {label:28} same {same:4} of {len(both):4}  mean gap {statistics.fmean(gaps):.4f}  max {max(gaps):.2e}  "
          f"r {correlation:.4f}", flush=True)
    return same


def ours(command: str, rows: list[dict]) -> tuple[list[dict], float]:
    """What `ppocoder score` says, and the CPU seconds it took, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = subprocess.run(shlex.split(command), input="".join(json.dumps(r) + "\n" for r in rows), text=True,
                            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [row["id"] for row in lines] == [row["id"] for row in rows], "a row was lost"
    return lines, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def agreement(language: str, rows: list[dict], mine: list[dict], published: list[dict], grammar: Language,
              worst: int) -> bool:
    rules, parser = corrections.Rules(language, {"tokens"}), Parser()
    parser.language = grammar
    roots = [parser.parse(r["candidate"].encode()).root_node for r in rows]
    # Comments alone are no program: ours is 0 there. Of a candidate of one token the package's weighted part has a brevity
    # penalty of its own.
    chosen = [i for i, r in enumerate(rows) if len(r["candidate"].split()) > 1 and any(
        x.start_byte < x.end_byte for x in rules.leaves(roots[i]) if x.type != "php_tag")]
    sound = [i for i in chosen if not roots[i].has_error]
    print(f"{language}: {len(rows)} pairs, {len(rows) - len(chosen)} of them blank or of one token, "
          f"{len(chosen) - len(sound)} broken")
    whole = True
    for own, their in PARTS:
        count = report(own, [mine[i][own] for i in chosen], [published[i][their] for i in chosen])
        whole = whole and count == len(chosen)
    asts, flows = [o["ast_match"] for o in mine], [o["dfg_match"] for o in mine]
    report("AST, published", asts, [p["syntax_match_score"] for p in published])
    exact = [multiset_ast(r["candidate"], r["reference"], language, grammar) for r in rows]
    report("AST, multiset", asts, exact)
    report("AST, multiset, unbroken", [asts[i] for i in sound], [exact[i] for i in sound])
    report("flow, published", flows, [p["dataflow_match_score"] for p in published])
    groups: set[str] = set()
    last = []
    for group in [None, *corrections.GROUPS]:
        groups |= {group} if group else set()
        last = [flow(r["candidate"], r["reference"], language, grammar, groups) for r in rows]
        report(f"flow, + {group or 'sets, comments'}", flows, last)
    report("flow, all, unbroken", [flows[i] for i in sound], [last[i] for i in sound])
    for kind, a, b in [("AST", asts, exact), ("flow", flows, last)]:
        order = sorted(range(len(rows)), key=lambda i: -abs((a[i] or 0) - (b[i] or 0)))
        for i in order[:worst]:
            if abs((a[i] or 0) - (b[i] or 0)) > 1e-9:
                print(f"--- {kind} pair {i}: ours {a[i]} theirs {b[i]}\n{rows[i]['candidate']}\n--- against\n"
                      f"{rows[i]['reference']}")
    return whole


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=pathlib.Path, default=pathlib.Path("../shared/data"))
    arguments.add_argument("--go", type=pathlib.Path, help="Go's standard library; default: /usr/lib/go-*/src")
    arguments.add_argument("--grammars", default="build/grammars/languages.so")
    arguments.add_argument("--score", default=".build/release/ppocoder score")
    arguments.add_argument("--programs", type=int, default=150, help="programs of each language, four pairs each")
    arguments.add_argument("--languages", nargs="*", help="only these")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of the speed comparison; 0 leaves it out")
    arguments.add_argument("--worst", type=int, default=0, help="print this many of the largest gaps")
    options = arguments.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(100_000)
    library = ctypes.CDLL(str(pathlib.Path(options.grammars).resolve()))

    def grammar(language: str) -> Language:
        function = getattr(library, f"tree_sitter_{PACKAGE_NAMES.get(language, language)}")
        function.restype = ctypes.c_void_p
        return Language(function())

    sources = programs(options.data)
    with_c(sources, grammar("c"))
    go = options.go or next(iter(sorted(pathlib.Path("/usr/lib").glob("go-*/src"))), None)
    if go:
        sources["go"] = go_functions(go)
    else:
        print("go: no standard library found, left out (apt-get install golang-go, or --go)")
    rows = {language: [{"id": f"{language}-{i}", "language": language, "candidate": c, "reference": r}
                       for i, (c, r) in enumerate(pairs(sources[language], options.programs))]
            for language in options.languages or sorted(sources)}
    whole = True
    packages: dict[str, list[dict]] = {}
    for language, chosen in rows.items():
        mine, _ = ours(options.score, chosen)
        name = PACKAGE_NAMES.get(language, language)
        packages[language] = [calc_codebleu([r["reference"]], [r["candidate"]], name) for r in chosen]
        whole = agreement(language, chosen, mine, packages[language], grammar(language), options.worst) and whole
    every = [r for chosen in rows.values() for r in chosen]
    print(f"{len(every)} pairs in all")
    ratios = []
    for turn in range(options.rounds):
        _, own = ours(options.score, every)
        start = time.process_time()
        for language, chosen in rows.items():
            for r in chosen:
                calc_codebleu([r["reference"]], [r["candidate"]], PACKAGE_NAMES.get(language, language))
        theirs = time.process_time() - start
        ratios.append(theirs / own)
        print(f"round {turn + 1}: codebleu {theirs:.2f} CPU s ({len(every) / theirs:.0f} pairs/s), ppocoder score "
              f"{own:.2f} CPU s, start included ({len(every) / own:.0f} pairs/s): {ratios[-1]:.1f} times", flush=True)
    sys.exit(0 if whole else 1)


if __name__ == "__main__":
    main()
