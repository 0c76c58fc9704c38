"""Our own stacker on real files: the same numbers as numpy, Siril and ccdproc, whatever does the work."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from pipeline.model.calibration import MasterRecipe
from pipeline.model.errors import CutOff, FrameError, PassingError
from pipeline.model.frames import Kind
from pipeline.model.library import Limits
from pipeline.model.masters import Stacked, StackRequest
from pipeline.world import integrating, workers
from pipeline.world.fits_image import open_image, write_image
from pipeline.world.fits_text import Card
from pipeline.world.pictures import open_picture
from pipeline.world.stackers import builtin
from pipeline.world.stackers.builtin import BuiltInStacker
from pipeline.world.workers import end_workers

SHAPE = (150, 240)
MEDIAN = MasterRecipe(combine="median")
SIGMA = MasterRecipe(reject="sigma", low_sigma=3.0, high_sigma=3.0)
WINSORISED = MasterRecipe(reject="winsorised", low_sigma=3.0, high_sigma=3.0)


def shoot(folder: Path, count: int, shape: tuple[int, int] = SHAPE, seed: int = 1) -> list[Path]:
    """Darks with hot pixels and cosmic rays."""
    folder.mkdir(exist_ok=True)
    chance = np.random.default_rng(seed)
    scene = chance.normal(500, 3, shape)
    scene[chance.random(shape) < 0.002] += 5000
    paths = []
    for number in range(1, count + 1):
        frame = scene + chance.normal(0, 9, shape)
        frame[chance.random(shape) < 0.001] += chance.exponential(3000)
        paths.append(folder / f"d_{number:05d}.fit")
        write_image(paths[-1], np.clip(np.rint(frame), 0, 65535).astype(np.uint16), [])
    return paths


def pixels_of(paths: list[Path]) -> np.ndarray:
    return np.array([open_image(path).pixels() for path in paths])


def stack(
    paths: list[Path], recipe: MasterRecipe, scratch: Path, limits: Limits | None = None, **more
) -> Stacked:
    scratch.mkdir(exist_ok=True)
    request = StackRequest(
        frames=tuple(map(str, paths)), kind=more.pop("kind", Kind.DARK), recipe=recipe, **more
    )
    return BuiltInStacker(limits or Limits(workers=1)).stack(request, scratch, lambda *_: None)


def adu(made: Stacked) -> np.ndarray:
    return open_picture(Path(made.picture)).pixels()


def test_result_is_a_float_file_of_adu_over_65535(tmp_path: Path) -> None:
    paths = shoot(tmp_path / "in", 9)
    made = stack(paths, MEDIAN, tmp_path / "out")
    expected = np.median(pixels_of(paths), axis=0)
    raw = open_image(Path(made.picture))
    assert raw.dtype == np.float32
    np.testing.assert_array_equal(raw.pixels(), (expected / 65535).astype(np.float32))
    np.testing.assert_allclose(adu(made), expected, rtol=2e-7)
    assert open_picture(Path(made.picture)).adu_scale == 65535
    assert (made.method, made.rejected_low, made.rejected_high) == ("median", 0, 0)
    assert made.backend.startswith("Nightbuild")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["stacked.fits"]


def test_astropy_reads_the_result(tmp_path: Path) -> None:
    from astropy.io import fits

    made = stack(shoot(tmp_path / "in", 3, (7, 5)), MEDIAN, tmp_path / "out")
    with fits.open(made.picture) as file:
        file.verify("exception")
        assert file[0].header["ADUSCALE"] == 65535
        assert file[0].data.shape == (7, 5)


@pytest.mark.parametrize("recipe", [MEDIAN, SIGMA, WINSORISED])
def test_number_of_processes_and_memory_change_no_byte(
    tmp_path: Path, monkeypatch, recipe: MasterRecipe
) -> None:
    paths = shoot(tmp_path / "in", 12)
    alone = stack(paths, recipe, tmp_path / "one")
    monkeypatch.setattr(integrating, "_WORTH_A_POOL_BYTES", 0)
    monkeypatch.setattr("pipeline.pixels.strips._AT_ONCE_BYTES", 1)
    many = stack(paths, recipe, tmp_path / "two", Limits(workers=2, memory_mb=200))
    assert Path(alone.picture).read_bytes() == Path(many.picture).read_bytes()
    assert (alone.rejected_low, alone.rejected_high) == (many.rejected_low, many.rejected_high)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # of Python's own pool
def test_a_worker_that_is_killed_leaves_the_stack_to_the_next_run(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(integrating, "_WORTH_A_POOL_BYTES", 0)
    paths = shoot(tmp_path / "in", 3)
    request = StackRequest(frames=tuple(map(str, paths)), kind=Kind.BIAS, recipe=MEDIAN)

    def kill(done: int, of: int) -> None:
        for worker in multiprocessing.active_children():
            worker.kill()
            worker.join()
        time.sleep(0.1)

    with pytest.raises(PassingError, match=r"a worker was ended .*the next run integrates this"):
        BuiltInStacker(Limits(workers=2, memory_mb=200)).stack(request, tmp_path, kill)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_progress_counts_rows_to_the_last(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    paths = shoot(tmp_path / "in", 3)
    request = StackRequest(frames=tuple(map(str, paths)), kind=Kind.BIAS, recipe=MEDIAN)
    BuiltInStacker(Limits(workers=1)).stack(request, tmp_path, lambda done, of: seen.append((done, of)))
    assert seen == sorted(seen)
    assert len(seen) > 3
    assert seen[-1] == (SHAPE[0], SHAPE[0])


def test_run_that_ends_leaves_nothing(tmp_path: Path) -> None:
    paths = shoot(tmp_path / "in", 3)
    (tmp_path / "o").mkdir()
    request = StackRequest(frames=tuple(map(str, paths)), kind=Kind.BIAS, recipe=MEDIAN)
    with pytest.raises(PassingError, match="the run is ending"):
        BuiltInStacker(Limits(workers=1)).stack(request, tmp_path / "o", lambda *_: end_workers())
    assert not list((tmp_path / "o").iterdir())


def test_flats_lose_their_master_and_are_brought_to_one_level(tmp_path: Path) -> None:
    chance = np.random.default_rng(2)
    paths, light = [], np.linspace(9000, 21000, SHAPE[1]) * np.ones(SHAPE)
    for number in range(11):
        paths.append(tmp_path / f"f{number}.fits")
        frame = chance.normal(1000 + light * (1 + 0.05 * number), 40)
        write_image(paths[-1], np.rint(frame).astype(np.uint16), [])
    master = tmp_path / "bias.fits"
    write_image(master, np.full(SHAPE, 1000 / 65535, np.float32), [Card("ADUSCALE", 65535.0)])
    made = stack(paths, WINSORISED, tmp_path / "o", kind=Kind.FLAT, subtract=str(master), normalise=True)
    assert abs(adu(made) / (1.25 * light) - 1).max() < 0.01
    assert made.rejected_low + made.rejected_high < 0.03 * 11 * light.size  # type: ignore[operator]


def test_flat_without_light_is_named(tmp_path: Path) -> None:
    paths = [tmp_path / "a.fits", tmp_path / "b.fits"]
    for path, level in zip(paths, (9000, 900), strict=True):
        write_image(path, np.full(SHAPE, level, np.uint16), [])
    master = tmp_path / "bias.fits"
    write_image(master, np.full(SHAPE, 1000, np.uint16), [])
    with pytest.raises(FrameError, match=r"b\.fits: holds no light less bias\.fits \(level -100\.0 ADU\)"):
        stack(paths, MEDIAN, tmp_path / "o", kind=Kind.FLAT, subtract=str(master), normalise=True)


def test_frame_of_another_size_is_named(tmp_path: Path) -> None:
    paths = [*shoot(tmp_path / "in", 2), *shoot(tmp_path / "other", 1, (150, 241))]
    with pytest.raises(
        FrameError, match=r"other/d_00001\.fit: 241 × 150 pixels, not 240 × 150 as d_00001\.fit"
    ):
        stack(paths, MEDIAN, tmp_path / "o")
    assert not list((tmp_path / "o").iterdir())


@pytest.mark.parametrize("pool", [0, 1 << 40])
def test_frame_that_is_cut_meanwhile_ends_the_stack_and_leaves_nothing(
    tmp_path: Path, monkeypatch, pool
) -> None:
    paths = shoot(tmp_path / "in", 4)

    def begin_and_cut(*given) -> None:
        integrating.begin_file(*given)
        os.truncate(paths[2], 40_000)

    monkeypatch.setattr(integrating, "_WORTH_A_POOL_BYTES", pool)
    monkeypatch.setattr("pipeline.world.stackers.builtin.begin_file", begin_and_cut)
    with pytest.raises(CutOff, match="d_00003"):
        stack(paths, MEDIAN, tmp_path / "o", Limits(workers=2))
    assert not list((tmp_path / "o").iterdir())


def test_colour_pictures_are_combined_plane_by_plane(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    frames = chance.integers(0, 65536, (5, 3, 11, 13)).astype(np.uint16)
    paths = [tmp_path / f"{number}.fits" for number in range(5)]
    for path, frame in zip(paths, frames, strict=True):
        write_image(path, frame, [])
    np.testing.assert_allclose(
        adu(stack(paths, MEDIAN, tmp_path / "o")), np.median(frames, axis=0), rtol=2e-7
    )


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return shoot(tmp_path_factory.mktemp("twenty") / "in", 20)


def off_by(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """Largest difference in ADU, and the share of pixels that differ by more than 0.5 ADU."""
    apart = np.abs(ours.astype(float) - theirs)
    return float(apart.max()), float((apart > 0.5).mean())


@pytest.mark.parametrize(
    ("words", "recipe", "most"),
    [("med", MEDIAN, 0.0), ("rej s 3 3", SIGMA, 1e-4), ("rej w 3 3", WINSORISED, 1e-4)],
)
def test_siril_gets_the_same_picture(
    twenty, tmp_path: Path, words: str, recipe: MasterRecipe, most: float
) -> None:
    """Median: nowhere more than 0.01 ADU apart. Clips: beyond 0.5 ADU in no more than one pixel of 10,000."""
    siril = shutil.which("siril-cli")
    if siril is None:
        pytest.skip("siril-cli is not installed: our masters are not compared with Siril's")
    for path in twenty:
        shutil.copy(path, tmp_path)
    (tmp_path / "private.config").touch()
    script = f"requires 0.99.4\nset32bits\nsetext fit\nstack d_ {words} -nonorm -out=theirs\n"
    (tmp_path / "stack.ssf").write_text(script)
    told = [siril, "-i", "private.config", "-d", ".", "-s", "stack.ssf"]
    environment = {**os.environ, "LC_ALL": "C", "HOME": str(tmp_path)}
    done = subprocess.run(told, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (tmp_path / "theirs.fit").exists(), done.stdout + done.stderr
    theirs = open_image(tmp_path / "theirs.fit").pixels() * 65535.0
    largest, beyond = off_by(adu(stack(twenty, recipe, tmp_path / "ours")), theirs)
    assert beyond <= most
    if recipe is MEDIAN:
        assert largest < 0.01


def test_ccdproc_gets_the_same_picture(twenty, tmp_path: Path) -> None:
    """Median: nowhere more than 0.01 ADU apart; 3-sigma clip round the median until nothing goes: likewise, but for
    one pixel of 2,000, where a pixel would keep fewer than four values or sits on the limit."""
    pytest.importorskip("ccdproc", reason="ccdproc is not installed: our masters are not compared with its")
    from astropy.nddata import CCDData
    from astropy.stats import sigma_clip
    from ccdproc import Combiner, combine

    pictures = [CCDData(frame.astype(float), unit="adu") for frame in pixels_of(twenty)]
    theirs = combine(pictures, method="median").data
    assert off_by(adu(stack(twenty, MEDIAN, tmp_path / "a")), theirs)[0] < 0.01
    combiner = Combiner(pictures)
    clipped = sigma_clip(
        np.array([each.data for each in pictures]),
        sigma=3,
        maxiters=None,
        axis=0,
        stdfunc=lambda v, axis: np.nanstd(v, axis=axis, ddof=1),
    )
    combiner.data_arr.mask = clipped.mask
    _, beyond = off_by(adu(stack(twenty, SIGMA, tmp_path / "b")), combiner.average_combine().data)
    assert beyond <= 1 / 2000


def test_a_stack_that_waits_for_its_turn_does_not_begin_when_the_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = Event()

    def stop_with_workers(stop: Event) -> Event:
        waits.set()
        return workers.stop_with_workers(stop)

    monkeypatch.setattr(builtin, "stop_with_workers", stop_with_workers)
    frames = shoot(tmp_path / "f", 3)
    request = StackRequest(frames=tuple(map(str, frames)), kind=Kind.DARK, recipe=MEDIAN)
    (tmp_path / "o").mkdir()
    told: list[object] = []
    with ThreadPoolExecutor(1) as pool:
        with builtin._ONE_AT_A_TIME:
            waiting = pool.submit(
                BuiltInStacker(Limits(workers=1)).stack,
                request,
                tmp_path / "o",
                lambda *one: told.append(one),
            )
            assert waits.wait(20)
            end_workers()
        with pytest.raises(PassingError, match="the run is ending"):
            waiting.result()
    assert not told and not list((tmp_path / "o").iterdir())
