from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.backup import Kept, Receipt
from pipeline.model.backup_policies import Backup, KindPolicy
from pipeline.rules.backup_held import NOTHING, held_in
from pipeline.rules.backup_packs import receipt_bytes
from pipeline.rules.purge_needs import why_unkept
from tests.held_library import SETTINGS, member, pack

HOME = "C8E/DATE_2026-01-14"
FRAME = "C8E/00_Frames/DATE_2026-01-14/LIGHT/M31/S/a.fits"
DARK = "_Calibration/ASI/DATE_2026-01-14/DARK/S/d.fits"
ONE = pack(HOME, Kept.LIGHTS, [member(FRAME, "a" * 64, 10)])


def told(*packs, broken=(), settings=SETTINGS):
    return held_in(receipt_bytes(Receipt(home=HOME, packs=packs, broken=broken)), settings)


def test_a_file_is_held_under_its_path_and_its_bytes():
    found = told(ONE)
    assert found.of(FRAME, "a" * 64) == (ONE.key, "STANDARD")
    assert found.of(FRAME, "b" * 64) is None
    assert found.of("other.fits", "a" * 64) is None
    assert found.of_master("renamed.fits", "a" * 64) == (ONE.key, "STANDARD")


def test_a_name_that_is_no_text_hides_no_other():
    odd = member(f"{FRAME[:-6]}\udcff.fits", "b" * 64, 10)
    found = told(pack(HOME, Kept.LIGHTS, [member(FRAME, "a" * 64, 10), odd]))
    assert found.of(FRAME, "a" * 64) is not None and found.of(odd.path, "b" * 64) is not None


def test_what_was_never_hashed_is_told_by_its_size_where_that_is_asked():
    found = told(ONE)
    assert found.of(FRAME, None, 10) is not None
    assert found.of(FRAME, None, 11) is None
    assert found.of(FRAME, None) is None


def test_a_pack_found_damaged_holds_nothing():
    found = told(ONE, broken=(ONE.key,))
    assert found.of(FRAME, "a" * 64) is None
    assert found.broken == 1 and found.packs == ()


@pytest.mark.parametrize(
    "settings", [replace(SETTINGS, bucket="another"), replace(SETTINGS, prefix="x"), Backup()]
)
def test_a_pack_in_another_bucket_than_the_one_named_now_holds_nothing(settings):
    assert told(ONE, settings=settings).of(FRAME, "a" * 64) is None


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"packs":[{}]}', b'{"packs":[{"key":[]}]}', b'{"packs":7}']
)
def test_what_is_no_receipt_holds_nothing(data):
    assert held_in(data, SETTINGS) == NOTHING


def test_why_a_frame_is_not_kept_says_what_to_type():
    held = told(ONE).of(FRAME, "a" * 64)
    assert why_unkept(FRAME, "a" * 64, held, SETTINGS) == ""
    assert "`doit backup` sends it" in why_unkept(FRAME, "b" * 64, None, SETTINGS)
    assert "does not keep raw calibration" in why_unkept(DARK, "b" * 64, None, SETTINGS)
    assert "`doit backup`" in why_unkept(
        DARK, "b" * 64, None, replace(SETTINGS, raw_calibration=KindPolicy(keep=True))
    )
    assert "is off" in why_unkept(FRAME, "b" * 64, None, Backup())
    assert "not recorded" in why_unkept(FRAME, None, None, SETTINGS)
