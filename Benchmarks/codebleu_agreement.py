#!/usr/bin/env python3
"""Compares our CodeBLEU parts with the `codebleu` 0.7.0 package on real program pairs.

    python3 Benchmarks/codebleu_agreement.py --data ../shared/data --grammars build/grammars/languages.so \
        --score ".build/release/ppocoder score"

Needs: codebleu==0.7.0 tree-sitter==0.22.3 tree-sitter-python==0.21.0 tree-sitter-java==0.21.0 tree-sitter-cpp==0.22.0.
`--score` is a command that reads rows {"id","language","candidate","reference"} from stdin and writes one row each.

Three comparisons of the structural parts are printed for each language:
  own grammars   the package as published
  our grammars   the package's algorithm over the grammar library that we load: what is left is algorithm
  multiset, sets its AST match with each of the candidate's sub-trees used up by one of the reference's, its data-flow
                 sources compared as sets (as lists their order depends on PYTHONHASHSEED)
"""
import argparse
import ctypes
import json
import logging
import pathlib
import shlex
import statistics
import subprocess
from collections import Counter

from codebleu import calc_codebleu, dataflow_match, syntax_match
from codebleu.parser import remove_comments_and_docstrings
from codebleu.utils import get_tree_sitter_language
from tree_sitter import Language, Parser

PARTS = [("ngram_match", "ngram_match_score"), ("weighted_ngram_match", "weighted_ngram_match_score")]


def programs(data: pathlib.Path) -> dict[str, list[str]]:
    # Without tabs: the package's comment remover turns some of them into one space, which breaks the indentation.
    mbpp = [json.loads(line)["code"].expandtabs(4) for line in (data / "mbpp/mbpp.jsonl").open(encoding="utf-8")]
    xlcost = data / "xlcost/Java-C++"

    def detokenized(name: str, newline: str) -> list[str]:
        lines = (xlcost / name).read_text(encoding="utf-8").splitlines()
        return [x.replace("STRNEWLINE", "\\n").replace("NEW_LINE", newline).replace(" ▁ ", " ") for x in lines]

    return {
        "python": mbpp,
        "java": detokenized("val-Java-C++-tok.java.txt", "\\n"),
        "cpp": detokenized("val-Java-C++-tok.cpp.txt", "\n"),
    }


def pairs(sources: list[str], count: int) -> list[tuple[str, str]]:
    """Another program, the first two thirds of the program, and the program without its middle line or statement."""
    result = []
    for i in range(count):
        reference = sources[i]
        if i % 3 == 0:
            result.append((sources[(i + 1) % len(sources)], reference))
        elif i % 3 == 1:
            result.append((reference[: len(reference) * 2 // 3], reference))
        else:
            separator = "\n" if reference.count("\n") > 3 else ";"
            pieces = reference.split(separator)
            del pieces[len(pieces) // 2]
            result.append((separator.join(pieces), reference))
    return result


def multiset_ast(candidate: str, reference: str, name: str, language: Language) -> float:
    def subtrees(code: str) -> Counter:
        try:
            code = remove_comments_and_docstrings(code, name)
        except Exception:
            pass
        parser = Parser()
        parser.language = language
        stack, counts = [parser.parse(code.encode()).root_node], Counter()
        while stack:
            node = stack.pop()
            counts[str(node)] += 1
            stack.extend(child for child in node.children if child.children)
        return counts

    wanted, found = subtrees(reference), subtrees(candidate)
    return sum((wanted & found).values()) / sum(wanted.values())


def set_flow(candidate: str, reference: str, name: str, language: Language) -> float | None:
    def edges(code: str) -> Counter:
        try:
            code = remove_comments_and_docstrings(code, name)
        except Exception:
            pass
        parser = Parser()
        parser.language = language
        flow = dataflow_match.get_data_flow(code, [parser, dataflow_match.dfg_function[name]])
        # Sources in the order of the program instead of the hash seed's.
        token = {index: name for name, index, *_ in flow}
        flow = [(v, i, r, list(dict.fromkeys([token[x] for x in sorted(ids) if x in token] + sorted(names))), ids)
                for v, i, r, names, ids in flow]
        return Counter((v, r, frozenset(s)) for v, r, s in dataflow_match.normalize_dataflow(flow))

    wanted, found = edges(reference), edges(candidate)
    return sum((wanted & found).values()) / sum(wanted.values()) if wanted else None


def report(label: str, ours: list, theirs: list) -> None:
    both = [(a, b) for a, b in zip(ours, theirs) if a is not None and b is not None]
    gaps = [abs(a - b) for a, b in both]
    signed = statistics.fmean(a - b for a, b in both)
    try:
        correlation = statistics.correlation([a for a, _ in both], [b for _, b in both])
    except statistics.StatisticsError:
        correlation = float("nan")
    print(
        f"  {label:34} n={len(both):4}  same to 1e-9 {sum(g < 1e-9 for g in gaps):4}  mean |gap| "
        f"{statistics.fmean(gaps):.2e}  max {max(gaps):.2e}  ours-theirs {signed:+.4f}  r {correlation:.4f}"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=pathlib.Path, default=pathlib.Path("../shared/data"))
    arguments.add_argument("--grammars", default="build/grammars/languages.so")
    arguments.add_argument("--score", default=".build/release/ppocoder score")
    arguments.add_argument("--pairs", type=int, default=300, help="pairs for each language")
    arguments.add_argument("--worst", type=int, default=0, help="print this many of the largest gaps")
    options = arguments.parse_args()
    logging.disable(logging.WARNING)
    library = ctypes.CDLL(str(pathlib.Path(options.grammars).resolve()))

    for name, sources in programs(options.data).items():
        chosen = pairs(sources, min(options.pairs, len(sources)))
        rows = [
            {"id": str(i), "language": name, "candidate": c, "reference": r} for i, (c, r) in enumerate(chosen)
        ]
        answer = subprocess.run(
            shlex.split(options.score), input="".join(json.dumps(r) + "\n" for r in rows), text=True,
            check=True, stdout=subprocess.PIPE,
        )
        ours = [json.loads(line) for line in answer.stdout.splitlines()]
        assert [row["id"] for row in ours] == [row["id"] for row in rows], "a row was lost"
        function = getattr(library, f"tree_sitter_{name}")
        function.restype = ctypes.c_void_p
        shared = Language(function())
        own = get_tree_sitter_language(name)

        print(f"{name}: {len(rows)} pairs")
        package = [calc_codebleu([r], [c], name) for c, r in chosen]
        for mine, their in PARTS:
            report(mine, [o[mine] for o in ours], [p[their] for p in package])
        asts = [o["ast_match"] for o in ours]
        flows = [o.get("dfg_match") for o in ours]
        report("AST, own grammars", asts, [p["syntax_match_score"] for p in package])
        report("AST, our grammars", asts,
               [syntax_match.corpus_syntax_match([[r]], [c], name, shared) for c, r in chosen])
        exact = [multiset_ast(c, r, name, shared) for c, r in chosen]
        report("AST, our grammars, multiset", asts, exact)
        report("data flow, own grammars", flows, [p["dataflow_match_score"] for p in package])
        report("data flow, our grammars", flows,
               [dataflow_match.corpus_dataflow_match([[r]], [c], name, shared) for c, r in chosen])
        sets = [set_flow(c, r, name, shared) for c, r in chosen]
        report("data flow, our grammars, sets", flows, sets)
        for kind, a, b in [("AST", asts, exact), ("flow", flows, sets)]:
            order = sorted(range(len(rows)), key=lambda i: -abs((a[i] or 0) - (b[i] or 0)))
            for i in order[: options.worst]:
                print(f"--- {kind} pair {i}: ours {a[i]} theirs {b[i]}\n{chosen[i][0]}\n--- against\n{chosen[i][1]}")


if __name__ == "__main__":
    main()
