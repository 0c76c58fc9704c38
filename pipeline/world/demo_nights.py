"""What `doit demo` finds in its inbox: three simulated nights, with the mishaps and the litter of real ones.

    demo_scene (what was taken) ──pixels.sky──▶ frames ──demo_headers──▶ files as NINA leaves them

Beside the frames: one twin (the same bytes again), one cut off by a broken copy, a person's notes, tables of
the Session Metadata plugin, one night's guide log, and what file browsers drop. The same arguments write the
same bytes.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from pipeline.model.frames import Kind
from pipeline.pixels.field import scatter_stars
from pipeline.pixels.psf import Psf
from pipeline.pixels.sensor import Sensor
from pipeline.pixels.sky import Exposure, Nebula, Sky, Truth, expose
from pipeline.world.demo_guiding import guide_log, guide_log_name
from pipeline.world.demo_headers import CSV_COLUMNS, csv_row, nina_cards, nina_path, sensor_temp_c
from pipeline.world.demo_rigs import C8E, SITE
from pipeline.world.demo_scene import BETWEEN_S, NIGHTS, Shot, demo_shots
from pipeline.world.files import make_folder, part_of
from pipeline.world.fits_image import image_bytes

_DOWNLOAD_S = 2.5
_AFTERWARDS = datetime(2026, 1, 18, 9, 30, tzinfo=UTC)
_OTHERS = {
    "notes.txt": b"Thin cloud from the west around nine on the 14th. Clean the corrector before spring.\n"
}
_LITTER = {
    ".DS_Store": b"\0\0\0\1Bud1" + bytes(56),
    "LIGHT/Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
}
_APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(50)
"""What a Mac leaves as `._name` beside a file on a foreign disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFrame:
    """One frame that was written, and how it went."""

    path: str
    """Under the inbox, parts joined by `/`."""
    kind: Kind
    rig: str
    target: str | None
    night: str
    filter: str
    exposure_s: float
    events: tuple[str, ...]
    """What spoilt it: `cloud`, `trailing`, `defocus`, `satellite trail`."""
    hfr_px: float | None
    rms_arcsec: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSummary:
    """What lies in the inbox; paths as in `DemoFrame`."""

    inbox: Path
    frames: tuple[DemoFrame, ...]
    """The whole ones, each once."""
    twin: str
    """The bytes of the first frame under another name."""
    cut_off: str
    """A light whose last third is missing."""
    witnesses: tuple[str, ...]
    """Tables of NINA's Session Metadata plugin."""
    guide_log: str
    """PHD2's, of one rig's night."""
    others: tuple[str, ...]
    """Not ours: to be left alone."""
    litter: tuple[str, ...]
    """To be looked through."""
    written: int
    """Files that were not there, or not like this; 0 when nothing was touched."""


@dataclass(frozen=True, slots=True)
class _Photograph:
    frame: DemoFrame
    data: bytes
    ended: datetime
    row: str
    """Its line in the Session Metadata table; lights only."""


def write_demo_nights(inbox: Path, *, quick: bool = False) -> DemoSummary:
    """Fill an inbox with the demo's nights; a file that lies there as it should is not touched.

    Args:
        inbox: made if it is missing.
        quick: far fewer and smaller frames, for tests.
    """
    shots = demo_shots(quick=quick)
    frames, tables, written = [], dict[str, tuple[datetime, list[str]]](), 0
    for shot in shots:
        taken = _photograph(shot, quick=quick)
        written += _place(inbox, taken.frame.path, taken.data, taken.ended)
        frames.append(taken.frame)
        if taken.row:
            folder = taken.frame.path.rpartition("/")[0]
            rows = tables.get(folder, (taken.ended, []))[1]
            tables[folder] = (taken.ended, [*rows, f"{len(rows) + 1},{taken.row}"])
    for folder, (ended, rows) in tables.items():
        table = "\r\n".join([CSV_COLUMNS, *rows, ""]).encode()
        written += _place(inbox, f"{folder}/ImageMetaData.csv", table, ended)
    guided = [
        shot for shot in shots if shot.rig is C8E and shot.kind is Kind.LIGHT and shot.night == NIGHTS[0]
    ]
    log = f"{Kind.LIGHT.value}/{C8E.optic}+{C8E.camera}/{guide_log_name(guided)}"
    written += _place(inbox, log, guide_log(guided).encode(), _ended(guided[-1]))
    twin, cut_off = _twin(shots[0], quick=quick), _cut_off(shots, quick=quick)
    litter = {**_LITTER, _beside(frames[0].path): _APPLE_DOUBLE}
    for path, data in {**_OTHERS, **litter}.items():
        written += _place(inbox, path, data, _AFTERWARDS)
    for extra in (twin, cut_off):
        written += _place(inbox, extra.frame.path, extra.data, extra.ended)
    return DemoSummary(
        inbox=inbox,
        frames=tuple(frames),
        twin=twin.frame.path,
        cut_off=cut_off.frame.path,
        witnesses=tuple(f"{folder}/ImageMetaData.csv" for folder in tables),
        guide_log=log,
        others=tuple(_OTHERS),
        litter=tuple(litter),
        written=written,
    )


def demo_library_toml(inbox: str = "_Inbox") -> str:
    """The settings of the demo's library: its inbox and the invented place it observes from."""
    return f"""\
# The demo's library. The site is invented; the rigs bear the names and limits of the shipped ones.

[[inbox]]
path = '{inbox}'

[[site]]
name = "{SITE.name}"
latitude = {SITE.latitude}
longitude = {SITE.longitude}
elevation_m = {SITE.elevation_m}
time_zone = "{SITE.time_zone}"
bortle = {SITE.bortle}
sqm = {SITE.sqm}
"""


def _photograph(shot: Shot, *, quick: bool) -> _Photograph:
    """Take the frame and write it down as NINA would."""
    sensor = replace(shot.rig.sensor, width=160, height=120) if quick else shot.rig.sensor
    taken = expose(
        _sky(shot, sensor) if shot.kind is Kind.LIGHT else None,
        sensor,
        kind=shot.kind,
        exposure_s=shot.exposure_s,
        seed=shot.seed,
        conditions=shot.conditions,
        temperature_c=sensor_temp_c(shot),
    )
    hfr_px = round(taken.truth.shows.mean_radius_px, 2) if shot.kind is Kind.LIGHT else None
    frame = DemoFrame(
        path=nina_path(shot, hfr_px),
        kind=shot.kind,
        rig=shot.rig.name,
        target=shot.target.name if shot.target else None,
        night=shot.night.isoformat(),
        filter=shot.filter,
        exposure_s=shot.exposure_s,
        events=shot.conditions.events,
        hfr_px=hfr_px,
        rms_arcsec=None if shot.rms_arcsec is None else round(shot.rms_arcsec, 2),
    )
    return _Photograph(
        frame=frame,
        data=image_bytes(taken.adu, nina_cards(shot)),
        ended=_ended(shot),
        row="" if hfr_px is None else _row(shot, taken, frame.path, hfr_px),
    )


def _ended(shot: Shot) -> datetime:
    return shot.start + timedelta(seconds=shot.exposure_s + _DOWNLOAD_S)


def _sky(shot: Shot, sensor: Sensor) -> Sky:
    """The field of a target through a filter, the same each time."""
    level, wide, high = shot.rig.sky_adu_s[shot.filter], sensor.width, sensor.height
    share = wide * high / (shot.rig.sensor.width * shot.rig.sensor.height)
    target, glow = shot.target, (shot.target.glow if shot.target else 0.0) * level
    return Sky(
        stars=scatter_stars(
            math.ceil(shot.rig.stars * share),
            wide,
            high,
            seed=target.stars_seed if target else 0,
            flux_adu_s=(25 * level, 3000 * level),
        ),
        psf=Psf(fwhm_px=shot.fwhm_px, beta=4.0, eccentricity=0.25, angle_deg=70.0),
        level_adu_s=level,
        gradient=0.12,
        nebulae=(
            Nebula(x=0.60 * wide, y=0.45 * high, radius_px=wide / 9, peak_adu_s=glow),
            Nebula(x=0.45 * wide, y=0.60 * high, radius_px=wide / 4, peak_adu_s=glow / 3),
        ),
    )


def _row(shot: Shot, taken: Exposure, path: str, hfr_px: float) -> str:
    return csv_row(shot, path, hfr_px=hfr_px, stars=_detected(taken.truth, shot), adu=taken.adu)


def _detected(truth: Truth, shot: Shot) -> int:
    """How many stars stand out of the noise."""
    noise_adu = math.sqrt((truth.background_adu - shot.rig.sensor.bias_adu) / shot.rig.egain + 40)
    across_px = 2 * truth.shows.hfr_px
    return int(np.count_nonzero(truth.stars.flux > 5 * noise_adu * across_px))


def _twin(shot: Shot, *, quick: bool) -> _Photograph:
    """The frame once more, under the name NINA gives when one is taken."""
    taken = _photograph(shot, quick=quick)
    return replace(
        taken, frame=replace(taken.frame, path=taken.frame.path.removesuffix(".fits") + "(1).fits")
    )


def _cut_off(shots: list[Shot], *, quick: bool) -> _Photograph:
    """One more light after the last, of which two thirds were copied."""
    last = [shot for shot in shots if shot.kind is Kind.LIGHT][-1]
    start = last.start + timedelta(seconds=last.exposure_s + BETWEEN_S)
    taken = _photograph(replace(last, start=start, seed=last.seed + 5000), quick=quick)
    return replace(taken, data=taken.data[: len(taken.data) * 2 // 3])


def _beside(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/._{name}"


def _place(inbox: Path, path: str, data: bytes, ended: datetime) -> bool:
    """Put a file into the inbox as a camera program leaves it: whole, and as old as its exposure."""
    place = inbox.joinpath(*path.split("/"))
    moment_ns = round(ended.timestamp()) * 1_000_000_000
    if place.is_file() and place.stat().st_mtime_ns == moment_ns and place.read_bytes() == data:
        return False
    make_folder(place.parent)
    part = part_of(place)
    try:
        part.write_bytes(data)
        os.utime(part, ns=(moment_ns, moment_ns))
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return True
