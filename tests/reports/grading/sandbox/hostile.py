"""Submissions that mean harm, or do it by accident: each with what its student is told.

`{parent}` is the grader's process, `{outside}` a folder of the grader's with the file `precious`, `{port}` a port on
which the grader listens.
"""

import errno
import platform
from typing import NamedTuple


class Hostile(NamedTuple):
    """A submission, a piece of the line that its student gets, and whether its right answer still counts."""

    source: str
    told: str
    counts: bool = False


CLONE = {"x86_64": "56", "aarch64": "220"}.get(platform.machine(), "-1")
"""The number of the system call that starts threads."""

ANY = ""
"""How it ends depends on the system."""

ANSWER = "dLdw = 2 * (w*x - t) * x\n"
"""The right answer in the lesson of the tests."""

FORGED = """import json, os
number = {{'kind': 'array', 'dtype': 'float64', 'shape': [], 'numbers': '0000000000c04340', 'python': False}}
lists = {{'kind': 'list', 'items': [number] * 500}}
def instances(count):
    return [{{'kind': 'object', 'type': 'A', 'items': {{f'a{{i}}': number}}}} for i in range(count)]
data = json.dumps({{'variables': (values), 'returned': {{}}, 'problem': '', 'notes': []}}).encode()
for descriptor in range(3, 64):
    left = data
    try:
        while left: left = left[os.write(descriptor, left):]
    except OSError: continue
os._exit(0)
"""
"""Writes values to the grader's own channel."""

LIMIT, DENIED = "did not end within", "PermissionError"

HOSTILE = {
    # Time.
    "endless loop": Hostile("while True: pass", LIMIT),
    "endless generator": Hostile("import itertools\nsum(x for x in iter(int, 1))", LIMIT),
    "endless sleep": Hostile("import time\ntime.sleep(10**6)", LIMIT),
    "endless power": Hostile("dLdw = 7 ** 10**9", LIMIT),
    "catastrophic expression": Hostile("import re\nre.match('(a*)*b', 'a' * 40)", LIMIT),
    "signals ignored": Hostile(
        "import signal\nfor s in range(1, 64):\n    try: signal.signal(s, signal.SIG_IGN)\n    except Exception: pass\n"
        "while True: pass",
        LIMIT,
    ),
    "exceptions swallowed": Hostile("while True:\n    try: 1 / 0\n    except BaseException: pass", LIMIT),
    "waits in __del__": Hostile(
        "class A:\n    def __del__(self):\n        while True: pass\na = A()\ndel a",
        LIMIT,
    ),
    "waits in a method that prints": Hostile(
        "class A(Exception):\n    def __str__(self):\n        while True: pass\nraise A()", LIMIT
    ),
    "endless function": Hostile("def gradients(x, w, t):\n    while True: pass", LIMIT),
    # Memory.
    "memory bomb": Hostile("a = []\nwhile True: a.append(bytearray(10**7))", "needs more memory"),
    "huge array": Hostile("a = np.ones((10**6, 10**6))", "needs more memory"),
    "doubling text": Hostile("s = 'x'\nwhile True: s += s", "needs more memory"),
    "recursion": Hostile("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    "deep recursion": Hostile(
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)",
        ANY,
    ),
    "deep brackets": Hostile("a = " + "(" * 5000 + "1" + ")" * 5000, "SyntaxError"),
    "list in itself": Hostile(ANSWER + "a = [1.0]\na.append(a)", "right", True),
    "instances in one another": Hostile(
        ANSWER + "class A: pass\na = A()\nfor i in range(200): setattr(a, f'a{i}', a)",
        "right",
        True,
    ),
    "an instance that looks at who looks": Hostile(
        ANSWER + "class A:\n    def __getattribute__(self, name): 1 / 0\n    __dict__ = property(lambda self: 1 / 0)\n"
        "a = A()",
        "right",
        True,
    ),
    "an endless attribute": Hostile(
        "class A:\n    @property\n    def __dict__(self):\n        while True: pass\na = A()", LIMIT
    ),
    "huge answer": Hostile("dLdw = np.ones(10**6)", "shape (1000000,)"),
    "huge integer": Hostile("dLdw = 10**5000", "OverflowError"),
    # Output.
    "flood of output": Hostile("while True: print('x' * 10**4)", "printed more than"),
    "flood of errors": Hostile("import sys\nwhile True: sys.stderr.write('x' * 10**4)", "printed more than"),
    "flood of variables": Hostile("for i in range(10**5): globals()[f'v{i}'] = np.ones(100)\n" + ANSWER, "no dL/dw"),
    # The end.
    "exit()": Hostile(ANSWER + "exit()", "right", True),
    "sys.exit": Hostile("import sys\nsys.exit(0)", "leaves the program"),
    "os._exit": Hostile(ANSWER + "import os\nos._exit(0)", "ended its process itself"),
    "abort": Hostile("import os\nos.abort()", "crashed (SIGABRT)"),
    "segmentation fault": Hostile("import ctypes\nctypes.string_at(0)", "crashed (SIGSEGV)"),
    "interrupt": Hostile("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "kills itself": Hostile("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", DENIED),
    # Processes.
    "fork bomb": Hostile("import os\nwhile True: os.fork()", DENIED),
    "fork": Hostile("import os, time\nif os.fork() == 0: time.sleep(60)", DENIED),
    "daemon": Hostile(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(60)", DENIED
    ),
    "subprocess": Hostile("import subprocess\nsubprocess.Popen(['sleep', '60'])", DENIED),
    "shell": Hostile("import os\nassert os.system('sleep 60 &') == 0", "AssertionError"),
    "spawn": Hostile("import os\nos.posix_spawn('/bin/sleep', ['sleep', '60'], {{}})", DENIED),
    "multiprocessing": Hostile(
        "import multiprocessing as m, time\nm.get_context('fork').Process(target=time.sleep, args=(60,)).start()",
        DENIED,
    ),
    "another program": Hostile("import os\nos.execv('/bin/sleep', ['sleep', '60'])", DENIED),
    "raw system call": Hostile(
        "import ctypes\nlibrary = ctypes.CDLL(None)\nassert library.fork() != -1", "AssertionError"
    ),
    "threads": Hostile(
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
        "can't start new thread",
    ),
    "thread that goes on": Hostile(
        ANSWER + "import threading\ndef f():\n    while True: pass\nthreading.Thread(target=f).start()", "right", True
    ),
    "kills the grader": Hostile("import os\nos.kill({parent}, 9)", DENIED),
    "kills its group": Hostile("import os\nos.killpg(0, 9)", DENIED),
    "kills everyone": Hostile("import os\nos.kill(-1, 9)", DENIED),
    "sends a signal by a pipe": Hostile(
        "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, {parent})\n", DENIED
    ),
    "reads the grader's memory": Hostile("open('/proc/{parent}/mem', 'rb').read(1)", DENIED),
    "reads the grader's environment": Hostile("open('/proc/{parent}/environ').read()", DENIED),
    "traces the grader": Hostile(
        "import ctypes\nassert ctypes.CDLL(None).ptrace(16, {parent}, 0, 0) == 0", "AssertionError"
    ),
    "limits the grader": Hostile("import resource\nresource.prlimit({parent}, resource.RLIMIT_NOFILE, (0, 0))", DENIED),
    "lifts its limits": Hostile(
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)", "not allowed to raise"
    ),
    # Files.
    "big file": Hostile("with open('big', 'wb') as f:\n    while True: f.write(bytes(10**6))", "File too large"),
    "many files": Hostile("for i in range(10**6): open(str(i), 'w').write('x')", "wrote more than"),
    "many big files": Hostile(
        "import time\nfor i in range(40):\n    open(str(i), 'wb').write(bytes(8 * 10**6))\n    time.sleep(0.01)\n"
        "time.sleep(60)",
        "wrote more than",
    ),
    "unwritable folder": Hostile("import os\nos.mkdir('a', 0)", DENIED),
    "deep folders": Hostile("import os\nwhile True:\n    os.mkdir('a')\n    os.chdir('a')", DENIED),
    "file in home": Hostile("import os, pwd\nopen(os.path.join('{outside}', 'new'), 'w')", DENIED),
    "overwrites": Hostile("open('{outside}/precious', 'w')", DENIED),
    "deletes": Hostile("import os\nos.remove('{outside}/precious')", DENIED),
    "deletes a tree": Hostile("import shutil\nshutil.rmtree('{outside}')", DENIED),
    "moves": Hostile("import os\nos.rename('{outside}/precious', 'mine')", "PermissionError"),
    "takes rights": Hostile("import os\nos.chmod('{outside}/precious', 0)", DENIED),
    "reads": Hostile("open('{outside}/precious').read()", DENIED),
    "reads the lesson": Hostile("open('{outside}/lesson.toml').read()", DENIED),
    "link to outside": Hostile("import os\nos.symlink('{outside}', 'here')", DENIED),
    "shared memory": Hostile("open('/dev/shm/gradproof-test', 'w')", DENIED),
    "leaves its folder": Hostile("import os\nos.chdir('/')\nopen('gradproof-test', 'w')", "PermissionError"),
    # The network and the keyboard.
    "connects": Hostile("import socket\nsocket.create_connection(('127.0.0.1', {port}))", DENIED),
    "downloads": Hostile("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}')", "not permitted"),
    "listens": Hostile("import socket\nsocket.socket().bind(('127.0.0.1', 0))", DENIED),
    "asks": Hostile("dLdw = float(input('? '))", "EOFError"),
    # The harness.
    "prints a result": Hostile(
        'print(\'{{"variables": {{"dLdw": {{"kind": "array", "shape": [], "numbers": "000000000000f03f"}}}}}}\')',
        "no dL/dw",
    ),
    "writes to every descriptor": Hostile(
        "import os\nfor d in range(3, 64):\n    try: os.write(d, b'{{\"score\": 100}}')\n    except OSError: pass\n"
        + ANSWER,
        "own channel",
    ),
    "closes every descriptor": Hostile("import os\nos.closerange(0, 64)\n" + ANSWER, "ended its process itself"),
    "replaces json": Hostile("import json\njson.dumps = lambda *a, **k: 'forged'\n" + ANSWER, "right", True),
    "replaces builtins": Hostile(
        "import builtins\nbuiltins.type = builtins.len = builtins.isinstance = lambda *a: 1 / 0\n" + ANSWER,
        "ended its process itself",
    ),
    "replaces NumPy": Hostile(ANSWER + "np.array = lambda *a, **k: 1 / 0", "unreadable"),
    "reaches into the harness": Hostile(
        "import sys\nsys.modules['__main__'].Run.found = lambda self: {{'score': 100}}\n" + ANSWER, "own channel"
    ),
    "frames": Hostile(
        "import sys\nf = sys._getframe()\nwhile f:\n    f.f_locals.clear()\n    f = f.f_back\n" + ANSWER, "NameError"
    ),
    "ends the interpreter's modules": Hostile("import sys\nsys.modules.clear()\n" + ANSWER, "unreadable"),
    "evil __array__": Hostile(
        "class A:\n    def __array__(self, *a, **k): return np.array(1.0)\n    def __float__(self): return 1.0\n"
        "    __class__ = float\ndLdw = A()",
        "of type A",
    ),
    "evil subclass": Hostile(
        "class A(np.ndarray):\n    def __array_finalize__(self, o): 1 / 0\n    def tolist(self): 1 / 0\n"
        "try: dLdw = np.zeros(()).view(A)\nexcept Exception: pass",
        "no dL/dw",
    ),
    "equal to everything": Hostile(
        "class A(float):\n    def __eq__(self, o): return True\n    def __float__(self): return 1.0\ndLdw = A(3)",
        "type A",
    ),
    "not a number": Hostile("dLdw = float('nan')", "nan or inf"),
    "infinite": Hostile("dLdw = np.inf", "nan or inf"),
    "the answers": Hostile("import gradproof.reports", "gradproof is not here"),
    "the answers by another finder": Hostile(
        ANSWER + "import sys, importlib.machinery\nfor path in sys.path:\n"
        "    try: spec = importlib.machinery.PathFinder.find_spec('gradproof', [path])\n"
        "    except Exception: continue\n"
        "    if spec:\n        dLdw = 0\n"
        "for name in list(sys.modules):\n    if 'editable' in name: dLdw = 0\n",
        "right",
        True,
    ),
    # What the kernel does not count by itself.
    "removed files": Hostile(
        "import os, time\nopen_ = []\nfor i in range(100):\n    f = open(f'f{i}', 'wb')\n    f.write(bytes(7 << 20))\n"
        "    f.flush()\n    os.unlink(f'f{i}')\n    open_.append(f)\n    time.sleep(0.01)\ntime.sleep(1)",
        "files or 64 MB and was stopped",
    ),
    "removed and mapped files": Hostile(
        "import mmap, os, time\nmaps = []\nfor i in range(100):\n    f = open(f'f{i}', 'w+b')\n"
        "    f.write(bytes(7 << 20))\n    f.flush()\n    maps.append(mmap.mmap(f.fileno(), 4096))\n"
        "    os.unlink(f'f{i}')\n    f.close()\n    time.sleep(0.01)\ntime.sleep(1)",
        "files or 64 MB and was stopped",
    ),
    "files without a name": Hostile(
        "import os, time\nopen_ = []\nfor i in range(100):\n    f = os.open('.', os.O_TMPFILE | os.O_RDWR)\n"
        "    os.write(f, bytes(7 << 20))\n    open_.append(f)\n    time.sleep(0.01)\ntime.sleep(60)",
        "files or 64 MB and was stopped",
    ),
    "files in flight": Hostile("import socket\na, b = socket.socketpair()\nsocket.send_fds(a, [b'x'], [0])", DENIED),
    "a thread with open files of its own": Hostile(
        "import ctypes\nlibrary = ctypes.CDLL(None)\nassert library.syscall(" + CLONE + ", 0x3D0B00, 0, 0, 0, 0) >= 0",
        "AssertionError",
    ),
    "many links": Hostile(
        "import os, time\nopen('a', 'w').close()\nfor i in range(3000): os.link('a', f'b{i}')\ntime.sleep(60)",
        "files or 64 MB and was stopped",
    ),
    "many timers": Hostile(
        "import ctypes\nlibrary, made = ctypes.CDLL(None), ctypes.c_void_p()\n"
        "for i in range(10**6):\n    if library.timer_create(1, None, ctypes.byref(made)): raise OSError('no more')",
        "no more",
    ),
    "stops itself": Hostile("import signal\nsignal.raise_signal(signal.SIGSTOP)", LIMIT),
    "outlives the grader": Hostile(
        "import ctypes\nassert ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0", "AssertionError"
    ),
    "a newer system call": Hostile(
        "import ctypes, errno\nlibrary = ctypes.CDLL(None, use_errno=True)\n"
        "assert library.syscall(463, 0, 0, 0, 0, 0, 0) < 0\nraise OSError(ctypes.get_errno(), 'answered')",
        f"Errno {errno.ENOSYS}",
    ),
    "files in memory": Hostile("import os\nos.memfd_create('a')", DENIED),
    "takes the disk at once": Hostile(
        "import ctypes\nlibrary, f = ctypes.CDLL(None, use_errno=True), open('f', 'wb')\n"
        "size = ctypes.c_long(32 << 20)\n"  # which counts as no size of the file
        "if library.fallocate(f.fileno(), 1, ctypes.c_long(0), size): raise OSError(ctypes.get_errno(), 'refused')",
        f"Errno {errno.EOPNOTSUPP}",
    ),
    "sleeping threads": Hostile(
        "import threading, time\nthreading.stack_size(1 << 16)\n"
        "try:\n    for i in range(3000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "except RuntimeError: pass\ntime.sleep(60)",
        "threads and was stopped",
    ),
    # Ways to others that are no system call of their own.
    "datagrams": Hostile("import socket\nsocket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)", DENIED),
    "packets": Hostile("import socket\nsocket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)", DENIED),
    **{
        f"owner by ioctl {request:#x}": Hostile(
            "import fcntl, socket, struct\na, b = socket.socketpair()\n"
            f"fcntl.ioctl(a, {request:#x}, struct.pack('i', {{parent}}))",
            DENIED,
        )
        for request in (0x8901, 0x8902, 0x5452)
    },
    "owner by fcntl": Hostile("import fcntl\nfcntl.fcntl(0, 8, {parent})", DENIED),
    "owner by fcntl, extended": Hostile(
        "import fcntl, struct\nfcntl.fcntl(0, 15, struct.pack('ii', 1, {parent}))", DENIED
    ),
    "a signal for itself": Hostile("import fcntl\nfcntl.fcntl(0, 10, 9)", DENIED),
    "watches files": Hostile(
        "import ctypes, os\nlibrary = ctypes.CDLL(None, use_errno=True)\n"
        "if library.inotify_init1(0) < 0: raise PermissionError(ctypes.get_errno())",
        DENIED,
    ),
    "shared memory of System V": Hostile(
        "import ctypes\nlibrary = ctypes.CDLL(None, use_errno=True)\n"
        "if library.shmget(0, 1 << 30, 0o1600) < 0: raise PermissionError(ctypes.get_errno())",
        DENIED,
    ),
    # Results that take long to look into, and some that the harness would not have written.
    **{
        f"forged: {name}": Hostile(FORGED.replace("(values)", values), told)
        for name, values, told in (
            ("lists of instances", "{{'l': {{'kind': 'list', 'items': instances(5000)}}}}", "no dL/dw"),
            ("many values", "{{f'v{{i}}': number for i in range(10**5)}}", "own channel"),
            ("empty values", "{{f'v{{i}}': {{'kind': 'empty'}} for i in range(3 * 10**5)}}", "own channel"),
            ("nested lists", "{{'l': {{'kind': 'list', 'items': [lists] * 400}} for i in range(1)}}", "own channel"),
            ("many axes", "{{'dLdw': {{'kind': 'large', 'shape': [10**9] * 10**6}}}}", "own channel"),
            ("one long array", "{{'dLdw': number | {{'shape': [10**6], 'numbers': '00' * 8 * 10**6}}}}", "own channel"),
            ("another dtype", "{{'dLdw': number | {{'dtype': 'float32'}}}}", "wrong"),
        )
    },
    "30 MB of results": Hostile(
        ANSWER + "for i in range(18): globals()[f'g{i}'] = np.random.default_rng(i).standard_normal(99_999)",
        ANY,
        True,
    ),
    "50,000 results": Hostile(ANSWER + "for i in range(50_000): globals()[f'g{i}'] = 1.0 * i", ANY, True),
    "long names": Hostile(ANSWER + "for i in range(20): globals()['g' * 10**6 + str(i)] = 1.0", ANY, True),
    "null bytes": Hostile("a = 1\0", "null bytes"),
    "not Python": Hostile("dLdw = = 1", "SyntaxError"),
    "exception": Hostile("1 / 0", "ZeroDivisionError"),
    "nothing": Hostile("", "no dL/dw"),
}
