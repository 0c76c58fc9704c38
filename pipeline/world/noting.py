"""Notes written down: found by their ids wherever a person moved them, brought up to date, never written over an edit.

    catalogue + plans ─▶ NoteValues ─template─▶ text ─merged with what lies there─▶ _Notes/…

A note that a person deleted stays deleted: the ids of all that were ever written stand in a hidden file beside them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.catalog import Catalog
from pipeline.model.errors import NightbuildError
from pipeline.rules.note_text import markdown, merged, note_id, sealed, yaml_text
from pipeline.rules.note_values import NoteValues, gone_session, notes_of
from pipeline.rules.record_places import WRITTEN_NOTES
from pipeline.rules.targets import target_key
from pipeline.rules.totals import progress_of
from pipeline.world.catalog import read_catalog
from pipeline.world.files import make_folder, open_regular, replace_if_different, write_new
from pipeline.world.library import OpenLibrary
from pipeline.world.pages import templates_folder
from pipeline.world.plans import read_plans

if TYPE_CHECKING:
    from jinja2 import Environment

_HEAD_BYTES = 4096
_CONFLICT = re.compile(
    r"\.sync-conflict-|conflicted copy|\(conflict| conflict \d|\bin Konflikt", re.IGNORECASE
)
_BOM = b"\xef\xbb\xbf"
_TABLES = {"sets", "sessions", "projects"}


@dataclass(slots=True)
class Noted:
    """What came of it."""

    written: int = 0
    changed: int = 0
    left: list[str] = field(default_factory=list)
    """Notes that were left alone, each with why, as sentences."""
    later: list[str] = field(default_factory=list)
    """Notes that could not be written just now, likewise."""


def write_notes(library: OpenLibrary) -> Noted:
    """Write the notes that are not there yet, and bring the others up to date."""
    folder = _home(library)
    catalog = read_catalog(library, tables=_TABLES)
    progress = progress_of(catalog.sets, read_plans(library).wishes, library.configuration.targets)
    notes = notes_of(catalog, progress)
    lying, taken = _lying(folder), _taken(folder)
    known = _written(folder)
    places = {one.id: lying.get(one.id) or _free(one.path, taken) for one in notes}
    done = Noted()
    new: list[str] = []
    for one in notes:
        fresh = sealed(_render(one, places))
        if one.id in lying:
            _bring(folder / lying[one.id], fresh, done)
        elif _line_of(one.id) not in known and _write(folder / places[one.id], fresh, done):
            new.append(one.id)
    for one in _gone(lying, notes, catalog):
        _bring(folder / lying[one.id], sealed(_render(one, places)), done)
    _remember(folder, known, [*new, *lying])
    return done


def _gone(lying: Iterable[str], notes: Iterable[NoteValues], catalog: Catalog) -> Iterator[NoteValues]:
    """Notes of sessions that are no more: parted once, and put together again."""
    told = {one.id for one in notes}
    for known in sorted(set(lying) - told):
        if (one := gone_session(known, catalog)) is not None:
            yield one


def _home(library: OpenLibrary) -> Path:
    return library.root / library.configuration.library.notes.folder


def _lying(folder: Path) -> dict[str, str]:
    """Each note that is there, by its id; of two with one id the one that is no conflict's copy, then the first."""
    found: dict[str, str] = {}
    for path in sorted(_notes_in(folder), key=lambda one: (_CONFLICT.search(one) is not None, one)):
        try:
            with os.fdopen(open_regular(folder / path), "rb") as file:
                head = file.read(_HEAD_BYTES).removeprefix(_BOM).decode("utf-8", "replace")
        except (OSError, NightbuildError):
            continue
        if (said := note_id(head)) is not None and not _CONFLICT.search(path):
            found.setdefault(said, path)
    return found


def _notes_in(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(".md") and not name.startswith("."):
                yield (Path(place) / name).relative_to(folder).as_posix()


def _taken(folder: Path) -> set[str]:
    return {path.casefold() for path in _notes_in(folder)}


def _free(path: str, taken: set[str]) -> str:
    """The path, or the next like it that no note has; it is taken from then on."""
    stem, number, found = path.removesuffix(".md"), 1, path
    while found.casefold() in taken:
        number += 1
        found = f"{stem}~{number}.md"
    taken.add(found.casefold())
    return found


def _write(place: Path, text: str, done: Noted) -> bool:
    """Write a note; False where that could not be: it was never there, so that it does not count as deleted."""
    try:
        make_folder(place.parent)
        write_new(place, text.encode("utf-8", "replace"))
    except FileExistsError:
        done.left.append(f"{place}: something lies there that is no note; move it away")
        return False
    except (OSError, NightbuildError) as error:
        done.later.append(f"{place.name}: {error}")
        return False
    done.written += 1
    return True


def _bring(place: Path, fresh: str, done: Noted) -> None:
    """Bring a note up to date, unless somebody writes in it just now, or it is in no alphabet we know."""
    before = _bytes(place)
    bom = _BOM if before.startswith(_BOM) else b""
    try:
        text = before.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        done.left.append(f"{place.name} is not UTF-8; it was left as it is")
        return
    after = bom + merged(text, fresh).encode("utf-8", "replace")
    if after == before:
        return
    if _bytes(place) != before:
        done.later.append(f"{place.name} is being edited; the next run looks again")
        return
    try:
        done.changed += replace_if_different(place, after)
    except (OSError, NightbuildError) as error:
        done.later.append(f"{place.name}: {error}")


def _bytes(place: Path) -> bytes:
    """What a note holds; nothing of one that just went."""
    try:
        return place.read_bytes()
    except OSError:
        return b""


def _written(folder: Path) -> frozenset[str]:
    try:
        return frozenset((folder / WRITTEN_NOTES).read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def _remember(folder: Path, known: frozenset[str], ids: Iterable[str]) -> None:
    every = known | set(map(_line_of, ids))
    if every != known:
        make_folder(folder)
        replace_if_different(folder / WRITTEN_NOTES, "".join(f"{one}\n" for one in sorted(every)).encode())


def _line_of(one: str) -> str:
    """An id on a line of its own."""
    return one if one.isprintable() else yaml_text(one)[1:-1]


def _render(one: NoteValues, places: Mapping[str, str]) -> str:
    def link(name: str, path: str, text: str) -> str:
        at = places.get(name, path).removesuffix(".md")
        return f"[[{at}|{markdown(text)}]]"

    template = _environment(templates_folder()).get_template(one.template)
    return template.render({**one.values, "id": one.id, "link": link})


@cache
def _environment(folder: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    found.filters |= {"md": markdown, "yaml": yaml_text}
    found.globals["key"] = target_key
    return found
