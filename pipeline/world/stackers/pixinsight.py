"""PixInsight, asked to integrate: a script and a job file in, a result file and a picture out.

    job.json, master.js ─PixInsight --automation-mode -r=master.js─▶ result.json, master.fit

It ends with 0 whatever happens, waits for a click where a switch is misspelt, and splits script arguments at commas:
so it has a time limit, and success is what the script itself wrote down. No copy of it runs in our tests: there a
stand-in plays its part, and what rests on the vendor's own behaviour is not verified.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.model.errors import FrameError, UserError
from pipeline.model.library import KeepFree
from pipeline.model.masters import Stacked, StackRequest
from pipeline.rules.recipes import method_text
from pipeline.world.long_programs import run_long
from pipeline.world.stackers import Progress
from pipeline.world.stackers.prepared import lay_out_less, noting, require_result, require_room, shape_of
from pipeline.world.stackers.scripts import fill

_SLOTS = 200
"""PixInsight numbers its instances from 1 to 256."""
_LAYING_OUT = 20
_MOST_LINES = 120
_KEEP = KeepFree()
_versions: dict[str, str] = {}
"""What each program said it is, in its last result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixInsightStacker:
    """The PixInsight on this computer."""

    command: str
    timeout_s: float = 14_400.0
    keep: KeepFree = _KEEP
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def name(self) -> str:
        """For a person."""
        return "PixInsight"

    def version(self) -> str:
        """What it said in its last result; it cannot be asked without starting it for half a minute."""
        return _versions.get(self.command, "")

    def stack(self, request: StackRequest, scratch: Path, progress: Progress) -> Stacked:
        """Integrate frames by a script.

        Raises:
            UserError: it cannot be started as things are. FrameError: nothing came of it; what it said is told.
            PassingError: it took too long and was ended, or there is no room for its files.
        """
        if len(request.frames) < 3:
            raise UserError(
                "PixInsight integrates three frames or more; give the kind more frames (min_frames)"
            )
        shape = shape_of(request.frames)
        arguments = [*self._screen(), *self._arguments(scratch)]
        frames, said = self._lay_out(request, scratch, shape, progress)
        self._write_job(request, frames, scratch)
        lines = [shlex.join(arguments), *said]
        heard: list[str] = []
        picture = scratch / "master.fit"
        with noting(lines):
            try:
                ended = run_long(arguments, folder=scratch, timeout_s=self.timeout_s, hear=heard.append)
            finally:
                lines += _worth_keeping(scratch / "console.log", heard)
            result = self._result(scratch, heard, ended.errors)
            require_result(picture, shape, "PixInsight", "its script says it succeeded")
        progress(100, 100)
        version = _versions[self.command] = str(result.get("version", ""))[:60]
        return Stacked(
            picture=str(picture),
            backend=f"PixInsight {version}".strip(),
            method=method_text(request.recipe),
            rejected_low=_count(result.get("rejected_low")),
            rejected_high=_count(result.get("rejected_high")),
            log=tuple(lines),
        )

    def _arguments(self, scratch: Path) -> list[str]:
        script = scratch / "master.js"
        if "," in str(script):
            raise UserError(
                f"PixInsight splits at commas, and {scratch} has one; set state_dir in library.toml to a folder "
                f"without."
            )
        slot = 1 + os.getpid() % _SLOTS
        return [self.command, "--automation-mode", f"-n={slot}", f"-r={script}", "--force-exit"]

    def _screen(self) -> list[str]:
        """What goes before it where there is no screen: it is a program with windows, seen or not."""
        told = self.environment
        if sys.platform != "linux" or told.get("DISPLAY") or told.get("WAYLAND_DISPLAY"):
            return []
        found = shutil.which("xvfb-run", path=told.get("PATH"))
        if found is None:
            raise UserError(
                "PixInsight needs a screen, and there is none here: install xvfb (xvfb-run), or run `doit` on a "
                "desktop."
            )
        return [found, "-a"]

    def _lay_out(
        self, request: StackRequest, scratch: Path, shape: tuple[int, int], progress: Progress
    ) -> tuple[list[str], list[str]]:
        """The frames PixInsight reads: the stored ones, or float ones less a master."""
        if not request.subtract:
            return list(request.frames), []
        count, done = len(request.frames), [0]
        require_room(scratch, count * shape[0] * shape[1] * 4, self.keep)

        def tell() -> None:
            done[0] += 1
            progress(_LAYING_OUT * done[0] // count, 100)

        made, held = lay_out_less(request.frames, request.subtract, scratch, tell)
        return [str(path) for path in made], [
            f"{held} values below 0 held at 0 after subtraction"
        ] if held else []

    def _write_job(self, request: StackRequest, frames: list[str], scratch: Path) -> None:
        recipe = request.recipe
        job = {
            "frames": [Path(frame).as_posix() for frame in frames],
            "combine": recipe.combine,
            "reject": recipe.reject if recipe.combine == "mean" else "none",
            "low": recipe.low_sigma,
            "high": recipe.high_sigma,
            "normalise": request.normalise,
            "picture": (scratch / "master.fit").as_posix(),
            "result": (scratch / "result.json").as_posix(),
            "log": (scratch / "console.log").as_posix(),
        }
        (scratch / "job.json").write_text(json.dumps(job), encoding="ascii")
        script = fill("master.js.j2", {"job": json.dumps((scratch / "job.json").as_posix())})
        (scratch / "master.js").write_text(script, encoding="ascii")

    def _result(self, scratch: Path, heard: list[str], errors: str) -> dict[str, Any]:
        """What the script wrote down; without it, nothing happened."""
        try:
            text = (scratch / "result.json").read_text(encoding="utf-8")
            result = json.loads(text)
        except (OSError, ValueError) as error:
            said = [line for line in (*heard, *errors.splitlines()) if line.strip()]
            words = said[-1].strip()[:300] if said else "it said nothing"
            raise FrameError(f"PixInsight ended without a result: {words}") from error
        if not isinstance(result, dict) or result.get("ok") is not True:
            why = result.get("error") if isinstance(result, dict) else None
            raise FrameError(f"PixInsight could not integrate: {str(why or 'it does not say why')[:300]}")
        return result


def _worth_keeping(console: Path, heard: list[str]) -> list[str]:
    """The end of what it logged, for the run's log."""
    try:
        text = console.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = "\n".join(heard)
    return [line.rstrip() for line in text.splitlines() if line.strip()][-_MOST_LINES:]


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) and 0 <= value < 1e15 else None
