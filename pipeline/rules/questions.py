"""What a person asks of the catalogue: a question is filters, and each filter is a test on a row.

    doit show frames --target "Messier 31" --filter Ha --hfr ..2.5
            └▶ Question ─of_set─▶ is this set meant?  ─of_frame─▶ is this frame of it?

What all frames of a set share is asked of the set, once; a frame without a set (a snapshot) answers for itself. Every
row is a plain document of `model.catalog`: what is not there is unknown, and no filter takes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from pipeline.model.frames import Kind
from pipeline.model.library import TargetAlias
from pipeline.rules.catalogues import normal_form
from pipeline.rules.conditions import Condition
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.stage_places import stage_of, stages_of_set
from pipeline.rules.targets import panel_key, target_key

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_PANEL = re.compile(r"^\s*panel[\s_-]*(?=\S)", re.IGNORECASE)
YES, NO, PARTLY = "yes", "no", "partly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for. Empty: any. Of several words for one thing any will do; different things must all be so."""

    targets: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    first: str = ""
    """The first night, ISO; nights compare as texts."""
    last: str = ""
    rigs: tuple[str, ...] = ()
    optics: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    exposures: tuple[Condition, ...] = ()
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    calibrated: str = ""
    master: str = ""
    backed_up: str = ""
    aliases: tuple[TargetAlias, ...] = ()
    """Spellings the person joined: a target's other names find it."""

    @property
    def is_of_frames(self) -> bool:
        """True when frames of one set may differ in the answer."""
        return bool(self.states or self.stages or self.where or self.calibrated or self.backed_up)


def owner_test(question: Question) -> Callable[[str], bool]:
    """Whose files may answer: rigs by name, and the cameras darks and bias belong to."""
    named = [
        list(map(_plain, words)) for words in (question.rigs, question.optics, question.cameras) if words
    ]
    return lambda owner: all(any(word in target_key(owner) for word in words) for words in named)


def _plain(name: str) -> str:
    """A name without its digits' spelling and without what `*` stands for: enough to leave a file unread."""
    return "" if any(char in name for char in "*?@") else target_key(name)


def set_test(question: Question) -> Test:
    """Whether a set, or a frame that has none, is what is asked for by what its frames share."""
    tests = [
        *_named(question),
        *([target_test(question)] if question.targets else []),
        *([_night_test(question)] if question.first or question.last else []),
        *([_master_test(question.master)] if question.master else []),
        *([_exposure_test(question)] if question.exposures else []),
    ]
    return _all(tests)


def frame_test(question: Question) -> Test:
    """Whether a frame of a set that is meant is meant too."""
    tests: list[Test] = []
    if question.states:
        states = frozenset(question.states)
        tests.append(lambda row: row.get("state") in states)
    if question.stages:
        stages = frozenset(question.stages)
        tests.append(lambda row: stage_of(str(row.get("lies_at", ""))) in stages)
    if question.calibrated:
        wanted = {YES: (True,), NO: (False,)}.get(question.calibrated, (True, False))
        tests.append(lambda row: bool(row.get("calibrated")) in wanted and row.get("kind") == Kind.LIGHT)
    if question.backed_up:
        tests.append(kept_test(question))
    return _all([*tests, *[one.test for one in question.where]])


def whole_set_test(question: Question, stage_by_set: Mapping[str, str]) -> Test:
    """The same asked of a set as a whole: some frames are so, its medians are, it is calibrated or kept so far."""
    tests: list[Test] = [set_test(question)]
    if question.states:
        tests.append(lambda row: any(row.get("states", {}).get(state) for state in question.states))
    if question.stages:
        stages = frozenset(question.stages)
        tests.append(lambda row: not stages.isdisjoint(stages_of_set(row, stage_by_set)))
    if question.calibrated:
        tests.append(lambda row: row.get("kind") == Kind.LIGHT and how_calibrated(row) == question.calibrated)
    if question.backed_up:
        is_kept = question.backed_up == YES
        tests.append(lambda row: (row.get("backed_up", 0) >= row.get("frames", 0) > 0) is is_kept)
    return _all([*tests, *[one.test for one in question.where]])


def kept_test(question: Question) -> Test:
    """Whether the bucket has a frame or a master, as it was joined to its row."""
    is_kept = question.backed_up == YES
    return lambda row: not question.backed_up or bool(row.get("backed_up")) is is_kept


def how_calibrated(row: Row) -> str:
    """`yes`, `no` or `partly`: how many of a set's accepted lights have their calibrated copy."""
    done, of = row.get("calibrated") or 0, row.get("accepted") or 0
    return NO if not done else YES if done >= of else PARTLY


def _named(question: Question) -> list[Test]:
    """The tests on what has a name."""
    asked: list[tuple[str, tuple[str, ...], Callable[[str], object]]] = [
        ("filter", question.filters, target_key),
        ("rig", question.rigs, rig_key),
        ("optic", question.optics, target_key),
        ("camera", question.cameras, target_key),
        ("site", question.sites, target_key),
        ("kind", question.kinds, str),
    ]
    tests = [_name_test(key, _meant(words, fold)) for key, words, fold in asked if words]
    if question.panels:
        panels = {panel_key(_PANEL.sub("", word)) for word in question.panels}
        tests.append(lambda row: panel_key(str(row.get("panel", ""))) in panels)
    return tests


def _name_test(key: str, is_meant: Callable[[str], bool]) -> Test:
    return lambda row: is_meant(str(row.get(key, "")))


def _meant(words: Iterable[str], fold: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether a name is one of the words: the same but for letter case, else fitting its `*`."""
    equal = {fold(word) for word in words}
    patterns = [target_key(word) for word in words if any(char in word for char in "*?")]

    @lru_cache(maxsize=4096)
    def is_meant(name: str) -> bool:
        if not equal:
            return True
        return fold(name) in equal or any(fnmatchcase(target_key(name), one) for one in patterns)

    return is_meant


def target_test(question: Question) -> Test:
    """By name, by the names the person joined, and by the catalogues' number: `Messier 31` finds `M 31`."""
    if not question.targets:
        return lambda _row: True
    by_name = _meant(spellings(question.targets, question.aliases), target_key)
    forms = frozenset(form for word in question.targets for form in _objects(normal_form(word)))

    @lru_cache(maxsize=4096)
    def is_meant(target: str, normal: str) -> bool:
        return by_name(target) or not forms.isdisjoint(_objects(normal or normal_form(target)))

    return lambda row: bool(row.get("target")) and is_meant(str(row["target"]), str(row.get("object", "")))


def _objects(form: str | None) -> tuple[str, ...]:
    return tuple(form.split(" + ")) if form else ()


def spellings(words: Iterable[str], aliases: Iterable[TargetAlias]) -> tuple[str, ...]:
    """The words, and the other names the person gave the same targets."""
    asked = {target_key(word): word for word in words}
    for alias in aliases:
        names = (alias.name, *alias.aliases)
        if any(target_key(name) in asked for name in names):
            asked |= {target_key(name): name for name in names}
    return tuple(asked.values())


def _night_test(question: Question) -> Test:
    first, last = question.first, question.last or "9999"
    return lambda row: first <= str(row.get("night", "")) <= last


def _exposure_test(question: Question) -> Test:
    return lambda row: any(one.test(row) for one in question.exposures)


def _master_test(typed: str) -> Test:
    """By the master's path or a part of its name, among those chosen for a set."""
    wanted = typed.replace("\\", "/").casefold().removeprefix("./")

    def uses(row: Row) -> bool:
        chosen = row.get("masters") or {}
        return any(wanted in str(one.get("path", "")).casefold() for one in chosen.values())

    return uses


def _all(tests: Iterable[Test]) -> Test:
    every = tuple(tests)
    if not every:
        return lambda _row: True
    if len(every) == 1:
        return every[0]
    return lambda row: all(test(row) for test in every)
