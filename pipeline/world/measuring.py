"""A set measured: pixels in worker processes, what others wrote down beside them, the sky's geometry over all.

    stored frame ─gauge (a worker)─▶ what its pixels say ┐
    its name, session file, guide log ─hearsay─▶         ├─▶ Measured: a row of the set's manifest
    time, place, coordinates ─ephemeris─▶                ┘

Pixels are read once: what they said is kept as long as the file's size and time, and the camera's numbers, are the
same. What cannot be measured has a sentence in its row, and is offered to the eye all the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, replace
from statistics import median

from pipeline.model.frames import Kind
from pipeline.model.measures import QUANTITIES, Measured
from pipeline.model.rigs import Rig, Site
from pipeline.model.sets import FrameSet, Member
from pipeline.rules.layout import night_home
from pipeline.rules.weights import weight_of
from pipeline.world.gauging import VERSION, Task, gauge
from pipeline.world.hearsay import hear, witnesses_of
from pipeline.world.manifests import read_measures, write_measures
from pipeline.world.nightbook import NightBook
from pipeline.world.workers import half_of_memory_mb, worker_pool

_WORTH_A_POOL_BYTES = 200 << 20
"""Below this much to read, starting processes costs more than they save."""
_MEMORY_A_WORKER_MB = 400
_NOTED_EVERY = 64
_ARCSEC = 206.264806
"""Seconds of arc in a radian, for µm over mm."""
_FROM_PIXELS = frozenset(name for name, one in QUANTITIES.items() if one.witness == "measured") - {
    "fwhm_arcsec_measured"
}


def pixel_basis(book: NightBook, frames: FrameSet) -> str:
    """What the pixels' own figures depend on besides the pixels."""
    camera = book.rig_of(frames).camera
    return _digest(VERSION, frames.kind.value, camera.saturation_adu, camera.bayer)


def basis_of(book: NightBook, frames: FrameSet) -> str:
    """Everything a set's rows depend on: its frames, the rig's numbers, what others wrote about the night."""
    rig = book.rig_of(frames)
    heard = [book.ledger.stored[name] for name in _witnesses(book, frames)]
    return _digest(
        pixel_basis(book, frames),
        (rig.guider_arcsec_px, rig.focal_length_mm, rig.camera.pixel_um),
        [(fact.stored, fact.size, fact.mtime_ns) for fact in heard],
        [_spoken(member) for member in sorted(frames.members, key=lambda one: one.stored)],
    )


def is_measured(book: NightBook, frames: FrameSet) -> bool:
    """True when every frame has its row, by what holds now, and none is to be tried again."""
    rows = read_measures(book.library, frames.id, basis_of(book, frames))
    return rows.keys() == frames.by_stored.keys() and not any(row.retry for row in rows.values())


def measure_set(
    book: NightBook, frames: FrameSet, progress: Callable[[int, int], None]
) -> tuple[list[Measured], int]:
    """Measure what has no row yet and put the manifest down; the rows, and how many frames were read for them."""
    pixels = pixel_basis(book, frames)
    known = read_measures(book.library, frames.id, pixels=pixels)
    due = [member for member in frames.members if not _is_kept(known.get(member.stored), member)]
    fresh: dict[str, Measured] = {}
    for row in _gauged(book, frames, due, progress):
        fresh[row.stored] = row
        if not len(fresh) % _NOTED_EVERY:  # a run that is killed keeps what it measured
            write_measures(book.library, frames.id, "", [*(known | fresh).values()], pixels=pixels)
    rows = [fresh.get(member.stored) or known[member.stored] for member in frames.members]
    if frames.kind is Kind.LIGHT:
        rows = _weighed(_with_context(book, frames, rows))
    noted = [replace(row, sha256=None) for row in rows]
    write_measures(book.library, frames.id, basis_of(book, frames), noted, pixels=pixels)
    return rows, len(due)


def _is_kept(row: Measured | None, member: Member) -> bool:
    return row is not None and not row.retry and (row.size, row.mtime_ns) == (member.size, member.mtime_ns)


def _gauged(
    book: NightBook, frames: FrameSet, due: Sequence[Member], progress: Callable[[int, int], None]
) -> Iterator[Measured]:
    """What the pixels say, here or in workers, whichever is quicker; in the order they are done."""
    tasks = [_task(book, frames, member) for member in due]
    workers = _workers(book)
    if workers < 2 or sum(member.size for member in due) < _WORTH_A_POOL_BYTES:
        for number, task in enumerate(tasks, 1):
            yield gauge(task)
            progress(number, len(tasks))
        return
    with worker_pool(min(workers, len(tasks))) as pool:
        for number, done in enumerate(as_completed([pool.submit(gauge, task) for task in tasks]), 1):
            yield done.result()
            progress(number, len(tasks))


def _workers(book: NightBook) -> int:
    limits = book.library.configuration.library.limits
    workers = limits.workers or os.cpu_count() or 1
    return max(1, min(workers, (limits.memory_mb or half_of_memory_mb()) // _MEMORY_A_WORKER_MB))


def _task(book: NightBook, frames: FrameSet, member: Member) -> Task:
    camera = book.rig_of(frames).camera
    return Task(
        path=str(book.library.root / member.stored),
        stored=member.stored,
        size=member.size,
        mtime_ns=member.mtime_ns,
        is_light=frames.kind is Kind.LIGHT,
        saturation_adu=camera.saturation_adu,
        bayer=member.frame.bayer or camera.bayer,
        wants_hash=member.sha256 is None,
    )


def _with_context(book: NightBook, frames: FrameSet, rows: Sequence[Measured]) -> list[Measured]:
    """Beside what the pixels say: what others wrote, seconds of arc, and where target and moon stood."""
    rig = book.rig_of(frames)
    said = hear(book.library.root, _witnesses(book, frames))
    sites = book.library.configuration.sites
    found = []
    for member, row, where in zip(frames.members, rows, _sky(frames.members, sites), strict=True):
        own = {name: value for name, value in row.values.items() if name in _FROM_PIXELS}
        original = book.ledger.stored[member.stored].original
        site = sites.get(member.frame.site or "")
        heard = said.of(member, original, rig, site.time_zone if site else None)
        found.append(replace(row, values={**heard, **own, **_in_arcsec(own, member, rig), **where}))
    return found


def _sky(members: Sequence[Member], sites: Mapping[str, Site]) -> list[dict[str, float]]:
    """Where target and moon stood over each light; what cannot be known is not there."""
    from pipeline.world.ephemeris import SkyQuestion, sky_geometry

    asked = [
        SkyQuestion(
            utc=frame.utc,
            exposure_s=frame.exposure_s,
            latitude_deg=frame.latitude_deg,
            longitude_deg=frame.longitude_deg,
            elevation_m=sites[frame.site].elevation_m if frame.site and frame.site in sites else None,
            ra_deg=frame.ra_deg,
            dec_deg=frame.dec_deg,
        )
        for frame in (member.frame for member in members)
    ]
    return [
        {name: value for name, value in asdict(answer).items() if value is not None}
        for answer in sky_geometry(asked)
    ]


def _in_arcsec(own: Mapping[str, float], member: Member, rig: Rig) -> dict[str, float]:
    """FWHM in seconds of arc, where pixel pitch and focal length are known."""
    frame = member.frame
    pitch_um = frame.pixel_um or (rig.camera.pixel_um or 0.0) * (frame.binning or 1)
    focal_mm = rig.focal_length_mm or frame.focal_length_mm
    if not pitch_um or not focal_mm or "fwhm_px_measured" not in own:
        return {}
    return {"fwhm_arcsec_measured": own["fwhm_px_measured"] * _ARCSEC * pitch_um / focal_mm}


def _weighed(rows: Sequence[Measured]) -> list[Measured]:
    """The rows with their weights; 1 is the set's middling frame."""
    names = {name for row in rows for name in row.values}
    medians = {name: median(row.values[name] for row in rows if name in row.values) for name in sorted(names)}
    weights = [weight_of(row.values, medians) for row in rows]
    return [
        row if weight is None else replace(row, values={**row.values, "weight": weight})
        for row, weight in zip(rows, weights, strict=True)
    ]


def _witnesses(book: NightBook, frames: FrameSet) -> list[str]:
    homes = dict.fromkeys(night_home(member.stored) for member in frames.members)
    return [name for home in homes for name in witnesses_of(book.ledger, home)]


def _spoken(member: Member) -> tuple[object, ...]:
    """What of a frame's own words a row is made from."""
    frame = member.frame
    return (
        *(member.stored, member.size, member.mtime_ns, frame.hfr_px, frame.stars, frame.rms_arcsec),
        *(frame.rms_guider_px, frame.ra_deg, frame.dec_deg, frame.latitude_deg, frame.longitude_deg),
        *(frame.utc, frame.local, frame.exposure_s, frame.pixel_um, frame.focal_length_mm, frame.bayer),
    )


def _digest(*said: object) -> str:
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]
