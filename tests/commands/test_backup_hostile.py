"""A bucket that lies, and records that are older than the packs: on a real S3 server."""

from __future__ import annotations

import json
import os
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from pipeline.model.answers import OK, WAITS
from pipeline.rules.backup_keys import index_key
from pipeline.world import restoring, s3_upload
from pipeline.world.receipts import all_receipts, read_receipt, renew, without_packs
from tests.living_library import LivingLibrary, executed, make_library
from tests.small_library import said

pytestmark = pytest.mark.slow
NEXT_NIGHT = 300


@pytest.fixture
def server(s3_server, monkeypatch):
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3_upload, "_PAUSES_S", (0.05, 0.1, 0.2))
    monkeypatch.setattr(restoring, "_PAUSES_S", (0.01, 0.01, 0.01))
    return s3_server


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Lights of two nights, stored; no backup yet."""
    library = make_library(tmp_path_factory.mktemp("made") / "library")
    library.shoot(1, 2, 3, NEXT_NIGHT)
    library.night()
    return library


@pytest.fixture
def kept(made, server, tmp_path):
    """The library, in a bucket of its own."""
    library = LivingLibrary(shutil.copytree(made.root, tmp_path / "library"))
    bucket = server.new_bucket()
    library.settings(f'[backup]\nenabled = true\nbucket = "{bucket}"\nendpoint_url = "{server.url}"\n')
    assert library.command("backup").code() == OK
    return library, bucket


def packs(library):
    return {len(pack.members): pack for receipt in all_receipts(library.root) for pack in receipt.packs}


def key_of(server, bucket, name):
    found = server.client().list_objects_v2(Bucket=bucket).get("Contents", ())
    return next(one["Key"] for one in found if one["Key"].endswith(name))


def write(server, bucket, name, change):
    """The object of this name, changed, as a stranger writes it."""
    client, key = server.client(), key_of(server, bucket, name)
    was = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=change(was))


def test_a_pack_found_damaged_is_not_believed_again_when_receipts_are_rebuilt(kept):
    library, _bucket = kept
    pack = packs(library)[3]
    home = pack.key.removeprefix("packs/").rpartition("/")[0]
    renew(library.root, home, partial(without_packs, keys=[pack.key]))
    library.command("backup", "--rebuild-receipts")
    assert pack.key not in {one.key for one in read_receipt(library.root, home).packs}
    assert library.command("backup").data["files"] == 3, "sent anew"
    assert [one.key for one in read_receipt(library.root, home).packs] == [pack.key]


@pytest.mark.parametrize("words", [["--rebuild-receipts"], []])
def test_another_object_under_a_packs_name_is_not_taken_for_it(kept, server, words):
    library, bucket = kept
    pack = packs(library)[3]
    write(server, bucket, pack.key, lambda was: was[:700] + b"XX" + was[702:])
    shutil.rmtree(library.root / "_Backup")
    shutil.rmtree(library.root / ".nightbuild")
    library.command("backup", *words)
    if words:
        assert pack.key not in {one.key for one in packs(library).values()}
        library.command("backup")
    assert library.command("backup_verify", "--full").code() == OK


def test_after_a_disaster_no_receipt_names_a_pack_that_is_gone(kept, server, tmp_path):
    library, bucket = kept
    pack = packs(library)[3]
    server.client().delete_object(Bucket=bucket, Key=key_of(server, bucket, pack.key))
    answer = library.command("backup_restore", "--all", "--yes", "--to", str(tmp_path / "new"))
    assert answer.code() == WAITS and said(answer).count("gone from the bucket") == 3
    assert [len(one.packs) for one in all_receipts(tmp_path / "new") if one.packs] == [1]


def test_a_pack_cut_short_is_named_and_everything_else_comes_back(kept, server, tmp_path):
    library, bucket = kept
    pack = packs(library)[3]
    write(server, bucket, pack.key, lambda was: was[:600])
    answer = library.command("backup_restore", "M31", "--yes", "--to", str(tmp_path / "new"))
    assert answer.code() == WAITS and said(answer).count("damaged in the backup") == 3
    assert len(list((tmp_path / "new").rglob("*.fits"))) == 1


def test_frames_sent_after_the_last_records_come_back_too_and_are_said(kept, server, tmp_path):
    library, bucket = kept
    records = [key_of(server, bucket, ".tar.zst")]
    held = server.client().get_object(Bucket=bucket, Key=records[0])
    data, beside = held["Body"].read(), held["Metadata"]
    library.shoot(4, 5)
    library.night()
    client = server.client()
    for one in client.list_objects_v2(Bucket=bucket)["Contents"]:
        if "/records/" in one["Key"]:
            client.delete_object(Bucket=bucket, Key=one["Key"])
    client.put_object(Bucket=bucket, Key=records[0], Body=data, Metadata=beside)
    answer = library.command("backup_restore", "--all", "--yes", "--to", str(tmp_path / "new"))
    new = LivingLibrary(tmp_path / "new")
    assert "2 files were sent after these records were written" in said(answer)
    assert all((new.root / path).is_file() for path in library.stored) and len(library.stored) == 6


def test_a_snapshot_out_of_the_future_does_not_hide_those_that_come_after_it(kept, server, tmp_path):
    library, bucket = kept
    key, client = key_of(server, bucket, ".tar.zst"), server.client()
    was = client.get_object(Bucket=bucket, Key=key)
    future = key.replace("/records/20", "/records/29")
    client.put_object(Bucket=bucket, Key=future, Body=was["Body"].read(), Metadata=was["Metadata"])
    library.shoot(4)
    library.night()
    library.command("backup")
    answer = library.command("backup_restore", "--all", "--yes", "--to", str(tmp_path / "new"))
    assert answer.code() == OK
    assert LivingLibrary(tmp_path / "new").stored == library.stored
    assert executed(library.doit()) == [] or executed(library.doit()) == []


def test_a_pack_that_arrived_before_a_kill_is_not_sent_again(kept, server, monkeypatch):
    library, _bucket = kept
    library.shoot(4, 5)
    library.settings(
        (library.root / "_Rigs/library.toml").read_text().replace("enabled = true", "enabled = false")
    )
    library.night()
    library.settings(
        (library.root / "_Rigs/library.toml").read_text().replace("enabled = false", "enabled = true")
    )

    def killed(*_arguments, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipeline.world.s3.Bucket.put", killed)
        library.command("backup", "--session", "2026-01-14")
    done = library.command("backup")
    assert (done.data["files"], done.data["sent_bytes"]) == (2, 0)
    assert library.command("backup_verify", "--full").code() == OK


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_files_of_the_persons_own_come_back_under_whatever_name(kept, tmp_path):
    library, _bucket = kept
    settings = (library.root / "_Rigs/library.toml").read_text()
    library.settings(settings + "own = { keep = true }\n")
    names = [
        b"new\nline.bin",
        b"\xff\xfe.bin",
        b"dots...",
        b"A.bin",
        b"a.bin",
        b"x" * 250,
        b"-rf.bin",
        b"a\\b.bin",
    ]
    home = os.fsencode(library.root / library.stored[0].partition("/")[0] / "30_Master/M31")
    Path(os.fsdecode(home)).mkdir(parents=True)
    for number, name in enumerate(names):
        Path(os.fsdecode(home + b"/" + name)).write_bytes(bytes([number]) * (2 << 20))
    assert library.command("backup").data["troubles"] == []
    assert library.command("backup").data["files"] == 0
    assert library.command("backup_verify", "--full").code() == OK
    answer = library.command("backup_restore", "--all", "--yes", "--to", str(tmp_path / "new"))
    new = Path(os.fsdecode(home)).relative_to(library.root)
    found = {path.name: path.read_bytes()[0] for path in (tmp_path / "new" / new).iterdir()}
    assert found == {os.fsdecode(name): number for number, name in enumerate(names)}, said(answer)


HARMS = {
    "a number without an end": lambda one: one | {"size": float("inf")},
    "a time beyond all clocks": lambda one: one | {"mtime_ns": 10**30},
    "a name no disk takes": lambda one: one | {"path": one["path"].rpartition("/")[0] + "/" + "x" * 600},
    "a name that is no text": lambda one: one | {"path": one["path"] + "\ud800"},
    "a folder where a file lies": lambda one: one | {"path": f"{one['other']}/x/y.fits"},
    "samples that are no numbers": lambda one: (
        one | {"codec": "planes", "span": {"at": "0", "size": 2, "order": ">", "step": 1}}
    ),
    "samples in no order": lambda one: (
        one | {"codec": "planes", "span": {"at": 0, "size": 2, "order": "x", "step": 1}}
    ),
    "a part before its pack": lambda one: one | {"at": -5, "packed": 7},
    "no hash": lambda one: one | {"sha256": "../../x"},
    "a size beyond its bytes": lambda one: one | {"size": one["size"] + 10},
}


@pytest.mark.parametrize("harm", HARMS)
def test_an_index_that_lies_stops_nothing_but_what_it_lies_about(kept, server, tmp_path, harm):
    library, bucket = kept
    pack = packs(library)[3]
    name = index_key(pack.key)

    def change(data):
        told = json.loads(data)
        told["members"][2] = HARMS[harm](told["members"][2] | {"other": told["members"][0]["path"]})
        return json.dumps(told).encode()

    write(server, bucket, name, change)
    answer = library.command(
        "backup_restore", "2026-01-14", "2026-01-15", "--yes", "--to", str(tmp_path / "new")
    )
    assert sum(path.is_file() for path in (tmp_path / "new").rglob("*.fits")) in {1, 3}
    assert answer.code() == WAITS
    shutil.rmtree(library.root / "_Backup")
    shutil.rmtree(library.root / ".nightbuild")
    assert library.command("backup").code() == OK
    assert library.command("backup_verify", "--full").code() == OK
