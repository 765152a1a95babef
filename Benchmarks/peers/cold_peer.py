"""One round of a fresh interpreter, or a fresh native process, per program.

  cold_peer.py shell DATA SCRATCH WORKERS       a temporary directory and `python3 FILE` through a shell under asyncio
  cold_peer.py bubblewrap DATA SCRATCH WORKERS  `python3 -I -S FILE` in a fresh bubblewrap box
  cold_peer.py native PROGRAM COUNT WORKERS WORDS...   WORDS... PROGRAM, started COUNT times

`shell` is what drives the cost of SandboxFusion's executor without isolation: its Python runner writes the program to a
temporary directory and runs it there with a shell under asyncio. The server round it (HTTP, JSON, process trees read with
psutil) is left out, so that this is a lower bound of what SandboxFusion takes.
"""
import asyncio
import concurrent.futures
import gzip
import json
import os
import subprocess
import sys
import tempfile

from accounting import Accounting

PYTHON = "/usr/bin/python3"
BOX = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
       "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
       "--symlink", "usr/bin", "/bin", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]


def programs(data):
    with gzip.open(data, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["prompt"] + row["canonical_solution"] + "\n" + row["test"] + "\ncheck(%s)\n" % row["entry_point"]


async def run_by_shell(text, turn):
    async with turn:
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "program.py")
            with open(path, "w") as file:
                file.write(text)
            process = await asyncio.create_subprocess_shell(
                "%s %s" % (PYTHON, path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=directory, executable="/bin/bash")
            await asyncio.wait_for(process.communicate(), 10)
            return process.returncode == 0


async def all_by_shell(texts, workers):
    turn = asyncio.Semaphore(workers)
    return await asyncio.gather(*[run_by_shell(text, turn) for text in texts])


def run_in_box(text):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "program.py")
        with open(path, "w") as file:
            file.write(text)
        command = BOX + ["--ro-bind", path, "/program.py", PYTHON, "-I", "-S", "/program.py"]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE).returncode == 0


def start(command):
    pid = os.posix_spawn(command[0], command, {})
    return os.waitpid(pid, 0)[1] == 0


def main(kind, what, other, workers, words):
    texts = list(programs(what)) if kind != "native" else []
    accounting = Accounting()
    accounting.begin()
    if kind == "shell":
        passed = asyncio.run(all_by_shell(texts, workers))
    else:
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            if kind == "native":
                passed = list(pool.map(start, [words + [what]] * int(other)))
            else:
                passed = list(pool.map(run_in_box, texts))
    print(json.dumps(dict(accounting.end(), verdicts=len(passed), accepted=sum(passed))))


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:])
