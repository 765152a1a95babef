"""Held-out loss during the warm start and what its policy writes, by beginning and seed.

    python3 studies/position-bias/table.py OUT SEED ...

Reads OUT/position-BEGINNING-SEED/sft/sft-metrics.jsonl and metrics.jsonl.
"""

import json
import pathlib
import sys


def rows(file, key):
    return [row for row in map(json.loads, file.read_text().splitlines()) if key in row]


def main():
    out, seeds = pathlib.Path(sys.argv[1]), sys.argv[2:]
    lines, steps = [], []
    for start in ("random", "near"):
        for seed in seeds:
            run = out / f"position-{start}-{seed}"
            if not (run / "final" / "model.safetensors").exists():
                continue
            losses = rows(run / "sft" / "sft-metrics.jsonl", "sft/held_out_loss")
            steps = [row["step"] for row in losses]
            last = rows(run / "metrics.jsonl", "val/greedy/compile_rate")[-1]
            shares = [last[f"val/{key}"] for key in ("greedy/compile_rate", "sampled/compile_rate", "greedy/pass@1")]
            cells = [f"{row['sft/held_out_loss']:.2f}" for row in losses] + [f"{100 * share:.1f}" for share in shares]
            lines.append(f"| {start} | {seed} | " + " | ".join(cells) + " |")
    print("Held-out loss after so many gradient steps, nats per token, and what the last weights write, %.\n")
    names = ["position_bias", "seed"] + [f"after {step}" for step in steps]
    names += ["compile rate, greedy", "compile rate, sampled", "pass@1, greedy"]
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))
    print("\n".join(lines))


main()
