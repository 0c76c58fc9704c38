"""Packs or an object a file: what the prices say, and how it is grouped."""

from __future__ import annotations

import pytest

from pipeline.model.backup import Item, Kept
from pipeline.model.backup_policies import Backup, KindPolicy
from pipeline.rules.backup_shapes import sending_of, shaped
from pipeline.world.prices import read_prices

PRICES = read_prices()
FRAME = 52_000_000


def items(count, size=FRAME, kind=Kept.LIGHTS):
    return [
        Item(path=f"{n:03}", at=f"{n:03}", size=size, mtime_ns=0, sha256=None, kind=kind)
        for n in range(count)
    ]


def of_class(name, **more):
    return Backup(bucket="b", lights=KindPolicy(storage_class=name), **more)


@pytest.mark.parametrize(
    ("name", "size", "packed"),
    [
        ("DEEP_ARCHIVE", FRAME, True),
        ("DEEP_ARCHIVE", 1_200_000_000, False),
        ("STANDARD", FRAME, False),
        ("STANDARD", 100_000, True),
    ],
)
def test_class_and_frame_size_decide_and_the_reason_is_said(name, size, packed):
    sending = sending_of(Kept.LIGHTS, items(30, size), of_class(name), PRICES)
    assert sending.packed is packed
    assert ("packed, since" if packed else "an object a frame, since") in sending.why
    assert " a year in packs, " in sending.why
    groups = shaped(items(30, size), of_class(name), PRICES)
    assert (len(groups) < 30) is packed


@pytest.mark.parametrize(
    "settings",
    [
        of_class("STANDARD", endpoint_url="http://nas:9000"),
        of_class("STANDARD", region="mars-1"),
        of_class("ONEZONE_IA", region="eu-central-1"),
    ],
)
def test_where_no_price_is_known_frames_go_in_packs(settings):
    assert sending_of(Kept.LIGHTS, items(30), settings, PRICES).why == (
        "packed, since what requests cost there is not known"
    )
    assert sending_of(Kept.LIGHTS, items(30), of_class("STANDARD"), None).packed
    assert len(shaped(items(30), settings, PRICES)) == 4


def test_each_kind_is_sent_as_suits_it():
    settings = Backup(bucket="b", masters=KindPolicy(storage_class="STANDARD"))
    groups = shaped([*items(4), *items(3, kind=Kept.MASTERS), *items(5, 900, Kept.RECORDS)], settings, PRICES)
    assert [(kind, len(group)) for kind, group in groups] == [
        (Kept.LIGHTS, 4),
        *[(Kept.MASTERS, 1)] * 3,
        (Kept.RECORDS, 5),
    ]
