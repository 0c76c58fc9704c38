"""Sets, links, words and verdicts as values: what tests of the rules about them are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline.model.frames import Kind
from pipeline.model.policies import Accept, Blink
from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import Fate, Judgement, SetVerdict
from pipeline.rules.records import moment_text
from pipeline.rules.standings import Standing, stand
from pipeline.rules.words import FrameWord, SetWords
from tests.factories import make_frame

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
NIGHT = date(2026, 1, 14)
START = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
SET = f"{RIG}/M31/DATE_2026-01-14/FILTER_L_EXP_300.00"
BLINK = f"{RIG}/10_Blink/M31/DATE_2026-01-14/FILTER_L_EXP_300.00"
REJECT = f"_Reject/{BLINK}"
DATA = f"{RIG}/20_Data/M31/accept/DATE_2026-01-14/FILTER_L_EXP_300.00"
ON = f"{RIG}/30_Master/M31"
PLACES = {"blink": BLINK, "reject": REJECT, "data": DATA, "on": ON}


def at(minute: float) -> datetime:
    """A moment of the morning after."""
    return START + timedelta(minutes=minute)


def member(number: int, **changes: Any) -> Member:
    stored = f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00/{number}.fits"
    return Member(
        stored=stored,
        name=f"{number}.fits",
        size=100,
        mtime_ns=1,
        sha256="0" * 64,
        frame=make_frame(panel="", **changes),
    )


def make_set(count: int = 1, kind: Kind = Kind.LIGHT) -> FrameSet:
    return FrameSet(
        id=SET,
        owner=RIG,
        night=NIGHT,
        rig=RIG,
        kind=kind,
        label="M31 L 300 s",
        target="M31",
        blink=BLINK,
        reject=REJECT,
        data=DATA if kind is Kind.LIGHT else "",
        members=tuple(member(number) for number in range(count)),
    )


def link(
    place: str,
    state: str = "delivered",
    since: float = 0,
    *,
    number: int = 0,
    delivered: float = 0,
    to: str = "",
) -> LinkFact:
    """A place frame 0 was given, `blink`, `reject` or `data`; minutes say when."""
    return LinkFact(
        f"{PLACES[place]}/{number}.fits",
        member(number).stored,
        state,
        moment_text(at(since)),
        moment_text(at(delivered)),
        to,
    )


def word(says: str, minute: float = 1, why: str = "") -> FrameWord:
    return FrameWord(says=says, when=at(minute), why=why)


def words(
    *said: FrameWord, seen: float | None = None, forced: bool = False, reopened: float | None = None
) -> SetWords:
    """What was said of frame 0 and of its set."""
    stored = member(0).stored
    return SetWords(
        frames=dict.fromkeys([stored], said[-1]) if said else {},
        seen={stored: at(seen)} if seen is not None else {},
        forced=frozenset({stored} if forced else ()),
        reopened=at(reopened) if reopened is not None else None,
    )


def verdict(frames: FrameSet, fate: Fate = Fate.KEPT, *, held: bool = False) -> SetVerdict:
    return SetVerdict(frames={one.stored: Judgement(fate=fate) for one in frames.members}, held=held)


def links_of(held: Iterable[LinkFact]) -> Mapping[str, list[LinkFact]]:
    found: dict[str, list[LinkFact]] = {}
    for one in held:
        found.setdefault(one.stored, []).append(one)
    return found


def standings(
    held: Iterable[LinkFact] = (),
    said: SetWords | None = None,
    fate: Fate | None = Fate.KEPT,
    *,
    frames: FrameSet | None = None,
    accept: Accept | None = None,
    blink: Blink | None = None,
    is_held: bool = False,
) -> dict[str, Standing]:
    frames = frames or make_set()
    return stand(
        frames,
        links_of(held),
        said or SetWords(),
        verdict(frames, fate, held=is_held) if fate is not None else None,
        accept=accept or Accept(),
        blink=blink or Blink(),
    )


def standing(*args: Any, **changes: Any) -> Standing:
    """Frame 0's."""
    return standings(*args, **changes)[member(0).stored]
