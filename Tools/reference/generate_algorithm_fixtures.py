"""Writes Tests/Fixtures/ppo/algorithms.json: the estimators and losses beside plain PPO, computed by PyTorch.

Needs torch==2.13.0 (CPU) and nothing else. Run from the project's root:

    python Tools/reference/generate_algorithm_fixtures.py

Padded batch, mask, autograd; the project has ragged rows and gradients written by hand.
"""

import json
import pathlib

import torch

REQUIRED = "2.13.0"
OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "ppo" / "algorithms.json"
LENGTHS = [4, 7, 2, 5, 1, 6, 3, 8, 5]
GROUP, BETA, GAMMA, LAMBDA, VALUE_LAMBDA = 3, 0.15, 0.97, 0.9, 1.0
LOW, HIGH, DUAL, CAP, LIMIT = 0.2, 0.28, 2.0, 1.2, 10


def ragged(padded):
    return [row[:length].tolist() for row, length in zip(padded.detach(), LENGTHS)]


torch.manual_seed(20250318)
shape = (len(LENGTHS), max(LENGTHS))
lengths = torch.tensor(LENGTHS)
mask = torch.arange(shape[1])[None, :] < lengths[:, None]
behaviour = -torch.rand(shape) * 3 - 0.05
proximal = behaviour + 0.3 * torch.randn(shape)
start = proximal + 0.5 * torch.randn(shape)
reference = behaviour + 0.5 * torch.randn(shape)
values = torch.randn(shape)
scores = torch.tensor([1.0, -0.3, -1.0, 1.0, 1.0, 1.0, -0.6, 2.5, -0.3])
greedy = torch.tensor([0.5, 1.0, -0.3]).repeat_interleave(GROUP)


def rewards():
    r = (-BETA * (behaviour - reference)).double() * mask
    for i, length in enumerate(LENGTHS):
        r[i, length - 1] += scores[i]
    return r


def to_go(r, factor):
    g = torch.zeros_like(r)
    following = torch.zeros(shape[0], dtype=torch.float64)
    for t in reversed(range(shape[1])):
        following = r[:, t] + factor * following
        g[:, t] = following
    return g


def estimates():
    r = rewards()
    total = r.sum(1).view(-1, GROUP)
    mean, std = total.mean(1, keepdim=True), total.std(1, keepdim=True)
    others = (total.sum(1, keepdim=True) - total) / (GROUP - 1)
    spread = lambda x: x.reshape(-1, 1) * mask
    discounted = to_go(r, GAMMA)
    following = torch.cat([values[:, 1:] * mask[:, 1:], torch.zeros(shape[0], 1)], 1)
    delta = (r + GAMMA * following - values) * mask
    advantage = lambda lam: to_go(delta, GAMMA * lam)
    return {
        "grpo": spread((total - mean) / (std + 1e-6)), "drgrpo": spread(total - mean), "rloo": spread(total - others),
        "reinforce": discounted, "greedy": discounted - greedy[:, None], "gae": advantage(LAMBDA),
    }, advantage(VALUE_LAMBDA) + values


def weights(kind):
    n = len(LENGTHS)
    per = {
        "token_mean": torch.full((n,), 1.0 / mask.sum().item()), "sequence_mean": 1.0 / (n * lengths),
        "constant_length": torch.full((n,), 1.0 / (n * LIMIT)),
    }[kind]
    return per[:, None] * mask


def surrogate(advantages, old, importance, kind, dual):
    current = start.clone().requires_grad_()
    ratio = torch.exp(current - old)
    loss = torch.max(-advantages * ratio, -advantages * torch.clamp(ratio, 1 - LOW, 1 + HIGH))
    if dual:
        loss = torch.where(advantages < 0, torch.min(loss, -DUAL * advantages), loss)
    total = (loss * importance * weights(kind)).sum()
    total.backward()
    return {"loss": total.item(), "gradients": ragged(current.grad)}


def kl(kind):
    current = start.clone().requires_grad_()
    d = current - reference
    value = {"k1": d, "k2": 0.5 * d * d, "k3": torch.exp(-d) - 1 + d}[kind]
    total = (BETA * value * weights("sequence_mean")).sum()
    total.backward()
    return {"loss": total.item(), "gradients": ragged(current.grad)}


def main():
    advantages, returns = estimates()
    advantage = advantages["drgrpo"].float()
    ones = torch.ones(shape)
    importance = torch.exp(proximal - behaviour)
    batch = {
        "group": GROUP, "beta": BETA, "discount": GAMMA, "lambda": LAMBDA, "value_lambda": VALUE_LAMBDA, "low": LOW,
        "high": HIGH, "dual": DUAL, "cap": CAP, "limit": LIMIT, "scores": scores.tolist(), "greedy": greedy.tolist(),
    }
    for name, tensor in (("behaviour", behaviour), ("proximal", proximal), ("current", start),
                         ("reference", reference), ("values", values), ("surrogate_advantages", advantage)):
        batch[name] = ragged(tensor)
    batch["advantages"] = {name: ragged(tensor.float()) for name, tensor in advantages.items()}
    batch["returns"] = ragged(returns.float())
    batch["surrogates"] = {
        kind: surrogate(advantage, behaviour, ones, kind, True)
        for kind in ("token_mean", "sequence_mean", "constant_length")
    }
    batch["decoupled"] = surrogate(advantage, proximal, importance, "token_mean", False)
    batch["truncated"] = surrogate(advantage, proximal, importance.clamp(max=CAP), "token_mean", False)
    batch["kl"] = {kind: kl(kind) for kind in ("k1", "k2", "k3")}
    batch["normalized_scores"] = ((scores - scores.mean()) / (scores.var() + 1e-8).sqrt()).tolist()
    OUTPUT.write_text(json.dumps(batch) + "\n")
    print(OUTPUT)


if __name__ == "__main__":
    if torch.__version__.split("+")[0] != REQUIRED:
        raise SystemExit(f"torch is {torch.__version__}; expected {REQUIRED}")
    main()
