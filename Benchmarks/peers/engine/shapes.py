"""Models and batches that both sides load: the same random weights, prompts and completions."""

import json
import pathlib

import torch
import transformers

SHAPES = {
    "tiny": dict(d_model=128, d_kv=32, d_ff=512, num_layers=2, num_heads=4, vocab_size=512),
    "mini": dict(d_model=256, d_kv=32, d_ff=1024, num_layers=4, num_heads=8, vocab_size=4096),
    "codet5-small": dict(d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_heads=8, vocab_size=32100),
    "codet5-base": dict(d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12, vocab_size=32100),
    "codet5-large": dict(d_model=1024, d_kv=64, d_ff=4096, num_layers=24, num_heads=16, vocab_size=32100),
}


def model_directory(shape: str, root: pathlib.Path) -> pathlib.Path:
    """A Hugging Face directory of random weights, made once."""
    folder = root / shape
    if not (folder / "model.safetensors").exists():
        torch.manual_seed(1)
        config = transformers.T5Config(
            decoder_start_token_id=0, dropout_rate=0.0, feed_forward_proj="relu", tie_word_embeddings=True,
            pad_token_id=0, eos_token_id=1, **SHAPES[shape],
        )
        transformers.T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def batch_file(shape: str, prompts: int, samples: int, source: int, target: int, root: pathlib.Path) -> pathlib.Path:
    """Random token ids: {"sources": [[…]], "targets": [[…]]}, `samples` targets per source, none with an end token."""
    file = root / f"{shape}-{prompts}x{samples}-{source}-{target}.json"
    if not file.exists():
        generator = torch.Generator().manual_seed(prompts * 7919 + source)
        draw = lambda rows, columns: torch.randint(3, SHAPES[shape]["vocab_size"], (rows, columns), generator=generator)
        file.write_text(json.dumps({
            "sources": draw(prompts, source).tolist(), "targets": draw(prompts * samples, target).tolist(),
        }))
    return file
