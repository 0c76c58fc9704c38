"""Restore requests against a mock of S3: no real server here puts objects to sleep and wakes them again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.backup import Kept
from pipeline.model.backup_policies import KindPolicy
from pipeline.model.errors import UserError
from pipeline.world.backup_records import send_records
from pipeline.world.library import open_library
from pipeline.world.receipts import all_receipts
from tests.backed_library import ask, back_up, bucket_of, place_words, settings_for, tree
from tests.eyes import make_eyes
from tests.mock_s3 import mock_s3  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("keys")]


@pytest.fixture(scope="module")
def kept(tmp_path_factory, mock_s3):  # noqa: F811
    """A library of five lights in DEEP_ARCHIVE of the mock, and what is typed to find it."""
    root = tmp_path_factory.mktemp("kept") / "library"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in mock_s3.environment.items():
            patch.setenv(name, value)
        eyes = make_eyes(root)
        eyes.shoot(2.0, 2.1)
        eyes.shoot(2.0, 2.1, 2.2, target="NGC 7000", day=1)
        eyes.doit()
        settings = settings_for(
            mock_s3.url, mock_s3.new_bucket(), lights=KindPolicy(storage_class="DEEP_ARCHIVE")
        )
        back_up(root, settings)
    return root, settings


@pytest.fixture
def keys(monkeypatch, mock_s3):  # noqa: F811
    for name, value in mock_s3.environment.items():
        monkeypatch.setenv(name, value)


def restore(kept, *words, to=None, folder=None):
    root, settings = kept
    named = ["--to", str(to)] if to else []
    return ask(
        "backup_restore", [*words, *named, *place_words(settings)], folder or root, None if to else root
    )


def said(answer):
    return "\n".join((*answer.sentences, *answer.closing))


def test_cost_and_hours_come_first_and_nothing_is_done(kept, tmp_path):
    answer = restore(kept, "M31", to=tmp_path / "here")
    assert answer.code() == OK
    assert "2 files" in said(answer) and "no prices are known" in said(answer)
    assert "1 pack would be asked for, Bulk" in said(answer)
    assert "the same with --yes" in said(answer)
    assert not (tmp_path / "here").exists()


def test_archived_packs_are_asked_for_waited_for_and_brought_back(kept, tmp_path, mock_s3):  # noqa: F811
    root, settings = kept
    first = restore(kept, "M31", "--yes", "--no-wait", "--tier", "standard", to=tmp_path)
    assert first.code() == WAITS and "on their way" in said(first)
    asleep = next(
        pack.key for one in all_receipts(root) for pack in one.packs if "M31" in pack.members[0].path
    )
    named = bucket_of(root, settings).named(asleep)
    assert "expiry-date" in mock_s3.restored(named["Bucket"], named["Key"])
    again = restore(kept, "M31", "--yes", to=tmp_path)
    assert again.code() == OK and "2 files brought back" in said(again)
    assert all(tree(root)[path] == data for path, data in tree(tmp_path).items())
    assert len(tree(tmp_path)) == 2
    waited = restore(kept, "NGC 7000", "--yes", "--every", "0.001", to=tmp_path)
    assert waited.code() == OK and "3 files brought back" in said(waited)


def test_expedited_is_refused_where_the_class_has_it_not(kept):
    with pytest.raises(UserError, match="does not come back Expedited"):
        restore(kept, "M31", "--tier", "expedited")
    with pytest.raises(UserError, match="no such tier"):
        restore(kept, "M31", "--tier", "now")


def test_nothing_is_written_over_and_what_is_there_is_taken_as_done(kept, tmp_path):
    restore(kept, "M31", "--yes", "--every", "0.001", to=tmp_path)
    one, other = sorted(path for path in tmp_path.rglob("*.fits"))
    one.chmod(0o644)
    one.write_bytes(b"my own")
    other.unlink()
    answer = restore(kept, "M31", "--yes", "--every", "0.001", to=tmp_path)
    assert answer.code() == WAITS and "another file lies there" in said(answer)
    assert one.read_bytes() == b"my own" and other.is_file()
    assert "1 file brought back" in said(answer)


def test_a_frame_that_is_missing_comes_back_to_where_it_lay(kept):
    root, _ = kept
    frame = next(path for path in tree(root) if "00_Frames" in path and "M31" in path)
    before = (root / frame).stat().st_mtime_ns, (root / frame).read_bytes()
    (root / frame).unlink()
    answer = restore(kept, frame, "--yes", "--every", "0.001")
    assert answer.code() == OK, said(answer)
    assert ((root / frame).stat().st_mtime_ns, (root / frame).read_bytes()) == before
    assert not (root / frame).stat().st_mode & 0o222


def test_a_word_that_means_nothing_is_said(kept, tmp_path):
    answer = restore(kept, "M42", to=tmp_path)
    assert answer.code() == CANNOT and 'Nothing in the backup is called "M42"' in said(answer)
    with pytest.raises(UserError, match=r"What\?"):
        restore(kept)
    with pytest.raises(UserError, match=r"What\?"):
        restore(kept, "M31", "--all")


def test_a_folder_that_holds_something_else_is_refused(kept, tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        restore(kept, "--all", to=tmp_path)


def test_another_place_in_the_bucket_says_what_is_there(kept, tmp_path):
    _, settings = kept
    words = [
        "--all",
        "--to",
        str(tmp_path / "x"),
        "--bucket",
        settings.bucket,
        "--endpoint-url",
        settings.endpoint_url,
    ]
    with pytest.raises(UserError, match="no library is kept there"):
        ask("backup_restore", [*words, "--prefix", "elsewhere"], tmp_path)
    with pytest.raises(UserError, match="no library abc is kept there"):
        ask("backup_restore", [*words, "--library", "abc"], tmp_path)
    with pytest.raises(UserError, match="no such bucket"):
        ask("backup_restore", ["--all", "--to", "x", "--bucket", "nobody-has-this", *words[5:]], tmp_path)


def test_damaged_and_missing_packs_are_named_and_nothing_is_placed(kept, tmp_path):
    """The mock takes any bytes; that a real server refuses some is not what is asked here."""
    root, settings = kept
    bucket = bucket_of(root, settings)
    by_target = {
        "M31" in pack.members[0].path: pack
        for one in all_receipts(root)
        for pack in one.packs
        if pack.kind is Kept.LIGHTS
    }
    held = {pack.key: None for pack in by_target.values()}
    for key in held:
        bucket.client.restore_object(**bucket.named(key), RestoreRequest={"Days": 1})
        held[key] = bucket.read(key)
    bad = bytearray(held[by_target[True].key])
    for one in by_target[True].members:
        bad[one.at + one.packed // 2] ^= 0xFF
    try:
        bucket.put(by_target[True].key, bytes(bad))
        bucket.delete(by_target[False].key)
        answer = restore(kept, "M31", "NGC 7000", "--yes", to=tmp_path)
    finally:
        for key, data in held.items():
            bucket.put(key, data, storage_class="DEEP_ARCHIVE")
    assert answer.code() == WAITS
    assert (
        said(answer).count("damaged in the backup") == 2 and said(answer).count("gone from the bucket") == 3
    )
    assert list(tmp_path.rglob("*.fits")) == [] and list(tmp_path.rglob(".*")) == []


def test_what_lies_there_already_is_not_asked_for_again(kept, mock_s3):  # noqa: F811
    root, settings = kept
    asked = replace(settings, prefix="asked")
    shutil.move(root / "_Backup", root / "_Backup.aside")
    try:
        back_up(root, asked)
        frame = next(path for path in tree(root) if "00_Frames" in path and "NGC 7000" in path)
        (root / frame).unlink()
        look = ask("backup_restore", ["M31", "NGC 7000", *place_words(asked)], root, root)
        assert "1 file, " in said(look) and "4 more lie there already" in said(look)
        done = ask(
            "backup_restore",
            ["M31", "NGC 7000", "--yes", "--every", "0.001", *place_words(asked)],
            root,
            root,
        )
        assert (
            done.code() == OK
            and "1 file brought back" in said(done)
            and "4 files there already" in said(done)
        )
        bucket = bucket_of(root, asked)
        packs = {
            pack.key: pack.members[0].path
            for one in all_receipts(root)
            for pack in one.packs
            if pack.kind is Kept.LIGHTS
        }
        woken = {path for key, path in packs.items() if mock_s3.restored(*bucket.named(key).values())}
        assert len(packs) == 2 and all("NGC 7000" in path for path in woken) and woken
    finally:
        shutil.rmtree(root / "_Backup")
        shutil.move(root / "_Backup.aside", root / "_Backup")


def test_packs_that_are_asleep_are_not_called_damaged(kept):
    root, settings = kept
    file = root / "_Rigs/library.toml"
    was = file.read_bytes() if file.is_file() else None
    told = f'[backup]\nbucket = "{settings.bucket}"\nendpoint_url = "{settings.endpoint_url}"\npack_mb = 8\n'
    file.write_text(told + '[backup.lights]\nstorage_class = "DEEP_ARCHIVE"\n')
    try:
        quick, full = (ask("backup_verify", words, root, root) for words in ([], ["--full"]))
    finally:
        file.unlink()
        if was is not None:
            file.write_bytes(was)
    assert quick.code() == OK, said(quick)
    assert full.code() == WAITS and full.data["wrong"] == []
    assert "is archived: it can be read back only after a restore" in said(full)


def test_records_sent_with_an_archive_class_stay_awake(kept, tmp_path):
    root, settings = kept
    cold = replace(settings, prefix="cold", records=KindPolicy(storage_class="DEEP_ARCHIVE"))
    send_records(open_library(root), cold)
    found = ask("backup_restore", ["--all", "--to", str(tmp_path / "x"), *place_words(cold)], tmp_path)
    assert "Records as of" in said(found)


def test_all_gives_back_a_library_even_without_its_records(kept, tmp_path):
    root, settings = kept
    bucket = bucket_of(root, settings)
    records = {key: bucket.read(key) for key in bucket.keys("records/")}
    try:
        for key in records:
            bucket.delete(key)
        answer = restore(kept, "--all", "--yes", "--every", "0.001", to=tmp_path / "new")
    finally:
        for key, data in records.items():
            bucket.put(key, data)
    assert "No records are kept" not in said(answer)  # said before, on the way
    assert len(list((tmp_path / "new").rglob("*.fits"))) == 5
    shutil.rmtree(tmp_path / "new")
    assert Path(root).is_dir()
