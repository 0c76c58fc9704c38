"""Processes for pixel-heavy work that never outlive the one who started them, whatever ends it.

    with worker_pool(4) as pool:
        for result in pool.map(measure, paths): ...

They are spawned, not forked (no locks or open files are inherited, and it is alike on all systems). Each
watches its parent: by a thread on all systems, and on Linux the kernel ends it too, in case the thread
waits for a long sum. A terminal's Ctrl-C reaches them all: it is the parent's to answer, also while they start.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Event, Thread
from weakref import WeakSet

_PR_SET_PDEATHSIG = 1
_SMALL_MB = 4096
_pools: WeakSet[ProcessPoolExecutor] = WeakSet()
_stops: WeakSet[Event] = WeakSet()


class _Worker(SpawnProcess):
    def start(self) -> None:
        """Begin with SIGINT blocked: python would answer it with a traceback before `_begin` is reached."""
        try:
            with _without_interrupts():
                super().start()
        except BaseException:
            if self.pid is not None:  # the pool has not heard of it yet, and would wait for it for ever
                self.kill()
            raise


class _Spawning(SpawnContext):
    Process = _Worker


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """What this thread starts inside inherits that SIGINT waits; here it comes at the end."""
    if sys.platform == "win32":
        yield
    else:
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # it would let signals through again, did it start inside
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def worker_pool(workers: int, prepare: Callable[[], None] | None = None) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes; leaving by an exception or an interrupt ends them at once.

    Give it work from the thread that opened it: on Linux the workers end with that thread.

    Args:
        workers: How many.
        prepare: Called once in each worker, before its first piece of work.
    """
    pool = ProcessPoolExecutor(
        max_workers=max(1, workers),
        mp_context=_Spawning(),
        initializer=_begin,
        initargs=(os.getpid(), prepare),
    )
    _pools.add(pool)
    try:
        yield pool
    except BaseException:
        _end(pool)
        raise
    finally:
        _pools.discard(pool)
        pool.shutdown(cancel_futures=True)


def half_of_memory_mb() -> int:
    """What all workers together may use where nobody says how much; a system that does not tell is taken for small."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (2 << 20)
    except (AttributeError, OSError, ValueError):
        return _SMALL_MB


def stop_with_workers(stop: Event) -> Event:
    """The event, to be set when the workers are ended: for threads, which nobody can kill."""
    _stops.add(stop)
    return stop


def end_workers() -> None:
    """Ends the workers of every open pool; what they did is lost, and nothing is left half-made."""
    for stop in list(_stops):
        stop.set()
    for pool in list(_pools):
        _end(pool)


def _end(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):  # its public way waits for the work to end
        with suppress(OSError, ValueError):
            process.kill()


def _begin(parent: int, prepare: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    Thread(target=_watch_parent, daemon=True).start()
    _ask_kernel(parent)
    if prepare is not None:
        prepare()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ask_kernel(parent: int) -> None:
    """Linux: SIGKILL when the parent's thread ends; the parent may have gone before we asked."""
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
