"""A night made visible: previews of the frames that are offered, and the page that runs through all its sets.

    sets that wait for eyes ─▶ pictures ─┐
    manifests: measures, verdicts ───────┴─▶ BlinkPage ─▶ _Reports/blink/<rig> <night>.html

Derived, all of it: made again when it is gone, and not made while nothing waits.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from pipeline.model.blinkpage import BlinkFrame, BlinkPage, BlinkSet, Preview
from pipeline.model.frames import Kind
from pipeline.model.measures import Measured
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import Judgement, SetVerdict, State
from pipeline.rules.blink_columns import Shown, column_of, show_levels, show_lights
from pipeline.rules.cull_words import headline, reason_text
from pipeline.rules.escape import escape, shorten
from pipeline.rules.layout import night_part
from pipeline.rules.standings import stand
from pipeline.rules.words import words_of
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.manifests import manifest_path, read_measures, read_verdict
from pipeline.world.nightbook import NightBook
from pipeline.world.selected import ID_FILE

VERSION = 1
PAGES = "_Reports/blink"
SHOWN = "shown.json"
_WAITING = frozenset({State.HELD, State.OFFERED, State.LATE})


def page_path(owner: str, night: object) -> str:
    """Where the page of a rig's or camera's night lies, relative to the library."""
    return f"{PAGES}/{shorten(escape(owner), 70)} {night}.html"


def waiting_sets(book: NightBook) -> list[tuple[FrameSet, list[Member]]]:
    """The sets with frames that wait for eyes, and those frames."""
    found = []
    for one in book.sets:
        rig, kept = book.rig_of(one), read_verdict(book.library, one.id)
        standings = stand(
            one,
            book.links,
            words_of(one, book.decisions),
            kept[1] if kept else None,
            accept=rig.accept,
            blink=rig.blink,
        )
        waiting = [member for member in one.members if standings[member.stored].state in _WAITING]
        if waiting:
            found.append((one, waiting))
    return found


def compose(book: NightBook) -> BlinkPage:
    """The page as it would be, its pictures apart."""
    sets = [_blink_set(book, one, waiting) for one, waiting in waiting_sets(book)]
    return BlinkPage(
        title=f"{book.owner}, night of {book.night}",
        rig=book.owner,
        night=book.night,
        library_id=_library_id(book),
        sets=tuple(sets),
    )


def is_shown(book: NightBook) -> bool:
    """True when the page shows what there is to be shown now, and no picture is to be tried again."""
    page, noted = compose(book), _noted(book)
    is_there = (book.library.root / page_path(book.owner, book.night)).is_file()
    if not page.sets and not is_there:
        return True
    return is_there and noted.get("basis") == _basis(page) and not noted.get("retry")


def show(book: NightBook, progress: Callable[[int, int], None]) -> tuple[BlinkPage, list[str]]:
    """Make the pictures that are not there yet, and the page; what could not be shown, as sentences.

    A page whose sets were all dealt with says so: it shows no set any more.
    """
    from pipeline.world.blink_page import write_blink_page

    page = compose(book)
    if not page.sets and not (book.library.root / page_path(book.owner, book.night)).is_file():
        return page, []
    of, done = sum(len(one.frames) for one in page.sets), iter(range(1, 1_000_000))
    sets = [_with_pictures(book, one, lambda _: progress(next(done), of)) for one in page.sets]
    write_blink_page(book.library.root, page_path(book.owner, book.night), replace(page, sets=tuple(sets)))
    pictures = [frame.preview for one in sets for frame in one.frames]
    note = {"basis": _basis(page), "retry": any(one.retry for one in pictures)}
    path = _note_path(book)
    make_folder(path.parent)
    replace_if_different(path, orjson.dumps(note))
    return page, [one.trouble for one in pictures if one.trouble]


def _with_pictures(book: NightBook, shown: BlinkSet, progress: Callable[[str], None]) -> BlinkSet:
    from pipeline.world.previews import PictureWanted, make_previews

    members = book.by_id[shown.id].by_stored
    rows = read_measures(book.library, shown.id)
    wanted = [
        PictureWanted(
            source=frame.stored,
            size=frame.size,
            mtime_ns=frame.mtime_ns,
            bayer=members[frame.stored].frame.bayer or book.rig_of(book.by_id[shown.id]).camera.bayer,
            background_adu=rows[frame.stored].values.get("background_adu") if frame.stored in rows else None,
        )
        for frame in shown.frames
    ]
    pictures = make_previews(
        book.library.root,
        pictures_folder(book.owner, book.night, shown.id),
        wanted,
        workers=book.library.configuration.library.limits.workers or os.cpu_count() or 1,
        progress=progress,
    )
    frames = (replace(frame, preview=pictures.get(frame.stored, Preview())) for frame in shown.frames)
    return replace(shown, frames=tuple(frames))


def pictures_folder(owner: str, night: object, set_id: str) -> str:
    """Where a set's pictures lie, relative to the library."""
    stem = page_path(owner, night).removesuffix(".html")
    digest = hashlib.sha256(set_id.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{stem}_files/{digest}"


def _blink_set(book: NightBook, one: FrameSet, waiting: Sequence[Member]) -> BlinkSet:
    rows = read_measures(book.library, one.id)
    kept = read_verdict(book.library, one.id)
    verdict = kept[1] if kept else SetVerdict()
    told = [rows.get(m.stored) or Measured(stored=m.stored, size=0, mtime_ns=0) for m in one.members]
    shown = _shown(book, one, told)
    return BlinkSet(
        id=one.id,
        label=one.label,
        folder=one.blink,
        frames=tuple(_frame(member, shown, verdict.frames.get(member.stored)) for member in waiting),
        columns=tuple(column.label for column in shown.columns),
        curves=shown.curves,
        held=verdict.held,
        notes=tuple(_notes(one, verdict, told)),
    )


def _shown(book: NightBook, one: FrameSet, rows: Sequence[Measured]) -> Shown:
    if one.kind is Kind.LIGHT:
        return show_lights(rows)
    judged = book.ledger.judged.get(one.id, {})
    last: Mapping[str, float] = judged.get("usual", {})
    return show_levels(one.kind, rows, book.rig_of(one).camera.saturation_adu, last)


def _notes(one: FrameSet, verdict: SetVerdict, rows: Iterable[Measured]) -> Iterable[str]:
    said = headline(verdict)
    if said and one.kind is Kind.LIGHT:
        yield said
    yield from verdict.unjudged
    for row in rows:
        if row.trouble:
            yield f"{row.stored.rpartition('/')[2]} was not measured: {row.trouble}"


def _frame(member: Member, shown: Shown, judged: Judgement | None) -> BlinkFrame:
    local = member.frame.local
    reasons = (*judged.reasons, *judged.marks) if judged is not None else ()
    texts = {
        column.label: column.texts[member.stored] for column in shown.columns if member.stored in column.texts
    }
    return BlinkFrame(
        stored=member.stored,
        name=member.name,
        sha256=member.sha256,
        size=member.size,
        mtime_ns=member.mtime_ns,
        time=f"{local:%H:%M:%S} local time" if local is not None else "",
        values=texts,
        over=tuple(dict.fromkeys(column_of(reason.quantity) for reason in reasons)),
        curve=shown.points.get(member.stored, ()),
        suspect="; ".join(reason_text(reason) for reason in reasons),
        verdict=judged.because if judged is not None else "",
    )


def _basis(page: BlinkPage) -> str:
    return hashlib.sha256(repr((VERSION, page)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _noted(book: NightBook) -> dict[str, object]:
    try:
        said = orjson.loads(_note_path(book).read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _note_path(book: NightBook) -> Path:
    return manifest_path(book.library, f"{escape(book.owner)}/{night_part(book.night)}", SHOWN)


def _library_id(book: NightBook) -> str:
    try:
        return str(json.loads((book.library.root / ID_FILE).read_text(encoding="utf-8"))["library"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
