"""A library in the shape of a real one, made in seconds: what the benchmarks plan, list and load.

    python -m tests.bench.shapes FOLDER [--frames 80118] [--inbox full]

The published library of the process we grew from holds 80,118 frames in 2,320 set folders: 19 rigs, 262 targets, 397
nights, 35 frames a folder and 858 in the largest. Frames here are small but honest FITS files with headers of their
own; ledger and rig files are complete, so that every stage finds what it would find after years of use.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipeline.model.frames import Frame, Kind
from pipeline.model.records import (
    About,
    Accepted,
    Decision,
    Delivered,
    Hashed,
    LedgerEntry,
    Received,
    Retired,
)
from pipeline.rules.decisions import decision_file
from pipeline.rules.layout import accepted_folder, frame_path, offered_folder, set_name, target_part
from pipeline.rules.ledger import ledger_file
from pipeline.rules.records import decision_record, entry_record
from pipeline.world.journals import dump
from pipeline.world.library import init_library

FRAMES, SETS, RIGS, TARGETS, NIGHTS = 80_118, 2_320, 19, 262, 397
LARGEST_SET = 858
RIGS_A_NIGHT = 2
FIRST_NIGHT, LAST_NIGHT = date(2021, 3, 21), date(2025, 6, 3)
NEW_NIGHT = date(2025, 6, 4)
INBOX = "_Inbox"
SHARES = (24, 13, 12, 11, 10, 6, 5, 4, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1)
"""How many of a hundred sets each rig took: a few rigs take most."""
FILTERS = ("L", "R", "G", "B", "H", "O", "S")
EXPOSURES_S = (30.0, 60.0, 120.0, 180.0, 300.0, 600.0)
UTC_OFFSET = timedelta(hours=-6)
RETIRED_AFTER = timedelta(hours=30)
ACCEPTED_AFTER = timedelta(hours=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """The frames of one rig, night, target, filter and exposure: a folder."""

    rig: int
    night: date
    target: str
    filter: str
    exposure_s: float
    count: int
    begins: datetime
    """On the observatory's clock."""


def optic_of(rig: int) -> str:
    """The telescope's name."""
    return f"RT{80 + 5 * rig}"


def camera_of(rig: int) -> str:
    """The camera's name; some rigs share one."""
    return f"ASI{600 + 100 * (rig % 13)}MM"


def rig_name(rig: int) -> str:
    """`RT80@f5.0+ASI600MM`."""
    return f"{optic_of(rig)}@f5.0+{camera_of(rig)}"


def draw_sets(frames: int, seed: int = 15) -> list[Set]:
    """The sets of a library of so many frames; fewer frames make fewer sets, nights and targets."""
    chance, part = random.Random(seed), min(1.0, frames / FRAMES)
    sets, nights = max(1, round(SETS * part)), max(1, round(NIGHTS * part))
    days = chance.sample(range((LAST_NIGHT - FIRST_NIGHT).days + 1), nights)
    rigs = chance.choices(range(RIGS), SHARES, k=RIGS_A_NIGHT * nights)
    evenings = list(zip(rigs, RIGS_A_NIGHT * days, strict=True))
    targets = [f"NGC {number}" for number in chance.sample(range(1, 7841), max(1, round(TARGETS * part)))]
    keys: dict[tuple[int, int, str, str, float], None] = {}
    while len(keys) < sets:
        keys[
            *chance.choice(evenings),
            chance.choice(targets),
            chance.choice(FILTERS),
            chance.choice(EXPOSURES_S),
        ] = None
    counts = draw_counts(frames, sets, chance)
    return [_set(number, count, *key) for number, (count, key) in enumerate(zip(counts, keys, strict=True))]


def _set(
    number: int, count: int, rig: int, day: int, target: str, filter_name: str, exposure_s: float
) -> Set:
    night = FIRST_NIGHT + timedelta(day)
    return Set(
        rig=rig,
        night=night,
        target=target,
        filter=filter_name,
        exposure_s=exposure_s,
        count=count,
        begins=datetime(night.year, night.month, night.day, 21) + timedelta(seconds=number),
    )


def draw_counts(frames: int, sets: int, chance: random.Random) -> list[int]:
    """How many frames each set has: many small ones, a few large ones, so many in all."""
    weights = [chance.lognormvariate(0, 0.8) for _ in range(sets)]
    scale = frames / sum(weights)
    counts = [max(1, min(LARGEST_SET, round(weight * scale))) for weight in weights]
    at, missing = 0, frames - sum(counts)
    while missing:
        step = 1 if missing > 0 else -1
        if 1 <= counts[at % sets] + step <= LARGEST_SET:
            counts[at % sets] += step
            missing -= step
        at += 1
    return counts


def frames_of(drawn: Set) -> Iterator[Frame]:
    """The frames of a set as they lie in the inbox, one after the other."""
    rig = drawn.rig
    for number in range(drawn.count):
        local = drawn.begins + timedelta(seconds=number * 31)
        name = f"{local:%Y-%m-%d_%H-%M-%S}_{drawn.filter}_{drawn.exposure_s:.2f}s_{number:04}.fits"
        yield Frame(
            path=f"{rig_name(rig)}/{drawn.night}/LIGHT/{drawn.target}/{name}",
            kind=Kind.LIGHT,
            rig=rig_name(rig),
            rig_known=True,
            optic=optic_of(rig),
            focal_ratio=5.0,
            camera=camera_of(rig),
            target=drawn.target,
            night=drawn.night,
            local=local,
            utc=(local - UTC_OFFSET).replace(tzinfo=UTC),
            filter=drawn.filter,
            exposure_s=drawn.exposure_s,
            set_temp_c=-10.0,
        )


def frame_bytes(frame: Frame) -> bytes:
    """A FITS file of 16 × 16 pixels that says what the frame is."""
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                   16",
        "NAXIS   =                    2",
        "NAXIS1  =                   16",
        "NAXIS2  =                   16",
        "BZERO   =                32768",
        "IMAGETYP= 'LIGHT   '",
        f"EXPOSURE= {frame.exposure_s:>20}",
        f"DATE-LOC= '{frame.local:%Y-%m-%dT%H:%M:%S}.000'",
        f"DATE-OBS= '{frame.utc:%Y-%m-%dT%H:%M:%S}.000'",
        "GAIN    =                  100",
        "OFFSET  =                   50",
        "XPIXSZ  =                 3.76",
        f"INSTRUME= '{frame.camera}'",
        "SET-TEMP=                -10.0",
        f"TELESCOP= '{frame.optic}'",
        "FOCALLEN=                500.0",
        "FOCRATIO=                  5.0",
        f"FILTER  = '{frame.filter}'",
        f"OBJECT  = '{frame.target}'",
        "SWCREATE= 'N.I.N.A. 3.2.0.9001 (x64)'",
        "END",
    ]
    return "".join(f"{card:80}" for card in cards).ljust(2880).encode() + bytes(2880)


def make_library(root: Path, frames: int = FRAMES, *, inbox_full: bool = False) -> list[Set]:
    """Make a library that has stored, hashed and accepted so many frames; its inbox is empty, or still holds them all."""
    init_library(root)
    write_rigs(root / "_Rigs", retire="manual" if inbox_full else "later")
    sets = draw_sets(frames)
    by_night: dict[tuple[int, date], list[Set]] = {}
    for drawn in sets:
        by_night.setdefault((drawn.rig, drawn.night), []).append(drawn)
    for (rig, night), of_night in by_night.items():
        journal = root / ledger_file(rig_name(rig), night)
        journal.parent.mkdir(parents=True, exist_ok=True)
        entries = [entry for drawn in of_night for entry in _store(root, drawn, inbox_full=inbox_full)]
        _decide(root, of_night, entries)
        journal.write_bytes(b"".join(dump(entry_record(entry)) + b"\n" for entry in entries))
        os.utime(journal, (stamp := entries[-1].when.timestamp(), stamp))
    return sets


def write_rigs(folder: Path, *, retire: str = "later") -> None:
    """A rig file for each, and the library's own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "library.toml").write_text(f'settle_seconds = 0\nretire = "{retire}"\n', encoding="utf-8")
    (folder / "_default.toml").write_text("", encoding="utf-8")
    for rig in range(RIGS):
        wheel = "".join(f'\n[[filters]]\nname = "{name}"\n' for name in FILTERS)
        text = (
            f'optic = "{optic_of(rig)}"\nfocal_ratio = 5.0\nfocal_length_mm = 500\n\n'
            f'[camera]\nname = "{camera_of(rig)}"\npixel_um = 3.76\n{wheel}'
        )
        (folder / f"{rig_name(rig)}.toml").write_text(text, encoding="utf-8")


def add_new_night(root: Path, frames: int = 100) -> Set:
    """Put a night of its own into the inbox: what `doit` is to find and store."""
    night = Set(
        rig=0,
        night=NEW_NIGHT,
        target="M 31",
        filter="L",
        exposure_s=30.0,
        count=frames,
        begins=datetime(2025, 6, 4, 22, 0, 0),
    )
    for frame in frames_of(night):
        path = root / INBOX / frame.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(frame_bytes(frame))
        os.utime(path, (stamp := frame.utc.timestamp() if frame.utc else 0.0, stamp))
    return night


def _store(root: Path, drawn: Set, *, inbox_full: bool) -> Iterable[LedgerEntry]:
    """Lay a set into the store; what the ledger says of it."""
    received: list[LedgerEntry] = []
    accepted: list[LedgerEntry] = []
    hashed: list[LedgerEntry] = []
    retired: list[LedgerEntry] = []
    stored = ""
    for frame in frames_of(drawn):
        first = not stored
        stored = frame_path(frame, rig_name(drawn.rig), drawn.night)
        path, data = root / stored, frame_bytes(frame)
        if first:
            path.parent.mkdir(parents=True, exist_ok=True)
            (root / INBOX / frame.path).parent.mkdir(parents=True, exist_ok=True) if inbox_full else None
        path.write_bytes(data)
        when = (frame.utc or datetime.now(UTC)) + timedelta(hours=12)
        mtime_ns = int(when.timestamp()) * 10**9 - 43_200 * 10**9
        os.utime(path, ns=(mtime_ns, mtime_ns))
        if inbox_full:
            os.link(path, root / INBOX / frame.path)
        look = {"inbox": INBOX, "original": frame.path, "size": len(data), "mtime_ns": mtime_ns}
        received.append(Received(when=when, stored=stored, how="hardlink", **look))  # type: ignore[arg-type]
        hashed.append(Hashed(when=when, stored=stored, sha256=hashlib.sha256(data).hexdigest()))
        retired.append(Retired(when=when + RETIRED_AFTER, inbox=INBOX, original=frame.path, stored=stored))
        accepted += _accept(root, frame, stored, when + ACCEPTED_AFTER)
    return [*received, *hashed, *([] if inbox_full else retired), *accepted]


def _accept(root: Path, frame: Frame, stored: str, when: datetime) -> Iterable[LedgerEntry]:
    """Give a frame its place in 20_Data; what the ledger says of that."""
    offered = offered_folder(frame, str(frame.rig), frame.night or NEW_NIGHT, target_part(str(frame.target)))
    name, data = stored.rpartition("/")[2], accepted_folder(offered)
    place = root / data / name
    place.parent.mkdir(parents=True, exist_ok=True)
    os.link(root / stored, place)
    yield Delivered(when=when, link=f"{offered}/{name}", stored=stored, how="hardlink")
    yield Delivered(when=when, link=f"{data}/{name}", stored=stored, how="hardlink")
    yield Accepted(when=when, link=f"{offered}/{name}", stored=stored, to=f"{data}/{name}")


def _decide(root: Path, sets: Iterable[Set], entries: Sequence[LedgerEntry]) -> None:
    """What the person said of each set: I have looked at these."""
    places = [entry for entry in entries if isinstance(entry, Accepted)]
    said: dict[str, list[Accepted]] = {}
    for entry in places:
        said.setdefault(set_name(entry.link.rpartition("/")[0]), []).append(entry)
    for drawn in list(sets)[:1]:
        path = root / decision_file(rig_name(drawn.rig), drawn.night, "blink")
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            Decision(
                id=f"{drawn.night:%Y%m%d}T120000-{drawn.rig:02x}{number:06x}",
                kind="blink",
                about=About.SET,
                subject=subject,
                when=found[0].when - timedelta(minutes=1),
                owner=rig_name(drawn.rig),
                night=drawn.night,
                values={"frames": [one.stored for one in found], "by": "marker"},
            )
            for number, (subject, found) in enumerate(said.items())
        ]
        path.write_bytes(b"".join(dump(decision_record(line)) + b"\n" for line in lines))


def main() -> None:
    """Make one to look at."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.shapes", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--inbox", choices=("empty", "full"), default="empty")
    asked = parser.parse_args()
    sets = make_library(asked.folder, asked.frames, inbox_full=asked.inbox == "full")
    print(f"{sum(s.count for s in sets):,} frames in {len(sets):,} sets, {asked.folder}")


if __name__ == "__main__":
    main()
