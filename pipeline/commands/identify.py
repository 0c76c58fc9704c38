r"""Say what files are: kind, rig, target, night, filter, exposure and more, with the source of each value.

  doit identify FILE...            what each file is, from its header, its name and its folders
  doit identify --sources FILE...  every value, its unit, and where it came from
  doit identify --json FILE...     the same, one JSON object a line
  find . -name '*.fits' | doit identify --json -

A path need not exist: then its name and folders speak. `/` and `\` are both read.
"""

from __future__ import annotations

import argparse
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Header, Problem
from pipeline.model.survey import Sort
from pipeline.rules.frame_words import frame_values
from pipeline.rules.identity import Clues, Known, identify
from pipeline.rules.sorting import sort_of
from pipeline.world.configuration import load_configuration
from pipeline.world.headers import read_header

_NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL})
_NO_NAME_ON_WINDOWS = frozenset({21, 53, 67, 123, 161})
"""Not ready, no such host or share, no such form of name."""

_COLUMN = "each file, and what it is"
_VALUE_CHARS = 28


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a file or folder; `-` reads paths from standard input"
    )
    parser.add_argument(
        "--sources", action="store_true", help="say where each value came from; with --json as a key more"
    )


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Identify each path in turn; the answer is given as it comes."""
    known = known_rigs(context)
    paths = _all_paths(arguments.paths, context.lines)
    frames = (identify_path(path, context.folder, known) for path in paths)
    if arguments.json:
        shape = _as_json_with_sources if arguments.sources else _as_json
        return Answer(rows=map(shape, frames), json_lines=True)
    told = _with_sources if arguments.sources else _in_short
    lines = (line for frame in frames for line in (frame.path, *told(frame), *_warnings(frame)))
    return Answer(rows=({_COLUMN: line} for line in lines), columns=(_COLUMN,))


def known_rigs(context: Context) -> Known:
    """The rigs and sites of the library that is meant, or the shipped ones."""
    configuration = load_configuration(context.library, context.environment.get("NIGHTBUILD_RIGS"))
    return Known(rigs=configuration.rigs, sites=configuration.library.sites)


def identify_path(path: str, folder: Path, known: Known) -> Frame:
    """One path, its header read where there is one."""
    header, problem = _read(os.path.join(folder, path), path)  # noqa: PTH118 - a Path a file is half the time
    frame = identify(Clues(path=path, header=header), known)
    return frame if problem is None else _with_problem(frame, problem)


def _read(place: str, path: str) -> tuple[Header | None, Problem | None]:
    """The header, or why there is none; a path that does not exist is no problem."""
    try:
        mode = _mode(place)
        if mode is None:
            return None, _by_name(path)
        if stat.S_ISDIR(mode):
            misnamed = sort_of(path) is Sort.FRAME
            return None, Problem("not-a-frame", "a folder with the name of a frame") if misnamed else None
        if sort_of(path) is not Sort.FRAME:
            return None, _by_name(path)
        return read_header(Path(place)), None
    except FrameError as error:
        return None, Problem("not-a-frame", str(error))
    except (OSError, ValueError) as error:
        return None, Problem(
            "unreadable", f"the file could not be read: {getattr(error, 'strerror', None) or error}"
        )


def _mode(place: str) -> int | None:
    """What lies there; None for nothing, and for names this disk cannot hold (another system's path is one name)."""
    try:
        return os.stat(place).st_mode  # noqa: PTH116 - the same
    except ValueError:
        return None
    except OSError as error:
        if error.errno in _NOTHING_THERE or getattr(error, "winerror", None) in _NO_NAME_ON_WINDOWS:
            return None
        raise


def _by_name(path: str) -> Problem | None:
    sort = sort_of(path)
    if sort is Sort.LITTER:
        return Problem("litter", "left by an operating system or a sync program, no frame")
    return Problem("unfinished", "an upload that is not finished") if sort is Sort.UNFINISHED else None


def _with_problem(frame: Frame, problem: Problem) -> Frame:
    return replace(frame, problems=(problem, *frame.problems))


def _all_paths(given: Iterable[str], lines: Iterable[str]) -> Iterator[str]:
    for path in given:
        if path == "-":
            yield from (path for line in lines if (path := line.removeprefix("\ufeff")))
        else:
            yield path


def _as_json(frame: Frame) -> dict[str, Any]:
    """The fixed interface other tools read; keys in this order."""
    return {
        "path": frame.path,
        "kind": frame.kind.value if frame.kind else None,
        "rig": frame.rig,
        "optic": frame.optic,
        "focal_ratio": frame.focal_ratio,
        "camera": frame.camera,
        "target": frame.target,
        "panel": frame.panel,
        "night": frame.night.isoformat() if frame.night else None,
        "time_utc": frame.utc.isoformat().replace("+00:00", "Z") if frame.utc else None,
        "time_local": frame.local.isoformat() if frame.local else None,
        "filter": frame.filter,
        "exposure_s": _plain(frame.exposure_s),
        "set_temp_c": _plain(frame.set_temp_c),
        "sensor_temp_c": _plain(frame.sensor_temp_c),
        "gain": _plain(frame.gain),
        "offset": _plain(frame.offset),
        "binning": frame.binning,
        "readout_mode": frame.readout_mode,
        "hfr": _plain(frame.hfr_px),
        "stars": frame.stars,
        "rms_arcsec": _plain(frame.rms_arcsec),
        "dialect": frame.dialect,
        "stage": frame.stage,
        "problems": [str(problem) for problem in frame.problems],
    }


def _as_json_with_sources(frame: Frame) -> dict[str, Any]:
    return _as_json(frame) | {"sources": dict(frame.sources)}


def _in_short(frame: Frame) -> Iterator[str]:
    """Two lines, as a person would say it; what is not known is not said."""
    target = f"{frame.target} panel {frame.panel}" if frame.panel else frame.target
    numbers = (("{:g} s", frame.exposure_s), ("gain {:g}", frame.gain), ("{:g} °C", frame.set_temp_c))
    said = [frame.kind, target, frame.night and f"night of {frame.night}", frame.filter]
    said += [form.format(number) for form, number in numbers if number is not None]
    yield "    " + (" · ".join(word for word in said if word) or "nothing is known of it")
    tongue = f"written by {frame.dialect}" if frame.dialect else None
    train = " · ".join(word for word in (frame.rig, tongue) if word)
    if train:
        yield f"    {train}"


def _with_sources(frame: Frame) -> Iterator[str]:
    """One line a value: its name, the value with its unit, where it came from."""
    for name, value, source in frame_values(frame):
        yield f"    {name:<13} {value:<{_VALUE_CHARS}}  {_place(source)}".rstrip()


def _place(source: str) -> str:
    """`header FILTER`, `folder DATE_`, `name time`: a path speaks by its folders and by the file's name."""
    rest = source.removeprefix("name ")
    return rest if rest.startswith(("name", "folder", "default")) else source


def _warnings(frame: Frame) -> Iterator[str]:
    return (f"  ! {problem.text}" for problem in frame.problems)


def _plain(number: float | None) -> float | int | None:
    """100.0 as 100: a reader of JSON compares numbers, a person reads them."""
    return int(number) if number is not None and float(number).is_integer() and abs(number) < 1e15 else number
