"""What S3 says, in our words: a person reads what to do, and never a secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

from pipeline.model.backup_policies import Place
from pipeline.model.errors import PassingError, UserError
from pipeline.world.s3_troubles import said

PLACE = Place("stars", "nightbuild", "", "http://nas:9000")


def refused(code, operation="PutObject", status=403, headers=None):
    told = {
        "Error": {"Code": code},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}},
    }
    return ClientError(told, operation)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (refused("SignatureDoesNotMatch"), UserError, "the secret key is not the one"),
        (refused("InvalidAccessKeyId"), UserError, "the access key is not known"),
        (refused("ExpiredToken", status=400), UserError, "have expired"),
        (refused("NoSuchBucket", status=404), UserError, "no such bucket"),
        (refused("404", "HeadBucket", 404), UserError, "no such bucket"),
        (refused("AccessDenied"), UserError, "you may not write there (another's bucket?"),
        (refused("PermanentRedirect", status=301), UserError, "another region"),
        (refused("InvalidStorageClass", status=400), UserError, "no such storage class"),
        (refused("QuotaExceeded"), UserError, "no room left"),
        (refused("SlowDown", status=503), PassingError, "asks for fewer requests"),
        (refused("InternalError", status=500), PassingError, "in trouble just now"),
        (NoCredentialsError(), UserError, "no credentials were found"),
        (NoRegionError(), UserError, "no region is known"),
        (EndpointConnectionError(endpoint_url="http://nas:9000"), PassingError, "could not be reached"),
        (ConnectionResetError("reset"), PassingError, "could not be reached"),
    ],
)
def test_each_trouble_is_said_in_words(error, kind, words):
    found = said(error, PLACE)
    assert isinstance(found, kind)
    assert words in str(found)
    assert str(found).startswith("stars at http://nas:9000: ")


@pytest.mark.parametrize(("minutes", "words"), [(20, "20 minutes behind"), (-90, "90 minutes ahead")])
def test_a_wrong_clock_is_said_with_how_wrong_it_is(minutes, words):
    there = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    assert words in str(said(refused("RequestTimeTooSkewed", headers={"date": there}), PLACE))
