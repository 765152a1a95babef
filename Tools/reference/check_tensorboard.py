#!/usr/bin/env python3
"""Reads a run's event files with the tensorboard package and compares every number with metrics.jsonl.

    python3 Tools/reference/check_tensorboard.py RUN          # tensorboard 2.x from the Python index
"""
import json, math, os, struct, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = sys.argv[1]
board = EventAccumulator(os.path.join(run, "tensorboard"), size_guidance={"scalars": 0})
board.Reload()
shown = {(name, e.step): e.value for name in board.Tags()["scalars"] for e in board.Scalars(name)}
single = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
compared, wrong = 0, []
for line in open(os.path.join(run, "metrics.jsonl")):
    record = json.loads(line)
    step = record.pop("step")
    record.pop("time")
    if set(record) == {"timing_s/save_checkpoint"}:
        continue  # a checkpoint's time is in metrics.jsonl alone
    for name, value in record.items():
        compared += 1
        found = shown.get((name, step))
        same = found is not None and (math.isnan(found) if value is None else found == single(value))
        if not same and len(wrong) < 10:
            wrong.append(f"{name} at step {step}: {value} in metrics.jsonl, {found} in TensorBoard")
print(f"{compared} numbers compared, {len(shown)} scalars in the event files, {len(wrong)} differ")
for line in wrong:
    print(line)
sys.exit(1 if wrong or compared == 0 else 0)
