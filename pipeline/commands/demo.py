"""Make a small library of simulated nights and run it: two rigs, three nights, from raw frames on.

  doit demo            in demo-library/ beside this checkout (ignored by git), or here where there is no checkout
  doit demo DIR        in DIR

The frames are simulated, and say so in their headers. A second `doit demo` finds nothing to do. To start anew, delete
the folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pipeline
from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.rules.record_places import report_page
from pipeline.world.configuration import shipped_folder
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import init_library
from pipeline.world.selected import ID_FILE

FOLDER = "demo-library"
_UNATTENDED = {
    "SQA55@f5.3+ATR585M": b"""
# For the demo: this rig needs nobody's eyes, and its lights are calibrated. The other one waits for you.
[blink]
flat = false
dark = false
bias = false

[accept]
mode = "auto"

[calibrate]
enabled = true
"""
}
"""What the demo adds to rig files, so that both ways of working are seen."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "folder", nargs="?", metavar="DIR", help=f"where (default: {FOLDER} beside the checkout)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Make the demo library where it is not there yet, then run its night."""
    root = (
        context.folder / arguments.folder if arguments.folder else _beside_checkout(context.folder) / FOLDER
    ).resolve()
    if not (root / ID_FILE).is_file():
        if root.is_dir() and any(path.name not in {"_Inbox", "_Rigs"} for path in root.iterdir()):
            raise UserError(f"{root} holds something else; name an empty folder: doit demo DIR")
        context.say(f"Simulating two rigs and three nights in {root} ...")
        make_demo(root)
    code = _run_night(root, quiet=arguments.json)
    page = root / report_page("index")
    closing = (
        f"The demo library is {root}",
        f"Look around: cd {root} && doit status, doit plan, doit list --all",
        f"The overview, to be opened in a browser: {page}",
    )
    data = {"library": str(root), "overview": str(page), "exit_code": code}
    return Answer(closing=closing, data=data, exit_code=code)


def make_demo(root: Path) -> None:
    """Rig files and raw frames; the id file last, so that a demo that was stopped is made to its end next time."""
    from pipeline.world.demo_nights import demo_library_toml, write_demo_nights
    from pipeline.world.demo_plan import write_demo_plan

    make_folder(root / "_Inbox")
    make_folder(root / "_Rigs")
    for file in sorted(shipped_folder().glob("*.toml")):
        text = demo_library_toml().encode() if file.name == "library.toml" else file.read_bytes()
        replace_if_different(root / "_Rigs" / file.name, text + _UNATTENDED.get(file.stem, b""))
    write_demo_nights(root / "_Inbox")
    write_demo_plan(root)
    init_library(root)


def _run_night(root: Path, *, quiet: bool) -> int:
    """`doit`, as a person would type it there; what it prints is seen as it comes."""
    environment = {**os.environ, "NIGHTBUILD_LIBRARY": str(root)}
    environment.pop("NIGHTBUILD_RIGS", None)
    sys.stdout.flush()
    shown = sys.stderr if quiet else None
    return subprocess.run(
        [sys.executable, "-m", "doit"], cwd=root, env=environment, stdout=shown, check=False
    ).returncode


def _beside_checkout(folder: Path) -> Path:
    """The checkout this package lies in; without one, where the person stands."""
    above = Path(pipeline.__file__).resolve().parents[1]
    return above if (above / "pyproject.toml").is_file() else folder
