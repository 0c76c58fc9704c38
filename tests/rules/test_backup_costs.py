from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.errors import ConfigError, UserError
from pipeline.model.prices import GB_BYTES
from pipeline.rules.backup_costs import Load, bill, choose_shape, class_of, early_deletion, region_of
from pipeline.rules.retrieval_costs import hours_words, retrieval, tier_of
from pipeline.world.prices import read_prices

TABLE = read_prices()
SEED = 827 * GB_BYTES


def prices(name="DEEP_ARCHIVE", region="us-east-1"):
    there = region_of(TABLE, region)
    return there, class_of(there, name)


@pytest.mark.parametrize(
    ("region", "name", "month"),
    [
        ("us-east-1", "STANDARD", 19.02),
        ("us-east-1", "STANDARD_IA", 10.34),
        ("us-east-1", "GLACIER", 2.98),
        ("us-east-1", "DEEP_ARCHIVE", 0.82),
        ("ca-west-1", "STANDARD", 20.68),
        ("ca-west-1", "STANDARD_IA", 11.41),
        ("ca-west-1", "GLACIER_IR", 4.14),
        ("ca-west-1", "GLACIER", 3.35),
        ("ca-west-1", "DEEP_ARCHIVE", 1.49),
    ],
)
def test_827_gb_cost_what_the_seed_says_within_a_cent(region, name, month):
    there, one = prices(name, region)
    packed = bill(there, one, Load(size_bytes=SEED, objects=827))
    assert packed.month == pytest.approx(month, abs=0.01)


def test_an_archived_object_pays_for_32_kb_of_its_own_and_8_kb_in_standard():
    there, one = prices()
    paid = bill(there, one, Load(size_bytes=GB_BYTES, objects=1_000_000))
    own, index = 1_000_000 * 32 / 2**20 * 0.00099, 1_000_000 * 8 / 2**20 * 0.023
    assert paid.added_month == pytest.approx(own + index)
    assert bill(*prices("STANDARD"), Load(size_bytes=GB_BYTES, objects=1_000_000)).added_month == 0


def test_parts_of_an_archived_object_cost_what_standard_puts_cost():
    there, one = prices()
    paid = bill(there, one, Load(size_bytes=GB_BYTES, objects=1))
    assert paid.upload == pytest.approx(0.05 / 1000 + 33 * 0.005 / 1000)


def test_small_objects_are_billed_at_the_smallest_size():
    there, one = prices("STANDARD_IA")
    paid = bill(there, one, Load(size_bytes=8192, objects=1))
    assert paid.month == pytest.approx(128 * 1024 / GB_BYTES * 0.0125)


def test_what_goes_before_its_stay_is_over_is_paid_until_then():
    _, one = prices()
    assert early_deletion(one, SEED, 30) == pytest.approx(827 * 0.00099 * 5)
    assert early_deletion(one, SEED, 180) == early_deletion(one, SEED, 500) == 0


def test_the_shape_follows_class_and_frame_size_and_says_why():
    there, deep = prices()
    small = choose_shape(there, deep, SEED, 17_000)
    assert small.packed and small.objects == 827 and "packed, since requests" in small.why
    large = choose_shape(there, deep, SEED, 2_000)
    assert not large.packed and "an object a frame" in large.why
    warm = choose_shape(*prices("STANDARD"), SEED, 17_000)
    assert not warm.packed and warm.objects == 17_000


@given(
    st.integers(1, 10**14),
    st.integers(1, 10**6),
    st.sampled_from([one.name for one in TABLE.regions[0].classes]),
)
def test_the_cheaper_shape_is_taken_whatever_is_kept(size, frames, name):
    found = choose_shape(*prices(name), size, frames)
    if found.packed:
        assert found.packs_year <= found.frames_year and found.objects < frames
    assert found.packs_year > 0 and found.frames_year > 0


def test_nothing_to_keep_costs_nothing():
    there, one = prices()
    assert choose_shape(there, one, 0, 0).frames_year == 0
    assert retrieval(there, one, 0, 0).total == 0


def test_bringing_all_back_costs_the_tier_the_reading_and_the_egress_beyond_the_free_part():
    there, one = prices()
    back = retrieval(there, one, SEED, 827, "Bulk")
    assert back.egress == pytest.approx(727 * 0.09)
    assert back.asking == pytest.approx(827 * 0.0025 + 0.827 * 0.025 + 827 * 0.023 * 7 / 30)
    assert back.hours == 48
    assert retrieval(there, one, SEED, 827, "standard").hours == 12
    assert retrieval(*prices("STANDARD"), SEED, 827).asking == 0


def test_the_cheapest_tier_is_taken_and_one_that_is_not_there_is_refused_by_name():
    assert tier_of(prices("GLACIER")[1]).name == "Bulk"
    with pytest.raises(UserError, match="Standard or Bulk"):
        tier_of(prices()[1], "Expedited")


@pytest.mark.parametrize(("hours", "words"), [(0, "at once"), (0.1, "within 6 min"), (48, "within 48 h")])
def test_hours_are_said_plainly(hours, words):
    assert hours_words(hours) == words


def test_a_class_may_be_called_as_price_lists_call_it():
    there = TABLE.regions[0]
    assert class_of(there, "glacier_flexible_retrieval").name == "GLACIER"
    with pytest.raises(UserError, match="FROZEN"):
        class_of(there, "FROZEN")
    with pytest.raises(UserError, match="eu-west"):
        region_of(TABLE, "eu-west")


def test_a_persons_own_later_table_is_taken(tmp_path):
    folder = tmp_path / "prices"
    folder.mkdir()
    text = (
        'provider = "Wasabi"\nas_of = {day}\ncurrency = "USD"\nsource = "its page"\n'
        '[[region]]\nname = "eu"\n[[region.class]]\nname = "STANDARD"\nstorage_gb_month = {rate}\n'
    )
    (folder / "old.toml").write_text(text.format(day="2025-01-01", rate=9))
    (folder / "new.toml").write_text(text.format(day="2027-01-01", rate=0.007))
    (folder / "._new.toml").write_bytes(b"\0")
    found = read_prices(None, str(tmp_path))
    assert found.regions[0].classes[0].storage_gb_month == 0.007
    assert found.file.endswith("new.toml")
    (folder / "new.toml").write_text("provider = 3\n")
    with pytest.raises(ConfigError, match="provider"):
        read_prices(None, str(tmp_path))


def test_every_region_has_the_same_classes_and_a_place():
    names = {tuple(one.name for one in region.classes) for region in TABLE.regions}
    assert len(names) == 1 and all(region.place for region in TABLE.regions)
    assert replace(TABLE, file="").source
