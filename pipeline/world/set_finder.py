"""Finds the sets a person speaks of on a command line, in whichever night they are filed.

find_sets(library, ["10_Blink/M31"], standing, night="2026-01-14") ─▶ [(NightBook, FrameSet), ...]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.model.sets import FrameSet
from pipeline.rules.adopted_states import not_acted_on
from pipeline.rules.corrections import CORRECT
from pipeline.rules.phrases import listed, meant
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.set_choice import Asked, asked, evenings, means, places_of
from pipeline.rules.typed import as_typed
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary
from pipeline.world.naming import spellings
from pipeline.world.nightbook import NightBook, open_book
from pipeline.world.rig_called import rig_called
from pipeline.world.said import read_said
from pipeline.world.summaries import read_outline

Found = tuple[NightBook, FrameSet]


def open_sets(library: OpenLibrary, nights: frozenset[date] | None = None) -> Iterator[Found]:
    """Every set of the library, night by night; of these nights alone where they are given."""
    outline = read_outline(library.root, library.state, remember=False)
    for owner, night in sorted(outline.nights, key=lambda one: (one[1], one[0])):
        if nights is None or night in nights:
            book = open_book(library.root, owner, night)
            yield from ((book, one) for one in book.sets)


def find_sets(
    library: OpenLibrary,
    words: Sequence[str],
    standing: Path,
    *,
    rig: str = "",
    night: str = "",
    target: str = "",
) -> list[Found]:
    """The sets that are meant, by night and folder; all there are, where nothing is asked for.

    Args:
        library: Where to look.
        words: Set names, or paths below any of the folders a set is seen in, typed from anywhere.
        standing: The folder the person stands in.
        rig: Only sets of this rig or camera.
        night: Only this night, or those of `FROM..TO`.
        target: Only sets of this target.

    Raises:
        UserError: A word means no set, or nothing fits rig, night and target.
    """
    wanted = asked(rig_called(library, rig), night, target)
    typed = {word: _spellings(word, standing, library.root) for word in words}
    near = _nights_of(library, list(typed.values()), wanted)
    found = list(open_sets(library, near))
    if near is not None and not all(means(paths, [one for _, one in found]) for paths in typed.values()):
        found = list(open_sets(library))
    named = _meant(typed, found, library)
    kept = [one for one in found if one[1].id in named and wanted.holds(one[1])]
    if not kept and not (wanted.is_any and not words):
        _refuse_adopted(library, wanted, near)
        raise UserError(_nothing_fits(wanted, night, [one for _, one in found]))
    return kept


def _spellings(word: str, standing: Path, root: Path) -> list[str]:
    """A word in every way it can be read, with either slash."""
    texts = dict.fromkeys((word, word.replace("\\", "/")))
    return [path for text in texts for path in spellings(text, standing, root)]


def _nights_of(library: OpenLibrary, typed: Sequence[Sequence[str]], wanted: Asked) -> frozenset[date] | None:
    """The nights the words name, which are read first; None: anything may be meant."""
    said = read_said(library.root, library.state, remember=False)
    corrected = any("night" in one.values for one in said.wide.of_kind(CORRECT))
    named = [{night for path in paths for night in evenings(path)} for paths in typed]
    if corrected or (named and not all(named)):
        return None
    if named:
        return frozenset().union(*named)
    if wanted.first is None and wanted.last is None:
        return None
    outline = read_outline(library.root, library.state, remember=False)
    return frozenset(night for _, night in outline.nights if wanted.holds_night(night))


def _meant(typed: dict[str, list[str]], found: Sequence[Found], library: OpenLibrary) -> set[str]:
    """The names of the sets the words mean; of all, where there are no words."""
    sets = [one for _, one in found]
    if not typed:
        return {one.id for one in sets}
    named: set[str] = set()
    for word, paths in typed.items():
        here = means(paths, sets)
        if not here:
            raise UserError(_of_adopted(word, paths, library) or _no_set(word, sets, library.root))
        named |= {one.id for one in here}
    return named


def _of_adopted(word: str, paths: Sequence[str], library: OpenLibrary) -> str:
    """The sentence for an adopted set, or a folder of adopted frames; empty where it is none."""
    heads = tuple(f"{path.rstrip('/')}/" for path in paths if path)
    lying = (fact.at for fact in ledgers.read(library.root).stored.values() if fact.is_adopted)
    at = next((at for at in lying if f"{at}/".startswith(heads)), "") if heads else ""
    if at:
        return not_acted_on(word, at.rpartition("/")[0])
    nights = frozenset(night for path in paths for night in evenings(path))
    found = next((one for one in adopted_sets(library, nights) if means(paths, [one])), None)
    return not_acted_on(word, _folder_of(found)) if found is not None else ""


def _refuse_adopted(library: OpenLibrary, wanted: Asked, nights: frozenset[date] | None) -> None:
    """Raise, where only adopted sets are what was asked for."""
    found = next(filter(wanted.holds, adopted_sets(library, nights)), None)
    if found is not None:
        raise UserError(not_acted_on(found.id, _folder_of(found)))


def adopted_sets(library: OpenLibrary, nights: frozenset[date] | None) -> Iterator[FrameSet]:
    """The sets of adopted frames, of these nights alone where they are given."""
    outline = read_outline(library.root, library.state, remember=False)
    for summary in outline.journals.values():
        for said in summary.nights if summary.adopted else ():
            night = date.fromisoformat(said.night)
            if not nights or night in nights:
                yield from open_book(library.root, said.owner, night).adopted_sets


def _folder_of(adopted: FrameSet) -> str:
    return adopted.blink or adopted.data or adopted.reject


def _no_set(word: str, sets: Sequence[FrameSet], root: Path) -> str:
    from difflib import get_close_matches  # only a mistake needs it

    known = {path.casefold(): path for one in sets for path in (one.id, *places_of(one))}
    said = word.replace("\\", "/").rstrip("/").removeprefix(root.as_posix()).strip("/")
    close = [known[key] for key in get_close_matches(said.casefold(), known, n=3, cutoff=0.6)]
    if close:
        return f"{word} is no set of this library; did you mean {listed(map(as_typed, close), last='or')}?"
    return (
        f"{word} is no set of this library. Type a set's folder, such as one below 10_Blink, or its name; "
        "`doit list --all` shows the names."
    )


def _nothing_fits(wanted: Asked, night: str, sets: Sequence[FrameSet]) -> str:
    rigs = {one.rig for one in sets} | {one.owner for one in sets}
    if wanted.rig and rigs and rig_key(wanted.rig) not in {rig_key(one) for one in rigs}:
        return f"No set of the rig {wanted.rig!r} here; {meant(wanted.rig, rigs)}"
    said = {"rig": wanted.rig, "night": night, "target": wanted.target}
    return f"No set of {listed(f'{what} {which}' for what, which in said.items() if which)}."
