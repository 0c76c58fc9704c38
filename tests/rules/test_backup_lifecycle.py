from __future__ import annotations

import pytest

from pipeline.model.errors import UserError
from pipeline.rules.backup_lifecycle import (
    TRANSITION_CLASSES,
    Wanted,
    id_prefix,
    merge,
    our_rules,
    rule_words,
    same_rules,
    stranger_expiry,
    wanted_as_set,
    without,
)

LIBRARY = "0123456789abcdef"
BASE = f"astro/{LIBRARY}/"
STRANGER = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 5}}
OLD_STYLE = {"ID": "tmp", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 1}}


def wanted(**more):
    return Wanted(library=LIBRARY, base=BASE, **more)


def validated(rules):
    """The rules as the API's own model takes them."""
    from botocore.session import get_session
    from botocore.validate import validate_parameters

    shape = (
        get_session().get_service_model("s3").operation_model("PutBucketLifecycleConfiguration").input_shape
    )
    validate_parameters({"Bucket": "b", "LifecycleConfiguration": {"Rules": rules}}, shape)
    known = shape.members["LifecycleConfiguration"].members["Rules"].member.members["Transitions"].member
    return {move["StorageClass"] for rule in rules for move in rule.get("Transitions", ())} <= set(
        known.members["StorageClass"].enum
    )


@pytest.mark.parametrize("name", TRANSITION_CLASSES)
def test_the_api_knows_every_class_we_move_into(name):
    assert validated(our_rules(wanted(into=name, after_days=30)))


@pytest.mark.parametrize("name", ["GLACIER_FLEXIBLE_RETRIEVAL", "glacier", "STANDARD"])
def test_a_class_the_api_refuses_is_refused_before_anything_is_sent(name):
    with pytest.raises(UserError, match="no class the API moves"):
        our_rules(wanted(into=name))


def test_old_versions_stay_thirty_days_and_unfinished_uploads_go():
    (keep,) = our_rules(wanted())
    assert keep["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert keep["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert keep["Filter"]["Prefix"] == BASE
    with pytest.raises(UserError, match="30 days at least"):
        our_rules(wanted(keep_days=1))


def test_only_packs_move_and_indexes_stay_readable():
    archive, _ = our_rules(wanted(into="DEEP_ARCHIVE", after_days=2))
    assert archive["Filter"]["Prefix"] == f"{BASE}packs/"
    assert archive["Transitions"] == [{"Days": 2, "StorageClass": "DEEP_ARCHIVE"}]


def test_rules_of_others_are_carried_over_as_they_stand():
    theirs = {**our_rules(wanted())[0], "ID": f"{id_prefix('f' * 16)}keep"}
    before = [STRANGER, OLD_STYLE, theirs]
    once = merge(before, our_rules(wanted(into="GLACIER")), LIBRARY)
    twice = merge(once, our_rules(wanted()), LIBRARY)
    assert once[:3] == before and twice[:3] == before
    assert len(once) == 5 and len(twice) == 4
    assert without(twice, LIBRARY) == before


def test_what_a_person_chose_before_holds_until_they_choose_otherwise():
    chosen = wanted(into="DEEP_ARCHIVE", after_days=14, keep_days=90)
    assert wanted_as_set(merge([STRANGER], our_rules(chosen), LIBRARY), wanted()) == chosen
    assert wanted_as_set([STRANGER], wanted()) == wanted()


def test_equal_rules_in_another_order_are_the_same():
    rules = our_rules(wanted(into="GLACIER"))
    assert same_rules(rules, [*reversed([dict(reversed(rule.items())) for rule in rules])])
    assert not same_rules(rules, rules[:1])


def test_a_rule_of_someone_else_that_would_delete_packs_is_named():
    everything = {"ID": "spring clean", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 365}}
    short = {
        "ID": "v",
        "Status": "Enabled",
        "Filter": {},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    off = {**everything, "Status": "Disabled"}
    assert stranger_expiry([STRANGER, everything, short, off], wanted()) == [everything, short]


def test_rules_are_said_in_words():
    said = [rule_words(rule) for rule in our_rules(wanted(into="GLACIER", after_days=7))]
    assert said[0] == "into GLACIER after 7 days"
    assert "old versions go after 30 days and unfinished uploads go after 7 days" in said[1]
    assert rule_words({"ID": "x"}) == "nothing we know"
