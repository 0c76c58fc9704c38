from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.backup import Item, Kept, Member, Pack, Receipt
from pipeline.model.backup_policies import Backup, KindPolicy
from pipeline.rules.backup_wanted import missing, wanted_of_night
from pipeline.rules.ledger import fold

HOME = "C8E/00_Frames/DATE_2026-01-14"


def received(stored, **more):
    told = {"event": "received", "inbox": "_Inbox", "original": stored, "stored": stored, "size": 10}
    return told | {"mtime_ns": 5, "sha256": f"{stored:x<64}"[:64], "when": "2026-01-15T00:00:00Z"} | more


LIGHT, DARK = f"{HOME}/LIGHT/M31/S/a.fits", "_Calibration/ASI/DATE_2026-01-14/DARK/S/d.fits"
LOG = f"{HOME}/_witness/phd2.txt"
LEDGER = fold([received(LIGHT), received(DARK), received(LOG, stays="witness")])


def kinds(settings, states=None):
    return {item.path: item.kind for item in wanted_of_night(LEDGER, settings, states)}


def test_every_light_is_kept_from_the_day_it_is_stored_and_raw_calibration_only_when_asked():
    assert kinds(Backup()) == {LIGHT: Kept.LIGHTS, LOG: Kept.RECORDS}
    everything = Backup(raw_calibration=KindPolicy(keep=True))
    assert kinds(everything)[DARK] is Kept.RAW_CALIBRATION


@pytest.mark.parametrize(
    ("state", "rejects", "kind"),
    [
        ("accepted", False, Kept.LIGHTS),
        ("moved on", False, Kept.LIGHTS),
        ("offered", True, None),
        ("blinked away", False, None),
        ("blinked away", True, Kept.REJECTS),
        ("culled", True, Kept.REJECTS),
    ],
)
def test_only_accepted_lights_are_kept_where_that_is_asked_and_rejects_apart(state, rejects, kind):
    settings = Backup(lights=KindPolicy(when="accepted"), rejects=KindPolicy(keep=rejects))
    assert kinds(settings, {LIGHT: state}).get(LIGHT) is kind


def test_a_frame_is_missing_until_a_pack_has_it_under_its_hash():
    items = wanted_of_night(LEDGER, Backup())
    light = next(item for item in items if item.path == LIGHT)
    member = Member(path=LIGHT, size=10, mtime_ns=5, sha256=light.sha256 or "", codec="none", at=0, packed=10)
    pack = Pack(key="k", kind=Kept.LIGHTS, size=1, sha256="", storage_class="", members=(member,))
    receipt = Receipt(home="h", packs=(pack,))
    assert [item.path for item in missing(items, receipt)] == [LOG]
    grown = replace(light, sha256="e" * 64)
    assert missing([grown], receipt) == [grown]
    unhashed = replace(light, sha256=None)
    assert missing([unhashed], receipt) == []
    assert missing([replace(unhashed, mtime_ns=6)], receipt)


@pytest.mark.parametrize("mtime_ns", [5, 6])
def test_a_master_that_was_sent_under_two_times_is_not_sent_a_third_time(mtime_ns):
    member = Member(
        path="_Dark Library/d.fits", size=10, mtime_ns=5, sha256="d" * 64, codec="none", at=0, packed=10
    )
    pack = Pack(key="a", kind=Kept.MASTERS, size=1, sha256="", storage_class="", members=(member,))
    again = replace(pack, key="b", members=(replace(member, mtime_ns=6),))
    item = Item(path=member.path, at=member.path, size=10, mtime_ns=mtime_ns, sha256=None, kind=Kept.MASTERS)
    assert missing([item], Receipt(home="h", packs=(pack, again))) == []


def test_archives_are_for_amazon_and_other_services_get_what_they_have():
    assert Backup().class_of(Kept.LIGHTS) == "DEEP_ARCHIVE"
    assert Backup().class_of(Kept.RECORDS) == "STANDARD"
    assert Backup(endpoint_url="http://nas:9000").class_of(Kept.LIGHTS) == "STANDARD"
    assert Backup(lights=KindPolicy(storage_class="GLACIER")).class_of(Kept.LIGHTS) == "GLACIER"
