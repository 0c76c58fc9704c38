"""PixInsight as a stacker, **simulated**: no copy of it runs here.

A stand-in script plays its part (well, silently, hanging, crashing, noisily). What is shown is our half: the command
line, the script and job file, and that nothing is believed but the result. That PixInsight itself understands the
script is not verified by any of these tests.
"""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.model.calibration import MasterRecipe
from pipeline.model.errors import FrameError, PassingError, UserError
from pipeline.model.frames import Kind
from pipeline.model.library import Library, PixInsight
from pipeline.model.masters import Stacked, StackRequest
from pipeline.world.fits_image import open_image, write_image
from pipeline.world.long_programs import end_long_programs
from pipeline.world.pictures import open_picture
from pipeline.world.processes import is_alive
from pipeline.world.stackers.choose import stacker_for
from pipeline.world.stackers.pixinsight import PixInsightStacker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
SHAPE = (20, 30)
SCREEN = {"DISPLAY": ":77"}
SIMULATED = "1.9.3 (simulated)"

# What the vendor's program would do with our script, done by Python: the mean of the frames, and a result file.
PLAYS = f"""#!{sys.executable}
import json, shutil, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from pathlib import Path
import numpy as np
from pipeline.world.fits_image import write_image
from pipeline.world.pictures import open_picture
script = next(word.removeprefix("-r=") for word in sys.argv if word.startswith("-r="))
text = Path(script).read_text()
job = json.loads(Path(json.loads(text.split("JOB_FILE = ")[1].split(";\\n")[0])).read_text())
Path(job["result"]).with_name("said.json").write_text(json.dumps(sys.argv[1:]))
frames = [open_picture(Path(frame)).pixels().astype("f8") for frame in job["frames"]]
MOOD
write_image(Path(job["picture"]), (np.mean(frames, axis=0) / 65535).astype("f4"), [])
Path(job["log"]).write_text("ImageIntegration: simulated\\n")
result = {{"ok": True, "version": "{SIMULATED}", "rejected_low": 3, "rejected_high": 7}}
Path(job["result"]).write_text(json.dumps(result))
"""


def stand_in(folder: Path, mood: str = "") -> str:
    path = folder / "PixInsight.sh"
    path.write_text(PLAYS.replace("MOOD", mood))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def frames_in(folder: Path, count: int = 3, level: float = 1000) -> tuple[str, ...]:
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(4)
    paths = tuple(str(folder / f"flat, {number}.fits") for number in range(count))
    for path in paths:
        write_image(Path(path), rng.normal(level, 10, SHAPE).astype(np.uint16), [])
    return paths


def ask(
    tmp_path: Path, mood: str = "", *, timeout_s: float = 30, request: StackRequest | None = None
) -> Stacked:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    stacker = PixInsightStacker(
        command=stand_in(tmp_path, mood), timeout_s=timeout_s, environment={**SCREEN, "PATH": "/usr/bin:/bin"}
    )
    asked = request or StackRequest(frames=frames_in(tmp_path / "f"), kind=Kind.DARK, recipe=MasterRecipe())
    return stacker.stack(asked, scratch, lambda _done, _of: None)


def in_adu(stacked: Stacked) -> NDArray[np.float64]:
    return open_picture(Path(stacked.picture)).pixels().astype(np.float64)


def test_simulated_the_command_line_is_the_one_unattended_runs_need(tmp_path: Path) -> None:
    stacked = ask(tmp_path)
    said = json.loads((tmp_path / "scratch" / "said.json").read_text())
    script = tmp_path / "scratch" / "master.js"
    assert said == ["--automation-mode", said[1], f"-r={script}", "--force-exit"]
    assert 1 <= int(said[1].removeprefix("-n=")) <= 256
    assert stacked.log[0].endswith(f"PixInsight.sh --automation-mode {said[1]} -r={script} --force-exit")


def test_simulated_a_result_is_taken_and_says_who_made_it(tmp_path: Path) -> None:
    stacked = ask(tmp_path)
    frames = [open_image(path).pixels().astype("f8") for path in sorted((tmp_path / "f").iterdir())]
    assert np.abs(in_adu(stacked) - np.mean(frames, axis=0)).max() < 0.002
    assert stacked.backend == f"PixInsight {SIMULATED}"
    assert stacked.method == "mean, winsorised 4.0/3.0 sigma"
    assert (stacked.rejected_low, stacked.rejected_high) == (3, 7)
    assert "ImageIntegration: simulated" in stacked.log
    assert PixInsightStacker(command=str(tmp_path / "PixInsight.sh")).version() == SIMULATED


def test_simulated_flats_go_in_less_their_master(tmp_path: Path) -> None:
    frames = frames_in(tmp_path / "f", level=20_000)
    master = tmp_path / "masterBias.fits"
    write_image(master, np.full(SHAPE, 1000, np.uint16), [])
    request = StackRequest(
        frames=frames, kind=Kind.FLAT, recipe=MasterRecipe(), subtract=str(master), normalise=True
    )
    stacked = ask(tmp_path, request=request)
    job = json.loads((tmp_path / "scratch" / "job.json").read_text())
    assert job["normalise"] is True
    expected = np.mean([open_image(Path(path)).pixels().astype("f8") - 1000 for path in frames], axis=0)
    assert np.abs(in_adu(stacked) - expected).max() < 0.01


def test_simulated_one_that_says_nothing_has_done_nothing(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="PixInsight ended without a result: it said nothing"):
        ask(tmp_path, "sys.exit(0)")


def test_simulated_a_result_file_without_its_picture_is_no_result(tmp_path: Path) -> None:
    mood = 'Path(job["result"]).write_text(json.dumps({"ok": True, "version": "1"})); sys.exit(0)'
    with pytest.raises(FrameError, match="PixInsight ended without a result"):
        ask(tmp_path, mood)


def test_simulated_a_picture_without_a_result_file_is_no_result(tmp_path: Path) -> None:
    mood = 'write_image(Path(job["picture"]), frames[0].astype("u2"), []); sys.exit(0)'
    with pytest.raises(FrameError, match="without a result"):
        ask(tmp_path, mood)


def test_simulated_what_the_script_could_not_do_is_told_in_its_words(tmp_path: Path) -> None:
    mood = 'Path(job["result"]).write_text(json.dumps({"ok": False, "error": "Error: no FITS support"})); sys.exit(0)'
    with pytest.raises(FrameError, match="could not integrate: Error: no FITS support"):
        ask(tmp_path, mood)


def test_simulated_a_crash_is_told_by_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="RuntimeError: Segmentation fault"):
        ask(tmp_path, 'raise RuntimeError("Segmentation fault")')


def test_simulated_noise_and_a_bad_exit_status_do_no_harm(tmp_path: Path) -> None:
    mood = 'print("GLES: \\x1b[31m\\x00" * 20000); sys.stderr.write("x" * 300000); import atexit, os; atexit.register(os._exit, 9)'
    assert ask(tmp_path, mood).rejected_high == 7


def test_simulated_one_that_waits_for_a_click_is_ended_with_all_it_started(tmp_path: Path) -> None:
    mood = (
        "import subprocess, time; child = subprocess.Popen(['sleep', '300']); "
        'Path(job["result"]).with_name("child").write_text(str(child.pid)); time.sleep(300)'
    )
    with pytest.raises(PassingError, match=r"PixInsight\.sh did not end within 2\.5 s and was ended"):
        ask(tmp_path, mood, timeout_s=2.5)
    await_end(int((tmp_path / "scratch" / "child").read_text()))


def test_simulated_it_goes_when_the_night_is_stopped(tmp_path: Path) -> None:
    works = tmp_path / "scratch" / "works"

    def stop_once_it_works() -> None:
        while not works.exists():
            time.sleep(0.01)
        end_long_programs()

    stop = Thread(target=stop_once_it_works, daemon=True)
    stop.start()
    begun = time.monotonic()
    mood = 'import time; Path(job["result"]).with_name("works").write_text(""); time.sleep(300)'
    with pytest.raises(FrameError, match="without a result"):
        ask(tmp_path, mood)
    stop.join(60)
    assert time.monotonic() - begun < 15, "five minutes, were it not stopped"


def test_simulated_it_goes_when_we_are_killed(tmp_path: Path) -> None:
    """A SIGKILL of ours leaves nothing at work."""
    code = (
        "import sys; from pathlib import Path; from pipeline.world.long_programs import run_long; "
        "run_long(['sh', '-c', 'echo $$ > pid; sleep 300 & wait'], folder=Path(sys.argv[1]), timeout_s=300, hear=print)"
    )
    asker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    pid, give_up = tmp_path / "pid", time.monotonic() + 60
    while not (pid.exists() and pid.read_text().strip()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    asker.kill()
    asker.wait()
    await_end(int(pid.read_text()))


def await_end(pid: int) -> None:
    give_up = time.monotonic() + 60
    while is_alive(pid):
        assert time.monotonic() < give_up, f"{pid} lives on"
        time.sleep(0.02)


def test_simulated_commas_in_the_scratch_folder_are_refused_with_the_cure(tmp_path: Path) -> None:
    scratch = tmp_path / "one, two"
    scratch.mkdir()
    stacker = PixInsightStacker(command=stand_in(tmp_path), environment=SCREEN)
    request = StackRequest(frames=frames_in(tmp_path / "f"), kind=Kind.DARK, recipe=MasterRecipe())
    with pytest.raises(UserError, match=r"splits at commas.*state_dir"):
        stacker.stack(request, scratch, lambda _done, _of: None)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_simulated_without_a_screen_one_is_made_or_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    stacker = PixInsightStacker(command=stand_in(tmp_path), environment={"PATH": str(folder)})
    request = StackRequest(frames=frames_in(tmp_path / "f"), kind=Kind.DARK, recipe=MasterRecipe())
    with pytest.raises(UserError, match=r"needs a screen.*xvfb"):
        stacker.stack(request, scratch, lambda _done, _of: None)
    run = folder / "xvfb-run"
    run.write_text('#!/bin/sh\nshift; exec "$@"\n')
    run.chmod(0o755)
    stacked = stacker.stack(request, scratch, lambda _done, _of: None)
    assert stacked.log[0].startswith(f"{run} -a ")


def test_simulated_one_that_is_not_there_is_said_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"PixInsight is not at .*\[pixinsight\] in library.toml"):
        stacker_for(Library(pixinsight=PixInsight(command=str(tmp_path / "no"))), "pixinsight")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("pipeline.world.stackers.choose._pixinsight_homes", lambda: iter(()))
    with pytest.raises(UserError, match="not found on this computer"):
        stacker_for(Library(), "pixinsight")
    stand_in(tmp_path)
    assert stacker_for(Library(), "pixinsight").name == "PixInsight"


@pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed: the script's grammar is not checked"
)
def test_the_script_is_javascript(tmp_path: Path) -> None:
    """Grammar only: nobody here can run it."""
    ask(tmp_path)
    script = tmp_path / "scratch" / "master.js"
    subprocess.run(["node", "--check", str(script)], check=True, capture_output=True)
