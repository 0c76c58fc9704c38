"""The sync service waits for a run and for nothing else; systemd and sc are simulated by stubs on PATH."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.model.errors import PassingError
from pipeline.model.services import SyncKind, SyncSettings, find_wrong_keys
from pipeline.world import services
from pipeline.world.pause_notes import make_note, note_in, read_note, write_note
from pipeline.world.services import Pause, find_service, pause, resume, resume_left

CHECKOUT = Path(__file__).resolve().parents[2]
posix_only = pytest.mark.skipif(os.name == "nt", reason="stubs are shell scripts; SIGKILL")


@dataclass(frozen=True)
class Stubs:
    """Programs that write down how they are called; `state` is what the service is at."""

    folder: Path
    state_dir: Path

    @property
    def note(self) -> Path:
        return note_in(self.state_dir)

    @property
    def calls(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def changes(self) -> list[str]:
        words = ("stop", "start", "pause", "resume")
        return [word for call in self.calls for word in call.split() if word in words]

    @property
    def state(self) -> str:
        return (self.folder / "state").read_text().strip()

    def put(self, state: str) -> None:
        (self.folder / "state").write_text(state)

    def fail(self, *verbs: str) -> None:
        for verb in ("stop", "start", "query", "show", "pause", "resume"):
            (self.folder / f"fail-{verb}").unlink(missing_ok=True)
        for verb in verbs:
            (self.folder / f"fail-{verb}").write_text("")


COMMON = """#!/bin/sh
cd "$(dirname "$0")"
echo "$(basename "$0") $*" >> log
for word in "$@"; do
    if [ -e "fail-$word" ]; then echo "Access denied by the stub" >&2; exit 5; fi
done
"""
SYSTEMCTL = """
case "$*" in
    *show*) echo "LoadState=$(cat load 2>/dev/null || echo loaded)"; echo "ActiveState=$(cat state)";;
    *stop*) echo inactive > state;;
    *start*) echo active > state;;
esac
"""
SC = """
case "$1" in
    query) [ "$2" = Sync ] || exit 36  # 1060 in eight bits
        printf 'SERVICE_NAME: %s \\n        TYPE               : 10  WIN32_OWN_PROCESS  \\n' "$2"
        printf '        STATE              : %s  %s \\n' $(cat state)
        printf '        WIN32_EXIT_CODE    : 0  (0x0)\\n        CHECKPOINT         : 0x0\\n'
        [ "$(cat state)" = "3 STOP_PENDING" ] && echo '1 STOPPED' > state; true;;
    stop) echo '3 STOP_PENDING' > state;;
    start) echo '4 RUNNING' > state;;
esac
"""
SWITCH = """
case "$1" in
    pause) echo paused > state;;
    resume) echo running > state;;
    background) sleep 60 & ;;
    forever) sleep 60;;
    loud) head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last words;;
esac
"""


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stubs:
    made = Stubs(tmp_path / "bin", tmp_path / "state")
    made.folder.mkdir()
    made.state_dir.mkdir()
    for name, body in {"systemctl": SYSTEMCTL, "sc": SC, "switch": SWITCH}.items():
        path = made.folder / name
        path.write_text(COMMON + body)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{made.folder}{os.pathsep}{os.environ['PATH']}")
    return made


@pytest.fixture
def commands(stubs: Stubs) -> SyncSettings:
    stubs.put("running")
    switch = str(stubs.folder / "switch")
    return SyncSettings(kind=SyncKind.COMMANDS, pause=(switch, "pause"), resume=(switch, "resume"))


@pytest.fixture
def unit(stubs: Stubs) -> SyncSettings:
    stubs.put("active")
    return SyncSettings(kind=SyncKind.SYSTEMD, name="syncthing@pi.service")


def wait_for(condition: object, seconds: float = 60.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < give_up, "it did not come"
        time.sleep(0.02)


def begin(settings: SyncSettings, note: Path) -> Pause:
    begun = pause(settings, note)
    assert begun is not None
    return begun


@dataclass
class Run:
    """A run in a process of its own that has paused the service and now works."""

    process: subprocess.Popen[str]
    watchdog_pid: int

    def kill(self, *, with_watchdog: bool = False) -> None:
        if with_watchdog:  # as when the power fails
            os.kill(self.watchdog_pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


def start_run(settings: SyncSettings, note: Path) -> Run:
    program = """
        import sys, time
        from pathlib import Path
        from pipeline.model.services import *
        from pipeline.world.services import *
        paused = pause(eval(sys.argv[1], {**globals(), "SyncKind": lambda value: value}), Path(sys.argv[2]))
        print(paused.watchdog.pid if paused else 0, flush=True)
        time.sleep(60)
    """
    plain = repr(settings).replace(repr(settings.kind), f"SyncKind({settings.kind.value!r})")
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), plain, str(note)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )
    assert process.stdout
    return Run(process, int(process.stdout.readline()))


@pytest.fixture
def run(commands: SyncSettings, stubs: Stubs) -> Iterator[Run]:
    started = start_run(commands, stubs.note)
    assert started.watchdog_pid
    yield started
    started.process.kill()
    started.process.wait()
    assert started.process.stdout
    started.process.stdout.close()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat_file = Path(f"/proc/{pid}/stat")  # nobody may be there to bury it
    return stat_file.exists() and stat_file.read_text().rpartition(")")[2].split()[0] == "Z"


# -- pausing and resuming --


def test_library_without_a_sync_service_pauses_nothing(tmp_path):
    assert pause(SyncSettings(), note_in(tmp_path)) is None
    assert resume_left(SyncSettings(), note_in(tmp_path)) == ""
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_unit_is_stopped_and_started(unit, stubs):
    begun = begin(unit, stubs.note)
    assert begun.what == "systemd unit syncthing@pi.service"
    assert stubs.state == "inactive"
    assert stubs.note.exists()

    assert resume(begun)

    assert stubs.state == "active"
    assert not stubs.note.exists()
    assert begun.watchdog.poll() == 0
    assert stubs.calls == [
        "systemctl --no-ask-password show --property=LoadState,ActiveState -- syncthing@pi.service",
        "systemctl --no-ask-password stop -- syncthing@pi.service",
        "systemctl --no-ask-password start -- syncthing@pi.service",
    ]


@posix_only
def test_unit_of_a_person_is_asked_for_as_such(unit, stubs):
    resume(begin(replace(unit, user_unit=True), stubs.note))
    assert all(call.startswith("systemctl --user ") for call in stubs.calls)


@posix_only
@pytest.mark.parametrize("state", ["inactive", "failed", "deactivating"])
def test_unit_a_person_has_stopped_stays_stopped(unit, stubs, state):
    stubs.put(state)
    assert pause(unit, stubs.note) is None
    assert stubs.changes == []
    assert not stubs.note.exists()


@posix_only
def test_unit_that_is_not_there_is_named(unit, stubs):
    (stubs.folder / "load").write_text("not-found")
    stubs.put("inactive")
    with pytest.raises(PassingError, match=r"Sync was not paused\. There is no systemd unit syncthing@pi"):
        pause(unit, stubs.note)


@posix_only
def test_windows_service_is_stopped_waited_for_and_started(stubs):
    stubs.put("4 RUNNING")
    settings = SyncSettings(kind=SyncKind.WINDOWS, name="Sync")
    begun = begin(settings, stubs.note)
    assert stubs.state == "1 STOPPED"
    assert resume(begun)
    assert stubs.state == "4 RUNNING"
    assert [call for call in stubs.calls if "query" not in call] == ["sc stop Sync", "sc start Sync"]


@posix_only
@pytest.mark.parametrize("state", ["1 STOPPED", "3 STOP_PENDING", "7 PAUSED"])
def test_windows_service_a_person_has_stopped_stays_stopped(stubs, state):
    stubs.put(state)
    assert pause(SyncSettings(kind=SyncKind.WINDOWS, name="Sync"), stubs.note) is None
    assert stubs.changes == []


@posix_only
def test_windows_service_that_is_not_there_is_a_sentence(stubs):
    stubs.put("4 RUNNING")
    with pytest.raises(PassingError, match="sc query Other"):
        pause(SyncSettings(kind=SyncKind.WINDOWS, name="Other"), stubs.note)


@posix_only
def test_any_two_commands_do(commands, stubs):
    begun = begin(commands, stubs.note)
    assert stubs.state == "paused"
    assert resume(begun)
    assert stubs.changes == ["pause", "resume"]


@posix_only
def test_arguments_never_pass_through_a_shell(commands, stubs):
    wild = (commands.pause[0], "pause", "; touch evil", "$(touch evil)", "*", "a b")
    resume(begin(replace(commands, pause=wild), stubs.note))
    assert stubs.calls[0] == "switch pause ; touch evil $(touch evil) * a b"
    assert not (stubs.folder / "evil").exists()


# -- a pause that fails --


@posix_only
def test_failing_pause_is_a_sentence_and_the_service_goes_on(commands, stubs):
    stubs.fail("pause")
    with pytest.raises(
        PassingError, match=r"Sync was not paused\. `.*switch` failed: Access denied by the stub\."
    ):
        pause(commands, stubs.note)
    assert stubs.changes == ["pause", "resume"], "it might have been half paused"
    assert not stubs.note.exists()


@posix_only
def test_service_that_cannot_be_asked_is_left_alone(unit, stubs):
    stubs.fail("show")
    with pytest.raises(PassingError, match="systemctl show"):
        pause(unit, stubs.note)
    assert stubs.changes == []
    assert not stubs.note.exists()


def test_command_that_is_not_there_is_a_sentence(tmp_path):
    settings = SyncSettings(
        kind=SyncKind.COMMANDS, pause=("no-such-program-x",), resume=(sys.executable, "-c", "")
    )
    with pytest.raises(PassingError, match="`no-such-program-x` could not be run: No such file"):
        pause(settings, note_in(tmp_path))


@posix_only
def test_command_with_a_nul_is_a_sentence(tmp_path, stubs, commands):
    with pytest.raises(PassingError, match="could not be run"):
        pause(replace(commands, pause=("a\0b",)), stubs.note)


@posix_only
def test_command_that_never_ends_is_ended(commands, stubs):
    began = time.monotonic()
    with pytest.raises(PassingError, match=r"did not end within 0\.5 s and was stopped"):
        pause(replace(commands, pause=(commands.pause[0], "forever"), timeout_s=0.5), stubs.note)
    assert time.monotonic() - began < 8
    assert stubs.state == "running"


@posix_only
def test_command_that_starts_a_service_in_the_background_is_not_waited_for(commands, stubs):
    began = time.monotonic()
    begun = begin(replace(commands, pause=(commands.pause[0], "background")), stubs.note)
    assert time.monotonic() - began < 8
    resume(begun)


@posix_only
def test_of_a_loud_command_the_last_words_are_told(commands, stubs):
    begun = begin(replace(commands, pause=(commands.pause[0], "loud")), stubs.note)
    assert resume(begun)


@posix_only
def test_no_note_no_pause(commands, stubs):
    with pytest.raises(PassingError, match="Sync was not paused"):
        pause(commands, stubs.state_dir / "absent" / "x" / "note.json")
    assert stubs.changes == []


# -- a resume that fails, or comes late --


@posix_only
def test_failing_resume_is_tried_again_by_the_watchdog(commands, stubs):
    begun = begin(commands, stubs.note)
    stubs.fail("resume")
    with pytest.raises(PassingError, match=r"Sync was not resumed; it is tried again\. .*Access denied"):
        resume(begun)
    assert stubs.note.exists()
    stubs.fail()
    wait_for(lambda: begun.watchdog.poll() is not None)
    assert stubs.state == "running"
    assert not stubs.note.exists()


@posix_only
def test_service_goes_on_by_itself_after_the_longest_pause(commands, stubs):
    begun = begin(replace(commands, max_pause_minutes=0.5 / 60), stubs.note)
    wait_for(lambda: stubs.state == "running")
    wait_for(lambda: not stubs.note.exists())
    assert not resume(begun), "it went on before"
    assert stubs.changes == ["pause", "resume"]


@posix_only
def test_service_is_resumed_though_the_state_folder_was_deleted(commands, stubs):
    begun = begin(commands, stubs.note)
    for path in stubs.state_dir.iterdir():
        path.unlink()
    stubs.state_dir.rmdir()
    assert resume(begun)
    assert stubs.changes == ["pause", "resume"]
    assert not stubs.state_dir.exists()


@posix_only
def test_watchdog_ends_at_once_when_the_note_is_gone(commands, stubs):
    begun = begin(commands, stubs.note)
    stubs.note.unlink()
    wait_for(lambda: begun.watchdog.poll() is not None, 3.0)
    assert stubs.changes == ["pause"]
    assert resume(begun), "the watchdog did not, so the run does"


@posix_only
def test_watchdog_is_deaf_to_the_terminal(run, stubs):
    assert os.getsid(run.watchdog_pid) != os.getsid(run.process.pid)


# -- a run that is killed --


@posix_only
def test_watchdog_resumes_when_the_run_is_killed(run, stubs):
    assert stubs.state == "paused"
    run.kill()
    wait_for(lambda: not stubs.note.exists())
    assert stubs.changes == ["pause", "resume"]
    wait_for(lambda: is_gone(run.watchdog_pid))


@posix_only
def test_next_run_resumes_when_the_watchdog_died_as_well(run, commands, stubs):
    run.kill(with_watchdog=True)
    time.sleep(0.1)
    assert stubs.state == "paused"

    said = resume_left(commands, stubs.note)

    assert "goes on: a run that ended early had paused it at 20" in said
    assert stubs.state == "running"
    assert not stubs.note.exists()
    assert resume_left(commands, stubs.note) == ""


@posix_only
def test_next_run_resumes_by_the_settings_of_the_pause(run, stubs):
    run.kill(with_watchdog=True)
    assert resume_left(SyncSettings(), stubs.note)
    assert stubs.state == "running"


@posix_only
def test_next_run_that_pauses_takes_what_was_left_first(run, commands, stubs):
    run.kill(with_watchdog=True)
    begun = begin(commands, stubs.note)
    assert stubs.changes == ["pause", "resume", "pause"]
    assert resume(begun)
    assert stubs.state == "running"


@posix_only
def test_next_run_says_when_it_cannot_resume_and_keeps_the_note(run, commands, stubs):
    run.kill(with_watchdog=True)
    stubs.fail("resume")
    with pytest.raises(PassingError, match="Access denied"):
        resume_left(commands, stubs.note)
    assert stubs.note.exists()
    with pytest.raises(PassingError, match="Sync was not paused"):
        pause(commands, stubs.note)
    stubs.fail()
    assert resume_left(commands, stubs.note)


@posix_only
@pytest.mark.parametrize("seed", range(4))
def test_service_goes_on_wherever_the_run_is_killed(commands, stubs, seed):
    program = """
        import sys, json
        from pathlib import Path
        from pipeline.model.services import SyncSettings, SyncKind
        from pipeline.world.services import pause, resume
        switch, note = sys.argv[1], Path(sys.argv[2])
        settings = SyncSettings(kind=SyncKind.COMMANDS, pause=(switch, "pause"), resume=(switch, "resume"))
        print("ready", flush=True)
        while True:
            resume(pause(settings, note))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), commands.pause[0], str(stubs.note)],
        stdout=subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert process.stdout
    process.stdout.readline()
    time.sleep(0.03 + 0.06 * seed)
    process.kill()
    process.wait()
    process.stdout.close()
    resume_left(commands, stubs.note)
    wait_for(lambda: not stubs.note.exists())
    wait_for(lambda: stubs.state == "running")


# -- two runs at once --


@posix_only
def test_second_run_does_not_resume_what_the_first_has_paused(run, commands, stubs):
    assert pause(commands, stubs.note) is None
    assert resume_left(commands, stubs.note) == ""
    assert stubs.changes == ["pause"]
    assert stubs.note.exists()


@posix_only
def test_second_run_that_is_killed_takes_nothing_with_it(run, commands, stubs):
    second = start_run(commands, stubs.note)
    assert second.watchdog_pid == 0
    second.kill()
    assert second.process.stdout
    second.process.stdout.close()
    assert stubs.changes == ["pause"]
    assert stubs.note.exists()


@posix_only
def test_of_two_runs_that_begin_together_one_pauses(commands, stubs):
    runs = [start_run(commands, stubs.note) for _ in range(2)]
    assert stubs.changes == ["pause"]
    assert [bool(each.watchdog_pid) for each in runs].count(True) == 1
    for each in runs:
        each.kill()
        assert each.process.stdout
        each.process.stdout.close()
    wait_for(lambda: stubs.changes == ["pause", "resume"])


@posix_only
def test_first_run_leaves_a_pause_alone_that_another_has_begun_since(commands, stubs):
    first = begin(commands, stubs.note)
    write_note(stubs.note, replace(make_note(commands), token="another"))
    assert not resume(first)
    assert stubs.changes == ["pause"]
    assert stubs.note.exists()


@posix_only
def test_process_that_got_the_number_of_a_dead_run_is_not_that_run(commands, stubs):
    write_note(stubs.note, replace(make_note(commands), pid=1, started="long ago"))
    assert resume_left(commands, stubs.note)
    assert stubs.changes == ["resume"]


@posix_only
def test_pause_on_another_machine_is_left_to_it(commands, stubs):
    write_note(stubs.note, replace(make_note(commands), host="observatory", pid=1))
    assert resume_left(commands, stubs.note) == ""
    with pytest.raises(PassingError, match=r"A run on observatory paused .* there"):
        pause(commands, stubs.note)
    assert stubs.changes == []


# -- the note --


@posix_only
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"token": 1}', "[" * 99_999, "\0" * 50], ids=lambda text: text[:9]
)
def test_damaged_note_is_taken_for_a_pause_of_ours(commands, stubs, text):
    stubs.note.write_text(text)
    stubs.put("paused")
    assert resume_left(commands, stubs.note)
    assert stubs.state == "running"
    assert not stubs.note.exists()


@pytest.mark.parametrize(
    "change",
    [{"kind": "telepathy"}, {"name": 7}, {"pause": None}, {"timeout_s": "long"}, {"user_unit": "no"}],
)
def test_note_with_settings_of_another_version_falls_back_to_todays(tmp_path, change):
    today = SyncSettings(kind=SyncKind.SYSTEMD, name="today")
    write_note(tmp_path / "note", make_note(SyncSettings(kind=SyncKind.SYSTEMD, name="then")))
    said = json.loads((tmp_path / "note").read_text())
    said["settings"] |= change
    (tmp_path / "note").write_text(json.dumps(said))
    found = read_note(tmp_path / "note", today)
    assert found is not None
    assert found.settings == today


def test_note_is_read_as_it_was_written(tmp_path):
    settings = SyncSettings(
        kind=SyncKind.COMMANDS, pause=("ünit", "a b"), resume=("b", "\n"), max_pause_minutes=7, name="x"
    )
    note = make_note(settings)
    write_note(tmp_path / "note", note)
    assert read_note(tmp_path / "note", SyncSettings()) == note


def test_relative_programs_and_key_files_still_stand_where_the_watchdog_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = SyncSettings(
        kind=SyncKind.COMMANDS, pause=("bin/pause", "bin/x"), resume=("systemctl",), api_key_file="key"
    )
    made = make_note(settings).settings
    assert made.pause == (str(tmp_path / "bin/pause"), "bin/x")
    assert made.resume == ("systemctl",)
    assert made.api_key_file == str(tmp_path / "key")


def test_every_kind_has_its_service():
    for kind in SyncKind:
        made = find_service(SyncSettings(kind=kind, name="n", folder="f", pause=("p",), resume=("r",)))
        assert (made is None) == (kind is SyncKind.NONE)
        assert made is None or made.what


def test_watchdog_that_finds_no_note_ends(tmp_path):
    assert services.watch(tmp_path / "absent", "token") == 0


# -- what [sync] must say --


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        (SyncSettings(), []),
        (SyncSettings(kind=SyncKind.SYSTEMD), ["name"]),
        (SyncSettings(kind=SyncKind.WINDOWS, name="x", max_pause_minutes=0), ["max_pause_minutes"]),
        (SyncSettings(kind=SyncKind.SYNCTHING), ["folder", "api_key_file"]),
        (
            SyncSettings(kind=SyncKind.COMMANDS, pause=("x",), max_pause_minutes=float("nan")),
            ["resume", "max_pause_minutes"],
        ),
    ],
)
def test_key_that_is_lacking_is_named(settings, keys):
    assert [key for key, _ in find_wrong_keys(settings)] == keys


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("http://127.0.0.1:8384", True),
        ("http://localhost", True),
        ("http://[::1]:8384/", True),
        ("https://nas.local:8384", True),
        ("http://nas.local:8384", False),
        ("http://127.0.0.1.evil.org/", False),
        ("http://localhost:1@evil.org/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_key_is_only_sent_where_nobody_reads_along(url, fits):
    settings = SyncSettings(kind=SyncKind.SYNCTHING, url=url, folder="raw", api_key_file="key")
    assert (find_wrong_keys(settings) == ()) is fits
