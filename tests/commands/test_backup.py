"""A library sent to a real S3 server: nights, later frames, faults of the line and of the bucket, and kills."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from pipeline.model.answers import OK, WAITS
from pipeline.model.errors import UserError
from pipeline.world import s3_upload
from pipeline.world.receipts import all_receipts
from tests.killed import killed_after
from tests.living_library import environment, executed, flip, make_library
from tests.small_library import said

pytestmark = pytest.mark.slow


@pytest.fixture
def server(s3_server, monkeypatch):
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3_upload, "_PAUSES_S", (0.05, 0.1, 0.2))
    return s3_server


@pytest.fixture
def bucket(server):
    return server.new_bucket()


def settings(library, server, bucket, more="", url=""):
    told = f'[backup]\nenabled = true\nbucket = "{bucket}"\nendpoint_url = "{url or server.url}"\n{more}'
    library.settings(told)


@pytest.fixture
def library(tmp_path, server, bucket):
    made = make_library(tmp_path / "library")
    settings(made, server, bucket)
    made.shoot(1, 2, 3)
    return made


def objects(server, bucket, part="/packs/"):
    found = server.client().list_objects_v2(Bucket=bucket).get("Contents", ())
    return {one["Key"]: one["Size"] for one in found if part in one["Key"]}


def kept(library):
    return {path: sha for receipt in all_receipts(library.root) for path, sha in receipt.members}


def hashes(library):
    return {path: fact.sha256 for path, fact in library.ledger.stored.items()}


def receipts(library):
    return {path.name: path.read_bytes() for path in sorted((library.root / "_Backup").rglob("*.json"))}


def test_a_night_is_sent_by_doit_itself_and_a_later_frame_is_sent_later(library, server, bucket):
    told = library.doit()
    assert any(line.startswith("backed_up:") for line in executed(told))
    assert "Backed up" not in told.stderr
    assert kept(library) == hashes(library)
    first = objects(server, bucket)
    assert len(first) == 1
    assert executed(library.doit()) == []
    library.shoot(4)
    library.doit()
    assert kept(library) == hashes(library)
    assert len(kept(library)) == 4
    assert first.items() < objects(server, bucket).items(), "the first pack stays as it was, one more came"
    assert executed(library.doit()) == []


def test_deleting_the_caches_or_the_receipts_sends_nothing_again(library, server, bucket):
    library.doit()
    before, there = library.picture(), objects(server, bucket, "")
    library.forget()
    library.doit()
    assert library.picture() == before
    told = receipts(library)
    shutil.rmtree(library.root / "_Backup")
    assert library.command("backup", "--rebuild-receipts").code() == OK
    assert receipts(library) == told
    assert objects(server, bucket, "") == there


def test_two_computers_do_not_send_the_same_frames_twice(library, server, bucket, tmp_path):
    library.night()
    there = objects(server, bucket, "")
    shutil.rmtree(library.root / "_Backup")
    library.forget()
    answer = library.command("backup")
    assert "3 files there already" in said(answer)
    assert objects(server, bucket) == {key: size for key, size in there.items() if "/packs/" in key}
    assert kept(library) == hashes(library)


def test_another_bucket_gets_everything_and_a_copied_one_is_recognised(library, server, bucket):
    library.night()
    second = server.new_bucket()
    settings(library, server, second)
    assert "Still to be sent: 3 files" in said(library.command("backup_status"))
    library.doit()
    assert len(objects(server, second)) == 1
    assert executed(library.doit()) == []
    third, client = server.new_bucket(), server.client()
    for key in objects(server, bucket, ""):
        client.copy_object(Bucket=third, Key=key, CopySource={"Bucket": bucket, "Key": key})
    settings(library, server, third)
    assert "3 files there already" in said(library.command("backup"))


def test_dry_run_counts_and_sends_nothing(library, server, bucket):
    settings(library, server, bucket, "")
    library.settings((library.root / "_Rigs/library.toml").read_text().replace("true", "false"))
    library.doit()
    answer = library.command("backup", "--dry-run")
    assert "lights: 3 files" in said(answer)
    assert objects(server, bucket, "") == {}
    assert not (library.root / "_Backup").exists()
    status = library.command("backup_status")
    assert "Backup is off" in said(status)
    assert "Would be lost tonight: 3 frames" in said(status)
    assert "accepted 3" in said(status) or "unblinked 3" in said(status)


def test_what_was_asked_for_is_sent_and_nothing_else(library, server, bucket):
    library.settings("")
    library.doit()
    settings(library, server, bucket)
    with pytest.raises(UserError, match="Nothing is stored of that"):
        library.command("backup", "--session", "2025-01-01")
    with pytest.raises(UserError, match="write a night"):
        library.command("backup", "--session", "yesterday")
    assert library.command("backup", "--target", "M31", "--year", "2026").code() == OK
    assert kept(library) == hashes(library)
    assert objects(server, bucket, "/records/") == {}, "the records go when everything is sent"
    assert library.command("backup").code() == OK
    assert len(objects(server, bucket, "/records/")) == 1
    library.command("backup")
    assert len(objects(server, bucket, "/records/")) == 1, "nothing was decided since"
    assert "Would be lost tonight: nothing" in said(library.command("backup_status"))


def test_a_rotten_frame_is_not_sent_and_is_named_until_it_is_mended(library, server, bucket):
    library.settings("")
    library.doit()
    rotten = library.root / library.stored[1]
    whole, seen = rotten.read_bytes(), rotten.stat()
    flip(rotten)
    settings(library, server, bucket)
    answer = library.command("backup")
    assert answer.code() == WAITS
    assert f"{library.stored[1]}: its bytes are not those first recorded" in said(answer)
    assert sorted(kept(library)) == [library.stored[0], library.stored[2]]
    assert "backed_up:" in library.doit(code=None).stdout
    rotten.write_bytes(whole)
    os.utime(rotten, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
    library.doit()
    assert kept(library) == hashes(library)


@pytest.mark.parametrize("harm", ["altered", "deleted", "cut", "no index"])
def test_a_damaged_object_is_found_named_and_mended(library, server, bucket, harm):
    library.night()
    ((key, size),) = objects(server, bucket).items()
    client = server.client()
    data = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    match harm:
        case "altered":
            client.put_object(Bucket=bucket, Key=key, Body=data[:700] + b"XX" + data[702:])
        case "cut":
            client.put_object(Bucket=bucket, Key=key, Body=data[:-512])
        case "deleted":
            client.delete_object(Bucket=bucket, Key=key)
        case "no index":
            client.delete_object(
                Bucket=bucket, Key=key.replace("/packs/", "/index/").replace(".tar", ".json")
            )
    found = library.command("backup_verify")
    assert found.code() == WAITS
    assert key.partition("/packs/")[2] in said(found)
    assert "3 files count as not kept" in said(found)
    status = library.command("backup_status")
    assert status.code() == WAITS
    assert "was found damaged or gone" in said(status)
    assert library.command("backup").code() == OK
    assert objects(server, bucket) == {key: size}, "mended under the same name"
    assert library.command("backup_verify", "--full").code() == OK
    assert library.command("backup_status").code() == OK


def test_damage_under_an_unchanged_name_size_and_tag_is_found_by_reading_back(library, server, bucket):
    library.night()
    (receipt,) = (one for one in all_receipts(library.root) if one.packs)
    (pack,) = receipt.packs
    ((key, _),) = objects(server, bucket).items()
    data = bytearray(server.client().get_object(Bucket=bucket, Key=key)["Body"].read())
    data[pack.members[1].at + 40] ^= 1
    made = server.client().put_object(
        Bucket=bucket, Key=key, Body=bytes(data), Metadata={"sha256": pack.sha256}
    )
    file = next((library.root / "_Backup").rglob("DATE_*.json"))
    file.write_text(file.read_text().replace(pack.etag, made["ETag"].strip('"')))
    index = key.replace("/packs/", "/index/").replace(".tar", ".json")
    told = server.client().get_object(Bucket=bucket, Key=index)["Body"].read()
    told = told.replace(pack.etag.encode(), made["ETag"].strip('"').encode())
    beside = {"sha256": hashlib.sha256(told).hexdigest()}
    server.client().put_object(Bucket=bucket, Key=index, Body=told, Metadata=beside)
    assert library.command("backup_verify", "--quick").code() == OK, "what a service says of itself"
    found = library.command("backup_verify", "--sample", "1")
    assert found.code() == WAITS
    assert pack.key in said(found)
    library.command("backup")
    assert library.command("backup_verify", "--full").code() == OK


def test_wrong_keys_a_missing_bucket_and_anothers_are_said_and_nothing_is_sent(
    library, server, bucket, monkeypatch
):
    library.settings("")
    library.doit()
    settings(library, server, "no-such-bucket-here")
    with pytest.raises(UserError, match="there is no such bucket"):
        library.command("backup")
    settings(library, server, bucket)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(UserError, match="the secret key is not the one"):
        library.command("backup")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(UserError, match="the access key is not known"):
        library.command("backup")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(UserError, match="no credentials were found"):
        library.command("backup")
    assert kept(library) == {}
    assert objects(server, bucket, "") == {}


def test_the_line_is_not_used_beyond_what_is_allowed(server, bucket, tmp_path, monkeypatch):
    throttle = s3_upload.Throttle(2.0)
    begun = time.monotonic()
    for _ in range(4):
        throttle.wait_for(200_000)
    assert time.monotonic() - begun >= 0.28


def test_credentials_are_written_nowhere(library, server):
    library.doit()
    secret = os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    for path in library.root.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path


def test_killed_at_thirty_instants_nothing_is_lost_nor_half(library, server, bucket):
    library.settings("")
    library.shoot(*range(5, 25))
    library.doit()
    chance, killed = random.Random(7), 0
    for number in range(30):
        if number % 5 == 0:  # all is to be sent anew
            settings(library, server, bucket, f'prefix = "try-{number}"\npack_mb = 8\n')
        killed += killed_after(library.root, chance.uniform(0.05, 0.9), "backup") == -signal.SIGKILL
        if number % 5 == 4:
            assert library.command("backup").code() == OK
            assert kept(library) == hashes(library)
    assert killed >= 10
    assert library.command("backup_verify", "--full").code() == OK
    assert not list((library.root / ".nightbuild/backup").rglob("*.tar"))


def test_killed_inside_a_pack_what_arrived_is_not_sent_again(library, server, bucket, tmp_path):
    library.settings("")
    library.doit()
    own = library.root / "C8E@f10.0+ZWO ASI2600MM Pro/30_Master/M31"
    own.mkdir(parents=True)
    size = 5 * s3_upload.PART_BYTES
    (own / "stack.bin").write_bytes(random.Random(3).randbytes(size))
    more = "max_mb_s = 30\npack_mb = 512\n[backup.own]\nkeep = true\n[backup.lights]\nkeep = false\n"
    settings(library, server, bucket, more)
    told = {**environment(), "NIGHTBUILD_LIBRARY": str(library.root)}
    running = subprocess.Popen([sys.executable, "-m", "doit", "backup"], cwd=library.root, env=told)
    arrived = parts_arrived(server, bucket, 2)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    answer = library.command("backup")
    assert answer.code() == OK
    assert arrived >= 2
    assert answer.data["sent_bytes"] <= size - arrived * s3_upload.PART_BYTES + 100_000
    assert library.command("backup_verify", "--full").code() == OK


def parts_arrived(server, bucket, wanted, within_s=60):
    client, end = server.client(), time.monotonic() + within_s
    while time.monotonic() < end:
        for one in client.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
            there = client.list_parts(Bucket=bucket, Key=one["Key"], UploadId=one["UploadId"])
            if len(there.get("Parts", ())) >= wanted:
                return len(there["Parts"])
        time.sleep(0.05)
    return 0
