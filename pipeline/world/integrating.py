"""A stack combined strip by strip into a float file: all cores, little memory, each strip written at its place.

    Work ─▶ strips ─this process, from the end─┐
                   └workers, from the front ───┴▶ the part-file, complete when all strips are done

Workers need a moment to start, in which this process is at work already. They import this module and what it names, and
little else: on a small stack their start is what takes the time.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from pipeline.model.errors import PassingError
from pipeline.pixels.strips import Stack
from pipeline.world.passing import retry
from pipeline.world.workers import half_of_memory_mb, stop_with_workers, worker_pool

if TYPE_CHECKING:
    from pipeline.model.calibration import MasterRecipe
    from pipeline.model.library import Limits

Done = tuple[int, int, int]
"""Rows finished, and values left out as too low and too high."""

FULL_SCALE_ADU = 65535.0
"""What 1.0 in the file stands for."""
_MOST_MEMORY_MB = 600
"""More memory makes nothing quicker."""
_MEMORY_A_PROCESS_MB = 100
"""The least that a process does well with."""
_BASE_MB = 60
"""Of it, what python and numpy take."""
_MOST_STRIP_BYTES = 48 << 20
_STRIPS_A_PROCESS = 8
"""So that the last one to finish is not long after the first."""
_WORTH_A_POOL_BYTES = 128 << 20
"""Below this much to read a worker would be ready when the work is done."""
_BLOCK = 2880
_KEPT_BYTES = 31 << 20


@dataclass(frozen=True, slots=True)
class Work:
    """All that a process needs to make any strip of the result."""

    stack: Stack
    recipe: MasterRecipe
    part: Path
    data_at: int

    def strip(self, y0: int, y1: int) -> Done:
        """Combine these rows and put them at their place in the file."""
        made = self.stack.combined(y0, y1, self.recipe)
        stored = (made.picture / np.float32(FULL_SCALE_ADU)).astype(">f4")
        height, width = self.stack.shape[-2:]
        with self.part.open("r+b", buffering=0) as file:
            for plane, rows in enumerate(stored.reshape(-1, y1 - y0, width)):
                left = rows.reshape(-1).view(np.uint8).data
                file.seek(self.data_at + (plane * height + y0) * width * 4)
                while left:
                    left = left[file.write(left) or 0 :]
        return y1 - y0, made.low, made.high


def begin_file(work: Work, header: bytes) -> None:
    """A file of its final size, so that each process writes at its own place."""
    data = 4 * math.prod(work.stack.shape)

    def begin() -> None:
        with work.part.open("wb") as file:
            file.write(header)
            file.truncate(len(header) + -(-data // _BLOCK) * _BLOCK)

    retry(begin, work.part)


def integrate(
    work: Work, limits: Limits, progress: Callable[[int, int], None], stop: Event | None = None
) -> tuple[int, int]:
    """All strips; how many values were left out as too low and too high.

    Args:
        work: What is to be done.
        limits: Of workers and memory.
        progress: Told how far it is.
        stop: Set when the run ends; None: one of its own is.

    Raises:
        PassingError: the run is ending (`end_workers`), or a disk is in the way.
    """
    stop = stop or stop_with_workers(Event())
    memory_mb = min(limits.memory_mb or half_of_memory_mb(), _MOST_MEMORY_MB)
    most = min(limits.workers or os.cpu_count() or 1, memory_mb // _MEMORY_A_PROCESS_MB)
    height, row = work.stack.shape[-2], work.stack.bytes_a_row
    processes = max(1, most) if height * row >= _WORTH_A_POOL_BYTES else 1
    room = min((memory_mb // processes - _BASE_MB) << 18, _MOST_STRIP_BYTES)
    rows = max(1, min(room // row, -(-height // (processes * _STRIPS_A_PROCESS))))
    strips = [(y0, min(y0 + rows, height)) for y0 in range(0, height, rows)]
    done, low, high = 0, 0, 0
    for count, below, above in _all_done(work, strips, processes, stop):
        done, low, high = done + count, low + below, high + above
        progress(done, height)
        if stop.is_set():
            raise PassingError(f"{work.part}: the run is ending; the next one integrates this")
    return low, high


def _all_done(work: Work, strips: list[tuple[int, int]], processes: int, stop: Event) -> Iterator[Done]:
    """The strips as they are finished: from the end here, from the front by workers."""
    _keep_freed_memory()
    if processes == 1:
        yield from (_strip(work, *strip) for strip in strips)
        return
    try:
        yield from _shared_out(work, strips, processes)
    except BrokenProcessPool as error:
        why = "the run is ending" if stop.is_set() else "a worker was ended (too little memory?)"
        raise PassingError(f"{work.part}: {why}; the next run integrates this") from error


def _shared_out(work: Work, strips: list[tuple[int, int]], processes: int) -> Iterator[Done]:
    with worker_pool(processes - 1, partial(_receive, work)) as pool:
        waiting = {pool.submit(_strip_of_received, *strip): strip for strip in strips}
        for future in reversed(list(waiting)):
            if future.cancel():
                yield _strip(work, *waiting.pop(future))
            while (finished := next((one for one in waiting if one.done()), None)) is not None:
                waiting.pop(finished)
                yield finished.result()
        for finished in as_completed(waiting):
            yield finished.result()


def _strip(work: Work, y0: int, y1: int) -> Done:
    return retry(lambda: work.strip(y0, y1), work.part)


def _receive(work: Work) -> None:
    _keep_freed_memory()
    _RECEIVED.append(work)


def _strip_of_received(y0: int, y1: int) -> Done:
    return _strip(_RECEIVED[-1], y0, y1)


_RECEIVED: list[Work] = []
"""In a worker: what it was started for."""


def _keep_freed_memory() -> None:
    """Let a large array go before the work begins.

    The C library on Linux hands freed arrays back to the system, and fetching the memory again page by page takes as
    long as the sums done in it. Having seen one large array come and go it keeps up to twice as much.
    """
    np.empty(_KEPT_BYTES, np.uint8)
