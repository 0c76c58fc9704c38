"""The night, in order: a table of contents.

    doit list                 these lines
    doit list --all           what each comes down to in your library
    doit info TASK            what a task reads and makes, and why it is due

A night is planned in pipeline/stages, one file a step, and run by pipeline/engine. This page only names the
steps; it is read where it lies. Anywhere else `doit` finds the same tasks by itself, for the library you
stand in or the one that NIGHTBUILD_LIBRARY names.
"""

from __future__ import annotations

from collections.abc import Iterator

from doit.task import Task

from pipeline.engine.contents import doit_config, tasks_of

DOIT_CONFIG = doit_config()


def task_unpacked() -> Iterator[Task]:
    """Unpack archives that arrived, safely."""
    yield from tasks_of("unpacked")


def task_renamed() -> Iterator[Task]:
    """Take raw frames from the inboxes into the store."""
    yield from tasks_of("renamed")


def task_witnessed() -> Iterator[Task]:
    """Store guide logs and session files beside the night."""
    yield from tasks_of("witnessed")


def task_blinked() -> Iterator[Task]:
    """Take up what you did in your folders as decisions."""
    yield from tasks_of("blinked")


def task_measured() -> Iterator[Task]:
    """Measure stars, sky and levels of each frame, once."""
    yield from tasks_of("measured")


def task_recorded() -> Iterator[Task]:
    """Record each stored frame's SHA-256, once."""
    yield from tasks_of("recorded")


def task_culled() -> Iterator[Task]:
    """Hold each set against its rig's limits."""
    yield from tasks_of("culled")


def task_offered() -> Iterator[Task]:
    """Put frames where you look at them, and rejects aside."""
    yield from tasks_of("offered")


def task_accepted() -> Iterator[Task]:
    """Take blinked lights on to 20_Data."""
    yield from tasks_of("accepted")


def task_gathered() -> Iterator[Task]:
    """Take masters made by hand into the libraries."""
    yield from tasks_of("gathered")


def task_masters() -> Iterator[Task]:
    """Integrate what passed into masters, in the libraries."""
    yield from tasks_of("masters")


def task_distributed() -> Iterator[Task]:
    """Lay the masters that lights need beside them."""
    yield from tasks_of("distributed")


def task_calibrated() -> Iterator[Task]:
    """Calibrate accepted lights, beside the originals."""
    yield from tasks_of("calibrated")


def task_shown() -> Iterator[Task]:
    """Make previews and the pages for blinking."""
    yield from tasks_of("shown")


def task_quarantined() -> Iterator[Task]:
    """Say what is wrong with files nobody understands."""
    yield from tasks_of("quarantined")


def task_retired() -> Iterator[Task]:
    """Take proven frames' names out of the inboxes."""
    yield from tasks_of("retired")


def task_catalog() -> Iterator[Task]:
    """Write down everything known, so that it can be asked."""
    yield from tasks_of("catalog")


def task_scheduler() -> Iterator[Task]:
    """Tell NINA's scheduler which frames to shoot again."""
    yield from tasks_of("scheduler")


def task_summaries() -> Iterator[Task]:
    """Sum hours, and write tables for AstroBin."""
    yield from tasks_of("summaries")


def task_reports() -> Iterator[Task]:
    """Make the pages that show how everything stands."""
    yield from tasks_of("reports")


def task_notes() -> Iterator[Task]:
    """Keep a note for each session and target."""
    yield from tasks_of("notes")


def task_backed_up() -> Iterator[Task]:
    """Send what is not kept yet to a bucket."""
    yield from tasks_of("backed_up")
