"""Makes the fixtures of `pytorch_model.bin`: what torch.save writes, and a pickle that must be refused.

    python generate_checkpoint_fixtures.py OUTPUT_DIRECTORY

`model.bin` has tensors of every type with shared storage, offsets and strides; `model.json` says what is in them.
`malicious.bin` would run a command when loaded by Python's own pickle. Made with torch 2.13.0.
"""

import collections
import json
import os
import pathlib
import sys
import zipfile

import torch


class Command:
    def __reduce__(self):
        return os.system, ("exit 1",)


def main() -> None:
    output = pathlib.Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8 - 1
    tensors = collections.OrderedDict()
    tensors["plain"] = base
    tensors["transposed"] = base.t()
    tensors["slice"] = base[1:3, 2:5]
    tensors["every_second"] = base[:, ::2]
    tensors["scalar"] = torch.tensor(3.5)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["expanded"] = torch.tensor([1.0, 2.0]).unsqueeze(1).expand(2, 3)
    tensors["half"] = torch.tensor([1.0, -0.5, 6e-8, 65504.0], dtype=torch.float16)
    tensors["bfloat"] = torch.tensor([1.0, -3.0, 1e30], dtype=torch.bfloat16)
    tensors["double"] = torch.tensor([0.1, -1e-3], dtype=torch.float64)
    tensors["parameter"] = torch.nn.Parameter(torch.tensor([[0.25, 0.75]]))
    tensors["long"] = torch.tensor([-(2**40), 7], dtype=torch.int64)
    tensors["int"] = torch.tensor([-5, 6], dtype=torch.int32)
    tensors["bool"] = torch.tensor([True, False])
    state = torch.nn.Module().state_dict()  # an OrderedDict with _metadata, as save_pretrained pickles it
    state.update(tensors)
    torch.save(state, output / "model.bin")
    rows = {
        name: {
            "shape": list(t.shape),
            "values": t.detach().to(torch.float64).float().flatten().tolist() if t.is_floating_point() else t.flatten().long().tolist(),
            "integers": not t.is_floating_point(),
        }
        for name, t in tensors.items()
    }
    (output / "model.json").write_text(json.dumps(rows, indent=1) + "\n")
    torch.save({"weight": torch.ones(2), "evil": Command()}, output / "malicious.bin")
    with zipfile.ZipFile(output / "model.bin") as source:
        with zipfile.ZipFile(output / "compressed.bin", "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name))


if __name__ == "__main__":
    main()
