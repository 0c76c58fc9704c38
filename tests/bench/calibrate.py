"""Calibrating twenty lights: ours beside Siril and ccdproc, in seconds, memory and truth.

    python -m tests.bench.calibrate [--json] [--quick]

Lights of 6248×4176 in 16 bits, a master dark and a master flat as float files; light − dark, divided by the normalised
flat, written again. Everybody reads and writes files, ours with every check it makes and every file forced to the disk
(fsync), the others not. Two limits stand beside them: reading and writing as many bytes by two threads, without and
with fsync; nothing can be quicker than these. Siril's cosmetic correction comes with `-dark` and cannot be turned off.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from pipeline.model.calibration import Calibrate
from pipeline.model.frames import Frame, Kind
from pipeline.world.files import sha256_of
from pipeline.world.fits_image import open_image, write_image
from pipeline.world.fits_text import Card
from tests.bench import measuring

OURS = "ours"
LIGHTS = 20
WORKERS = 2
FACTORY = "factory"
MASTERS = {"dark.fits": Kind.DARK, "flat.fits": Kind.FLAT}


def make_lights(folder: Path, *, is_quick: bool) -> None:
    """Lights and masters of the well-known scene: bias 1000, dark 50, sky 300, 30 % vignetting."""
    height, width = (418, 624) if is_quick else (4176, 6248)
    chance = np.random.default_rng(1)
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shade = (1 - 0.15 * (x * x + y * y)).astype(np.float32)
    dark = chance.normal(1050, 0.5, (height, width)).astype(np.float32)
    noise = chance.normal(0, 12, (height, width)).astype(np.float32)
    for number in range(LIGHTS):
        light = dark + 300 * shade + np.roll(noise, 997 * number)
        cards = [Card("OBJECT", "M 31"), Card("EXPTIME", 300.0), Card("DATE-OBS", "2026-01-14T22:00:00")]
        write_image(folder / f"light_{number + 1:05}.fits", np.rint(light).astype(np.uint16), cards)
    scale = [Card("ADUSCALE", 65535.0)]
    write_image(folder / "dark.fits", dark / 65535, scale)
    write_image(folder / "flat.fits", 25_000 * shade / 65535, [*scale, Card("FDARKMST", "flat_dark.fits")])
    for name in MASTERS:
        (folder / name).with_suffix(".sha256").write_text(sha256_of(folder / name))


def lights_in(folder: Path) -> list[Path]:
    """The twenty."""
    return sorted(folder.glob("light_*.fits"))


def calibrate_by_us(folder: Path, out: Path, output: str) -> None:
    """As the stage does it, two at a time."""
    from pipeline.world.calibrating import Light
    from pipeline.world.calibration_crew import calibrate_all
    from pipeline.world.opened_masters import MasterFile, open_correction

    files = [
        MasterFile(
            kind=kind,
            path=folder / name,
            sha256=(folder / name)
            .with_suffix(".sha256")
            .read_text(),  # the library knows it; it is proven again
            frame=Frame(path=name),
        )
        for name, kind in MASTERS.items()
    ]
    ready = open_correction(files, Calibrate(enabled=True, output=output))  # type: ignore[arg-type]
    lights = [
        Light(path=str(path), target=str(out / path.name), frame=Frame(path=""), sha256="", basis="x")
        for path in lights_in(folder)
    ]
    for _, result in calibrate_all(lights, ready, WORKERS):
        if isinstance(result, Exception):
            raise result


def calibrate_by_siril(folder: Path, out: Path, output: str) -> None:
    """`preprocess`, two threads."""
    script = out / "run.ssf"
    bits = "set16bits" if output == "uint16" else "set32bits"
    for path in [*lights_in(folder), folder / "dark.fits", folder / "flat.fits"]:
        (out / path.name.replace(".fits", ".fit")).symlink_to(path)
    script.write_text(
        f"requires 0.99.0\nsetcpu {WORKERS}\n{bits}\npreprocess light_ -dark=dark -flat=flat -prefix=cal_\n"
    )
    (out / "own.config").touch()
    command = ["siril-cli", "-d", str(out), "-i", str(out / "own.config"), "-s", str(script)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    if len(list(out.glob("cal_light_*.fit"))) != LIGHTS:
        raise SystemExit(f"Siril made no {LIGHTS} lights:\n{done.stdout[-2000:]}")


def calibrate_by_ccdproc(folder: Path, out: Path, output: str) -> None:
    """`ccd_process` as its manual has it, two processes."""
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(_ccd_process, lights_in(folder), [folder] * LIGHTS, [out] * LIGHTS))


def _ccd_process(path: Path, folder: Path, out: Path) -> None:
    import ccdproc  # type: ignore[import-not-found, unused-ignore]
    from astropy import units
    from astropy.nddata import CCDData

    masters = _masters.get(folder)
    if masters is None:
        read = [CCDData.read(folder / name, unit="adu") for name in ("dark.fits", "flat.fits")]
        read[0].data = read[0].data * np.float32(65535)
        masters = _masters[folder] = read
    light = CCDData.read(path, unit="adu")
    light.data = light.data.astype(np.float32)
    done = ccdproc.ccd_process(
        light,
        dark_frame=masters[0],
        master_flat=masters[1],
        dark_exposure=300 * units.s,
        data_exposure=300 * units.s,
    )
    done.data = done.data.astype(np.float32)
    done.write(out / path.name, overwrite=True)


_masters: dict[Path, list] = {}  # type: ignore[type-arg]


def only_read_and_write(folder: Path, out: Path, output: str, *, sync: bool = False) -> None:
    """As many bytes, by two threads, and nothing else."""
    grows = 2 if output == "float32" else 1

    def carry(path: Path) -> None:
        with path.open("rb", buffering=0) as source, (out / path.name).open("wb", buffering=0) as target:
            while data := source.read(1 << 20):
                for _ in range(grows):
                    target.write(data)
            if sync:
                os.fsync(target.fileno())

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(carry, lights_in(folder)))


def read_write_sync(folder: Path, out: Path, output: str) -> None:
    """The same, each file forced to the disk."""
    only_read_and_write(folder, out, output, sync=True)


CONTENDERS: dict[str, tuple[Callable[[Path, Path, str], None], Callable[[], bool]]] = {
    OURS: (calibrate_by_us, lambda: True),
    "limit: read + write + fsync": (read_write_sync, lambda: True),
    "limit: read + write": (only_read_and_write, lambda: True),
    "Siril preprocess": (calibrate_by_siril, lambda: shutil.which("siril-cli") is not None),
    "ccdproc.ccd_process": (calibrate_by_ccdproc, lambda: importlib.util.find_spec("ccdproc") is not None),
}


def time_contender(name: str, folder: Path, output: str) -> float:
    """Seconds for the twenty, start-up of the work (masters, pools) counted, imports not."""
    out = folder / "out"
    out.mkdir()
    try:
        os.sync() if hasattr(os, "sync") else None
        begun = time.perf_counter()
        CONTENDERS[name][0](folder, out, output)
        seconds = time.perf_counter() - begun
        _check(name, out)
    finally:
        shutil.rmtree(out)
    return seconds


def _check(name: str, out: Path) -> None:
    """The sky is flat, or it was not worth the time."""
    if name.startswith("limit"):
        return
    made = next(
        path for path in sorted(out.iterdir()) if "light_00001" in path.name and not path.is_symlink()
    )
    pixels = open_image(made).pixels().astype(np.float64)
    height, width = pixels.shape
    corner, middle = (
        pixels[: height // 8, : width // 8],
        pixels[height // 2 :, width // 2 :][: height // 8, : width // 8],
    )
    if abs(np.median(corner) / np.median(middle) - 1) > 0.02:
        raise SystemExit(f"{name}: the sky is not flat")


def measure(folder: Path, rounds: int) -> Iterator[measuring.Score]:
    """Each contender alone, for both kinds of output; the quickest of some rounds, taken in turns."""
    for output in ("float32", "uint16"):
        there = [name for name, (_, is_there) in CONTENDERS.items() if is_there()]
        if output == "uint16":
            there = [name for name in there if not name.startswith("ccdproc")]
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in there}
        for _ in range(rounds):
            for name in there:
                arguments = ("--path", str(folder), "--output", output)
                taken[name].append(measuring.run_alone("tests.bench.calibrate", name, *arguments))
        best = {name: min(found, key=lambda one: one["seconds"]) for name, found in taken.items()}
        for name, found in best.items():
            yield measuring.Score(
                contender=f"{name} ({output})",
                seconds=round(found["seconds"], 2),
                peak_mb=found["peak_mb"] if not name.startswith(("Siril", "ccdproc")) else found["child_mb"],
                ratio_to_ours=round(found["seconds"] / best[OURS]["seconds"], 2),
                measured_on=f"{LIGHTS} lights, two threads or processes; {measuring.machine()}",
                note=f"{LIGHTS / found['seconds']:.1f} lights/s, {found['cpu']:.1f} s of processor",
            )


def _children() -> tuple[float, float]:
    """Processor seconds of this process and its children, and the largest child's memory in MB."""
    import resource

    own, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime
    return seconds, round(theirs.ru_maxrss / 1024, 1)


def main() -> None:
    """Read the command line; measure, or be the one contender that is measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.calibrate", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the quickest counts")
    parser.add_argument("--alone", choices=[*CONTENDERS, FACTORY], help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--output", default="float32", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone == FACTORY:
        make_lights(asked.path, is_quick=asked.quick)
        measuring.print_alone(0.0)
        return
    if asked.alone:
        before = _children()[0]
        seconds = time_contender(asked.alone, asked.path, asked.output)
        cpu, child_mb = _children()
        measuring.print_alone(seconds, cpu=round(cpu - before, 2), child_mb=child_mb)
        return
    with tempfile.TemporaryDirectory() as folder:
        quick = ["--quick"] if asked.quick else []
        measuring.run_alone("tests.bench.calibrate", FACTORY, "--path", folder, *quick)
        scores = list(measure(Path(folder), 1 if asked.quick else asked.rounds))
    missing = [
        f"{name} is left out: it is not installed." for name, (_, there) in CONTENDERS.items() if not there()
    ]
    measuring.show(scores, missing, as_json=asked.json)


if __name__ == "__main__":
    main()
