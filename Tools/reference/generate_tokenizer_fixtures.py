"""Makes the tokenizer fixtures: tricky strings with the ids that Hugging Face gives them.

    python generate_tokenizer_fixtures.py CODET5_TOKENIZER_DIRECTORY OUTPUT_DIRECTORY

Writes `small.json` (a vocabulary of 420 tokens, learnt here, with its cases) and `codet5.json` (cases only; the
vocabulary is the published one). Made with transformers 4.45.2 and tokenizers 0.20.3.
"""

import json
import pathlib
import sys
import tempfile

from tokenizers import ByteLevelBPETokenizer
from transformers import RobertaTokenizerFast

STRINGS = [
    "", " ", "  ", "   a", "a   ", "a  b", "\n", "\n\n", " \n ", "\t\tx\n\ty", "a\r\nb\r\n", "\r", "\x0b\x0c\x1c\x1f",
    "def add(a, b):\n    return a + b\n", "for (int i = 0; i < n; ++i) { s += v[i]; }", "x  =  1", "a\u00a0b", "a \u00a0 b",
    " \u00a0", "\u2003em\u2003space ", "\u3000\u5168\u89d2", "\u200bzero\u200bwidth", "\ufeffBOM", "a\u0085b", "\u2028\u2029",
    "I'm you're he's we'll I've I'd don't", "I'M DON'T", "'s''s '' ' 'll", "x'sy", "'", "rock'n'roll", " 's", "d'd'd",
    "0", "007", "3.14159e-10", "1 2  3", "x1y22z333", "a1'2", " 42", "\u0663\u0664", "\u00b2\u00bd\u2167\u3007", "1\u00b2",
    "caf\u00e9", "cafe\u0301", "\u0301", "a\u0301\u0302 \u0301", "na\u00efve \u00dcber stra\u00dfe", "\u0130\u0131\u017f",
    "\u6f22\u5b57\u304b\u306a\u4ea4\u3058\u308a\u6587", "\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\ud55c\uad6d\uc5b4", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\u0939\u093f\u0928\u094d\u0926\u0940", "\U0001f642", "a\U0001f642b \U0001f642\U0001f642", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea",
    "\U0001d4d0\U0001d7d8", "\x00", "a\x00b\x00\x00", "\x7f\x80\x9f", "\uffff\ufffd", "\U0010ffff", "\u00ad\u00aa\u00ba",
    "__init__", "a_b_c", "!=!==<=>", "...", " ...  ...", "\"'`", "\\n\\t", "// \u2192 \u221e \u2211", "\u2581x \u2581",
    "<s>", "</s>", "a<s>b</s>c", " <pad> ", "<unk> <unk>", "<mask>", "a <mask> b", "a \n\u00a0<mask>", "<s <s>>", "<S>",
    "<<s>>", "<s></s><s>", "<mask><mask>", "<extra_id_0>", "cout << \"</s>\" << endl;",
    "a" * 70, " " * 70, "=" * 100 + "x", "ab " * 30, "\t" * 40 + "x", "0123456789" * 8, "\n" * 33 + " x",
]

CORPUS = [
    "def add(a, b):\n    return a + b\n", "for (int i = 0; i < n; ++i) { sum += values[i]; }",
    "we'll return the list of the numbers that are less than 100, don't we",
    "    if (left == right) {\n        return 0;\n    }\n", "caf\u00e9 na\u00efve \u6f22\u5b57 \u6f22\u5b57\u304b \U0001f642\U0001f642",
] * 3


def cases(directory: pathlib.Path) -> list:
    tokenizer = RobertaTokenizerFast(str(directory / "vocab.json"), str(directory / "merges.txt"))
    result = []
    for text in STRINGS:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        decoded = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        result.append({"text": text, "ids": ids, "decoded": decoded})
    return result


def write(path: pathlib.Path, document: dict) -> None:
    rows = document.pop("cases")
    head = json.dumps(document)[1:-1]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    path.write_text("{" + (head + ", " if head else "") + '"cases": [\n' + lines + "\n]}\n")


def main() -> None:
    codet5, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    write(output / "codet5.json", {"cases": cases(codet5)})
    special = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(CORPUS, vocab_size=420, min_frequency=2, special_tokens=special)
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        tokenizer.save_model(folder)
        files = {name: (directory / name).read_text(encoding="utf-8") for name in ("vocab.json", "merges.txt")}
        write(output / "small.json", {"files": files, "cases": cases(directory)})


if __name__ == "__main__":
    main()
