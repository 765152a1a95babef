"""What the walls cost: the same zygote, given the same programs, inside a slot and outside of one.

Speaks to `ppocoder-slot` as the runner does, and to a bare interpreter as `ppocoder-slot` does; of the walls the bare one has
the process namespace alone, because a zygote is the first process of one. Counted is the CPU time of the zygote and of all
its children, to a hundredth of a second; what the supervisor itself uses is a row of its own. Needs root.
"""
import ast
import fcntl
import gzip
import json
import marshal
import os
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PYTHON = ["/usr/bin/python3", "-P", "-s", "-S", "-X", "utf8", "-c"]
SHOWN = ["/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache"]
USER = 60900
ENVIRONMENT = dict(LD_BIND_NOW="1", ZYGOTE="python", PYTHONHASHSEED="0")


def texts(names):
    """The texts that the sources hold, one after the other."""
    parts = []
    for name in names:
        with open(os.path.join(ROOT, "Sources/SandboxRunner/%s.swift" % name)) as file:
            text = re.search(r'#"""\n(.*?)\n    """#', file.read(), re.S).group(1)
        parts.append("\n".join(line[4:] for line in text.split("\n")))
    return "\n".join(parts)


def harness():
    return texts("PythonHarness+" + name for name in ("Encoding", "Candidate", "Tester", "Zygote"))


def library(directory, place):
    """The library that makes an interpreter a zygote, compiled; `place` is where its programs work."""
    source = texts("ZygoteLibrary+" + name for name in ("Source", "Node"))
    assert source.count('chdir("/w")') == 1
    path = os.path.join(directory, "zygote%s.so" % place.replace("/", "-"))
    with open(path + ".c", "w") as file:
        file.write(source.replace('chdir("/w")', 'chdir("%s")' % place))
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-std=gnu11", path + ".c", "-o", path], check=True)
    return path


def bodies(data):
    """Programs of HumanEval with the calls that their tests make, where those are plain."""
    found = []
    with gzip.open(data, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            calls = []
            for node in ast.walk(ast.parse(row["test"])):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "candidate":
                    try:
                        calls.append((row["entry_point"], [ast.literal_eval(argument) for argument in node.args]))
                    except ValueError:
                        pass
            program = marshal.dumps((row["prompt"] + row["canonical_solution"], calls), 2)
            found.append(struct.pack("<I", len(program)) + program)
    return found


HEAD = struct.pack("<IQQIIQ", 4, (512 << 20) + (96 << 20), 16 << 20, 64, 4, 64 << 20)


def exactly(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data)) if isinstance(stream, socket.socket) else os.read(stream, count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def text(data):
    return struct.pack("<I", len(data)) + data


class Slot:
    def __init__(self, scratch):
        ours, theirs = socket.socketpair()
        helper = os.path.join(ROOT, ".build/release/ppocoder-slot")
        self.process = subprocess.Popen([helper], stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        theirs.close()
        self.socket = ours
        binds = [path.encode() for path in SHOWN for _ in range(2)]
        binds += [library(scratch, "/w").encode(), b"/zygote.so"]
        variables = [name.encode() + b"=" + value.encode() for name, value in dict(ENVIRONMENT, LD_PRELOAD="/zygote.so").items()]
        arguments = [word.encode() for word in PYTHON + [harness()]]
        message = struct.pack("<IIQI", 1, USER, 128 << 20, len(binds) // 2) + b"".join(map(text, binds))
        message += struct.pack("<I", len(arguments)) + b"".join(map(text, arguments))
        message += struct.pack("<I", len(variables)) + b"".join(map(text, variables))
        ours.sendall(text(message))
        hello = exactly(ours, struct.unpack("<I", exactly(ours, 4))[0])
        assert hello[0] == 1, hello
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as file:
            self.zygote = int(file.read().split()[0])

    def run(self, body):
        request = struct.pack("<QIQQQ", 536 << 20, 68, 4_000_000, 20_000_000, 4 << 20)
        self.socket.sendall(text(request + text(HEAD) + text(body) + text(b"")))
        reply = exactly(self.socket, struct.unpack("<I", exactly(self.socket, 4))[0])
        assert reply[0] == 0, reply[:1]

    def end(self):
        self.socket.close()
        self.process.wait()


class Bare:
    def __init__(self, scratch):
        path = library(scratch, "/")
        self.control, control = socket.socketpair()
        self.body, body = socket.socketpair()
        self.secret, secret = socket.socketpair()
        pipes = [os.pipe() for _ in range(3)]
        self.streams = [pipe[0] for pipe in pipes]
        given = [control.fileno(), -1, -1, secret.fileno(), body.fileno()] + [pipe[1] for pipe in pipes]
        variables = ["%s=%s" % pair for pair in dict(ENVIRONMENT, LD_PRELOAD=path).items()]
        user = ["/usr/bin/setpriv", "--reuid", str(USER + 1), "--regid", str(USER + 1), "--clear-groups"]
        command = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child"] + user + ["/usr/bin/env", "-i"] + variables
        self.process = os.fork()
        if self.process == 0:
            null = os.open("/dev/null", os.O_RDWR)
            kept = [fcntl.fcntl(null if fd < 0 else fd, fcntl.F_DUPFD, 100) for fd in given]
            for number, fd in enumerate(kept):
                os.dup2(fd, number)
            os.closerange(len(kept), 400)
            os.execv(command[0], command + PYTHON + [harness()])
        for end in (control, body, secret):
            end.close()
        for pipe in pipes:
            os.close(pipe[1])
        exactly(self.control, struct.unpack("<I", exactly(self.control, 4))[0])
        with open("/proc/%d/task/%d/children" % (self.process, self.process)) as file:
            self.zygote = int(file.read().split()[0])

    def run(self, body):
        self.body.sendall(body)
        self.control.sendall(text(HEAD))
        exactly(self.control, struct.unpack("<I", exactly(self.control, 4))[0])
        while True:
            ready = select.select(self.streams, [], [], 0)[0]
            if not ready:
                break
            for stream in ready:
                os.read(stream, 1 << 18)

    def end(self):
        self.control.close()
        os.waitpid(self.process, 0)


def ticks(pid, children):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15 if children else 13]))


def main(data, rounds):
    programs = bodies(data)
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        sides = {"with walls": Slot(scratch), "without": Bare(scratch)}
    used = {name: [] for name in sides}
    supervisor = []
    for side in sides.values():
        for body in programs[:8]:
            side.run(body)
    for number in range(rounds):
        for name in sorted(sides, reverse=number % 2 == 1):
            side = sides[name]
            before = ticks(side.zygote, True)
            helper = ticks(side.process.pid, False) if name == "with walls" else 0
            for _ in range(3):
                for body in programs:
                    side.run(body)
            used[name].append(10 * (ticks(side.zygote, True) - before) / (3 * len(programs)))
            if helper:
                supervisor.append(10 * (ticks(side.process.pid, False) - helper) / (3 * len(programs)))
    for side in sides.values():
        side.end()
    print(json.dumps(dict(walls=used["with walls"], bare=used["without"], supervisor=supervisor)))


main(sys.argv[1], int(sys.argv[2]))
