from __future__ import annotations

from datetime import date

import pytest

from pipeline.model.backup import Item, Kept
from pipeline.model.backup_policies import Backup, KindPolicy
from pipeline.model.prices import ClassPrices, PriceTable, Region, Tier
from pipeline.rules.backup_dry_words import dry_words
from pipeline.rules.backup_standing import Amount, Standing, standing_words

GB = 1 << 30
STANDARD = ClassPrices(name="STANDARD", storage_gb_month=0.02, put_1000=5.0)
DEEP = ClassPrices(
    name="DEEP_ARCHIVE", storage_gb_month=0.001, put_1000=50.0, tiers=(Tier(name="Bulk", gb=0, requests_1000=0, hours=48),)
)  # fmt: skip
TABLE = PriceTable(
    provider="AWS",
    as_of=date(2026, 11, 21),
    currency="USD",
    source="",
    regions=(
        Region(name="us-east-1", classes=(STANDARD, DEEP)),
        Region(name="eu-central-1", note="an estimate", classes=(STANDARD, DEEP)),
    ),
)


def item(kind, size, at="a"):
    return Item(path=at, at=at, size=size, mtime_ns=1, sha256="", kind=kind)


def dry(settings, *items):
    return dry_words([items], settings, TABLE)


def test_bytes_requests_and_the_first_year_are_said_kind_by_kind():
    lines, data = dry(Backup(bucket="b"), item(Kept.LIGHTS, GB), item(Kept.MASTERS, GB))
    lights, masters = data["kinds"]
    assert (lights["class"], masters["class"]) == ("DEEP_ARCHIVE", "STANDARD")
    assert lights["requests"] == masters["requests"] == 34
    # a GB for a year; 50 or 5 for a thousand objects, 33 requests of 5 for its parts, one for its index
    assert lights["first_year"] == pytest.approx(0.012 + 0.05 + 33 * 0.005 + 0.005)
    assert masters["first_year"] == pytest.approx(0.24 + 34 * 0.005 + 0.005)
    assert data["first_year"] == pytest.approx(lights["first_year"] + masters["first_year"])
    assert lines[0].startswith(
        "lights: 1 file, 1.07 GB before packing, in 1 pack of class DEEP_ARCHIVE, 34 requests, 0.23 USD"
    )
    assert lines[2] == "About 68 requests in all."
    assert lines[3].startswith("First year: about 0.65 USD (us-east-1; prices as of 2026-11-21)")


def test_what_is_less_than_certain_about_a_region_is_said():
    lines, _ = dry(Backup(bucket="b", region="eu-central-1"), item(Kept.LIGHTS, GB))
    assert lines[-1] == "eu-central-1: an estimate."


@pytest.mark.parametrize(
    "settings",
    [
        Backup(bucket="b", endpoint_url="http://nas:9000"),
        Backup(bucket="b", region="mars-1"),
        Backup(bucket="b", masters=KindPolicy(storage_class="ONEZONE_IA")),
    ],
)
def test_a_price_nobody_knows_is_not_made_up(settings):
    lines, data = dry(settings, item(Kept.LIGHTS, GB), item(Kept.MASTERS, GB))
    assert data["first_year"] is None
    assert "not known here" in lines[-1]


def test_nothing_to_send_costs_nothing():
    assert dry(Backup(bucket="b")) == (
        ["Nothing is to be sent."],
        {"kinds": [], "requests": 0, "first_year": 0.0},
    )


def test_status_says_what_the_packs_cost_a_month_where_prices_are_known():
    standing = Standing(
        kept={Kept.LIGHTS: Amount(3, GB)},
        packed={"STANDARD": Amount(1, GB)},
        billed={(Kept.MASTERS, "STANDARD"): Amount(1, GB)},
    )
    lines, data = standing_words(standing, Backup(enabled=True, bucket="b"), TABLE)
    assert "    costs about 0.02 USD a month (prices as of 2026-11-21)" in lines
    assert data["month"] == pytest.approx(0.02)
    lines, data = standing_words(standing, Backup(enabled=True, bucket="b", endpoint_url="http://nas"), TABLE)
    assert data["month"] is None and not any("costs" in line for line in lines)
