#!/usr/bin/env python3
"""An executor in another language: joins a live run, takes Python programs, gives verdicts, drains at SIGTERM.

    python_executor.py ENDPOINT [SLOTS]        # ENDPOINT is the dispatcher's for executors: ipc://… or tcp://…

Written from docs/wire-protocol.md and ppocoder.proto alone, with pyzmq and Protocol Buffers by hand. It shows the protocol and
nothing else: programs run in a child process WITHOUT walls, and the child reports on itself. Never give it a program you do
not trust; `ppocoder-sandbox execute` is the executor for those.
"""
import concurrent.futures, json, os, platform, signal, struct, subprocess, sys, threading, time
import zmq


def varint(n):
    out = b""
    while n > 0x7F:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def field(number, value):
    """One field: an int, a float (double on the wire), text, bytes; a list is a repeated field."""
    if isinstance(value, list):
        return b"".join(field(number, v) for v in value)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(**fields):
    """f1=…, f2=…; values that are 0 or empty are left out, as proto3 does."""
    return b"".join(field(int(name[1:]), value) for name, value in fields.items() if value)


def parse(data):
    """Fields by number, each a list of ints, 8-byte doubles or bytes."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte, at = data[at], at + 1
            value, shift = value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = number()
        kind = key & 7
        if kind == 0:
            value = number()
        else:
            size = {1: 8, 5: 4}.get(kind) or number()
            value, at = data[at:at + size], at + size
            value = struct.unpack("<d", value)[0] if kind == 1 else value
        found.setdefault(key >> 3, []).append(value)
    return found


CHILD = r"""
import json, sys, io, contextlib
job, results, space = json.load(sys.stdin), [], {}
code = compile(job["program"], "program", "exec")
def run(test):
    if "stdio" in test:
        out, sys.stdin = io.StringIO(), io.StringIO(test["stdio"][0])
        with contextlib.redirect_stdout(out): exec(code, {"__name__": "__main__"})
        return out.getvalue().split() == test["stdio"][1].split()
    if not space: exec(code, space.setdefault("__name__", "program") and space)
    if "assert" in test: exec(test["assert"], dict(space)); return True
    name, arguments, expected = test["call"]
    return json.loads(json.dumps(space[name](*json.loads(arguments)))) == json.loads(expected)
with contextlib.redirect_stdout(io.StringIO()):
    for test in job["tests"]:
        try: results.append("accepted" if run(test) else "wrong_answer")
        except AssertionError: results.append("wrong_answer")
        except Exception as e: results.append("runtime_error"); print(repr(e), file=sys.stderr)
print(json.dumps(results))
"""


def judge(request):
    text = lambda n: request.get(n, [b""])[0].decode("utf-8", "replace")
    tests = []
    for test in map(parse, request.get(4, [])):
        if 1 in test or 2 in test:
            kind, fields = ("stdio", (1, 2)) if 1 in test else ("call", (1, 2, 3))
            body = parse(test[1 if kind == "stdio" else 2][0])
            tests.append({kind: [body.get(n, [b""])[0].decode() for n in fields]})
        elif 3 in test:
            tests.append({"assert": test[3][0].decode()})
        else:
            return message(f1="infrastructure_failure", f8="this example knows no test code of a program's own language")
    limits = parse(request.get(5, [b""])[0])
    started = time.monotonic()
    try:
        compile(text(3), "program", "exec")
        child = subprocess.run([sys.executable, "-I", "-c", CHILD], input=json.dumps({"program": text(3), "tests": tests}),
                               capture_output=True, text=True, timeout=limits.get(2, [5.0])[0])
        results, said = (json.loads(child.stdout) if child.returncode == 0 else []), child.stderr[-2000:]
        outcome = next((r for r in results if r != "accepted"), "accepted") if results or not tests else "runtime_error"
    except (SyntaxError, ValueError) as error:
        results, said, outcome = [], str(error), "compile_error"
    except subprocess.TimeoutExpired:
        results, said, outcome = [], "", "time_limit"
    return message(f1=outcome, f2=results.count("accepted"), f3=len(tests), f6=time.monotonic() - started, f8=said,
                   f9=[message(f1=r) for r in results], f15=["none: examples/python_executor.py"])


def main():
    endpoint, slots = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    me, lock, draining = os.urandom(16), threading.Lock(), threading.Event()
    socket = zmq.Context().socket(zmq.DEALER)
    socket.connect(endpoint)
    send = lambda number, body: socket.send(message(f1=1, f3=me) + field(number, body))     # Envelope.body
    held, results, counts = set(), {}, {"verdicts": 0}
    pool = concurrent.futures.ThreadPoolExecutor(slots)
    signal.signal(signal.SIGTERM, lambda *_: draining.set())

    def hello():
        chain = message(f1="python", f2=platform.python_version())
        send(10, message(f1=2, f2="python-example", f3=0 if draining.is_set() else slots, f4=[chain],
                         f5=sorted(held | set(results))))

    def work(lease, request):
        verdict = judge(request)
        with lock:
            results[lease] = message(f1=lease, f2=request[1][0]) + field(3, verdict)
            held.discard(lease)
            counts["verdicts"] += 1

    hello()
    said_goodbye, beat, sequence, sent = False, 0.0, 0, {}
    while not (said_goodbye and not held and not results):
        if draining.is_set() and not said_goodbye:
            hello()
            said_goodbye = True
        if socket.poll(50):
            envelope = parse(socket.recv())
            if 41 in envelope:                                    # ExecutionLease
                lease = parse(envelope[41][0])
                with lock:
                    if not draining.is_set() and lease[1][0] not in held | set(results):
                        held.add(lease[1][0])
                        pool.submit(work, lease[1][0], parse(lease[2][0]))
            elif 44 in envelope:                                  # ExecutionAck: the result need not be sent again
                results.pop(parse(envelope[44][0]).get(1, [0])[0], None)
            elif 14 in envelope and parse(envelope[14][0])[1][0] == b"say hello first":
                hello()
            elif 13 in envelope and not draining.is_set():        # Bye: the dispatcher stops
                break
        with lock:
            for lease, body in results.items():
                if time.monotonic() - sent.get(lease, 0) > 0.5:
                    send(42, body)
                    sent[lease] = time.monotonic()
            if time.monotonic() - beat > 0.5:
                beat, sequence = time.monotonic(), sequence + 1
                send(12, message(f1=sequence))
                if held | set(results):
                    send(21, field(1, sorted(held | set(results))))
    send(13, message(f1="drained" if draining.is_set() else "goodbye"))
    socket.close(linger=1000)
    print(f"{'drained' if draining.is_set() else 'the dispatcher stopped'} after {counts['verdicts']} verdicts", file=sys.stderr)


if __name__ == "__main__":
    main()
