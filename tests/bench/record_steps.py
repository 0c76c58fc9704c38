"""What `tests.bench.records` measures, each step as a stage of the night does it; and the library it is done to."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.model.jobs import Work
from pipeline.model.measures import Measured
from pipeline.model.verdicts import Fate, Judgement, SetVerdict
from pipeline.rules.layout import frame_path, offered_folder, set_name, target_part
from pipeline.rules.ledger import ledger_file
from pipeline.rules.records import entry_record
from pipeline.world.journals import dump
from tests.bench import shapes

BIGGEST = shapes.rig_name(0)
"""The rig with the most frames: it gets the night."""
NIGHT_FRAMES = 100
_MADE = "records-bench"
Said = dict[str, float]
"""What a step says of what it did: words to numbers."""


def make_library(folder: Path, frames: int) -> None:
    """The library, unless it lies there already."""
    if not (folder / _MADE).exists():
        add_measures(folder, shapes.make_library(folder, frames))
        (folder / _MADE).touch()


def add_measures(library: Path, sets: list[shapes.Set]) -> None:
    """What measuring and culling would have left of each set."""
    from pipeline.world.library import open_library
    from pipeline.world.manifests import write_measures, write_verdict

    opened, chance = open_library(library), random.Random(6)
    for drawn in sets:
        frames = list(shapes.frames_of(drawn))
        paths = [frame_path(frame, shapes.rig_name(drawn.rig), drawn.night) for frame in frames]
        home = offered_folder(frames[0], shapes.rig_name(drawn.rig), drawn.night, target_part(drawn.target))
        rows = [Measured(stored=path, size=5760, mtime_ns=1, values=_values(chance)) for path in paths]
        write_measures(opened, set_name(home), "bench", rows)
        judged = {path: Judgement(fate=Fate.KEPT) for path in paths}
        write_verdict(opened, set_name(home), "bench", SetVerdict(frames=judged, of=len(paths)))


def _values(chance: random.Random) -> dict[str, float]:
    """As many as a light measured here has."""
    return {
        "hfr": chance.gauss(2.2, 0.3),
        "hfr_measured": chance.gauss(2.2, 0.3),
        "fwhm_px_measured": chance.gauss(3.3, 0.4),
        "fwhm_arcsec_measured": chance.gauss(2.6, 0.4),
        "eccentricity_measured": chance.gauss(0.4, 0.05),
        "stars": float(chance.randrange(300, 3000)),
        "stars_measured": float(chance.randrange(300, 3000)),
        "rms_arcsec": chance.gauss(0.6, 0.1),
        "background_adu": chance.gauss(900, 80),
        "noise_adu": chance.gauss(22, 2),
        "gradient_percent": chance.gauss(4, 1),
        "saturated_percent": chance.random() / 10,
        "clear_percent": 100.0,
        "trail": 0.0,
        "weight": chance.gauss(1, 0.1),
        "altitude_deg": chance.uniform(25, 85),
        "moon_altitude_deg": chance.uniform(-60, 60),
        "moon_separation_deg": chance.uniform(20, 160),
    }


def add_night(library: Path) -> None:
    """A further night of the biggest rig, as the night's stages would leave it."""
    nights = sum(1 for _ in (library / "_Ledger").rglob("*.jsonl"))
    drawn = shapes.Set(
        rig=0,
        night=(night := shapes.LAST_NIGHT + timedelta(days=30 + nights)),
        target="NGC 7000",
        filter="H",
        exposure_s=300.0,
        count=NIGHT_FRAMES,
        begins=datetime(night.year, night.month, night.day, 21),
    )
    entries = shapes._store(library, drawn, inbox_full=False)
    journal = library / ledger_file(BIGGEST, drawn.night)
    journal.write_bytes(b"".join(dump(entry_record(entry)) + b"\n" for entry in entries))
    add_measures(library, [drawn])


def _catalogue(library: Path) -> Said:
    made = sum(_owners_done(library, "catalog", "is_written", "write_owner", "catalogued"))
    _done(library, "catalog", "is_library_written", "write_library", "")
    return {"rows made": made}


def _catalogue_anew(library: Path) -> Said:
    """From nothing; the headers are known or are read, as the caches have it."""
    shutil.rmtree(library / "_Catalog", ignore_errors=True)
    shutil.rmtree(library / ".nightbuild/catalog", ignore_errors=True)
    return _catalogue(library)


def _pages(library: Path) -> Said:
    made = sum(_owners_done(library, "reports", "is_owner_told", "tell_owner", "pages"))
    from pipeline.stages.reports import tell_library  # something was catalogued: the library's own are due

    return {"pages": made + tell_library(Work(library)).counts.get("pages", 0.0)}


def _pages_anew(library: Path) -> Said:
    shutil.rmtree(library / "_Reports", ignore_errors=True)
    shutil.rmtree(library / ".nightbuild/reports", ignore_errors=True)
    return _pages(library)


def _summaries(library: Path) -> Said:
    return {"files": _done(library, "summaries", "is_done", "sum_up", "summaries")}


def _notes(library: Path) -> Said:
    return {"notes": _done(library, "notes", "is_written", "write_down", "notes")}


def _owners_done(library: Path, stage: str, check: str, effect: str, counts: str) -> list[float]:
    """A stage of every rig, two at a time as in a run."""
    names = (shapes.rig_name(rig) for rig in range(shapes.RIGS))
    there = [name for name in names if (library / ledger_file(name, date(2020, 1, 1))).parent.is_dir()]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda owner: _done(library, stage, check, effect, counts, owner=owner), there))


def _done(library: Path, stage: str, check: str, effect: str, counts: str, **arguments: Any) -> float:
    """A job, unless its check says that nothing is due; what it counted."""
    module = import_module(f"pipeline.stages.{stage}")
    if getattr(module, check)(library, **arguments):
        return 0.0
    found: float = getattr(module, effect)(Work(library), **arguments).counts.get(counts, 0.0)
    return found


def _read_all(library: Path) -> Said:
    return _read(library, None)


def _read_sets(library: Path) -> Said:
    return _read(library, {"sets"})


def _read(library: Path, tables: set[str] | None) -> Said:
    from pipeline.world.catalog import read_catalog
    from pipeline.world.library import open_library

    found = read_catalog(open_library(library), tables=tables)
    frames = sum(len(one.frames) for one in found.owners.values())
    return {"frames": frames, "sets": len(found.sets), "troubles": len(found.troubles)}


READING = "catalogue read, all of it"
NIGHT = "night: catalogue"
PAGES = "night: pages"
STEPS: dict[str, Callable[[Path], Said]] = {
    "catalogue anew, headers read": _catalogue_anew,
    "catalogue anew": _catalogue_anew,
    "catalogue, nothing due": _catalogue,
    READING: _read_all,
    "catalogue read, sets alone": _read_sets,
    "summaries anew": _summaries,
    "pages anew": _pages_anew,
    "pages, nothing due": _pages,
    "notes anew": _notes,
    NIGHT: _catalogue,
    PAGES: _pages,
    "night: summaries": _summaries,
    "night: notes": _notes,
}
"""In the order in which they are done; a night is added before the first that bears its name."""


def done_alone(step: Callable[[Path], Said], library: Path) -> Said:
    """What a step said, its seconds and those of the processor, which another's work does not lengthen as much."""
    begun, used = time.perf_counter(), time.process_time()
    said = step(library)
    return {
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time() - used,
        **said,
    }
