"""A process of its own without the wait for it: forked from one that has read everything in, a fifth of a cold start.

What runs there has its own memory, folder, environment and streams, can be killed, and ends as any other process. Where
there is no fork it starts cold, and so does what is told `cold`: a few tests show that `doit` does start.

`python -m tests.forked SOCKET` is the process that waits; it has no thread, and runs nothing itself.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from tests.hasty import be_hasty

ROOT = Path(__file__).resolve().parents[1]
CAN_FORK = sys.platform == "linux"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_TEXT = {"PYTHONIOENCODING": "utf-8"}
_read_in_ahead: list[str] = []
"""What a process that starts cold reads in only when it comes to it."""
_HEAVY = ("numpy", "orjson", "bottleneck", "lz4.frame", "zstandard", "astropy.io.fits")


def run(
    module: str, *words: str, folder: Path | None = None, env: Mapping[str, str] | None = None,
    given: str | bytes = b"", timeout_s: float = 300, cold: bool = False,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """`python -m MODULE WORDS...` in a process of its own: its exit code, and what it said."""
    told = {**(os.environ if env is None else env), **_TEXT}
    data = given.encode("utf-8") if isinstance(given, str) else given
    if cold or not CAN_FORK:
        return _cold([sys.executable, "-m", module, *words], folder, told, data, timeout_s)
    with tempfile.TemporaryFile() as heard, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        heard.write(data)
        heard.seek(0)
        asked = {"module": module, "words": words, "folder": str(folder or Path.cwd()), "env": told}
        code = _waiting().fork(asked, (heard, out, err), timeout_s)
        said, complained = (_text(stream) for stream in (out, err))
    return subprocess.CompletedProcess([module, *words], code, said, complained)


def doit(folder: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """`doit ...` as a person types it there."""
    return run("doit", *words, folder=folder, **options)


def _cold(
    command: list[str], folder: Path | None, env: dict[str, str], data: bytes, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """The same by the long way."""
    done = subprocess.run(
        command, cwd=folder, env=env, input=data, capture_output=True, check=False, timeout=timeout_s
    )
    texts = [_lines(stream) for stream in (done.stdout, done.stderr)]
    return subprocess.CompletedProcess(command, done.returncode, *texts)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return _lines(stream.read())


def _lines(data: bytes) -> str:
    return data.decode("utf-8").replace("\r\n", "\n")


class _Waiting:
    """The process that waits, as its user sees it; it ends when its user does."""

    def __init__(self) -> None:
        self.line, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
            env = {**os.environ, **_ONE_THREAD, **_TEXT}
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def fork(self, asked: Mapping[str, Any], streams: tuple[IO[bytes], ...], timeout_s: float) -> int:
        """Whatever is asked, done with these streams; its exit code."""
        data = json.dumps(asked).encode("ascii")
        descriptors = [stream.fileno() for stream in streams]
        socket.send_fds(self.line, [len(data).to_bytes(4, "big")], descriptors)
        self.line.sendall(data)
        pid = self._number()
        self.line.settimeout(timeout_s)
        try:
            return self._number()
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            self.line.settimeout(None)
            self._number()
            raise subprocess.TimeoutExpired(list(asked["words"]), timeout_s) from None
        finally:
            self.line.settimeout(None)

    def _number(self) -> int:
        return int.from_bytes(_received(self.line, 4), "big", signed=True)


@functools.cache
def _waiting() -> _Waiting:
    return _Waiting()


def end() -> None:
    """No process outlives the tests."""
    if _waiting.cache_info().currsize:
        _waiting().line.close()
        _waiting().process.wait()
        _waiting.cache_clear()


def _received(line: socket.socket, size: int) -> bytes:
    """So many bytes, or none where the other side has gone."""
    data = b""
    while len(data) < size and (more := line.recv(size - len(data))):
        data += more
    return data


def _read_everything_in() -> None:
    """What a `doit` may import, imported; nothing is called. What cannot be is left to whoever needs it."""
    import_module("tests.living_library")
    usual = set(sys.modules)
    sys.argv[0] = "-m"  # doit looks at its own name once, and this is what it sees then
    import doit.doit_cmd
    import doit.plugin

    import pipeline

    ours = (found.name for found in pkgutil.walk_packages(pipeline.__path__, "pipeline."))
    for name in (*_HEAVY, *ours):
        with suppress(Exception):
            import_module(name)
    _read_in_ahead.extend(name for name in sys.modules if name.startswith("pipeline.") and name not in usual)
    doit.plugin.entry_points = functools.cache(doit.plugin.entry_points)
    for group in ("COMMAND", "BACKEND", "REPORTER", "LOADER"):
        doit.plugin.entry_points(group=f"doit.{group}")


def put_in_place(step: str, change: Callable[[Any], Any]) -> None:
    """MODULE:NAME becomes what is made of it, also for whoever would have read its module in only after that."""
    home, _, name = step.partition(":")
    was = getattr(import_module(home), name)
    setattr(sys.modules[home], name, made := change(was))
    for later in _read_in_ahead if was.__module__ == home else ():
        if getattr(sys.modules[later], name, None) is was:
            setattr(sys.modules[later], name, made)


def _become(asked: Mapping[str, Any], streams: list[int]) -> Any:
    """This is now the process that was asked for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    vars(sys)["stdin"] = TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape")
    sys.path[0] = asked["folder"]
    module = asked["module"]
    spec = sys.modules["__main__"].__spec__ = find_spec("doit.__main__" if module == "doit" else module)
    sys.argv = [str(spec and spec.origin), *asked["words"]]
    if module != "doit":
        return import_module(module).main(*asked["words"])
    from doit.doit_cmd import DoitMain

    return DoitMain().run(list(asked["words"]))


def _wait(line: socket.socket) -> Any:
    """Forks whenever asked, until nobody asks any more; only the forked come back with an exit code."""
    while True:
        head, streams, _, _ = socket.recv_fds(line, 4, 3)
        if not head:
            return 0
        asked = json.loads(_received(line, int.from_bytes(head, "big")))
        pid = os.fork()
        if not pid:
            line.close()
            return _become(asked, list(streams))
        for stream in streams:
            os.close(stream)
        line.sendall(pid.to_bytes(4, "big", signed=True))
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):
            line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))


def _leave(code: object) -> None:
    """The end of a process, less the tidying of memory: threads are waited for, and what was to be done is done."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    if code is None or isinstance(code, int):
        os._exit(code or 0)


def serve(descriptor: int) -> Any:
    """Wait for who asks, until nobody does any more; those that were forked come back from here, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    be_hasty()
    with socket.socket(fileno=descriptor) as asking:
        _read_everything_in()
        gc.collect()
        gc.freeze()
        ended = _wait(asking)
    _leave(ended)
    return ended


if __name__ == "__main__":
    sys.exit(import_module("tests.forked").serve(int(sys.argv[1])))  # the one that others import
