"""Writes Tests/Fixtures/ppo/*.json: PPO losses, gradients and AdamW steps computed by PyTorch.

Needs torch==2.13.0 (CPU) and nothing else. Run from the project's root:

    python Tools/reference/generate_ppo_fixtures.py

The reference works on a padded batch with a mask and lets autograd find the gradients; the project works on ragged
rows with gradients written by hand. That they agree is the point.
"""

import json
import math
import pathlib

import torch

REQUIRED = "2.13.0"
OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "ppo"
LENGTHS = [7, 1, 12, 5, 9]
CLIP, VALUE_CLIP, GAMMA, LAMBDA, BETA = 0.2, 0.2, 0.97, 0.93, 0.15


def ragged(padded):
    return [row[:length].tolist() for row, length in zip(padded.detach(), LENGTHS)]


def batch():
    torch.manual_seed(20230131)
    width = max(LENGTHS)
    mask = torch.arange(width)[None, :] < torch.tensor(LENGTHS)[:, None]
    shape = (len(LENGTHS), width)
    behaviour = -torch.rand(shape) * 3 - 0.05
    data = {
        "behaviour": behaviour,
        "current": behaviour + 0.35 * torch.randn(shape),
        "reference": behaviour + 0.5 * torch.randn(shape),
        "behaviour_values": torch.randn(shape),
        "scores": torch.tensor([1.0, -1.0, 2.5, -0.3, -0.6]),
    }
    data["values"] = data["behaviour_values"] + 0.4 * torch.randn(shape)
    return data, mask


def token_rewards(data, estimator):
    d = data["behaviour"] - data["reference"]
    kl = {"k1": d, "k2": 0.5 * d * d, "k3": torch.exp(-d) - 1 + d}[estimator]
    rewards = -BETA * kl
    for i, length in enumerate(LENGTHS):
        rewards[i, length - 1] += data["scores"][i]
    return rewards, kl


def advantages_of(rewards, values, mask):
    rewards, values = rewards.double() * mask, values.double() * mask
    advantages = torch.zeros_like(rewards)
    for i, length in enumerate(LENGTHS):
        last = 0.0
        for t in reversed(range(length)):
            following = values[i, t + 1] if t + 1 < length else 0.0
            last = rewards[i, t] + GAMMA * following - values[i, t] + GAMMA * LAMBDA * last
            advantages[i, t] = last
    return advantages.float(), (advantages + values).float()


def losses():
    data, mask = batch()
    normalizer = 1.0 / mask.sum().item()
    result = {
        "clip_epsilon": CLIP, "value_clip_epsilon": VALUE_CLIP, "discount": GAMMA, "lambda": LAMBDA, "beta": BETA,
        "scores": data["scores"].tolist(), "rewards": {}, "mean_kl": {},
    }
    for name in ("behaviour", "current", "reference", "behaviour_values", "values"):
        result[name] = ragged(data[name])
    for estimator in ("k1", "k2", "k3"):
        rewards, kl = token_rewards(data, estimator)
        result["rewards"][estimator] = ragged(rewards)
        result["mean_kl"][estimator] = (kl.double() * mask).sum(1).mean().item()
    rewards, _ = token_rewards(data, "k1")
    raw, returns = advantages_of(rewards, data["behaviour_values"], mask)
    variance, mean = torch.var_mean(raw.double()[mask])
    advantages = ((raw.double() - mean) * torch.rsqrt(variance + 1e-8)).float()
    result |= {"raw_advantages": ragged(raw), "returns": ragged(returns), "advantages": ragged(advantages)}

    current = data["current"].clone().requires_grad_()
    ratio = torch.exp(current - data["behaviour"])
    first, second = -advantages * ratio, -advantages * torch.clamp(ratio, 1 - CLIP, 1 + CLIP)
    loss = (torch.max(first, second) * mask).sum() * normalizer
    loss.backward()
    chosen = ratio.detach().double()[mask]
    result["policy"] = {
        "loss": loss.item(), "gradients": ragged(current.grad),
        "clip_fraction": (second > first)[mask].double().mean().item(),
        "approximate_kl": ((chosen - 1) - chosen.log()).mean().item(),
        "mean_ratio": chosen.mean().item(), "maximum_ratio": chosen.max().item(),
    }

    values = data["values"].clone().requires_grad_()
    old = data["behaviour_values"]
    near = torch.max(torch.min(values, old + VALUE_CLIP), old - VALUE_CLIP)
    first, second = (values - returns) ** 2, (near - returns) ** 2
    loss = (0.5 * torch.max(first, second) * mask).sum() * normalizer
    loss.backward()
    result["value"] = {
        "loss": loss.item(), "gradients": ragged(values.grad),
        "clip_fraction": (second > first)[mask].double().mean().item(),
        "explained_variance": 1 - (
            torch.var(returns.double()[mask] - old.double()[mask]) / torch.var(returns.double()[mask])
        ).item(),
    }

    logits = (2 * torch.randn(4, 23)).requires_grad_()
    log_probabilities = torch.log_softmax(logits, -1)
    entropies = -(log_probabilities.exp() * log_probabilities).sum(-1)
    loss = -0.03 * entropies.sum() / 4
    loss.backward()
    result["entropy"] = {
        "coefficient": 0.03, "log_probabilities": log_probabilities.tolist(), "entropies": entropies.tolist(),
        "gradients": logits.grad.tolist(),
    }
    return result


def adamw():
    """Two parameters, one of them without decay, 20 steps with warm-up and clipping by global norm."""
    torch.manual_seed(7)
    decaying = torch.randn(37).requires_grad_()
    plain = torch.randn(13).requires_grad_()
    options = {"learning_rate": 3e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.05}
    optimizer = torch.optim.AdamW(
        [{"params": [decaying]}, {"params": [plain], "weight_decay": 0.0}],
        lr=options["learning_rate"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05, fused=False, foreach=False,
    )
    warmup, peak = 5, options["learning_rate"]
    result = options | {
        "warmup_steps": warmup, "maximum_gradient_norm": 4.0, "start": [decaying.tolist(), plain.tolist()], "steps": [],
    }
    for step in range(20):
        rate = peak * ((step + 1) / warmup if step < warmup else math.sqrt(warmup / (step + 1)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        # Gradients of very different lengths, so that some steps are clipped and some are not.
        size = 10.0 ** ((step % 5) - 2)
        decaying.grad = size * torch.randn(37)
        plain.grad = size * torch.randn(13)
        gradients = [decaying.grad.tolist(), plain.grad.tolist()]
        norm = torch.nn.utils.clip_grad_norm_([decaying, plain], 4.0).item()
        optimizer.step()
        result["steps"].append({
            "learning_rate": rate, "gradients": gradients, "norm": norm,
            "clipped": [decaying.grad.tolist(), plain.grad.tolist()],
            "parameters": [decaying.tolist(), plain.tolist()],
        })
    result["first_moments"] = [optimizer.state[p]["exp_avg"].tolist() for p in (decaying, plain)]
    result["second_moments"] = [optimizer.state[p]["exp_avg_sq"].tolist() for p in (decaying, plain)]
    return result


if __name__ == "__main__":
    if torch.__version__.split("+")[0] != REQUIRED:
        raise SystemExit(f"torch is {torch.__version__}; expected {REQUIRED}")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, content in (("losses", losses()), ("adamw", adamw())):
        (OUTPUT / f"{name}.json").write_text(json.dumps(content, indent=None) + "\n")
        print(OUTPUT / f"{name}.json")
