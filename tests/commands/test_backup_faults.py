"""Faults of the bucket beside its packs, on a real S3 server: indexes, records, rights, places that went elsewhere."""

from __future__ import annotations

import json
import shutil

import pytest

from pipeline.model.answers import OK, WAITS
from pipeline.model.errors import PassingError, UserError
from pipeline.world.receipts import all_receipts
from tests.living_library import executed, make_library
from tests.s3_proxy import line_to
from tests.small_library import said

pytestmark = pytest.mark.slow


@pytest.fixture
def server(s3_server, monkeypatch):
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture(scope="module")
def kept_once(tmp_path_factory, s3_server):
    """A library of three lights whose backup is as it should be; each test takes a copy, and a bucket of its own."""
    home = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_server.environment.items():
            patch.setenv(name, value)
        made, bucket = make_library(home / "library"), s3_server.new_bucket()
        made.settings(told(s3_server.url, bucket))
        made.shoot(1, 2, 3)
        made.doit()
    return made, bucket


@pytest.fixture
def library(kept_once, server):
    """The library, and its bucket put right again afterwards."""
    made, bucket = kept_once
    client = server.client()
    was = {key: client.get_object(Bucket=bucket, Key=key) for key in keys_in(client, bucket)}
    held = {key: (one["Body"].read(), one["Metadata"]) for key, one in was.items()}
    yield made
    for key in keys_in(client, bucket):
        client.delete_object(Bucket=bucket, Key=key)
    for key, (data, beside) in held.items():
        client.put_object(Bucket=bucket, Key=key, Body=data, Metadata=beside)
    shutil.rmtree(made.root / "_Backup", ignore_errors=True)
    made.command("backup", "--rebuild-receipts")
    (made.root / ".nightbuild/backup_records.json").unlink(missing_ok=True)


def told(url, bucket, more=""):
    return f'[backup]\nenabled = true\nbucket = "{bucket}"\nendpoint_url = "{url}"\n{more}'


def keys_in(client, bucket, part=""):
    found = client.list_objects_v2(Bucket=bucket).get("Contents", ())
    return sorted(one["Key"] for one in found if part in one["Key"])


def read(client, bucket, key):
    return client.get_object(Bucket=bucket, Key=key)["Body"].read()


def packs(library):
    return [pack for receipt in all_receipts(library.root) for pack in receipt.packs]


@pytest.mark.parametrize("harm", ["altered", "cut", "another's"])
def test_a_damaged_index_is_found_named_and_mended(library, kept_once, server, harm):
    bucket, client = kept_once[1], server.client()
    (key,) = keys_in(client, bucket, "/index/")
    was = client.get_object(Bucket=bucket, Key=key)
    data = was["Body"].read()
    match harm:
        case "altered":  # of the same size, and with what was written beside it: only reading it tells
            other = (
                data.replace(b"light_001", b"light_009").replace(b"T23-", b"T22-").replace(b"_23-", b"_22-")
            )
            client.put_object(Bucket=bucket, Key=key, Body=other, Metadata=was["Metadata"])
            assert other != data and len(other) == len(data)
        case "cut":
            client.put_object(Bucket=bucket, Key=key, Body=data[:-9], Metadata=was["Metadata"])
        case "another's":
            client.put_object(Bucket=bucket, Key=key, Body=b"{}")
    found = library.command("backup_verify", *(["--full"] if harm == "altered" else []))
    assert found.code() == WAITS
    assert f"{packs_key(key)}: has another index beside it than the one that was sent" in said(found)
    assert library.command("backup").code() == OK
    assert read(client, bucket, key) == data
    assert library.command("backup_verify", "--full").code() == OK


def packs_key(index):
    return f"packs/{index.partition('/index/')[2].removesuffix('.json')}.tar"


def test_an_index_that_only_lost_what_was_written_beside_it_is_sound(library, kept_once, server):
    bucket, client = kept_once[1], server.client()
    (key,) = keys_in(client, bucket, "/index/")
    client.put_object(Bucket=bucket, Key=key, Body=read(client, bucket, key))
    assert library.command("backup_verify").code() == OK


@pytest.mark.parametrize("harm", ["altered", "cut", "deleted"])
def test_a_damaged_snapshot_of_the_records_is_found_named_and_mended(library, kept_once, server, harm):
    bucket, client = kept_once[1], server.client()
    assert library.command("backup").code() == OK
    (key,) = keys_in(client, bucket, "/records/")
    was = client.get_object(Bucket=bucket, Key=key)
    data = was["Body"].read()
    match harm:
        case "altered":
            client.put_object(Bucket=bucket, Key=key, Body=data[:-9] + bytes(9), Metadata=was["Metadata"])
        case "cut":
            client.put_object(Bucket=bucket, Key=key, Body=data[: len(data) // 2], Metadata=was["Metadata"])
        case "deleted":
            client.delete_object(Bucket=bucket, Key=key)
    found = library.command("backup_verify")
    assert found.code() == WAITS
    assert f"records/{key.rpartition('/')[2]}: is " in said(found)
    assert "The records are to be sent anew. Mend: doit backup" in said(found)
    assert any("_records" in line for line in executed(library.doit())), "the night mends it by itself"
    assert len(set(keys_in(client, bucket, "/records/")) - {key}) == 1
    assert library.command("backup_verify").code() == OK
    assert executed(library.doit()) == []
    if harm != "deleted":
        full = library.command("backup_verify", "--full")
        assert full.code() == WAITS and key.rpartition("/")[2] in said(full), "an older one stays named"


def test_packs_of_a_bucket_that_is_named_no_more_are_not_called_gone(library, server):
    settings = (library.root / "_Rigs/library.toml").read_text()
    library.settings(told(server.url, server.new_bucket()))
    with pytest.raises(UserError, match="No receipt names a pack"):
        library.command("backup_verify")
    library.settings(settings)
    assert len(packs(library)) == 1
    assert library.command("backup_verify").code() == OK


def test_dry_run_has_bytes_requests_and_cost_as_data_and_sends_nothing(library, kept_once, server):
    empty = server.new_bucket()
    library.settings(told(server.url, empty))
    answer = library.command(
        "backup", "--dry-run", "--session", "2026-01-14", "--target", "M31", "--year", "2026"
    )
    library.settings(told(server.url, kept_once[1]))
    (lights,) = answer.data["kinds"]
    assert (lights["files"], lights["packs"], lights["requests"]) == (3, 1, 3)
    assert lights["bytes"] == sum(fact.size for fact in library.ledger.stored.values())
    assert answer.data["first_year"] is None and "not known here" in said(answer)
    assert keys_in(server.client(), empty) == []


def test_another_persons_bucket_is_said_by_every_command_and_nothing_is_changed(
    library, kept_once, server, monkeypatch
):
    """The server's own stranger: a bucket that lets nobody in, its owner included."""
    bucket, client = kept_once[1], server.client()
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:GetLifecycleConfiguration"],
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            }
        ],
    }
    before = library.picture()
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(deny))
    try:
        for name, words in (
            ("backup_verify", ("--full",)),
            ("backup_prune", ()),
            ("backup_lifecycle", ()),
            ("backup_restore", ("M31",)),
            ("backup", ("--rebuild-receipts",)),
        ):
            with pytest.raises(UserError, match="you may not"):
                library.command(name, *words)
    finally:
        client.delete_bucket_policy(Bucket=bucket)
    assert library.picture() == before


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "the secret key is not the one"),
        ("AWS_ACCESS_KEY_ID", "x", "is not known"),
    ],
)
def test_wrong_keys_are_said_by_restore_verify_and_prune(library, monkeypatch, name, value, words):
    with monkeypatch.context() as patch:
        patch.setenv(name, value)
        for command, typed in (("backup_restore", ("M31",)), ("backup_prune", ()), ("backup_lifecycle", ())):
            with pytest.raises(UserError, match=words):
                library.command(command, *typed)


def test_a_line_cut_again_and_again_while_restoring_is_weathered(
    library, kept_once, server, tmp_path, monkeypatch
):
    monkeypatch.setattr("pipeline.world.restoring._PAUSES_S", (0.01, 0.01, 0.01))
    with line_to(server.url) as line:
        words = ["M31", "--yes", "--to", str(tmp_path / "here"), "--endpoint-url", line.url]
        line.weather.busy = 3
        answer = library.command("backup_restore", *words)
        assert answer.code() == OK and line.weather.refused == 3
    frames = sorted(path.name for path in (tmp_path / "here").rglob("*.fits"))
    assert frames == sorted(path.rpartition("/")[2] for path in library.stored)


def test_a_server_that_is_away_is_later_and_says_so(library, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.world.s3._TRIES", 1)
    words = ["M31", "--yes", "--to", str(tmp_path / "here"), "--endpoint-url", "http://127.0.0.1:9"]
    with pytest.raises(PassingError, match="could not be reached"):
        library.command("backup_restore", *words)
    assert not (tmp_path / "here").exists()
