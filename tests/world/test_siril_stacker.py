"""Siril as a stacker: the real one where it is installed, and stand-ins for what it does on a bad day."""

from __future__ import annotations

import shutil
import stat
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.model.calibration import MasterRecipe
from pipeline.model.errors import FrameError, PassingError, UserError
from pipeline.model.frames import Kind
from pipeline.model.library import Library, Siril
from pipeline.model.masters import Stacked, StackRequest
from pipeline.world.fits_image import open_image, write_image
from pipeline.world.fits_text import Card
from pipeline.world.pictures import open_picture
from pipeline.world.processes import is_alive
from pipeline.world.stackers.choose import stacker_for
from pipeline.world.stackers.siril import SirilStacker

Pixels = NDArray[np.float64]
SIRIL = shutil.which("siril-cli") or ""
needs_siril = pytest.mark.skipif(not SIRIL, reason="siril-cli is not installed on this computer")
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
SHAPE = (48, 70)
MEAN = MasterRecipe(combine="mean", reject="none")


def frames_of(folder: Path, pictures: list[Pixels]) -> tuple[str, ...]:
    """Raw frames with names such as people have: blanks, dots, commas, umlauts."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, picture in enumerate(pictures):
        path = folder / f"Därk 1.0s, nr. {number}.fits"
        write_image(path, np.clip(picture, 0, 65535).astype(np.uint16), [Card("ROWORDER", "TOP-DOWN")])
        paths.append(str(path))
    return tuple(paths)


def noisy(level: float, count: int, seed: int = 1) -> list[Pixels]:
    rng = np.random.default_rng(seed)
    return [np.round(rng.normal(level, 10, SHAPE)) for _ in range(count)]


def as_written(frames: tuple[str, ...]) -> Pixels:
    return np.stack([open_image(Path(frame)).pixels().astype(np.float64) for frame in frames])


def in_adu(stacked: Stacked) -> Pixels:
    return open_picture(Path(stacked.picture)).pixels().astype(np.float64)


def scratch_in(folder: Path) -> Path:
    scratch = folder / "scratch .with, ünicode"
    scratch.mkdir()
    return scratch


def stack(tmp_path: Path, request: StackRequest) -> tuple[Stacked, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    siril = SirilStacker(command=SIRIL)
    return siril.stack(request, scratch_in(tmp_path), lambda done, of: told.append((done, of))), told


@needs_siril
def test_median_of_bias_is_numpys(tmp_path: Path) -> None:
    frames = frames_of(tmp_path / "bias", noisy(1000, 7))
    recipe = MasterRecipe(combine="median")
    stacked, told = stack(tmp_path, StackRequest(frames=frames, kind=Kind.BIAS, recipe=recipe))
    assert np.abs(in_adu(stacked) - np.median(as_written(frames), axis=0)).max() < 0.002
    assert stacked.backend.startswith("Siril ")
    assert stacked.method == "median"
    assert told == sorted(told)
    assert told[-1] == (100, 100)


@needs_siril
def test_mean_without_rejection_is_numpys(tmp_path: Path) -> None:
    frames = frames_of(tmp_path / "dark", noisy(1050, 6))
    stacked, _ = stack(tmp_path, StackRequest(frames=frames, kind=Kind.DARK, recipe=MEAN))
    assert np.abs(in_adu(stacked) - as_written(frames).mean(axis=0)).max() < 0.002
    assert (stacked.rejected_low, stacked.rejected_high) == (0, 0)


@needs_siril
@pytest.mark.parametrize("reject", ["sigma", "winsorised", "linear_fit", "percentile"])
def test_an_outlier_is_left_out_and_counted(tmp_path: Path, reject: str) -> None:
    pictures = noisy(1050, 16)
    pictures[4][10, 20] = 60_000
    frames = frames_of(tmp_path / "dark", pictures)
    stacked, _ = stack(tmp_path, StackRequest(frames=frames, kind=Kind.DARK, recipe=_recipe(reject)))
    assert abs(in_adu(stacked)[10, 20] - 1050) < 15
    assert stacked.rejected_high is not None
    assert stacked.rejected_high >= 1
    assert stacked.log


def _recipe(reject: str) -> MasterRecipe:
    return MasterRecipe(reject=reject, low_sigma=4.0, high_sigma=3.0)  # type: ignore[arg-type]


@needs_siril
def test_flats_lose_their_master_and_nothing_else_and_are_brought_to_one_level(tmp_path: Path) -> None:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    vignetting = 1 - 0.3 * ((rows / SHAPE[0] - 0.5) ** 2 + (columns / SHAPE[1] - 0.5) ** 2)
    levels = (18_000, 21_000, 24_000, 27_000, 30_000)
    frames = frames_of(tmp_path / "flat", [1000 + level * vignetting for level in levels])
    master = np.full(SHAPE, 1000.0)
    master[5, 5], master[6, 6] = 9000, 900  # hot and cold: cosmetic correction would paint them over
    path = tmp_path / "masterDark_EXPOSURE_1.00.fits"
    write_image(path, (master / 65535).astype(np.float32), [Card("ADUSCALE", 65535)])
    request = StackRequest(frames=frames, kind=Kind.FLAT, recipe=MEAN, subtract=str(path), normalise=True)
    stacked, told = stack(tmp_path, request)
    less = as_written(frames) - master
    medians = np.median(less, axis=(1, 2))
    expected = (less * (medians[0] / medians)[:, None, None]).mean(axis=0)
    found = in_adu(stacked)
    assert np.abs(found - expected).max() < 1.5
    assert abs(found[5, 5] / expected[5, 5] - 1) < 0.001
    assert told[-1] == (100, 100)


@needs_siril
def test_frames_siril_would_read_its_own_way_are_laid_out_anew(tmp_path: Path) -> None:
    pictures = noisy(1000, 4)
    (tmp_path / "float").mkdir()
    frames = []
    for number, picture in enumerate(pictures):
        frames.append(str(tmp_path / "float" / f"{number}.fits"))
        write_image(Path(frames[-1]), picture.astype(np.float32), [])  # the camera's numbers, as floats
    stacked, _ = stack(tmp_path, StackRequest(frames=tuple(frames), kind=Kind.BIAS, recipe=MEAN))
    assert np.abs(in_adu(stacked) - np.mean(pictures, axis=0)).max() < 0.01


@needs_siril
def test_originals_and_the_persons_own_siril_settings_stay_as_they_were(tmp_path: Path) -> None:
    frames = frames_of(tmp_path / "bias", noisy(1000, 3))
    before = {frame: Path(frame).read_bytes() for frame in frames}
    home = Path.home() / ".config" / "siril"
    seen = {path: path.stat().st_mtime_ns for path in home.rglob("*")} if home.is_dir() else {}
    stack(tmp_path, StackRequest(frames=frames, kind=Kind.BIAS, recipe=MEAN))
    assert {frame: Path(frame).read_bytes() for frame in frames} == before
    assert sorted(path.name for path in (tmp_path / "bias").iterdir()) == sorted(Path(f).name for f in frames)
    assert all(path.stat().st_mtime_ns == mtime for path, mtime in seen.items())


@needs_siril
def test_a_frame_of_another_size_is_named_before_siril_starts(tmp_path: Path) -> None:
    frames = frames_of(tmp_path / "bias", [*noisy(1000, 2), np.full((10, 10), 1000.0)])
    with pytest.raises(FrameError, match=r"nr\. 2\.fits: 10 × 10 pixels, not 70 × 48 as Därk 1\.0s, nr\. 0"):
        stack(tmp_path, StackRequest(frames=frames, kind=Kind.BIAS, recipe=MEAN))


@needs_siril
def test_what_siril_cannot_do_is_said_before_it_starts(tmp_path: Path) -> None:
    frames = frames_of(tmp_path / "bias", noisy(1000, 3))
    with pytest.raises(UserError, match='cannot leave out outliers by "minmax"'):
        stack(tmp_path, StackRequest(frames=frames, kind=Kind.BIAS, recipe=_recipe("minmax")))
    assert not list((tmp_path / "scratch .with, ünicode").iterdir())


@needs_siril
def test_siril_says_its_version() -> None:
    version = SirilStacker(command=SIRIL).version()
    assert all(part.isdecimal() for part in version.split("."))


@needs_siril
def test_the_library_tells_siril_how_much_of_the_computer_it_may_take() -> None:
    stacker = stacker_for(Library(siril=Siril(timeout_minutes=3)), "siril")
    assert isinstance(stacker, SirilStacker)
    assert (stacker.timeout_s, stacker.memory, stacker.name) == (180, 0.5, "Siril")


def stand_in(folder: Path, body: str, version: str = "1.0.6") -> SirilStacker:
    """A shell script that plays Siril."""
    path = folder / "siril-cli"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "siril {version}" && exit 0\n{body}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return SirilStacker(command=str(path), timeout_s=20)


def ask(siril: SirilStacker, tmp_path: Path, timeout_s: float = 20) -> Stacked:
    frames = frames_of(tmp_path / "bias", noisy(1000, 3))
    siril = SirilStacker(command=siril.command, timeout_s=timeout_s)
    request = StackRequest(frames=frames, kind=Kind.BIAS, recipe=MEAN)
    return siril.stack(request, scratch_in(tmp_path), lambda _done, _of: None)


@posix_only
def test_success_without_a_result_is_a_failure_and_its_last_words_are_told(tmp_path: Path) -> None:
    siril = stand_in(
        tmp_path, 'echo "log: Error opening image frame_00002.fit"; echo "log: Script execution failed."'
    )
    with pytest.raises(FrameError, match=r"without a result: Error opening image frame_00002\.fit"):
        ask(siril, tmp_path)


@posix_only
def test_silence_is_told_as_silence(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match=r"Siril 1\.0\.6 ended without a result: it said nothing"):
        ask(stand_in(tmp_path, "exit 0"), tmp_path)


@posix_only
def test_half_a_result_is_none(tmp_path: Path) -> None:
    siril = stand_in(tmp_path, "head -c 4000 frame_00001.fit > master.fit")
    with pytest.raises(FrameError, match=r"Siril 1\.0\.6 left a result that cannot be read"):
        ask(siril, tmp_path)


@posix_only
def test_a_result_is_believed_whatever_the_exit_status_and_the_noise(tmp_path: Path) -> None:
    noise = r"printf '\033[A\033[2KT\rprogress: 12.00%%\n\377\376\000junk\n'; yes noise | head -c 200000"
    siril = stand_in(tmp_path, f"{noise}; {noise} >&2; cp frame_00001.fit master.fit; exit 3")
    assert ask(siril, tmp_path).rejected_low is None


@posix_only
def test_one_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    siril = stand_in(tmp_path, 'sleep 300 & echo "$!" > child; trap "" TERM INT; sleep 300')
    begun = time.monotonic()
    with pytest.raises(PassingError, match=r"siril-cli did not end within 0\.5 s and was ended"):
        ask(siril, tmp_path, timeout_s=0.5)
    assert time.monotonic() - begun < 10, "five minutes, were it not ended"
    child = int((tmp_path / "scratch .with, ünicode" / "child").read_text())
    await_end(child)


def await_end(pid: int) -> None:
    """Whoever was killed is gone a moment later."""
    give_up = time.monotonic() + 60
    while is_alive(pid):
        assert time.monotonic() < give_up, f"{pid} lives on"
        time.sleep(0.02)


@posix_only
def test_a_newer_siril_is_spoken_to_in_its_own_words(tmp_path: Path) -> None:
    siril = stand_in(tmp_path, "cp stack.ssf ..; cp frame_00001.fit master.fit", version="1.4.5")
    frames = frames_of(tmp_path / "flat", noisy(9000, 3))
    request = StackRequest(
        frames=frames, kind=Kind.FLAT, recipe=_recipe("winsorised"), subtract=frames[0], normalise=True
    )
    siril.stack(request, scratch_in(tmp_path), lambda _done, _of: None)
    assert (tmp_path / "stack.ssf").read_text().splitlines() == [
        "requires 1.2.0",
        "setcpu 1",
        "setmem 0.50",
        "set32bits",
        "setext fit",
        "calibrate frame_ -bias=less.fit -prefix=less_",
        "stack less_frame_ rej w 4 3 -norm=mul -out=master",
    ]


@posix_only
def test_a_program_that_is_no_siril_is_refused(tmp_path: Path) -> None:
    siril = stand_in(tmp_path, "exit 0", version="something else")
    with pytest.raises(UserError, match="does not say what Siril it is"):
        siril.version()


def test_a_siril_that_is_not_there_is_said_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"Siril is not at .*\[siril\] in library.toml"):
        stacker_for(Library(siril=Siril(command=str(tmp_path / "nowhere"))), "siril")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("pipeline.world.stackers.choose._siril_homes", lambda: iter(()))
    with pytest.raises(UserError, match=r"not found on this computer.*\[siril\] command = .*built-in"):
        stacker_for(Library(), "siril")
