"""Whole nights for tests of the whole flow: hundreds of tiny frames, trees compared, runs that are killed.

A library and a single frame are made by `tests.stages.night_library`; this adds what only whole nights need.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.model.errors import NightbuildError
from pipeline.model.frames import Value
from pipeline.model.jobs import Job, Work
from pipeline.rules.balance import Sums, balance
from pipeline.stages.night import plan_library
from pipeline.world import journals, ledger
from pipeline.world.files import is_part
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.library import open_library
from pipeline.world.survey import see
from tests import forked
from tests.factories import NINA_LIGHT
from tests.stages.night_library import LONG_AGO_S, OTHER, outside_caches

EVENING = datetime(2026, 1, 14, 20, 0, 0, tzinfo=UTC)
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}


def frame_bytes(seed: int, **cards: Value | None) -> bytes:
    """A whole FITS file, with bytes of its own."""
    told = NINA_LIGHT | {"OBJECT": "M31"} | {key.replace("__", "-"): value for key, value in cards.items()}
    wanted = {key: value for key, value in told.items() if key not in _LAYOUT and value is not None}
    pixels = np.random.default_rng(seed).integers(0, 60_000, (8, 12), dtype=np.uint16)
    return image_bytes(pixels, as_cards(wanted))


def write(path: Path, data: bytes) -> Path:
    """A file that has been quiet for long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return path


def fill_inbox(inbox: Path, frames: int, *, nights: int = 3) -> list[Path]:
    """Lights of two rigs in turn, spread over nights, each of another second and with bytes of its own."""
    made = []
    for number in range(frames):
        begun = EVENING + timedelta(days=number % nights, minutes=number)
        clock = {"DATE-OBS": f"{begun:%Y-%m-%dT%H:%M:%S}.5", "DATE-LOC": f"{begun:%Y-%m-%dT%H:%M:%S}.5"}
        rig = OTHER if number % 2 else {}
        made.append(
            write(inbox / f"{number % 7}/light_{number:04}.fits", frame_bytes(number, **clock, **rig))
        )
    return made


def environment(library: Path | None = None) -> dict[str, str]:
    """What a `doit` in a process of its own is given."""
    found = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return found | {"NIGHTBUILD_LIBRARY": str(library)} if library is not None else found


RECORDS = frozenset({"catalog", "scheduler", "summaries", "reports", "notes"})
"""The steps that write down what is known: for tests of what comes before them."""
RECKONED = {"measured", "culled", "shown"} | RECORDS
"""What is reckoned anew when caches are gone, and says so again."""


def doit(library: Path, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`doit ...` as a person types it."""
    return forked.doit(folder or library, *words, env=environment(library if folder else None))


def executed(said: str) -> list[str]:
    """The tasks that were done or tried: the lines a person sees where there is no terminal."""
    return [line.split("  ")[0][2:] for line in said.splitlines() if line.startswith((". ", "! ", "~ "))]


def nights_work(tasks: Iterable[str]) -> list[str]:
    """The tasks that do something to frames, without the steps that write down what is known of them."""
    return [task for task in tasks if task.partition(":")[0] not in RECORDS]


def stored_tree(library: Path) -> dict[str, tuple[str, int]]:
    """Every file of the store by its path: digest and mode."""
    homes = [*library.glob("*/00_Frames"), library / "_Calibration"]
    files = (path for home in homes for path in home.rglob("*") if path.is_file())
    return {
        path.relative_to(library).as_posix(): (sha256(path), path.stat().st_mode & 0o777)
        for path in sorted(files)
    }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def received_twice(library: Path) -> list[str]:
    """Stored paths that more than one line of the ledger says were received, or hashed."""
    records = (
        record for path in ledger.journal_files(library / "_Ledger") for record in journals.read(path).records
    )
    told = Counter((one["event"], one["stored"]) for one in records if one["event"] in {"received", "hashed"})
    return [stored for (_, stored), times in told.items() if times > 1]


def half_files(library: Path) -> list[str]:
    """What killed runs left half written outside the caches."""
    paths = (path.relative_to(library) for path in library.rglob("*") if is_part(path.name))
    return [str(path) for path in paths if path.parts[0] != ".nightbuild"]


def sums(library: Path) -> Sums:
    """The balance, as a fresh look has it."""
    seen = see(open_library(library), remember=False)
    return balance(seen.survey, seen.ledger)


def hashes(library: Path) -> set[str | None]:
    """The SHA-256 of each stored frame, as the ledger has it."""
    return {fact.sha256 for fact in ledger.read(library).stored.values()}


def night(library: Path) -> list[str]:
    """The night within this process, each job unless its check finds it done: quick, for tests of what is stored.

    Only lines that say something.
    """
    said = []
    plan = plan_library(library)
    for job in plan.jobs:
        if _is_done(job, library):
            continue
        try:
            outcome = _resolve(job.effect)(Work(library), **job.arguments)
        except NightbuildError as error:
            said.append(f"! {job.name}  {error}")
        else:
            said += [f". {job.name}  {outcome.says}"] if outcome.says and job.stage != "quarantined" else []
    return [*said, *plan.waits]


def _is_done(job: Job, library: Path) -> bool:
    """True where what it makes is there, and its own check has nothing against it."""
    is_made = all((library / target).exists() for target in job.targets)
    return bool(job.check) and is_made and _resolve(job.check)(library, **job.check_arguments)


def _resolve(dotted: str) -> Any:
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)


def is_at_rest(library: Path) -> bool:
    """Also without its caches the next night changes nothing outside them; it reckons anew, and then rests."""
    before = outside_caches(library)
    shutil.rmtree(library / ".nightbuild", ignore_errors=True)
    first, second = night(library), night(library)
    again = {task.partition(":")[0] for task in executed("\n".join(first))}
    after = outside_caches(library)
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if not (again <= RECKONED and second == changed == []):
        print(*first, "--", *second, "--", *changed, sep="\n")
        return False
    return True
