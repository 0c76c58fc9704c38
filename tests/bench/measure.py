"""Measuring a frame: ours beside sep and photutils, in seconds, memory and truth.

    python -m tests.bench.measure [--json] [--quick]

Two simulated lights, whose stars are known: 6248×4176 mono and 1080×1920 Bayer, each with hot pixels and a nebula.
Ours gives all of `StarMeasures` (sizes, shape, number, sky, trail). sep does background, extract, flux_radius and the
eccentricity of every object; photutils the sky's level and DAOStarFinder, which gives no sizes. Both get what their
manuals ask for and ours does by itself: floats, the planes of the mosaic brought to one level and scale, and for sep
the sizes only of round, clean objects above 20 in signal-to-noise ratio. Reading the frame is not counted.
Truth: stars from a signal-to-noise ratio of 10 on; HFR and FWHM as pixels show them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixels.psf import Psf
from pipeline.pixels.stars import measure_light
from tests.bench import measuring
from tests.pixels.skies import photograph, true_count

OURS = "ours"
PHOTOGRAPHER = "photographer"
MISSING = "{0} is left out: it is not installed (pip install {0})."
ROUNDS = 5
SATURATION_ADU = 65535.0
Figures = dict[str, float]
Plane = NDArray[Any]


def measure_by_us(adu: Plane, bayer: str | None) -> Figures:
    """All that a light says."""
    found = measure_light(adu, saturation_adu=SATURATION_ADU, bayer=bayer)
    return {"stars": found.stars, "hfr_px": found.hfr_px or 0.0, "fwhm_px": found.fwhm_px or 0.0}


def measure_by_sep(adu: Plane, bayer: str | None) -> Figures:
    """Background, objects, half-light radii and eccentricities."""
    import sep  # type: ignore[import-not-found, unused-ignore]

    pixels = even_planes(adu) if bayer else adu.astype(np.float32)
    background = sep.Background(pixels)
    background.subfrom(pixels)
    found = sep.extract(pixels, 3.0, err=background.globalrms, minarea=5)
    radius, _ = sep.flux_radius(pixels, found["x"], found["y"], 6.0 * found["a"], 0.5, subpix=5)
    _eccentricity = np.sqrt(1 - (found["b"] / found["a"]) ** 2)
    noise = background.globalrms * np.sqrt(found["npix"])
    good = (found["flag"] == 0) & (found["flux"] > 20 * noise) & (found["npix"] > 6)
    width = 2.3548 * np.sqrt(found["a"] * found["b"])
    return {"stars": len(found), "hfr_px": middle(radius[good]), "fwhm_px": middle(width[good])}


def measure_by_photutils(adu: Plane, bayer: str | None) -> Figures:
    """DAOStarFinder as its manual has it, told the true width; the statistics from a sixteenth of the pixels."""
    from astropy.stats import sigma_clipped_stats
    from photutils.detection import DAOStarFinder

    pixels = even_planes(adu) if bayer else adu.astype(np.float32)
    _, median, noise = sigma_clipped_stats(pixels[1::4, 1::4], sigma=3.0)
    found = DAOStarFinder(5.0 * noise, 3.0)(pixels - np.float32(median))
    return {"stars": 0 if found is None else len(found), "hfr_px": 0.0, "fwhm_px": 0.0}


def even_planes(adu: Plane) -> Plane:
    """The planes of a mosaic at one level and scale."""
    pixels = adu.astype(np.float32)
    planes = [pixels[y::2, x::2] for y in (0, 1) for x in (0, 1)]
    middles = [float(np.median(plane)) for plane in planes]
    spreads = [float(np.median(np.abs(plane - level))) for plane, level in zip(planes, middles, strict=True)]
    for plane, level, spread in zip(planes, middles, spreads, strict=True):
        plane -= level
        plane *= np.mean(spreads) / spread
    return pixels


def middle(values: NDArray[Any]) -> float:
    """Median, 0 of nothing."""
    return float(np.median(values)) if len(values) else 0.0


CONTENDERS: dict[str, tuple[Callable[[Plane, str | None], Figures], str | None]] = {
    OURS: (measure_by_us, None),
    "sep": (measure_by_sep, "sep"),
    "photutils DAOStarFinder": (measure_by_photutils, "photutils"),
}
FRAMES: dict[str, tuple[int, int, int, str | None]] = {
    "6248×4176 mono": (6248, 4176, 5200, None),
    "1080×1920 Bayer": (1920, 1080, 620, "RGGB"),
}


def take_frames(folder: Path, *, is_quick: bool) -> dict[str, Figures]:
    """Photograph the frames; their truth."""
    truths = {}
    for name, (width, height, stars, bayer) in FRAMES.items():
        share = 0.1 if is_quick else 1.0
        photo = photograph(
            Psf(fwhm_px=3.0, beta=4.0),
            width=round(width * share**0.5) // 2 * 2,
            height=round(height * share**0.5) // 2 * 2,
            stars=round(stars * share),
            flux_adu_s=(30.0, 6000.0),
            bayer=bayer,
            hot_share=2e-4,
            gradient=0.1,
            nebulae=True,
        )
        np.save(folder / f"{slug(name)}.npy", photo.adu)
        shows = photo.taken.truth.shows
        truths[name] = {"stars": true_count(photo), "hfr_px": shows.hfr_px, "fwhm_px": shows.fwhm_px}
        del photo
    return truths


def slug(name: str) -> str:
    """A frame's name as a file has it."""
    return name.replace("×", "x").replace(" ", "_")


def time_contender(name: str, path: Path, bayer: str | None, rounds: int) -> tuple[float, Figures]:
    """Seconds for one frame, the quickest of some rounds: other work on the machine only adds to it."""
    adu, taken, found = np.load(path), [], Figures()
    CONTENDERS[name][0](np.ascontiguousarray(adu[:256, :256]), bayer)  # imports are not what is measured
    for _ in range(rounds):
        begun = time.perf_counter()
        found = CONTENDERS[name][0](adu, bayer)
        taken.append(time.perf_counter() - begun)
    return min(taken), found


def measure(folder: Path, truths: dict[str, Figures], rounds: int) -> Iterator[measuring.Score]:
    """Each contender alone on each frame."""
    for frame, truth in truths.items():
        ours = 0.0
        for name, (_, needed) in CONTENDERS.items():
            if needed and not importlib.util.find_spec(needed):
                continue
            arguments = ("--path", str(folder / f"{slug(frame)}.npy"), "--rounds", str(rounds))
            mosaic = ("--bayer", FRAMES[frame][3]) if FRAMES[frame][3] else ()
            found = measuring.run_alone("tests.bench.measure", name, *arguments, *filter(None, mosaic))
            ours = ours or found["seconds"]
            yield measuring.Score(
                contender=f"{name} ({frame})",
                seconds=round(found["seconds"], 4),
                peak_mb=found["peak_mb"],
                ratio_to_ours=round(found["seconds"] / ours, 2),
                measured_on=f"simulated lights, 3 px stars; {measuring.machine()}",
                note=errors(found, truth),
            )


def errors(found: Figures, truth: Figures) -> str:
    """What was found against the truth, in words."""
    parts = [
        f"{found['stars']:.0f} of {truth['stars']:.0f} stars ({found['stars'] / truth['stars'] - 1:+.1%})"
    ]
    for key, word in (("hfr_px", "HFR"), ("fwhm_px", "FWHM")):
        parts.append(f"{word} {found[key] / truth[key] - 1:+.1%}" if found[key] else f"no {word}")
    return ", ".join(parts)


def main() -> None:
    """Read the command line; measure, or be the one contender that is measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.measure", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument("--alone", choices=[*CONTENDERS, PHOTOGRAPHER], help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--bayer", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone == PHOTOGRAPHER:
        truths = take_frames(asked.path, is_quick=asked.quick)
        (asked.path / "truths.json").write_text(json.dumps(truths))
        measuring.print_alone(0.0)
        return
    if asked.alone:
        seconds, found = time_contender(asked.alone, asked.path, asked.bayer, asked.rounds)
        measuring.print_alone(seconds, **found)
        return
    with tempfile.TemporaryDirectory() as folder:
        quick = ["--quick"] if asked.quick else []
        # In a process of its own: on Linux the peak memory of a process is also its children's.
        measuring.run_alone("tests.bench.measure", PHOTOGRAPHER, "--path", folder, *quick)
        truths = json.loads((Path(folder) / "truths.json").read_text())
        scores = list(measure(Path(folder), truths, 1 if asked.quick else asked.rounds))
    needed = [name for _, name in CONTENDERS.values() if name]
    missing = [MISSING.format(name) for name in needed if not importlib.util.find_spec(name)]
    measuring.show(scores, missing, as_json=asked.json)


if __name__ == "__main__":
    main()
