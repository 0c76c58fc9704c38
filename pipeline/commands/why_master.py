"""A master told by `doit why` and `doit master`: what it is, how it was made of what, who uses it or why none does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pipeline.model.answers import Answer
from pipeline.rules.header_story import story_data, story_lines
from pipeline.rules.library_names import is_held
from pipeline.rules.master_list import Use, master_row
from pipeline.rules.overview import section
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.world.library import OpenLibrary
from pipeline.world.master_account import MasterAccount

_SHOWN = 12


def why_master(library: OpenLibrary, account: MasterAccount) -> Answer:
    """All of it, for people and for programs."""
    use = Use(sets=len(account.used_by), last=account.last_chosen)
    today = datetime.now(UTC).date()
    row = master_row(account.one.master, use, library.configuration.rigs, today)
    return Answer(sentences=tuple(_lines(account, row)), data=_data(account, row))


def _lines(account: MasterAccount, row: dict[str, Any]) -> Iterator[str]:
    one = account.one
    yield one.master.path
    yield from section("State", list(_state(account, row)))
    yield from section("Names", [f"{one.master.path} (library)", *_some(account.places, "place")])
    yield from section("Is", list(_is(account, row)))
    yield from section("Made of", list(_made_of(account)))
    yield from section("How", list(story_lines(account.story)))
    yield from section("Used by", _some(account.used_by, "set"))
    if one.word is not None:
        because = f": {one.word.why}" if one.word.why else ""
        yield from section(
            "Decisions", [f"you said {'ok' if one.word.is_ok else 'it is never to be used'}{because}"]
        )


def _state(account: MasterAccount, row: dict[str, Any]) -> Iterator[str]:
    """Whether it may be used, and where it is not, why."""
    master, number = account.one.master, len(account.used_by)
    command = f"  doit master {as_typed(master.path)}"
    if number:
        last = f", last chosen {account.last_chosen}" if account.last_chosen else ""
        yield f"used by {counted(number, 'accepted set')}{last}"
    if master.trouble:
        yield f"not used: {master.trouble}"
        if account.one.word is not None:
            yield f"{command} --undo"
    elif master.held:
        yield f"held, and not used until you say so: {master.held}"
        if is_held(master.path) and account.one.word is None:
            yield f"{command} --ok, or --reject"
    elif master.superseded:
        yield "superseded: a newer one has its name; sets accepted with it keep it"
    elif not number:
        yield "may be used; no accepted set has it. `doit match SET` says what became of it for a set"
    if row["state"] != "good" and not (master.trouble or master.held or master.superseded):
        yield row["state"]


def _is(account: MasterAccount, row: dict[str, Any]) -> Iterator[str]:
    made, frame = account.one.made, account.one.master.frame
    yield row["what"]
    numbers = {"gain": frame.gain, "offset": frame.offset, "binning": frame.binning}
    told = [f"{name} {value:g}" for name, value in numbers.items() if value is not None]
    told += [f"{frame.width_px} × {frame.height_px} px"] if frame.width_px and frame.height_px else []
    yield ", ".join(told)
    nights = f"nights {made.first} to {made.last}" if made.first != made.last else f"night of {made.first}"
    yield nights if made.first else f"night of {row['night']}"
    yield f"by {made.by or 'a program it does not name'}"


def _made_of(account: MasterAccount) -> Iterator[str]:
    """Its frames, set by set; else their number."""
    number = account.one.master.frames
    yield from (f"{count:,} of {name}" for name, count in account.made_of)
    if not account.made_of:
        known = counted(number, "frame") if number else "frames whose number its header does not say"
        yield f"{known}; which ones is not known (any more)"
    elif number is not None and number != (all_ := sum(count for _, count in account.made_of)):
        yield f"{number} of these {all_} were used"
    if account.less and not account.story.less:
        yield f"less {account.less}"


def _some(names: tuple[str, ...], what: str) -> list[str]:
    rest = len(names) - _SHOWN
    more = [f"and {counted(rest, what)} more: --json"] if rest > 0 else []
    return [*names[:_SHOWN], *more]


def _data(account: MasterAccount, row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "sha256": account.sha256,
        "made_of": [{"set": name, "frames": count} for name, count in account.made_of],
        "made": story_data(account.story),
        "less": account.less or account.story.less,
        "used_by": list(account.used_by),
        "places": list(account.places),
    }
