"""Which masters a light or a flat is calibrated with: one matcher for distribution, readiness, calibration and status.

    match(light, DARK, masters, rules)  ─▶ Match      every candidate with its verdict and reasons, the best chosen
    match_light(light, masters, rules)  ─▶ SetMatch   DARK and FLAT; BIAS where there is no dark or it is scaled
    match_flat(flat, masters, rules)    ─▶ SetMatch   what is taken from flats: FLATDARK, else DARK, else BIAS

Nothing is opened here. Whoever finds a chosen master unsound says so in its `trouble` and asks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date

from pipeline.model.calibration import Matching
from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Candidate, Change, Fitness, Master, Match, SetMatch
from pipeline.model.sets import FrameSet
from pipeline.rules.master_looks import Looked, Need, look_at, look_beyond, rank
from pipeline.rules.match_exposures import bias_comes_nearer, has_other_exposure, let_in, scaled
from pipeline.rules.match_words import (
    choice_words,
    file_name,
    kind_word,
    none_words,
    reasons_of,
    wanted_words,
    warnings_of,
)
from pipeline.rules.racks import Racks, sorted_racks

Masters = Sequence[Master] | Racks
"""Racks where many are matched: sorted once by `sorted_racks`."""
Pins = Mapping[Kind, str]
NightFilters = Mapping[date, AbstractSet[str]]
_NO_PINS: Pins = {}
_UNPINNABLE = frozenset({"size", "binning", "held", "trouble"})
"""What no pin overrules: pixels that do not lie on each other, and masters that are held or unsound."""
_FROM_FLATS = (Kind.FLATDARK, Kind.DARK, Kind.BIAS)


def match(
    need: Frame,
    kind: Kind,
    masters: Masters,
    rules: Matching,
    *,
    cooled: bool,
    pinned: str = "",
    changes: Sequence[Change] = (),
    night_filters: NightFilters | None = None,
) -> Match:
    """The master of one kind for a frame, and what became of the others.

    Args:
        need: The light, or the flat, that is to be calibrated.
        kind: What is looked for: DARK, BIAS, FLAT or FLATDARK.
        masters: All there are.
        rules: What its rig asks for.
        cooled: True where its camera has set points.
        pinned: The path of the master a person chose; it wins whatever it is, except over a wrong size or binning.
        changes: From which nights on its rig was another.
        night_filters: Through which filters lights were shot, by night: flats of another night must have them all.
    """
    asked = Need(need, kind, rules, cooled, changes, night_filters)
    racks = sorted_racks(masters)
    return _settle(asked, look_at(asked, racks), racks, pinned)


def match_light(
    light: Frame,
    masters: Masters,
    rules: Matching,
    *,
    cooled: bool,
    pins: Pins = _NO_PINS,
    changes: Sequence[Change] = (),
    night_filters: NightFilters | None = None,
) -> SetMatch:
    """Dark and flat for a light; a bias where there is no dark, or where the dark is scaled."""
    racks = sorted_racks(masters)

    def find(kind: Kind) -> Match:
        need = Need(light, kind, rules, cooled, changes, night_filters)
        return _settle(need, look_at(need, racks), racks, pins.get(kind, ""))

    found = {Kind.DARK: find(Kind.DARK), Kind.FLAT: find(Kind.FLAT)}
    if _has_its_dark(light, found[Kind.DARK]):
        return SetMatch(matches=found)
    bias = find(Kind.BIAS)
    if rules.scale_darks and bias.chosen is not None:
        need = Need(light, Kind.DARK, rules, cooled)
        looks = scaled(light, look_at(need, racks))
        found[Kind.DARK] = _settle(need, looks, racks, pins.get(Kind.DARK, ""))
    dark = found[Kind.DARK].chosen
    if dark is None or dark.scale != 1.0:
        found[Kind.BIAS] = bias
    return SetMatch(matches=found)


def match_flat(
    flat: Frame, masters: Masters, rules: Matching, *, cooled: bool, pins: Pins = _NO_PINS
) -> SetMatch:
    """What is to be taken from flats before they are integrated: of its matches the one that has a master.

    A dark of another exposure stands in where none has the flat's: the longest that is not longer, else the nearest
    longer one, as long as a bias does not come nearer.
    """
    racks = sorted_racks(masters)

    def find(kind: Kind) -> Match:
        need = Need(flat, kind, rules, cooled)
        looks = look_at(need, racks)
        return _settle(need, let_in(flat, looks) if kind is Kind.DARK else looks, racks, pins.get(kind, ""))

    for kind in (one for one in _FROM_FLATS if one in pins):
        pinned = find(kind)
        if pinned.chosen is not None and pinned.chosen.master.path == pins[kind]:
            return SetMatch(matches={kind: pinned})
    found: dict[Kind, Match] = {}
    for kind in _FROM_FLATS:
        found[kind] = find(kind)
        if found[kind].chosen is not None and not bias_comes_nearer(flat, found[kind]):
            break
    if Kind.BIAS in found and found[Kind.BIAS].chosen is not None:
        found[Kind.DARK] = _given_way(found[Kind.DARK])
    return SetMatch(matches=found)


def chosen_of(matches: SetMatch) -> Candidate | None:
    """The one master of a flat's match that is taken from it."""
    found = (matches.matches[kind].chosen for kind in _FROM_FLATS if kind in matches.matches)
    return next((each for each in found if each is not None), None)


def need_of(frames: FrameSet) -> Frame:
    """What stands for a set when masters are matched to it: its first frame, with the middle temperature of them all.

    Of flats the shortest exposure: flat panels and skies change it from frame to frame.
    """
    first = frames.members[0].frame
    warm = sorted(one for each in frames.members if (one := each.frame.sensor_temp_c) is not None)
    times = [one for each in frames.members if (one := each.frame.exposure_s) is not None]
    return replace(
        first,
        sensor_temp_c=(warm[(len(warm) - 1) // 2] + warm[len(warm) // 2]) / 2 if warm else None,
        exposure_s=min(times) if times and frames.kind is Kind.FLAT else first.exposure_s,
    )


def _settle(need: Need, looks: list[Looked], racks: Racks, pinned: str) -> Match:
    """The best of those looked at is chosen; a pin goes before."""
    looks = sorted(looks, key=lambda one: (len(one.wrong), rank(need, one)))
    strange = racks.strange(need.kind, need.frame.camera) if "camera" in need.properties else ()
    held_to, problem = _pinned(need, looks, racks, pinned)
    chosen = held_to or next((one for one in looks if one.is_usable), None)
    candidates = [_candidate(one, is_chosen=one is chosen) for one in looks if one is not chosen]
    if chosen is None:
        return Match(
            kind=need.kind,
            candidates=(*candidates, *strange),
            why=none_words(need, looks, len(strange)),
            missing=wanted_words(need, looks),
            warnings=problem,
        )
    best = _candidate(chosen, is_chosen=True)
    is_pinned = chosen is held_to
    return Match(
        kind=need.kind,
        chosen=best,
        candidates=(best, *candidates, *(one for one in strange if one.master is not chosen.master)),
        why=choice_words(need, chosen, [one for one in looks if one is not chosen], pinned=is_pinned),
        warnings=(*problem, *warnings_of(need, chosen, pinned=is_pinned)),
    )


def _candidate(one: Looked, *, is_chosen: bool) -> Candidate:
    if is_chosen:
        fitness = Fitness.CHOSEN
    elif one.wrong:
        fitness = Fitness.LOST
    else:
        fitness = Fitness.UNSURE if one.unknown else Fitness.FITS
    return Candidate(
        master=one.master,
        fitness=fitness,
        reasons=reasons_of(one, is_chosen=is_chosen),
        days=one.days,
        scale=one.scale,
    )


def _pinned(
    need: Need, looks: Sequence[Looked], racks: Racks, pinned: str
) -> tuple[Looked | None, tuple[str, ...]]:
    """The master a person chose; or a sentence why it cannot be used."""
    if not pinned:
        return None, ()
    one = next((one for one in looks if one.master.path == pinned), None)
    if one is None and pinned in racks.by_path:
        one = look_beyond(need, racks.by_path[pinned])
    if one is None:
        return None, (f"{pinned} was pinned, and is in no library any more",)
    if one.master.frame.kind is None or one.master.frame.kind.raw not in need.kinds:
        return None, (f"{file_name(one.master)} was pinned, and is no {kind_word(need.kind)}",)
    never = [each.text for each in one.wrong if each.what in _UNPINNABLE]
    if never:
        return None, (f"{file_name(one.master)} was pinned, and cannot be used: {'; '.join(never)}",)
    return one, ()


def _has_its_dark(light: Frame, dark: Match) -> bool:
    """True when the dark found was exposed as long as the light."""
    return dark.chosen is not None and not has_other_exposure(light, dark.chosen.master.frame)


def _given_way(dark: Match) -> Match:
    """A dark much longer than the flats, if one was found, gives way to a bias."""
    if dark.chosen is None:
        return dark
    passed = replace(dark.chosen, fitness=Fitness.FITS)
    why = f"{file_name(passed.master)} is longer than twice the flats' exposure: a bias comes nearer"
    return replace(dark, chosen=None, candidates=(passed, *dark.candidates[1:]), why=why, warnings=())
