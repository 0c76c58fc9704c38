"""Headers a second: ours beside astropy and fitsio, with the files in the system's cache and without.

    python -m tests.bench.headers [--json] [--quick] [-n 5000]

The files are a night as NINA writes it: 30 to 60 cards; times, temperatures, pointing and weather change
from frame to frame, the rest does not. Ours reads every value; astropy's `getheader` is lazy, so it is shown
with all values too.
Cold means that the system was asked to forget each file before (Linux); start-up and imports are not counted.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import measuring

OURS = "ours"
FITSIO_MISSING = "fitsio is left out: it is not installed (pip install -e '.[bench]')."
COLD_IMPOSSIBLE = "Cold was not measured: this system cannot be asked to forget a file (no posix_fadvise)."
ROUNDS = 3
COMMON = [
    "SIMPLE  =                    T / C# FITS",
    "BITPIX  =                   16 / ",
    "NAXIS   =                    2",
    "NAXIS1  =                   32",
    "NAXIS2  =                   32",
    "BZERO   =                32768",
    "EXTEND  =                    T / Extensions are permitted",
    "IMAGETYP= 'LIGHT   '           / Type of exposure",
    "EXPOSURE=                300.0 / [s] Exposure duration",
    "EXPTIME =                300.0 / [s] Exposure duration",
    "XBINNING=                    1 / X axis binning factor",
    "YBINNING=                    1 / Y axis binning factor",
    "GAIN    =                  100 / Sensor gain",
    "OFFSET  =                   50 / Sensor gain offset",
    "EGAIN   =    0.250265213847160 / [e-/ADU] Electrons per A/D unit",
    "XPIXSZ  =                 3.76",
    "YPIXSZ  =                 3.76",
    "INSTRUME= 'ZWO ASI2600MM Pro'   / Imaging instrument name",
    "SET-TEMP=                -10.0 / [degC] CCD temperature setpoint",
    "READOUTM= 'Default '           / Readout mode",
    "TELESCOP= 'Esprit 100ED'       / Name of telescope",
    "FOCALLEN=                550.0 / [mm] Focal length",
    "FOCRATIO=                  5.5 / Focal ratio",
    "FILTER  = 'Ha      '           / Active filter name",
    "OBJECT  = 'M 33    '           / Name of the object of interest",
    "EQUINOX =               2000.0",
    "OBJCTRA = '01 33 51'           / [H M S] RA of imaged object",
    "ROWORDER= 'TOP-DOWN'",
    "OBJCTDEC= '+30 39 37'          / [D M S] Declination",
    "SWCREATE= 'N.I.N.A. 3.2.0.9001 (x64)'",
]
CHANGING = [
    "DATE-LOC= '2026-01-15T{h:02}:{m:02}:{s:02}.1234567'",
    "DATE-OBS= '2026-01-15T{h:02}:{m:02}:{s:02}.7654321'",
    "DATE-AVG= '2026-01-15T{h:02}:{m:02}:{s:02}.5555555'",
    "MJD-OBS =    61055.{x:010d}",
    "CCD-TEMP={x:>20.1f}",
    "RA      =    23.{x:010d} / [deg] RA of telescope",
    "DEC     =    30.{x:010d}",
    "CENTALT =    61.{x:010d}",
    "CENTAZ  =   143.{x:010d}",
    "AIRMASS =     1.{x:010d}",
    "FOCPOS  =           {x:>10}",
    "FOCUSPOS=           {x:>10}",
    "FOCTEMP =     3.{x:010d}",
    "FOCUSTEM=     3.{x:010d}",
    "OBJCTROT=   120.{x:010d}",
    "ROTATOR =   289.{x:010d}",
    "ROTATANG=   289.{x:010d}",
    "CLOUDCVR=     4.{x:010d}",
    "DEWPOINT=     4.{x:010d}",
    "HUMIDITY=    40.{x:010d}",
    "PRESSURE=  1013.{x:010d}",
    "SKYBRGHT=     0.{x:010d}",
    "MPSAS   =    21.{x:010d}",
    "SKYTEMP =   -20.{x:010d}",
    "STARFWHM=     2.{x:010d}",
    "AMBTEMP =     5.{x:010d}",
    "WINDDIR =   180.{x:010d}",
    "WINDGUST=    12.{x:010d}",
    "WINDSPD =     5.{x:010d}",
    "MJD-AVG =    61055.{x:010d}",
]


def make_night(folder: Path, count: int) -> None:
    """Write that many frames of 32 × 32 pixels, from a night that is the same each time."""
    chance = random.Random(15)
    for number in range(count):
        drawn = {"h": number // 3600 % 24, "m": number // 60 % 60, "s": number % 60}
        changing = CHANGING[: chance.randrange(len(CHANGING) + 1)]
        cards = [*COMMON, *(card.format(**drawn, x=chance.randrange(10**9)) for card in changing), "END"]
        header = "".join(f"{card:80}" for card in cards)
        (folder / f"{number:05}.fits").write_bytes(
            header.ljust(-(-len(header) // 2880) * 2880).encode() + bytes(2880)
        )


def read_by_us(path: Path) -> object:
    """Our reader: every value, typed, and whether the file is whole."""
    from pipeline.world.headers import read_header

    return read_header(path)


def read_by_getheader(path: Path) -> object:
    """Astropy as most scripts use it; the values themselves are parsed when asked for."""
    from astropy.io import fits

    return fits.getheader(path)


def read_by_getheader_values(path: Path) -> object:
    """Astropy with every value, which is what ours gives."""
    from astropy.io import fits

    return list(fits.getheader(path).values())


def read_by_fitsio(path: Path) -> object:
    """CFITSIO by way of fitsio."""
    import fitsio  # type: ignore[import-not-found, unused-ignore]

    return fitsio.read_header(str(path))


CONTENDERS: dict[str, Callable[[Path], object]] = {
    OURS: read_by_us,
    "astropy getheader": read_by_getheader,
    "astropy getheader, all values": read_by_getheader_values,
    "fitsio.read_header": read_by_fitsio,
}


def time_contender(name: str, folder: Path, *, is_cold: bool, rounds: int) -> float:
    """Seconds for all files, the quickest of some rounds: other work on the machine only adds to it."""
    paths = sorted(folder.iterdir())
    CONTENDERS[name](paths[0])  # imports are not what is measured
    taken = []
    for _ in range(rounds):
        for path in paths:
            forget(path) if is_cold else path.read_bytes()
        begun = time.perf_counter()
        for path in paths:
            CONTENDERS[name](path)
        taken.append(time.perf_counter() - begun)
    return min(taken)


def forget(path: Path) -> None:
    """Ask the system to drop a file from its cache; it must be on the disk for that."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def measure(folder: Path, count: int, rounds: int) -> Iterator[measuring.Score]:
    """Each contender alone, warm and, where that is possible, cold."""
    names = [
        name for name in CONTENDERS if name != "fitsio.read_header" or importlib.util.find_spec("fitsio")
    ]
    for state in ("warm", "cold") if hasattr(os, "posix_fadvise") else ("warm",):
        ours = 0.0
        for name in names:
            arguments = ("--folder", str(folder), "--state", state, "--rounds", str(rounds))
            found = measuring.run_alone("tests.bench.headers", name, *arguments)
            ours = ours or found["seconds"]
            yield measuring.Score(
                contender=f"{name} ({state})",
                seconds=round(found["seconds"], 4),
                peak_mb=found["peak_mb"],
                ratio_to_ours=round(found["seconds"] / ours, 2),
                measured_on=f"{count} headers of 30 to 60 cards; {measuring.machine()}",
                note=f"{count / found['seconds']:,.0f} headers/s",
            )


def main() -> None:
    """Read the command line; measure, or be the one contender that is measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.headers", description=__doc__.splitlines()[0]
    )
    parser.add_argument("-n", type=int, default=5000, help="how many files (5000)")
    parser.add_argument("--json", action="store_true", help="one JSON object a contender")
    parser.add_argument(
        "--quick", action="store_true", help="a small run that only shows that all of it works"
    )
    parser.add_argument("--alone", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--state", default="warm", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        is_cold = asked.state == "cold"
        seconds = time_contender(asked.alone, asked.folder, is_cold=is_cold, rounds=asked.rounds)
        measuring.print_alone(seconds)
        return
    count, rounds = (200, 1) if asked.quick else (asked.n, asked.rounds)
    with tempfile.TemporaryDirectory() as folder:
        make_night(Path(folder), count)
        scores = list(measure(Path(folder), count, rounds))
    missing = [] if importlib.util.find_spec("fitsio") else [FITSIO_MISSING]
    missing += [] if hasattr(os, "posix_fadvise") else [COLD_IMPOSSIBLE]
    measuring.show(scores, missing, as_json=asked.json)


if __name__ == "__main__":
    main()
