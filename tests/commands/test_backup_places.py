"""Kinds that go to other buckets, prefixes and classes, and a library that is brought back from all of them."""

from __future__ import annotations

import os
import shutil

import pytest

from pipeline.model.answers import OK
from pipeline.model.backup import Kept
from pipeline.model.backup_policies import KindPolicy
from pipeline.model.errors import UserError
from tests.backed_library import ask, back_up, links, make_backed, place_words, settings_for, tree
from tests.stages.night_library import outside_caches
from tests.typed import typed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory, s3_server):
    """Lights in one bucket, masters and records in another one, below other prefixes."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_server.environment.items():
            patch.setenv(name, value)
        night = make_backed(tmp_path_factory.mktemp("house") / "library")
        main, other = s3_server.new_bucket(), s3_server.new_bucket()
        settings = settings_for(
            s3_server.url,
            main,
            raw_calibration=KindPolicy(),
            lights=KindPolicy(bucket=other, prefix="deep/lights", storage_class="DEEP_ARCHIVE"),
            masters=KindPolicy(bucket=other, prefix="masters", storage_class="STANDARD_IA"),
        )
        file = night.root / "_Rigs/library.toml"
        file.write_text(
            (file.read_text() if file.is_file() else "")
            + f'\n[backup]\nenabled = true\nbucket = "{main}"\nendpoint_url = "{s3_server.url}"\npack_mb = 8\n'
            "[backup.raw_calibration]\nkeep = true\n"
            f'[backup.lights]\nbucket = "{other}"\nprefix = "deep/lights"\nstorage_class = "DEEP_ARCHIVE"\n'
            f'[backup.masters]\nbucket = "{other}"\nprefix = "masters"\nstorage_class = "STANDARD_IA"\n'
        )
        back_up(night.root, settings)
        typed(night.root)
    return night, settings


@pytest.fixture(autouse=True)
def keys(monkeypatch, s3_server):
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)


def objects(server, bucket):
    found = server.client().list_objects_v2(Bucket=bucket).get("Contents", ())
    return {one["Key"]: (one["Size"], one["StorageClass"]) for one in found}


def receipts(root):
    return {path.name: path.read_bytes() for path in sorted((root / "_Backup").glob("*/*.json"))}


def test_each_kind_goes_to_its_own_place_with_its_own_class(house, s3_server):
    night, settings = house
    there = objects(s3_server, settings.lights.bucket)
    lights = {one for key, (_, one) in there.items() if "/packs/" in key and key.startswith("deep/lights/")}
    masters = {one for key, (_, one) in there.items() if "/packs/" in key and key.startswith("masters/")}
    assert (lights, masters) == ({"DEEP_ARCHIVE"}, {"STANDARD_IA"})
    assert {one for key, (_, one) in there.items() if "/index/" in key} == {"STANDARD"}
    main = objects(s3_server, settings.bucket)
    assert all("/records/" in key or "/raw_calibration-" in key for key in main)
    assert ask("backup_verify", ["--full"], night.root, night.root).code() == OK


def test_on_an_empty_computer_one_bucket_leads_to_the_others(house, tmp_path, s3_server):
    night, settings = house
    to = tmp_path / "new"
    answer = ask("backup_restore", ["--all", "--to", str(to), "--yes", *place_words(settings)], tmp_path)
    assert answer.code() == OK, answer.sentences
    assert links(to) == links(night.root)
    masters = {path.name: path.read_bytes() for path in (night.root / "_Dark Library").rglob("master*")}
    assert masters == {path.name: path.read_bytes() for path in (to / "_Dark Library").rglob("master*")}
    assert masters
    before, told = outside_caches(to), receipts(to)
    assert told == receipts(night.root)
    there = objects(s3_server, settings.lights.bucket)
    typed(to)
    assert receipts(to) == told, "the first doit asks for nothing anew"
    assert objects(s3_server, settings.lights.bucket) == there
    changed = {path for path, data in outside_caches(to).items() if before.get(path) != data}
    assert {path.split("/")[0] for path in changed} <= {"_Catalog", "_Notes", "_Reports"}, changed
    assert typed(to).stdout.startswith("Nothing due")


def test_a_single_target_comes_from_another_bucket_too(house, tmp_path):
    night, settings = house
    words = ["M31", "--yes", "--to", str(tmp_path / "new"), *place_words(settings)]
    answer = ask("backup_restore", words, tmp_path)
    assert answer.code() == OK, answer.sentences
    came = tree(tmp_path / "new")
    assert came and all(tree(night.root)[path] == data for path, data in came.items())
    assert any("/M31/" in path for path in came)


def test_a_bucket_that_was_copied_under_another_name_stands_for_the_first(house, tmp_path, s3_server):
    night, settings = house
    copy, client = s3_server.new_bucket(), s3_server.client()
    for key in objects(s3_server, settings.bucket):
        source = {"Bucket": settings.bucket, "Key": key}
        client.copy_object(Bucket=copy, Key=key, CopySource=source)
    words = ["--all", "--to", str(tmp_path / "new"), *place_words(settings)]
    words[words.index(settings.bucket)] = copy
    look = ask("backup_restore", words, tmp_path)
    assert look.code() == OK
    assert look.data["files"] > len(night.frames("20_Data"))


def test_a_place_that_is_gone_is_said_before_anything_is_begun(house, tmp_path, s3_server):
    night, settings = house
    shutil.copytree(night.root, tmp_path / "house", copy_function=_link)
    lost = settings_for(
        s3_server.url, s3_server.new_bucket(), masters=KindPolicy(bucket="nobody-has-this-one")
    )
    file = tmp_path / "house/_Rigs/library.toml"
    text = file.read_text()
    file.unlink()
    file.write_text(text.replace(settings.masters.bucket, "nobody-has-this-one"))
    from pipeline.world.backup_records import send_records
    from pipeline.world.library import open_library

    send_records(open_library(tmp_path / "house"), lost)
    words = ["--all", "--to", str(tmp_path / "new"), "--yes", *place_words(lost)]
    with pytest.raises(UserError, match=r"nobody-has-this-one.*no such bucket"):
        ask("backup_restore", words, tmp_path)
    assert not (tmp_path / "new").exists()
    assert lost.place(Kept.MASTERS).bucket == "nobody-has-this-one"


def _link(source, target):
    os.link(source, target)
    return target
