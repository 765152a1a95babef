"""Makes result.md and curves.svg of a study from the metrics.jsonl of its runs. Needs Python 3 alone.

    python3 studies/table.py studies/NAME OUT SEED ...
"""

import json
import pathlib
import sys

METRIC = "val/greedy/pass@1"
LEVELS = (0.75, 0.80)
COLOURS = ("#1b6ca8", "#c8553d", "#588157", "#8e6c8a", "#d08c1d", "#2a9d8f", "#6d597a", "#444444", "#e07a5f", "#3d405b")


def curve(file):
    """Value of the metric by iteration, and the seconds of all iterations."""
    values, seconds = {}, 0.0
    for line in file.read_text().splitlines():
        row = json.loads(line)
        seconds += row.get("timing_s/step", 0) + row.get("timing_s/testing", 0)
        if METRIC in row:
            values[row["step"]] = row[METRIC]
    return values, seconds


def reached(values, level):
    """First iteration from which the metric is at the level."""
    return next((step for step, value in sorted(values.items()) if value >= level), None)


def picture(curves, title):
    """Mean over seeds by iteration, one line per variant."""
    last = max(max(values) for runs in curves.values() for values in runs)
    low = min(value for runs in curves.values() for values in runs for value in values.values())
    low = int(low * 20) / 20
    x = lambda step: 50 + 520 * step / last
    y = lambda value: 310 - 290 * (value - low) / (1 - low)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="760" height="350" font-family="sans-serif" font-size="12">',
        f'<title>{title}</title><rect width="760" height="350" fill="white"/>',
    ]
    for k in range(round((1 - low) * 20) + 1):
        value = low + k / 20
        parts.append(f'<path d="M50 {y(value):.1f}H570" stroke="#ddd"/>')
        parts.append(f'<text x="44" y="{y(value) + 4:.1f}" text-anchor="end">{100 * value:.0f} %</text>')
    for step in range(0, last + 1, max(1, last // 8)):
        parts.append(f'<text x="{x(step):.1f}" y="326" text-anchor="middle">{step}</text>')
    parts.append('<text x="310" y="344" text-anchor="middle">iterations</text>')
    for index, (name, runs) in enumerate(curves.items()):
        colour = COLOURS[index % len(COLOURS)]
        steps = sorted(set.intersection(*(set(values) for values in runs)))
        points = [(x(s), y(sum(values[s] for values in runs) / len(runs))) for s in steps]
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="580" y="{28 + 18 * index}" fill="{colour}">{name}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    study, out, seeds = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    lines = (study / "variants").read_text().splitlines()
    variants = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    rows, curves, total = [], {}, 0.0
    for name in variants:
        cells, runs = [], []
        for seed in seeds:
            file = out / f"{study.name}-{name}-s{seed}" / "metrics.jsonl"
            if not file.exists():
                continue
            values, seconds = curve(file)
            total += seconds
            if values:
                runs.append(values)
        if not runs:
            continue
        curves[name] = runs
        for level in LEVELS:
            cells.append(", ".join(str(reached(values, level) or "–") for values in runs))
        cells.append(", ".join(f"{100 * max(values.values()):.1f}" for values in runs))
        cells.append(", ".join(f"{100 * values[max(values)]:.1f}" for values in runs))
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    levels = " | ".join(f"iterations to {100 * level:.0f} %" for level in LEVELS)
    text = [
        f"Greedy pass@1 on 300 held-out built-in problems, seeds {', '.join(seeds)} in this order; – is never reached.",
        "", f"| variant | {levels} | best, % | last, % |", "|" + "---|" * (len(LEVELS) + 3), *rows, "",
        f"![curves](curves.svg) (mean over seeds). The runs took {total / 60:.0f} minutes, one after another.",
    ]
    (study / "result.md").write_text("\n".join(text) + "\n")
    (study / "curves.svg").write_text(picture(curves, study.name))
    print("\n".join(text))


if __name__ == "__main__":
    main()
