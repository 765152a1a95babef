#!/usr/bin/env python3
"""Loads a model directory in transformers and prints its logits, to compare with ours.

Usage: check_model_directory.py DIR '{"source": [ids], "target": [ids]}' [...]

Each argument after DIR is one pair as JSON. For each, one JSON line is printed: the logits of the last target token,
and per target token the log-probability and entropy under the plain softmax, and the value where DIR has
value_head.safetensors. Needs torch, transformers and safetensors.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import T5ForConditionalGeneration


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    directory = pathlib.Path(sys.argv[1])
    model, report = T5ForConditionalGeneration.from_pretrained(directory, output_loading_info=True)
    faults = {key: names for key, names in report.items() if names}
    if faults:
        print(f"{directory}: transformers reports {faults}", file=sys.stderr)
        return 1
    model.eval()
    head = directory / "value_head.safetensors"
    value_head = load_file(head) if head.exists() else None
    for argument in sys.argv[2:]:
        pair = json.loads(argument)
        target = torch.tensor([pair["target"]])
        with torch.no_grad():
            output = model(
                input_ids=torch.tensor([pair["source"]]),
                attention_mask=torch.ones(1, len(pair["source"]), dtype=torch.long),
                labels=target,
                output_hidden_states=True,
            )
        log_probabilities = output.logits[0].log_softmax(-1)
        row = {
            "logprobs": log_probabilities.gather(1, target[0][:, None])[:, 0].tolist(),
            "entropy": (-(log_probabilities.exp() * log_probabilities).sum(-1)).tolist(),
            "last_logits": output.logits[0, -1].tolist(),
        }
        if value_head is not None:
            states = output.decoder_hidden_states[-1][0]
            values = states @ value_head["value_head.weight"][0] + value_head["value_head.bias"][0]
            row["values"] = values.tolist()
        print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
