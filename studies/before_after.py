"""Figures of warm start and final policy by seed, from what `ppocoder eval --json` wrote.

    python3 studies/before_after.py OUT NAME SEED ...

Reads OUT/NAME-SEED/sft.json and final.json, and the gold ceiling (how many references compile and pass) of the first seed. Text is compared with the reference for greedy programs.
"""

import json
import pathlib
import sys

COLUMNS = (
    ("pass@1, greedy", "greedy_pass@1", 100),
    ("pass@1, sampled", "pass@1", 100),
    ("compile rate, greedy", "greedy_compile_rate", 100),
    ("compile rate, sampled", "sampled_compile_rate", 100),
    ("exact match", "exact_match", 1),
    ("edit similarity", "edit_similarity", 1),
    ("BLEU", "bleu", 1),
    ("CodeBLEU", "codebleu", 1),
)


def main():
    out, study, seeds = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    print("Held-out problems, by the warm start → by the policy after PPO, %.\n")
    print("| seed | " + " | ".join(name for name, _, _ in COLUMNS) + " |")
    print("|" + "---|" * (len(COLUMNS) + 1))
    problems = 0
    for seed in seeds:
        files = [out / f"{study}-{seed}" / f"{model}.json" for model in ("sft", "final")]
        if not all(file.exists() for file in files):
            continue
        before, after = (json.loads(file.read_text()) for file in files)
        problems = after["problems"]
        cells = [f"{scale * before[key]:.1f} → {scale * after[key]:.1f}" for _, key, scale in COLUMNS]
        print(f"| {seed} | " + " | ".join(cells) + " |")
    ceiling = json.loads((out / f"{study}-{seeds[0]}" / "ceiling.json").read_text())["languages"].values()
    judged, compiled, passed = (sum(one[key] for one in ceiling) for key in ("judged", "compiled", "passed"))
    passed, compiled = (f"{100 * count / judged:.1f}" for count in (passed, compiled))
    print(f"| references | {passed} | {passed} | {compiled} | {compiled} |" + " 100.0 |" * 4)
    print(f"\n{problems} problems each.")


main()
