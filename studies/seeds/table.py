"""Before and after of the default run by seed, with mean, spread and worst, from the metrics.jsonl of its runs.

    python3 studies/seeds/table.py OUT SEED ...
"""

import json
import pathlib
import statistics
import sys

COLUMNS = (
    ("greedy pass@1", "val/greedy/pass@1"),
    ("sampled pass@1", "val/sampled/pass@1"),
    ("greedy compile rate", "val/greedy/compile_rate"),
    ("sampled compile rate", "val/sampled/compile_rate"),
)


def evaluations(file):
    """The first and the last evaluation of a run, and the least greedy pass@1 of the second half."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows = [row for row in rows if "val/greedy/pass@1" in row]
    late = [row["val/greedy/pass@1"] for row in rows if 2 * row["step"] >= rows[-1]["step"]]
    return rows[0], rows[-1], min(late)


def main():
    out, seeds = pathlib.Path(sys.argv[1]), sys.argv[2:]
    names = [name for name, _ in COLUMNS]
    print("Held-out problems of the default run, %, before → after, by seed.\n")
    print("| seed | " + " | ".join(names) + " | least greedy pass@1 of the second half |")
    print("|" + "---|" * (len(names) + 2))
    after, least, missing = [], [], []
    for seed in seeds:
        file = out / f"seed-{seed}" / "metrics.jsonl"
        if not (out / f"seed-{seed}" / "final" / "model.safetensors").exists():
            missing.append(seed)
            continue
        first, last, low = evaluations(file)
        after.append([100 * last[key] for _, key in COLUMNS])
        least.append(100 * low)
        cells = [f"{100 * first[key]:.1f} → {100 * last[key]:.1f}" for _, key in COLUMNS]
        print(f"| {seed} | " + " | ".join(cells) + f" | {100 * low:.1f} |")
    columns = list(zip(*after)) + [tuple(least)]
    for name, figure in (
        ("mean", statistics.mean),
        ("standard deviation", lambda v: statistics.stdev(v) if len(v) > 1 else 0.0),
        ("worst", min),
    ):
        print(f"| {name} | " + " | ".join(f"{figure(column):.1f}" for column in columns) + " |")
    if missing:
        print(f"\nNot finished: {', '.join(missing)}.")


main()
