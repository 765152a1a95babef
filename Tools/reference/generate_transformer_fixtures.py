#!/usr/bin/env python3
"""Makes Tests/Fixtures/transformer/*.safetensors from transformers' own T5 on random weights.

Needs exactly: torch==2.13.0 (CPU), transformers==4.45.2, safetensors, numpy<2.
Run from the project's root:  python3 Tools/reference/generate_transformer_fixtures.py
The files are committed; their contents are described in Tests/Fixtures/transformer/SCHEMA.md.
"""

import math
import pathlib

import torch
import transformers
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

REQUIRED = {"torch": "2.13.0", "transformers": "4.45.2"}
FOUND = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}
if FOUND != REQUIRED:
    raise SystemExit(f"expected {REQUIRED}, found {FOUND}")

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "transformer"
LIMIT = 400_000  # bytes per file
VALUE_WEIGHT = 0.5
ENTROPY_WEIGHT = 0.01

# temperature and top_k describe the behaviour policy; minimum_length excludes the end token before it.
CASES = [
    dict(name="tied", seed=1, vocab_size=37, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_decoder_layers=2,
         num_heads=2, tie=True),
    dict(name="untied", seed=2, vocab_size=61, d_model=24, d_kv=6, d_ff=40, num_layers=2, num_decoder_layers=2,
         num_heads=4, tie=False),
    dict(name="wide_heads", seed=3, vocab_size=113, d_model=20, d_kv=12, d_ff=28, num_layers=1, num_decoder_layers=2,
         num_heads=3, tie=True),
    dict(name="uneven_layers", seed=4, vocab_size=53, d_model=48, d_kv=5, d_ff=33, num_layers=3, num_decoder_layers=1,
         num_heads=2, tie=True),
    dict(name="long_sequences", seed=5, vocab_size=41, d_model=16, d_kv=4, d_ff=16, num_layers=2, num_decoder_layers=2,
         num_heads=3, tie=False, source_lengths=[151, 40], target_lengths=[9, 139, 17], sources_of=[0, 0, 1]),
    dict(name="top_k", seed=6, vocab_size=47, d_model=32, d_kv=8, d_ff=32, num_layers=2, num_decoder_layers=2,
         num_heads=4, tie=True, temperature=0.7, top_k=5, minimum_length=3),
    dict(name="minimum_length", seed=7, vocab_size=43, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_decoder_layers=1,
         num_heads=2, tie=True, temperature=1.3, minimum_length=4),
]


def randomise(model, generator):
    """Draws weights of a size that makes attention sharp and every path matter, unlike a fresh model's."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("layer_norm.weight"):
                parameter.copy_(0.5 + torch.rand(parameter.shape, generator=generator))
            elif name == "shared.weight":
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
            elif "relative_attention_bias" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
            else:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 1.2 / math.sqrt(parameter.shape[1]))


def ragged(lengths, vocabulary, generator):
    return [torch.randint(3, vocabulary, (n,), generator=generator) for n in lengths]


def make(case):
    generator = torch.Generator().manual_seed(case["seed"])
    config = T5Config(
        vocab_size=case["vocab_size"], d_model=case["d_model"], d_kv=case["d_kv"], d_ff=case["d_ff"],
        num_layers=case["num_layers"], num_decoder_layers=case["num_decoder_layers"], num_heads=case["num_heads"],
        feed_forward_proj="relu", tie_word_embeddings=case["tie"], dropout_rate=0.0, pad_token_id=0, eos_token_id=2,
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(config).float().train()
    randomise(model, generator)
    value_weight = (torch.randn(1, config.d_model, generator=generator) / math.sqrt(config.d_model)).requires_grad_()
    value_bias = torch.tensor([0.3], requires_grad=True)

    sources = ragged(case.get("source_lengths", [7, 12, 3]), config.vocab_size, generator)
    targets = ragged(case.get("target_lengths", [6, 11, 4, 9, 1]), config.vocab_size, generator)
    sources_of = case.get("sources_of", [0, 0, 1, 2, 0])
    temperature, top_k = case.get("temperature", 1.0), case.get("top_k", 0)
    minimum_length = case.get("minimum_length", 0)
    for target in targets:
        if len(target) > minimum_length:
            target[-1] = config.eos_token_id

    # transformers gets a padded batch, as it must; only the rows that are real are compared.
    rows = [sources[i] for i in sources_of]
    width, length = max(map(len, rows)), max(map(len, targets))
    inputs = torch.zeros(len(rows), width, dtype=torch.long)
    mask = torch.zeros(len(rows), width, dtype=torch.long)
    labels = torch.full((len(rows), length), -100)
    for i, (source, target) in enumerate(zip(rows, targets)):
        inputs[i, : len(source)], mask[i, : len(source)] = source, 1
        labels[i, : len(target)] = target
    output = model(input_ids=inputs, attention_mask=mask, labels=labels, output_hidden_states=True)

    logits = torch.cat([output.logits[i, : len(t)] for i, t in enumerate(targets)])
    hidden = torch.cat([output.decoder_hidden_states[-1][i, : len(t)] for i, t in enumerate(targets)])
    tokens = torch.cat(targets)
    positions = torch.cat([torch.arange(len(t)) for t in targets])
    values = hidden @ value_weight[0] + value_bias

    scaled = logits / temperature
    early = positions < minimum_length
    scaled = torch.where(early[:, None] & (torch.arange(config.vocab_size) == config.eos_token_id), -torch.inf, scaled)
    tensors = {}
    if top_k:
        kept = scaled.detach().topk(top_k, dim=-1).indices
        # A recorded token was always inside its support: move the drawn token in where the random one is not.
        missing = ~(kept == tokens[:, None]).any(-1)
        kept[missing, -1] = tokens[missing]
        kept = kept.sort(-1).values
        allowed = torch.zeros_like(scaled, dtype=torch.bool).scatter(1, kept, True)
        scaled = torch.where(allowed, scaled, -torch.inf)
        tensors["supports"] = kept.long()
    everything = torch.log_softmax(scaled, dim=-1)
    log_probabilities = everything.gather(1, tokens[:, None])[:, 0]
    finite = torch.where(torch.isfinite(everything), everything, 0.0)
    entropies = -(everything.exp() * finite).sum(-1)
    returns = torch.randn(len(tokens), generator=generator)

    cross_entropy = -log_probabilities.mean()
    value_loss = VALUE_WEIGHT * ((values - returns) ** 2).mean()
    loss = cross_entropy + value_loss - ENTROPY_WEIGHT * entropies.mean()
    if temperature == 1 and not top_k and not minimum_length:
        assert abs(float(output.loss.detach()) - float(cross_entropy.detach())) < 1e-5, "transformers' own loss disagrees"
    loss.backward()

    named = dict(model.named_parameters())
    named.update({"value_head.weight": value_weight, "value_head.bias": value_bias})
    for name, parameter in named.items():
        tensors[f"parameter.{name}"] = parameter.detach()
        tensors[f"gradient.{name}"] = parameter.grad
    tensors.update({
        "configuration": torch.tensor(
            [case["d_model"], case["d_kv"], case["d_ff"], case["num_layers"], case["num_decoder_layers"],
             case["num_heads"], case["vocab_size"], int(case["tie"])], dtype=torch.int64),
        "settings": torch.tensor([temperature, float(top_k), float(minimum_length)]),
        "source_tokens": torch.cat(sources).long(),
        "source_lengths": torch.tensor([len(s) for s in sources], dtype=torch.int64),
        "target_tokens": tokens.long(),
        "target_lengths": torch.tensor([len(t) for t in targets], dtype=torch.int64),
        "target_sources": torch.tensor(sources_of, dtype=torch.int64),
        "log_probabilities": log_probabilities,
        "entropies": entropies,
        "values": values,
        "returns": returns,
        "cross_entropy": cross_entropy.reshape(1),
        "loss": loss.reshape(1),
    })
    write(case["name"], tensors)


def write(name, tensors):
    path = OUTPUT / f"{name}.safetensors"
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, path)
    size = path.stat().st_size
    assert size < LIMIT, f"{path} has {size} bytes"
    print(f"{path.name}: {size} bytes")


def make_buckets():
    """The buckets of every distance from -300 to 300 in both directions."""
    distances = torch.arange(-300, 301)
    tensors = {"distances": distances.long()}
    for name, both in (("encoder", True), ("decoder", False)):
        buckets = T5Attention._relative_position_bucket(distances, both, num_buckets=32, max_distance=128)
        tensors[name] = buckets.long()
    write("relative_positions", tensors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for each in CASES:
        make(each)
    make_buckets()
