"""Files that could not be understood: each gets a sentence in _Quarantine, and stays where it is.

The sentence says what is wrong, what is still known, and what to type. When the file is understood (its bytes, the
rules or a correction changed), or is gone, its sentence goes too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.survey import Arrival, Fate
from pipeline.rules.notes import FOLDER, SIGN, note_name, note_text
from pipeline.rules.spoken import counted

VERSION = 2


def plan(arrivals: Iterable[Arrival], present: Sequence[str], *, keep: bool = False) -> list[Job]:
    """One job, as long as something is in quarantine or a sentence of an earlier night still lies there.

    Args:
        arrivals: What lies in the inboxes.
        present: The names that lie in _Quarantine now.
        keep: Take no sentence away: an inbox is not reachable, and they may speak of what lies in it.
    """
    arrivals = tuple(arrivals)
    notes = {note_name(a): note_text(a) for a in arrivals if a.fate is Fate.QUARANTINE}
    unpacked = {note_name(a) for a in arrivals if a.fate is Fate.ARCHIVE}
    pending = sorted({*unpacked, *(present if keep else ())} - notes.keys())
    if not notes and not pending and not any(name.endswith(".txt") for name in present):
        return []
    said = {"notes": dict(sorted(notes.items())), "pending": pending}
    return [
        Job(
            stage="quarantined",
            name=job_name("quarantined", "all"),
            doc=f"Say what is wrong with {counted(len(notes), 'file')} that could not be understood",
            targets=tuple(f"{FOLDER}/{name}" for name in sorted(notes)),
            settings={"VERSION": VERSION},
            effect="pipeline.stages.quarantined:write_notes",
            arguments=said,
            check="pipeline.stages.quarantined:is_said",
            check_arguments=said,
            derived=True,
        )
    ]


def is_said(library: Path, *, notes: Mapping[str, str], pending: Sequence[str]) -> bool:
    """True when each sentence lies there as it should, and none that speaks of nothing any more."""
    folder = library / FOLDER
    said = all((folder / name).read_bytes() == text.encode() for name, text in notes.items())
    return said and not _stale(folder, {*notes, *pending})


def write_notes(work: Work, *, notes: Mapping[str, str], pending: Sequence[str]) -> Outcome:
    """Write what is new, take away what no longer holds.

    Args:
        work: The run.
        notes: File name to sentence.
        pending: Sentences that are not ours to judge now, such as those on archives that are being unpacked.
    """
    from pipeline.world.files import make_folder, replace_if_different

    folder = work.library / FOLDER
    if notes:
        make_folder(folder)
    for name, text in notes.items():
        replace_if_different(folder / name, text.encode())
    for path in _stale(folder, {*notes, *pending}):
        path.unlink(missing_ok=True)
    return Outcome(f"{len(notes)} not understood, see {FOLDER}" if notes else "", {"quarantined": len(notes)})


def _stale(folder: Path, held: Collection[str]) -> list[Path]:
    """Sentences of ours that speak of nothing any more; what else lies there is the person's."""
    return [path for path in folder.glob("*.txt") if path.name not in held and _is_ours(path)]


def _is_ours(path: Path) -> bool:
    return SIGN in path.read_text(encoding="utf-8", errors="replace")
