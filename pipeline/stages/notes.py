"""A Markdown note for each session and each target, for Obsidian or any editor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.model.errors import PassingError
from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.record_policies import Notes
from pipeline.rules.spoken import counted

VERSION = 1
_NAME = "library"


def plan(settings: Notes, first: Sequence[str]) -> list[Job]:
    """The job, behind the catalogue; none where no notes are wanted."""
    if not settings.write or not first:
        return []
    return [
        Job(
            stage="notes",
            name=job_name("notes", _NAME),
            doc=f"Keep a note for each session and target in {settings.folder}",
            settings={"VERSION": VERSION, "folder": settings.folder},
            effect="pipeline.stages.notes:write_down",
            check="pipeline.stages.notes:is_written",
            behind=tuple(first),
        )
    ]


def is_written(library: Path) -> bool:
    """True when catalogue and plans are those the notes tell of."""
    from pipeline.world.record_marks import is_told

    return is_told(library, "notes")


def write_down(work: Work) -> Outcome:
    """Write what is new; what a person wrote stays."""
    from pipeline.world.library import open_library
    from pipeline.world.noting import write_notes
    from pipeline.world.record_marks import keep_told, told_mark

    library = open_library(work.library)
    mark = told_mark(library)
    done = write_notes(library)
    if done.later:
        raise PassingError(done.later[0])
    keep_told(library, "notes", mark)
    told = [counted(done.written, "new note")] if done.written else []
    told += [f"{counted(done.changed, 'note')} brought up to date"] if done.changed else []
    return Outcome("; ".join((*told, *done.left[:1])), {"notes": done.written + done.changed})
