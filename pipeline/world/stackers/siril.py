"""Siril, asked to integrate: a script for its version, a folder and a configuration of its own, judged by its result.

    frames ─laid out─▶ scratch ─siril-cli -s─▶ master.fit, looked at

Siril ends with 0 also when nothing came of it, keeps settings of one script for the next, and steps over arguments it
does not know: so its exit status is not asked, its configuration is private, and what it cannot do is said before.
"""

from __future__ import annotations

import functools
import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.model.library import KeepFree
from pipeline.model.masters import Stacked, StackRequest
from pipeline.rules.recipes import method_text
from pipeline.rules.siril import Hearing, Version, last_words, read_version, version_text, words_of
from pipeline.world.long_programs import run_long
from pipeline.world.programs import run_program
from pipeline.world.stackers import Progress
from pipeline.world.stackers.prepared import (
    lay_out,
    noting,
    pixels_of,
    require_result,
    require_room,
    write_adu,
)
from pipeline.world.stackers.scripts import fill

_KEEP = KeepFree()
_RESULT = "master"
_LAYING_OUT = 10
"""Of 100 parts of the work: putting the frames where Siril finds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SirilStacker:
    """The Siril on this computer."""

    command: str
    timeout_s: float = 7200.0
    cpus: int = 1
    memory: float = 0.5
    """Share of the computer's memory it may use."""
    keep: KeepFree = _KEEP

    @property
    def name(self) -> str:
        """For a person."""
        return "Siril"

    def version(self) -> str:
        """`1.0.6`."""
        return version_text(version_of(self.command))

    def stack(self, request: StackRequest, scratch: Path, progress: Progress) -> Stacked:
        """Integrate frames by a script.

        Raises:
            UserError: this Siril cannot do what is asked. FrameError: nothing came of it; what it said is told.
            PassingError: it took too long and was ended, or there is no room for its files.
        """
        version = version_of(self.command)
        words = words_of(request.recipe, version, normalise=request.normalise)
        if len(request.frames) < 2:
            raise UserError("Siril integrates two frames or more; give the kind more frames (min_frames)")
        shape = self._lay_out(request, scratch, progress)
        script = fill("siril.ssf.j2", {**words, **self._settings(request)})
        (scratch / "stack.ssf").write_text(script, encoding="ascii")
        (scratch / "siril.conf").touch()
        hearing = Hearing(
            tell=lambda done, of: progress(_LAYING_OUT + done * (100 - _LAYING_OUT) // of, 100),
            steps=2 if request.subtract else 1,
        )
        arguments = [self.command, "-i", "siril.conf", "-d", ".", "-s", "stack.ssf"]
        said = [shlex.join(arguments)]
        picture = scratch / f"{_RESULT}.fit"
        with noting(said):
            try:
                ended = run_long(
                    arguments,
                    folder=scratch,
                    timeout_s=self.timeout_s,
                    hear=hearing.hear,
                    environment={"LC_ALL": "C"},
                )
            finally:
                said += hearing.lines
            last = last_words(hearing.lines, ended.errors)
            require_result(picture, shape, f"Siril {version_text(version)}", last)
        progress(100, 100)
        return replace(self._stacked(request, picture, hearing, shape, version), log=tuple(said))

    def _lay_out(self, request: StackRequest, scratch: Path, progress: Progress) -> tuple[int, int]:
        count, done = len(request.frames), [0]

        def tell() -> None:
            done[0] += 1
            progress(_LAYING_OUT * done[0] // count, 100)

        shape = lay_out(request.frames, scratch, tell)
        if request.subtract:
            require_room(scratch, (count + 1) * shape[0] * shape[1] * 4, self.keep)
            write_adu(scratch / "less.fit", pixels_of(Path(request.subtract)))
        return shape

    def _settings(self, request: StackRequest) -> dict[str, object]:
        return {
            "cpus": self.cpus,
            "memory": f"{self.memory:.2f}",
            "subtract": "less.fit" if request.subtract else "",
            "out": _RESULT,
        }

    def _stacked(
        self, request: StackRequest, picture: Path, hearing: Hearing, shape: tuple[int, int], version: Version
    ) -> Stacked:
        rejected = hearing.rejected(len(request.frames) * shape[0] * shape[1])
        low, high = rejected if rejected is not None else (None, None)
        return Stacked(
            picture=str(picture),
            backend=f"Siril {version_text(version)}",
            method=method_text(request.recipe),
            rejected_low=low,
            rejected_high=high,
        )


def version_of(command: str) -> Version:
    """What this Siril is; a newer one put in its place is asked anew."""
    try:
        seen = os.stat(command)  # noqa: PTH116 - a command, not a path of the library
    except OSError as error:
        raise UserError(
            f"Siril is not at {command}: {error.strerror}. Mend `command` under [siril] in library.toml."
        ) from error
    return _version_of(command, seen.st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _version_of(command: str, _mtime_ns: int) -> Version:
    said = run_program([command, "--version"], 30.0)
    version = read_version(said.text)
    if version is None:
        raise UserError(
            f"{command} does not say what Siril it is (`{command} --version`: {said.last_line}); "
            f"put siril-cli under [siril] in library.toml."
        )
    return version
