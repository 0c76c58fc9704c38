"""`why.txt` in a folder of _Reject: written when its frames or their reasons change, gone with the last of them."""

from __future__ import annotations

from pathlib import Path

from pipeline.model.verdicts import State
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.reject_notes import SIGN, why_line, why_name, why_text
from pipeline.world.files import replace_if_different, sync_folder
from pipeline.world.looking import SetNow, look_at_set

UNKNOWN = None
"""A frame lies there that is not judged just now: the note stays as it is."""


def is_noted(now: SetNow) -> bool:
    """True when the note says what it should."""
    path, text = _path(now), note_of(now)
    return text is UNKNOWN or _read(path) in ({text} if text else {""}) or not _may_write(path)


def write_note(now: SetNow) -> None:
    """Bring the note of the set's folder in _Reject up to what holds now."""
    path, text = _path(now), note_of(now)
    if text is UNKNOWN or not _may_write(path):
        return
    if text:
        replace_if_different(path, text.encode())
    elif path.is_file():
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def note_of(now: SetNow) -> str | None:
    """What the note is to say of all sets that share the folder; empty: nothing lies there."""
    lines: dict[str, str] = {}
    for frames in now.book.sets:
        if (frames.reject, why_name(frames)) != (now.frames.reject, why_name(now.frames)):
            continue
        one = now if frames is now.frames else look_at_set(now.book, frames)
        for stored, told in one.standings.items():
            name = _name_there(one, stored)
            if name and told.state is State.STORED:
                return UNKNOWN
            if name and told.place is Place.REJECT:
                lines[name] = why_line(stored, told, one.verdict)
    return why_text(lines) if lines else ""


def _name_there(now: SetNow, stored: str) -> str:
    """Under which name a frame lies in the set's folder of _Reject."""
    places = (lies_at(link) for link in now.book.links.get(stored, ()))
    here = [path for path in places if stage_of(path) is Place.REJECT]
    return next(
        (path.rpartition("/")[2] for path in here if path.rpartition("/")[0] == now.frames.reject), ""
    )


def _path(now: SetNow) -> Path:
    return now.book.library.root / now.frames.reject / why_name(now.frames)


def _may_write(path: Path) -> bool:
    """True where nothing lies there, or a note of ours; and the folder is there."""
    if not path.parent.is_dir() or path.is_symlink():
        return False
    said = _read(path)
    return said == "" or SIGN in said


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
