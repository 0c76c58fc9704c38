"""Everything known about one calibrated light: whose copy it is, by which masters, how good. For `doit why`.

Found by its path, or by its name alone. Its own header tells; nothing is written, not even a cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.model.frames import Kind, Value
from pipeline.rules.decisions import Decisions
from pipeline.rules.frame_account import FrameAccount
from pipeline.rules.layout import CALIBRATED, DATA, calibrated_folder
from pipeline.world import ledger as ledgers
from pipeline.world.calibrated_header import basis_in, hashes_in, is_ours, master_names_in
from pipeline.world.frame_account import account_of
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary
from pipeline.world.master_shelf import look_at_shelf
from pipeline.world.summaries import read_outline
from pipeline.world.whereabouts import candidates, path_below


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedMaster:
    """A master it was calibrated with."""

    kind: Kind
    name: str
    """As its header has it."""
    sha256: str
    """Its first digits."""
    path: str = ""
    """Where a library has it; empty: none has these bytes under its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedAccount:
    """A calibrated light and what surrounds it."""

    path: str
    """Relative to the library."""
    cards: Mapping[str, Value]
    light: str = ""
    """The stored light it is the copy of; empty: no stored frame has those bytes."""
    in_set: FrameAccount | None = None
    masters: tuple[UsedMaster, ...] = field(default_factory=tuple)
    is_whole: bool = True
    """False: its pixels are not those it was written with."""


def account_of_calibrated(
    library: OpenLibrary, typed: str, standing: Path, decisions: Decisions
) -> CalibratedAccount | None:
    """What is known of the calibrated light that is meant; None where none of ours is."""
    for path in _meant(library, typed, standing):
        cards = _cards(library.root / path)
        if basis_in(cards):
            light = _light(library, cards)
            return CalibratedAccount(
                path=path,
                cards=cards,
                light=light,
                in_set=account_of(library, light, decisions) if light else None,
                masters=tuple(_masters(library, cards)),
                is_whole=is_ours(library.root / path, basis=basis_in(cards)),
            )
    return None


def _meant(library: OpenLibrary, typed: str, standing: Path) -> Iterator[str]:
    """Files among the calibrated lights: at the path that was typed, else of that name."""
    for path in candidates(library, typed, standing):
        inside = path_below(path, library.root) or ""
        parts = inside.split("/")
        if len(parts) > 4 and (parts[1], parts[3]) == (DATA, CALIBRATED) and path.is_file():
            yield inside
    if {"/", "\\"} & set(typed) or not typed.endswith(".fits") or (standing / typed).exists():
        return
    state = library.state if library.state.is_dir() else None
    for summary in read_outline(library.root, state, remember=False).journals.values():
        for _, folder, _ in summary.copies:
            inside = f"{calibrated_folder(folder)}/{typed}"
            if (library.root / inside).is_file():
                yield inside


def _cards(path: Path) -> Mapping[str, Value]:
    try:
        return read_header(path).cards
    except (NightbuildError, OSError):
        return {}


def _light(library: OpenLibrary, cards: Mapping[str, Value]) -> str:
    said = cards.get("LIGHTHSH")
    if not isinstance(said, str) or not said:
        return ""
    stored = ledgers.read(library.root).stored.values()
    return next((fact.stored for fact in stored if (fact.sha256 or "").startswith(said)), "")


def _masters(library: OpenLibrary, cards: Mapping[str, Value]) -> Iterator[UsedMaster]:
    shelf = [one.master for one in look_at_shelf(library, remember=False)]
    hashes = hashes_in(cards)
    for kind, name in master_names_in(cards).items():
        sha256 = hashes.get(kind, "")
        named = [one for one in shelf if one.path.rpartition("/")[2] == name]
        there = [one.path for one in named if not one.sha256 or one.sha256.startswith(sha256)]
        yield UsedMaster(kind=kind, name=name, sha256=sha256, path=next(iter(there), ""))
