"""What the witnesses said, settled: the rig's own spellings, the clock, the night, the filter's name.

Each step takes the weighed values and returns what it changes, with sources and with what a person should know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.model.frames import Kind, Problem
from pipeline.model.rigs import Rig, Site
from pipeline.rules import nights, sites
from pipeline.rules.layout import rig_folder
from pipeline.rules.recognise import RIVALS, Parts, Recognised, camera_of, filter_of, near, needs_optic
from pipeline.rules.sites import Clock
from pipeline.rules.weighing import STORED

Values = Mapping[str, Any]

_TRAIN = ("optic", "focal_ratio", "camera")
_CLOCK_OFF = timedelta(minutes=25)
"""Further off than this and a clock shows another zone's time: zones differ by half hours."""


@dataclass(frozen=True, slots=True)
class Settled:
    """New values, where they came from, and what was noticed."""

    values: Values = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def about_when(values: Values, sources: Mapping[str, str]) -> date | None:
    """The night, near enough to look up what was valid then: by the clock, unless a person corrected the night."""
    night: date | None = values.get("night")
    if night is not None and sources.get("night", "").startswith("correction"):
        return night
    local, utc = values.get("local"), values.get("utc")
    if local is None and utc is not None:
        local = utc + timedelta(hours=(values.get("longitude_deg") or 0.0) / 15)
    return nights.night_of(local) if local is not None else night


def parts_from(values: Values, sources: Mapping[str, str]) -> Parts:
    """What of the values names a rig."""
    return Parts(
        optic=values.get("optic"),
        focal_ratio=values.get("focal_ratio"),
        camera=values.get("camera"),
        camera_id=values.get("camera_id"),
        focal_length_mm=values.get("focal_length_mm"),
        night=about_when(values, sources),
    )


def settle_rig(
    values: Values, sources: Mapping[str, str], parts: Parts, found: Recognised, rigs: Sequence[Rig]
) -> Settled:
    """The rig file's own spellings in place of whatever programs wrote."""
    rig = found.rig
    if rig is not None:
        own = {
            "rig": rig.name,
            "rig_known": True,
            "optic": rig.optic,
            "focal_ratio": rig.focal_ratio,
            "camera": rig.camera.name,
        }
        unsaid = {name for name in _TRAIN if sources.get(name, STORED).startswith(STORED)}
        told_by = "inbox" if {"optic", "camera"} <= unsaid else "rig file"
        new_sources = {**dict.fromkeys(unsaid, "rig file"), "rig": told_by}
        return Settled(own, new_sources, _length_differs(values, rig))
    camera = camera_of(parts.camera, parts.camera_id, rigs, parts.night)
    name = rig_folder(parts.optic, parts.focal_ratio, camera)
    own = {"rig": name, "rig_known": False, "camera": camera}
    return Settled(own, {}, _unknown(name, parts, found, rigs, values.get("kind")))


def _unknown(
    name: str | None, parts: Parts, found: Recognised, rigs: Sequence[Rig], kind: Kind | None
) -> tuple[Problem, ...]:
    if not rigs or not needs_optic(kind) or name is None:
        return ()
    if found.rivals:
        return (Problem("unknown-rig", f"{RIVALS}: {', '.join(found.rivals)}"),)
    if found.strangers:
        rivals = ", ".join(found.strangers)
        text = f"the camera's id {parts.camera_id!r} is not among the camera.ids of {rivals}, which would fit otherwise"
    elif parts.optic is not None or parts.focal_ratio is not None:
        text = f"no rig file describes {name}"
    elif parts.focal_length_mm is not None:
        text = f"no optic is named, and no rig file has {name} at {parts.focal_length_mm:g} mm"
    else:
        text = f"neither optic nor focal length is named, and {name} alone is no rig"
    return (Problem("unknown-rig", text),)


def _length_differs(values: Values, rig: Rig) -> tuple[Problem, ...]:
    length = values.get("focal_length_mm")
    if rig.focal_length_mm is None or length is None or near(length, rig.focal_length_mm):
        return ()
    return (
        Problem("focal-length", f"the header says {length:g} mm, the rig file {rig.focal_length_mm:g} mm"),
    )


def settle_time(
    values: Values,
    sources: Mapping[str, str],
    on: date | None,
    rig: Rig | None,
    known: Sequence[Site],
    adopted: bool,
) -> Settled:
    """Both clocks, the site, and the night: the clock's, unless there is none or a person's folders say otherwise."""
    north, east = values.get("latitude_deg"), values.get("longitude_deg")
    site = sites.find_site(north, east, rig, on, known)
    shown, shown_by = values.get("local"), sources.get("local", "")
    clock = sites.tell_time(values.get("utc"), shown, shown_by, site, east)
    told = nights.night_of(clock.local) if clock.local is not None else None
    said: date | None = values.get("night")
    source = sources.get("night", "")
    corrected, assumed = source.startswith("correction"), "default" in source
    by_folder = said is not None and (told is None or corrected or (adopted and not assumed))
    problems = [*_site_problems(site, north, east, known, clock), *_clock_problems(shown, shown_by, clock)]
    if not by_folder and clock.how == "UTC":
        problems.append(Problem("no-site", "no site, zone or local time is known: the night goes by UTC"))
    if said != told and not (said is None or told is None or assumed or corrected):
        problems.append(_night_problem(said, told, "the path" if by_folder else "the clock"))
    new_sources = {"local": clock.how} if clock.local is not None else {}
    if not by_folder and told is not None:
        new_sources["night"] = clock.how
    new_values = {
        "utc": clock.utc,
        "local": clock.local,
        "site": site.name if site else None,
        "latitude_deg": north if north is not None or site is None else site.latitude,
        "longitude_deg": east if east is not None or site is None else site.longitude,
        "night": said if by_folder else told,
    }
    return Settled(new_values, new_sources, tuple(problems))


def _site_problems(
    site: Site | None, north: float | None, east: float | None, known: Sequence[Site], clock: Clock
) -> Iterator[Problem]:
    if site is None and known and north is not None and east is not None:
        text = f"the header's coordinates are of no site in library.toml; the night goes by: {clock.how or 'no clock'}"
        yield Problem("unlisted-site", text)


def _clock_problems(shown: datetime | None, shown_by: str, clock: Clock) -> Iterator[Problem]:
    """A clock set to another place; minutes are no news, some programs name a frame when it is saved."""
    if shown is None or clock.local is None or "default" in shown_by or shown_by.startswith("correction"):
        return
    if abs(shown - clock.local) >= _CLOCK_OFF:
        heard = f"the {shown_by.removeprefix('name ')} says {shown:%Y-%m-%d %H:%M}"
        held = f"by {clock.how} it was {clock.local:%Y-%m-%d %H:%M}"
        yield Problem("clock-disagrees", f"local time: {heard}, {held}; the latter is believed")


def _night_problem(said: date, told: date, believed: str) -> Problem:
    text = f"the path says the night of {said}, the time {told}; {believed} is believed"
    return Problem("night-disagrees", text)


def settle_filter(values: Values, rig: Rig | None) -> Settled:
    """The rig's spelling of the filter; a colour camera's unnamed filter has a name in its rig."""
    if rig is None or not rig.filters or not needs_optic(values.get("kind")):
        return Settled()
    written: str | None = values.get("filter")
    entry = filter_of(written, rig, values.get("night"))
    if entry is not None:
        return Settled({"filter": entry.name}, {} if written else {"filter": "rig file"})
    if not written:
        return Settled()
    return Settled(
        problems=(Problem("unknown-filter", f"{rig.name} has no filter {written!r} on that night"),)
    )


def settle_guiding(values: Values, rig: Rig | None) -> Settled:
    """A guiding error in guider pixels is worth something only where the guider's scale is known."""
    pixels: float | None = values.get("rms_guider_px")
    if pixels is None or values.get("rms_arcsec") is not None or rig is None or rig.guider_arcsec_px is None:
        return Settled()
    return Settled(
        {"rms_arcsec": pixels * rig.guider_arcsec_px}, {"rms_arcsec": "guider pixels, scale of the rig file"}
    )


def missing(values: Values) -> tuple[Problem, ...]:
    """What a frame needs to find its place and does not say."""
    kind = values.get("kind")
    wanted = (
        (kind is None, "no-kind", "neither header nor path says what kind of frame it is"),
        (
            kind is Kind.LIGHT and not values.get("target"),
            "no-target",
            "a light without a target: OBJECT is missing or empty",
        ),
        (values.get("exposure_s") is None, "no-exposure", "the exposure is not known"),
        (values.get("night") is None, "no-night", "neither a time nor a night is known"),
        (
            values.get("rig") is None and needs_optic(kind),
            "unknown-rig",
            "neither header nor path names the rig",
        ),
    )
    return tuple(Problem(code, text) for absent, code, text in wanted if absent)
