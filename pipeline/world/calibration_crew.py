"""Many lights calibrated side by side, by threads: their masters are in memory once, whoever works.

numpy and the disk let other threads run, so threads are as quick as processes here; a set of 60 megapixels would cost
each process half a gigabyte more. They look at a flag strip by strip: Ctrl-C leaves nothing half.

One set at a time: it has all workers and all of the memory that a person allowed.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from threading import Event, Lock

from pipeline.model.errors import FrameError, PassingError
from pipeline.world.calibrating import Light, Result, calibrate_light
from pipeline.world.opened_masters import Ready
from pipeline.world.workers import stop_with_workers

_ONE_AT_A_TIME = Lock()


@contextmanager
def one_set_at_a_time(folder: str) -> Iterator[None]:
    """Wait until no other set is being calibrated; what is due is looked at inside.

    Raises:
        PassingError: the run ended meanwhile.
    """
    stop = stop_with_workers(Event())
    with _ONE_AT_A_TIME:
        if stop.is_set():
            raise PassingError(f"{folder}: the run is ending; the next one calibrates this")
        yield


def _missing(light: Light, error: OSError) -> FrameError:
    missing = FrameError(f"{light.path}: is missing; run `doit verify`")
    missing.__cause__ = error
    return missing


def calibrate_all(
    lights: Sequence[Light], ready: Ready, workers: int
) -> Generator[tuple[Light, Result | FrameError], None, None]:
    """Each light with what became of it, in the order they are done; a light that is unusable stops no other.

    Raises:
        UserError, PassingError: no more can be done just now; what is done is in its place.
    """
    stop = stop_with_workers(Event())
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="calibrate") as pool:
        begun = {pool.submit(calibrate_light, light, ready, stop): light for light in lights}
        try:
            for one in as_completed(begun):
                try:
                    yield begun[one], one.result()
                except FrameError as error:
                    yield begun[one], error
                except FileNotFoundError as error:
                    light = begun[one]
                    if os.path.lexists(light.path):
                        raise
                    yield light, _missing(light, error)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
