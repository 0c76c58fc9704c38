"""House and NAS are gone: a clone, credentials and a bucket on a real S3 server give the library back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time

import pytest

from pipeline.model.answers import OK, WAITS
from pipeline.model.backup import Kept
from pipeline.model.backup_policies import KindPolicy
from pipeline.model.errors import PassingError, UserError
from pipeline.rules.backup_keys import index_key
from pipeline.world import ledger
from pipeline.world.receipts import all_receipts
from pipeline.world.restored_places import counted_not_kept
from tests import forked
from tests.backed_library import ask, back_up, bucket_of, links, make_backed, place_words, settings_for, tree
from tests.eyes import Eyes
from tests.stages.night_library import RIG, outside_caches
from tests.typed import typed
from tests.world.disks import small_disk

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("keys")]
_DERIVED = {"catalog", "summaries", "reports", "notes", "shown", "backed_up"}
"""What a restored library may make again: pages, previews and caches; and its backup goes on."""


@pytest.fixture(scope="module")
def backed(tmp_path_factory, s3_server):
    """A library with masters, accepted and rejected lights and a target moved on, all of it kept."""
    root = tmp_path_factory.mktemp("house") / "library"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_server.environment.items():
            patch.setenv(name, value)
        night = make_backed(root)
        settings = settings_for(
            s3_server.url, s3_server.new_bucket(), raw_calibration=KindPolicy(), own=KindPolicy()
        )
        back_up(root, settings)
    return night, settings


@pytest.fixture
def keys(monkeypatch, s3_server):
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)


def restore(settings, to, *words):
    return ask("backup_restore", ["--all", "--to", str(to), *words, *place_words(settings)], to.parent)


def came(root):
    """What does not come back as it was: pages, the catalogue and the inbox are not kept."""
    return {
        path: data
        for path, data in tree(root).items()
        if path.split("/")[0] not in {"_Inbox", "_Catalog", "_Notes"}
    }


def ran(said):
    """The stages of the tasks a run executed."""
    return {line.split(":")[0].removeprefix(". ") for line in said.splitlines() if line.startswith(". ")}


def test_the_whole_library_comes_back_byte_for_byte_and_doit_has_nothing_to_judge(backed, tmp_path):
    night, settings = backed
    to = tmp_path / "new"
    look = restore(settings, to)
    assert look.code() == OK and not to.exists()
    answer = restore(settings, to, "--yes")
    assert answer.code() == OK, answer.sentences
    assert came(to) == came(night.root)
    assert links(to) == links(night.root) and "" not in links(to).values()
    assert Eyes(to).count() == night.count() == {"20_Data": 3, "30_Master": 2, "_Reject": 1}
    before = {path: data for path, data in outside_caches(to).items() if path.split("/")[0] == RIG}
    first = typed(to)
    assert ran(first.stdout) <= _DERIVED, first.stdout
    assert {path: data for path, data in outside_caches(to).items() if path.split("/")[0] == RIG} == before
    assert typed(to).stdout.startswith("Nothing due")
    assert "as it was recorded" in typed(to, "verify").stdout
    assert Eyes(to).states() == night.states()
    Eyes(to).require_whole()


def test_what_was_never_kept_is_known_counted_and_neither_missing_nor_rejected(backed, tmp_path, s3_server):
    night, _ = backed
    settings = settings_for(s3_server.url, s3_server.new_bucket())
    shutil.copytree(night.root, tmp_path / "house", copy_function=_link)
    shutil.rmtree(tmp_path / "house/_Backup")
    back_up(tmp_path / "house", settings)
    to = tmp_path / "new"
    answer = restore(settings, to, "--yes")
    assert answer.code() == OK
    assert "16 frames known, not kept: no backup has them." in answer.sentences
    assert counted_not_kept(ledger.read(to)) == 16
    first = typed(to)
    assert ran(first.stdout) <= _DERIVED, first.stdout
    assert typed(to).stdout.startswith("Nothing due")
    assert "as it was recorded" in typed(to, "verify").stdout
    assert "Nothing to prune" in typed(to, "prune").stdout
    stored = ledger.read(to).stored
    assert sum(fact.stays == "master" for fact in stored.values()) == 4
    raw = next(path for path in (night.root / "_Inbox").glob("DARK_*.fits"))
    shutil.copy2(raw, to / "_Inbox/found_again.fits")
    typed(to, "--now")
    assert len(ledger.read(to).stored) == len(stored) + 1, "found again, it is stored again"


def test_killed_at_thirty_instants_it_goes_on_and_ends_with_the_same_library(backed, tmp_path):
    night, settings = backed
    to, dice, killed = tmp_path / "new", random.Random(7), 0
    words = ["--all", "--to", str(to), "--yes", *place_words(settings)]
    assert _elsewhere(tmp_path, 0, words) == -signal.SIGKILL
    begun = time.monotonic()
    assert _elsewhere(tmp_path, 60, words) == OK
    whole_s = time.monotonic() - begun
    while killed < 30:
        if (to / ".nightbuild-library").is_file():
            shutil.rmtree(to)
        killed += _elsewhere(tmp_path, dice.uniform(0.1, 0.8) * whole_s, words) == -signal.SIGKILL
        broken = [
            path
            for path in to.rglob("*.fits")
            if not path.name.startswith(".") and not _is_whole(path, to, night.root)
        ]
        assert broken == []
    answer = restore(settings, to, "--yes")
    assert answer.code() == OK, answer.sentences
    assert came(to) == came(night.root)
    assert links(to) == links(night.root)
    parts = [path for path in to.rglob("*.part") if ".nightbuild" not in path.parts]
    assert parts == []
    assert "as it was recorded" in typed(to, "verify").stdout


def test_killed_before_it_had_begun_it_begins_anew(backed, tmp_path):
    _, settings = backed
    to = tmp_path / "new"
    (to / ".nightbuild").mkdir(parents=True)
    for name in (".nightbuild/lock", ".nightbuild/holder"):
        (to / name).write_bytes(b"")
    (to / "..nightbuild-restoring.17-0badcafe0bad.part").write_bytes(b"{")
    assert restore(settings, to).code() == OK
    (to / ".nightbuild/state.sqlite").write_bytes(b"")
    with pytest.raises(UserError, match="is not empty"):
        restore(settings, to)


@pytest.mark.parametrize("is_foreseen", [True, False])
def test_a_full_disk_is_later_and_leaves_no_half_file(backed, tmp_path, monkeypatch, is_foreseen):
    night, settings = backed
    if not is_foreseen:  # as if somebody else filled it in between
        monkeypatch.setattr("pipeline.world.restore_rounds.require_room", lambda _home, _chosen: None)
    said = []
    with small_disk(tmp_path / "disk", size="4m") as disk:
        for _ in range(2 if is_foreseen else 20):
            (disk / "filler").write_bytes(bytes(max(_free(disk) - 64 * 1024, 0)))
            try:
                answer = restore(settings, disk / "new", "--yes")
                if answer.code() == OK:
                    break
                assert answer.code() == WAITS
                said.append(answer.sentences[-1])
            except PassingError as error:  # not even the records found room
                said.append(str(error))
            assert not (disk / "new/.nightbuild-library").exists()
            assert list(disk.rglob("*.part")) == []
            (disk / "filler").unlink()
        assert said and all("make room, then type the same again" in one for one in said), said
        assert is_foreseen or any(one.startswith("Later: ") for one in said), said
        (disk / "filler").unlink(missing_ok=True)
        assert restore(settings, disk / "new", "--yes").code() == OK
        assert came(disk / "new") == came(night.root)


def test_prune_takes_a_doubled_pack_and_leaves_what_is_asked_for(backed, tmp_path):
    night, settings = backed
    bucket = bucket_of(night.root, settings)
    packs = [pack for one in all_receipts(night.root) for pack in one.packs if pack.kind is Kept.LIGHTS]
    words = place_words(settings)
    assert "nothing goes" in ask("backup_prune", words, night.root, night.root).sentences[0]
    data = bucket.read(packs[0].key)
    import hashlib
    from dataclasses import replace

    from pipeline.rules.backup_keys import home_of, pack_key
    from pipeline.rules.backup_packs import index_bytes

    twin_data = data + b"\0" * 512
    sha256 = hashlib.sha256(twin_data).hexdigest()
    twin = replace(
        packs[0], sha256=sha256, size=len(twin_data), key=pack_key(home_of(packs[0].key), Kept.LIGHTS, sha256)
    )
    bucket.put(twin.key, twin_data)
    bucket.put(index_key(twin.key), index_bytes(twin))
    look = ask("backup_prune", words, night.root, night.root)
    assert [row["why"] for row in look.rows] == ["its files are in another pack too"]
    assert len(bucket.keys("packs/")) == len({*bucket.keys("packs/")} | {twin.key})
    done = ask("backup_prune", [*words, "--yes"], night.root, night.root)
    assert done.data["done"] is True
    assert "nothing goes" in ask("backup_prune", words, night.root, night.root).sentences[0]
    answer = restore(settings, tmp_path / "new", "--yes")
    assert answer.code() == OK and came(tmp_path / "new") == came(night.root)


def test_lifecycle_rules_stand_beside_those_of_others(backed):
    night, settings = backed
    bucket = bucket_of(night.root, settings)
    theirs = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 5}}
    bucket.client.put_bucket_lifecycle_configuration(
        Bucket=settings.bucket, LifecycleConfiguration={"Rules": [theirs]}
    )
    words = place_words(settings)
    show = ask("backup_lifecycle", words, night.root, night.root)
    assert show.code() == WAITS and [row["whose"] for row in show.rows] == ["another's"]
    done = ask(
        "backup_lifecycle",
        ["--apply", "--into", "DEEP_ARCHIVE", "--after", "7", *words],
        night.root,
        night.root,
    )
    assert done.code() == OK and sorted(row["whose"] for row in done.rows) == ["another's", "ours", "ours"]
    again = ask("backup_lifecycle", ["--apply", *words], night.root, night.root)
    assert "stood there already" in again.sentences[0], again.sentences
    gone = ask("backup_lifecycle", ["--remove", *words], night.root, night.root)
    assert [row["rule"] for row in gone.rows] == ["logs"]


def _elsewhere(folder, seconds, words):
    """The command in a process of its own, killed after so many seconds unless it was done sooner."""
    return forked.run("tests.backed_library", str(seconds), *words, folder=folder).returncode


def _is_whole(path, root, original):
    return path.read_bytes() == (original / path.relative_to(root)).read_bytes()


def _free(disk):
    return shutil.disk_usage(disk).free


def _link(source, target):
    os.link(source, target)
    return target
