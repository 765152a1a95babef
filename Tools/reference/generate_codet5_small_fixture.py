#!/usr/bin/env python3
"""Makes Tests/Fixtures/transformer/codet5_small.safetensors: what transformers computes with CodeT5-small's exact shape.

Needs exactly: torch==2.13.0 (CPU), transformers==4.45.2, safetensors, numpy<2.
Run from the project's root:  python3 Tools/reference/generate_codet5_small_fixture.py
The weights are not stored: they follow from the rule in `weights`, which the test in Swift applies too. Of gradients only
norms, sums and some elements are stored. The contents are described in Tests/Fixtures/transformer/SCHEMA.md.
"""

import pathlib

import numpy
import torch
import transformers
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration

REQUIRED = {"torch": "2.13.0", "transformers": "4.45.2"}
FOUND = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}
if FOUND != REQUIRED:
    raise SystemExit(f"expected {REQUIRED}, found {FOUND}")

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/transformer/codet5_small.safetensors"
# Salesforce/codet5-small's config.json.
SHAPE = dict(d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_decoder_layers=6, num_heads=8, vocab_size=32100)
SAMPLES = 16


def mixed(numbers, name):
    """32 random bits for each number: the finaliser of MurmurHash3 over the number and FNV-1a of the name."""
    hashed = 0x811C9DC5
    for byte in name.encode():
        hashed = (hashed ^ byte) * 0x01000193 & 0xFFFFFFFF
    bits = (numbers.astype(numpy.uint64) * 2654435761 + hashed).astype(numpy.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        bits = (bits ^ (bits >> numpy.uint32(shift))) * numpy.uint32(factor)
    return bits


def weights(name, shape):
    """Element i is (top 24 bits of mixed(i) · 2⁻²⁴ − ½) · width, all in float32; norms are that plus 1."""
    if "layer_norm" in name:
        width, base = 1.0, 1.0
    elif name == "shared.weight" or "relative_attention_bias" in name:
        width, base = 3.0, 0.0
    elif name == "value_head.bias":
        width, base = 1.0, 0.0
    else:
        # q is small, because T5 does not divide scores by √d_kv.
        width, base = (0.03125 if name.endswith(".q.weight") else 4.0 / shape[1] ** 0.5), 0.0
    count = int(numpy.prod(shape))
    uniform = (mixed(numpy.arange(count), name) >> numpy.uint32(8)).astype(numpy.float32) * numpy.float32(2**-24)
    values = (uniform - numpy.float32(0.5)) * numpy.float32(width) + numpy.float32(base)
    return torch.from_numpy(values).reshape(shape)


def main():
    torch.set_num_threads(1)
    config = T5Config(feed_forward_proj="relu", tie_word_embeddings=True, dropout_rate=0.0, pad_token_id=0,
                      eos_token_id=2, decoder_start_token_id=0, **SHAPE)
    model = T5ForConditionalGeneration(config).float().train()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights(name, tuple(parameter.shape)))
    value_weight = weights("value_head.weight", (1, 512)).requires_grad_()
    value_bias = weights("value_head.bias", (1,)).requires_grad_()

    generator = torch.Generator().manual_seed(60)
    draw = lambda n: torch.randint(3, SHAPE["vocab_size"], (n,), generator=generator)
    sources, targets, sources_of = [draw(41), draw(17)], [draw(23), draw(9), draw(15)], [0, 0, 1]
    for target in targets:
        target[-1] = config.eos_token_id

    rows = [sources[i] for i in sources_of]
    inputs = torch.zeros(len(rows), 41, dtype=torch.long)
    mask = torch.zeros(len(rows), 41, dtype=torch.long)
    labels = torch.full((len(rows), 23), -100)
    for i, (source, target) in enumerate(zip(rows, targets)):
        inputs[i, : len(source)], mask[i, : len(source)] = source, 1
        labels[i, : len(target)] = target
    output = model(input_ids=inputs, attention_mask=mask, labels=labels, output_hidden_states=True)

    logits = torch.cat([output.logits[i, : len(t)] for i, t in enumerate(targets)])
    hidden = torch.cat([output.decoder_hidden_states[-1][i, : len(t)] for i, t in enumerate(targets)])
    tokens = torch.cat(targets)
    values = hidden @ value_weight[0] + value_bias
    everything = torch.log_softmax(logits, dim=-1)
    log_probabilities = everything.gather(1, tokens[:, None])[:, 0]
    entropies = -(everything.exp() * everything).sum(-1)
    returns = torch.randn(len(tokens), generator=generator)
    cross_entropy = -log_probabilities.mean()
    assert abs(float(output.loss.detach()) - float(cross_entropy.detach())) < 1e-5, "transformers' own loss disagrees"
    loss = cross_entropy + 0.5 * ((values - returns) ** 2).mean() - 0.01 * entropies.mean()
    loss.backward()

    # Logits of other tokens than the drawn ones: of the first token of a completion of each source.
    candidates = torch.arange(5, SHAPE["vocab_size"], 2003)
    first = everything[[0, 23 + 9]][:, candidates]
    model.eval()
    greedy = [model.generate(s[None], do_sample=False, num_beams=1, min_new_tokens=12, max_new_tokens=12)[0, 1:]
              for s in sources]

    named = dict(model.named_parameters())
    named.update({"value_head.weight": value_weight, "value_head.bias": value_bias})
    tensors = {}
    for name, parameter in named.items():
        gradient = parameter.grad.double().flatten()
        places = torch.from_numpy((mixed(numpy.arange(SAMPLES), name) % numpy.uint32(len(gradient))).astype(numpy.int64))
        tensors[f"gradient.{name}"] = torch.cat([
            torch.stack([gradient.norm(), gradient.sum()]), gradient[places]]).float()
        print(name, float(gradient.norm()), flush=True)
    tensors.update({
        "configuration": torch.tensor([512, 64, 2048, 6, 6, 8, 32100, 1]), "settings": torch.tensor([1.0, 0.0, 0.0]),
        "source_tokens": torch.cat(sources), "source_lengths": torch.tensor([len(s) for s in sources]),
        "target_tokens": tokens, "target_lengths": torch.tensor([len(t) for t in targets]),
        "target_sources": torch.tensor(sources_of), "log_probabilities": log_probabilities, "entropies": entropies,
        "values": values, "returns": returns, "cross_entropy": cross_entropy.reshape(1), "loss": loss.reshape(1),
        "candidates": candidates, "candidate_log_probabilities": first.flatten(), "greedy": torch.cat(greedy),
    })
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, OUTPUT)
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes; loss {float(loss.detach())}, entropies "
          f"{float(entropies.detach().min())} … {float(entropies.detach().max())}")


if __name__ == "__main__":
    main()
