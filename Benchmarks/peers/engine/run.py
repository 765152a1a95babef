#!/usr/bin/env python3
"""Runs ppocoder and its peers in turn on the same weights, tokens, threads and optimiser; prints one table.

    Benchmarks/peers/engine/set-up /tmp/peers
    /tmp/peers/bin/python Benchmarks/peers/engine/run.py generate --shapes tiny mini --batches 16 64 --threads 1
    /tmp/peers/bin/python Benchmarks/peers/engine/run.py update --shapes tiny --batches 16 --threads 2
    /tmp/peers/bin/python Benchmarks/peers/engine/run.py update --shapes mini --batches 2 --samples 10 --source 400 \\
        --target 128 --minibatch 10
    /tmp/peers/bin/python Benchmarks/peers/engine/run.py update --shapes codet5-base --batches 1 --samples 8 --source 400 \\
        --target 400 --minibatch 8 --epochs 1 --peers torch --recompute --rounds 1 --no-warm-up
    /tmp/peers/bin/python Benchmarks/peers/engine/run.py iteration --shapes tiny mini --batches 16

A round measures every side once, one after another; figures are medians over rounds. "CPU" is user plus system time of the
process, which other load on the machine disturbs little; "wall" is only worth reading on a quiet machine.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import shapes

here = pathlib.Path(__file__).resolve().parent
peers = {"generate": ["ctranslate2", "transformers"], "update": ["torch", "trl"], "iteration": ["iteration"]}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("work", choices=sorted(peers))
parser.add_argument("--shapes", nargs="+", choices=list(shapes.SHAPES), default=["tiny", "mini", "codet5-small"])
parser.add_argument("--batches", nargs="+", type=int, default=[16, 64], help="prompts")
parser.add_argument("--samples", type=int, default=1, help="completions per prompt")
parser.add_argument("--source", type=int, default=64, help="tokens of a prompt")
parser.add_argument("--target", type=int, default=64, help="tokens of a completion")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--peer-threads", type=int, help="threads of the peers; as --threads when not given")
parser.add_argument("--minibatch", type=int, default=4)
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--top-k", type=int, default=5)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--recompute", action="store_true", help="ours computes activations again; the peers keep theirs")
parser.add_argument("--data", default=str(here.parents[2] / "../shared/data/humaneval/HumanEval.jsonl.gz"),
                    help="HumanEval.jsonl.gz, whose reference solutions an iteration judges")
parser.add_argument("--no-warm-up", action="store_true", help="the peers' first piece of work counts, as for memory it may")
parser.add_argument("--peers", nargs="*", help="only these")
parser.add_argument("--ppocoder", default=str(here.parents[2] / ".build/release/ppocoder"))
parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path("/tmp/ppocoder-peers"))
parser.add_argument("--json", type=pathlib.Path, help="write every figure there too")
arguments = parser.parse_args()

environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}


class Peer:
    """A peer that stays, so that loading is not measured."""

    def __init__(self, name, model, batch):
        command = [sys.executable, str(here / "peer.py"), name, "--model", str(model), "--batch", str(batch),
                   "--threads", str(arguments.peer_threads or arguments.threads), "--top-k", str(arguments.top_k),
                   "--minibatch", str(arguments.minibatch), "--epochs", str(arguments.epochs), "--data", arguments.data] + ["--no-warm-up"] * arguments.no_warm_up
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment)
        while (line := self.process.stdout.readline()).strip() != "ready":
            if not line:
                sys.exit(f"{name} ended before it was ready: {' '.join(command)}")

    def measure(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ours(model, batch, completions):
    """One measured repetition of `ppocoder bench`, after one that is not."""
    command = [arguments.ppocoder, "bench", arguments.work, "--model", str(model), "--batch-file", str(batch),
               "--samples", str(arguments.samples), "--max-target-length", str(arguments.target), "--fixed-length",
               "--threads", str(arguments.threads), "--repeats", "1", "--json"]
    if arguments.work != "update":
        command += ["--top-k", str(arguments.top_k), "--batch", str(-(-completions // arguments.threads))]
    if arguments.work != "generate":
        command += ["--minibatch", str(arguments.minibatch), "--epochs", str(arguments.epochs),
                    "--microbatch", str(max(1, -(-arguments.minibatch // arguments.threads)))]
        command += ["--recompute"] if arguments.recompute else []
    if arguments.work == "iteration":
        command += ["--data", arguments.data]
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, env=environment).stdout
    return json.loads(out)["rows"][0]["figures"]


def rate(runs, time):
    return [run["tokens"] / run[time] for run in runs]


results = []
for shape in arguments.shapes:
    model = shapes.model_directory(shape, arguments.models)
    for prompts in arguments.batches:
        batch = shapes.batch_file(shape, prompts, arguments.samples, arguments.source, arguments.target, arguments.models)
        sides = {name: Peer(name, model, batch) for name in arguments.peers or peers[arguments.work]}
        runs = {name: [] for name in ["ppocoder", *sides]}
        for _ in range(arguments.rounds):
            for name, side in sides.items():
                runs[name].append(side.measure())
            figures = ours(model, batch, prompts * arguments.samples)
            tokens = figures.get("tokens", figures.get("trained_tokens"))
            runs["ppocoder"].append(figures | {"tokens": tokens, "peak_bytes": figures["peak_mib"] * 2**20})
        for side in sides.values():
            side.close()
        for name, measured in runs.items():
            row = {"work": arguments.work, "shape": shape, "prompts": prompts, "side": name, "runs": measured}
            for time, title in (("cpu_s", "cpu"), ("wall_s", "wall")):
                rates = rate(measured, time)
                row[title] = statistics.median(rates)
                row[f"{title}_spread"] = (max(rates) - min(rates)) / row[title]
                row[f"{title}_ratio"] = statistics.median(rate(runs["ppocoder"], time)) / row[title]
            row["peak_mib"] = max(run["peak_bytes"] for run in measured) / 2**20
            results.append(row)

print(f"{arguments.work}: {arguments.samples} per prompt, source {arguments.source}, target {arguments.target}, "
      f"{arguments.threads} threads, {arguments.rounds} rounds; tokens per second; ratio is ppocoder to that side")
header = f"{'shape':14}{'prompts':>8}  {'side':14}{'per CPU s':>11}{'spread':>8}{'ratio':>7}{'per wall s':>12}{'spread':>8}{'ratio':>7}{'MiB':>7}"
print(header, "─" * len(header), sep="\n")
for row in results:
    print(f"{row['shape']:14}{row['prompts']:8}  {row['side']:14}{row['cpu']:11.0f}{row['cpu_spread']:8.0%}"
          f"{row['cpu_ratio']:7.2f}{row['wall']:12.0f}{row['wall_spread']:8.0%}{row['wall_ratio']:7.2f}{row['peak_mib']:7.0f}")
for row in results if arguments.work == "iteration" else []:
    parts = [f"{part} {statistics.median(run[part + '_cpu_s'] for run in row['runs']):.2f}"
             for part in ("generate", "judge", "update")]
    print(f"{row['shape']} {row['prompts']} {row['side']}: CPU s: {', '.join(parts)}; programs accepted: "
          f"{row['runs'][0]['accepted']:.0f} of {row['prompts'] * arguments.samples}")
if arguments.json:
    arguments.json.write_text(json.dumps(results))
