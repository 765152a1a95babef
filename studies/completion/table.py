"""Greedy figures of warm start and final policy by seed, from what `ppocoder eval --json` wrote.

    python3 studies/completion/table.py OUT SEED ...
"""

import json
import pathlib
import sys

COLUMNS = (
    ("compile rate, greedy", "greedy_compile_rate", 100),
    ("compile rate, sampled", "sampled_compile_rate", 100),
    ("exact match", "exact_match", 1),
    ("edit similarity", "edit_similarity", 1),
    ("BLEU", "bleu", 1),
    ("CodeBLEU", "codebleu", 1),
)


def main():
    out, seeds = pathlib.Path(sys.argv[1]), sys.argv[2:]
    print("Held-out functions completed by the warm start and by the policy after PPO, %.\n")
    print("| seed | " + " | ".join(name for name, _, _ in COLUMNS) + " |")
    print("|" + "---|" * (len(COLUMNS) + 1))
    problems = 0
    for seed in seeds:
        files = [out / f"completion-{seed}" / f"{model}.json" for model in ("sft", "final")]
        if not all(file.exists() for file in files):
            continue
        before, after = (json.loads(file.read_text()) for file in files)
        problems = after["problems"]
        cells = [f"{scale * before[key]:.1f} → {scale * after[key]:.1f}" for _, key, scale in COLUMNS]
        print(f"| {seed} | " + " | ".join(cells) + " |")
    print(f"\n{problems} functions each; the references all compile.")


main()
