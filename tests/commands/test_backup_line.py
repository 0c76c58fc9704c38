"""Sending over a bad line, with a wrong clock, with keys that expire, by two computers at once; and object by object."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import pytest

from pipeline.model.answers import OK
from pipeline.model.backup_policies import Place
from pipeline.model.errors import PassingError, UserError
from pipeline.world import s3_upload
from pipeline.world.receipts import all_receipts
from pipeline.world.s3 import open_bucket
from pipeline.world.s3_upload import Line, Throttle, upload
from tests.living_library import LivingLibrary, environment, executed, make_library
from tests.s3_proxy import line_to
from tests.small_library import said

pytestmark = pytest.mark.slow

PARTS = 5 << 20
"""The smallest the server takes."""


@pytest.fixture
def server(s3_server, monkeypatch):
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3_upload, "PART_BYTES", PARTS)
    monkeypatch.setattr(s3_upload, "_PAUSES_S", (0.01, 0.01))
    monkeypatch.setattr("pipeline.world.s3._TRIES", 2)
    return s3_server


@pytest.fixture
def bucket(server):
    return server.new_bucket()


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "pack.tar"
    made.write_bytes(random.Random(5).randbytes(4 * PARTS))
    return made


def send(url, bucket, file, concurrency=1):
    place = open_bucket(Place(bucket, "nightbuild", "", url), "x")
    with ThreadPoolExecutor(concurrency) as crew:
        line = Line(crew=crew, told=lambda _size: None, throttle=Throttle(None), keeps_sha256=Event())
        return upload(place, "big", file, line, {"sha256": "0"}, "STANDARD").sent


def lies_there(server, bucket):
    return server.client().get_object(Bucket=bucket, Key="nightbuild/x/big")["Body"].read()


def test_a_storm_of_503_and_a_line_cut_inside_a_part_are_weathered(server, bucket, file):
    with line_to(server.url) as line:
        line.weather.busy = 3
        line.weather.cut_after = [10_000_000, 2_000_000]
        assert send(line.url, bucket, file, concurrency=2) == 4 * PARTS
        assert (line.weather.cuts, line.weather.refused) == (2, 3)
    assert lies_there(server, bucket) == file.read_bytes()


def test_a_line_that_stays_cut_is_later_and_what_arrived_is_not_sent_again(server, bucket, file):
    with line_to(server.url) as line:
        line.weather.cut_after = [2 * PARTS + PARTS // 2] + [1_000] * 40
        with pytest.raises(PassingError, match="the next run"):
            send(line.url, bucket, file)
    assert send(server.url, bucket, file) == 2 * PARTS


def test_a_connection_reset_inside_a_part_is_made_again(server, bucket, file):
    with line_to(server.url) as line:
        line.weather.by_reset = True
        line.weather.cut_after = [2 * PARTS + 1000, 3_000_000]
        assert send(line.url, bucket, file) == 4 * PARTS
        assert line.weather.cuts == 2
    assert lies_there(server, bucket) == file.read_bytes()


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("SlowDown", PassingError, "asks for fewer requests .* the next run goes on"),
        ("InternalError", PassingError, "is in trouble just now .* the next run goes on"),
        ("ExpiredToken", UserError, "the credentials have expired; sign in again"),
    ],
)
def test_a_storm_that_stays_and_keys_that_expire_leave_what_arrived(server, bucket, file, code, kind, words):
    with line_to(server.url) as line:
        line.weather.says, line.weather.busy_after_cut = code, 1000
        line.weather.cut_after = [2 * PARTS + PARTS // 2]
        with pytest.raises(kind, match=words):
            send(line.url, bucket, file)
    assert send(server.url, bucket, file) == 2 * PARTS, "two parts had arrived"
    assert lies_there(server, bucket) == file.read_bytes()


@pytest.mark.parametrize(("minutes", "words"), [(-25, "25 minutes behind"), (40, "40 minutes ahead")])
def test_a_wrong_clock_is_said_with_how_wrong_it_is(server, bucket, file, monkeypatch, minutes, words):
    from botocore import auth

    right = auth.get_current_datetime
    monkeypatch.setattr(
        auth, "get_current_datetime", lambda *given: right(*given) + timedelta(minutes=minutes)
    )
    wrong = timedelta(minutes=minutes)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + wrong

    monkeypatch.setattr("pipeline.world.s3_troubles.datetime", Clock)
    with pytest.raises(UserError, match=f"this computer's clock is {words}; set the clock"):
        send(server.url, bucket, file)


def backup_settings(library, server, bucket, more="", url=None):
    where = server.url if url is None else url
    told = f'[backup]\nenabled = true\nbucket = "{bucket}"\n' + (
        f'endpoint_url = "{where}"\n' if where else ""
    )
    library.settings(told + more)


def hashes(library):
    return {path: fact.sha256 for path, fact in library.ledger.stored.items()}


def kept(library):
    return {path: sha for receipt in all_receipts(library.root) for path, sha in receipt.members}


def keys(server, bucket, part):
    found = server.client().list_objects_v2(Bucket=bucket).get("Contents", ())
    return [one["Key"] for one in found if part in one["Key"]]


@pytest.fixture
def library(tmp_path, server):
    made = make_library(tmp_path / "library")
    made.shoot(*range(1, 13))
    made.doit()
    return made


def test_two_computers_at_once_keep_everything_and_neither_fails(library, server, bucket, tmp_path):
    backup_settings(library, server, bucket)
    other = LivingLibrary(tmp_path / "other")
    shutil.copytree(library.root, other.root)
    command = [sys.executable, "-m", "doit", "backup"]
    running = [subprocess.Popen(command, cwd=one.root, env=environment()) for one in (library, other)]
    assert [one.wait() for one in running] == [0, 0]
    for one in (library, other):
        assert kept(one) == hashes(one)
        assert one.command("backup_verify", "--full").code() == OK
    assert len(keys(server, bucket, "/packs/")) == 1, "the same bytes under the same name"


def test_ctrl_c_lets_go_at_once_and_the_next_run_goes_on(library, server, bucket):
    own = library.root / "C8E@f10.0+ZWO ASI2600MM Pro/30_Master/M31"
    own.mkdir(parents=True)
    (own / "stack.bin").write_bytes(random.Random(9).randbytes(80 << 20))
    slow = "max_mb_s = 2\n[backup.own]\nkeep = true\n[backup.lights]\nkeep = false\n"
    backup_settings(library, server, bucket, slow)
    command = [sys.executable, "-m", "doit", "backup"]
    running = subprocess.Popen(command, cwd=library.root, env=environment(), stderr=subprocess.DEVNULL)
    staged, end = library.root / ".nightbuild/backup", time.monotonic() + 60
    while not list(staged.rglob("*.json")) and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=15) != 0, "at 2 MB a second the rest would take forty"
    backup_settings(library, server, bucket, slow.replace("max_mb_s = 2\n", ""))
    assert library.command("backup").code() == OK
    assert library.command("backup_verify", "--full").code() == OK


FREE = """provider = "AWS"
as_of = 2099-01-01
currency = "USD"
source = "a test"
[[region]]
name = "us-east-1"
egress_gb = 0.09
egress_free_gb = 100
  [[region.class]]
  name = "STANDARD"
  storage_gb_month = 0.023
  put_1000 = 0.0
  get_1000 = 0.0
"""


def test_an_object_a_frame_where_that_is_cheaper_and_all_else_as_with_packs(
    library, server, bucket, monkeypatch, tmp_path
):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    prices = library.root / "_Rigs/prices"
    prices.mkdir()
    (prices / "free.toml").write_text(FREE)
    backup_settings(library, server, bucket, '[backup.lights]\nstorage_class = "STANDARD"\n', url="")
    dry = said(library.command("backup", "--dry-run"))
    assert "each an object of its own of class STANDARD" in dry
    assert "an object a frame, since a pack keeps the room of frames given up" in dry
    assert "12 files" in said(library.command("backup"))
    assert len(keys(server, bucket, "/packs/")) == len(keys(server, bucket, "/index/")) == 12
    assert kept(library) == hashes(library)
    library.doit()
    assert len(keys(server, bucket, "/packs/")) == 12
    assert executed(library.doit()) == []
    assert library.command("backup_verify", "--full").code() == OK
    told = {path.name: path.read_bytes() for path in (library.root / "_Backup").rglob("DATE_*.json")}
    shutil.rmtree(library.root / "_Backup")
    assert library.command("backup", "--rebuild-receipts").code() == OK
    assert {path.name: path.read_bytes() for path in (library.root / "_Backup").rglob("DATE_*.json")} == told
    library.command("backup_prune")
    assert len(keys(server, bucket, "/packs/")) == 12
    lost = library.root / library.stored[3]
    was = lost.read_bytes()
    lost.unlink()
    assert library.command("backup_restore", lost.name, "--yes").code() == OK
    assert lost.read_bytes() == was
