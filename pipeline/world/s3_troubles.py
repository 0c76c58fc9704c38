"""What an S3 service refuses, and what a line does, as sentences for a person: what happened, and what to do.

wrong, missing or expired credentials, no such bucket, another's bucket, a class it has not ─▶ UserError
throttling, a cut line, a service that is away                                              ─▶ PassingError: later
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore import exceptions as boto
from urllib3.exceptions import HTTPError

from pipeline.model.backup_policies import Place
from pipeline.model.errors import NightbuildError, PassingError, UserError

_CHAIN = "the keys boto3 finds: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or `aws configure`"
_SECRET = {
    "SignatureDoesNotMatch": "the secret key is not the one that belongs to the access key",
    "InvalidAccessKeyId": "the access key is not known there",
    "ExpiredToken": "the credentials have expired; sign in again (`aws sso login`?)",
    "ExpiredTokenException": "the credentials have expired; sign in again (`aws sso login`?)",
    "TokenRefreshRequired": "the credentials have expired; sign in again (`aws sso login`?)",
    "InvalidToken": "the session token is not valid",
}
_SLOW = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequests",
    "503",
    "429",
}
_AWAY = {"InternalError", "ServiceUnavailable", "RequestTimeout", "500", "502", "504", "OperationAborted"}
_GARBLED = {"BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody"}
_SKEW = {"RequestTimeTooSkewed", "RequestExpired"}
TROUBLES = (boto.BotoCoreError, boto.ClientError, HTTPError, ConnectionError, TimeoutError)
"""What boto3 raises where something is amiss out there."""


def said(error: Exception, place: Place) -> NightbuildError:
    """The error as one of ours, with its sentence."""
    where = f"{place.bucket} at {place.endpoint_url or 'Amazon'}"
    if isinstance(error, boto.ClientError):
        return _refused(error, where)
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError):
        return UserError(f"{where}: no credentials were found. Give {_CHAIN}.")
    if isinstance(
        error,
        boto.ProfileNotFound | boto.TokenRetrievalError | boto.UnauthorizedSSOTokenError | boto.SSOError,
    ):
        return UserError(f"{where}: {error}. Give {_CHAIN}.")
    if isinstance(error, boto.NoRegionError):
        return UserError(f'{where}: no region is known; write region = "..." into [backup] of library.toml')
    if isinstance(error, boto.ParamValidationError | boto.InvalidRegionError) or "Invalid endpoint" in str(
        error
    ):
        return UserError(f"{where}: {_line(error)}; mend [backup] in library.toml")
    return PassingError(f"{where}: could not be reached ({_line(error)}); the next run tries again")


def code_of(error: Exception) -> str:
    """The service's word for it; empty where it said none."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, boto.ClientError) else ""


def may_pass(error: Exception) -> bool:
    """True for what is worth another try in a while: a busy service, a cut line, a body that came garbled."""
    code = code_of(error)
    if code:
        return code in _SLOW | _AWAY | _GARBLED
    lines = (boto.HTTPClientError, boto.ConnectionError, HTTPError, ConnectionError, TimeoutError)
    return isinstance(error, lines)


def _refused(error: boto.ClientError, where: str) -> NightbuildError:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _SECRET:
        return UserError(f"{where}: {_SECRET[code]}. Look at {_CHAIN}.")
    if code == "NoSuchBucket" or (code == "404" and error.operation_name == "HeadBucket"):
        return UserError(f"{where}: there is no such bucket; make it first, or mend `bucket` in [backup]")
    if code in _SKEW:
        return UserError(f"{where}: {_skew(error)}; set the clock, then type the same again")
    if code in {"AccessDenied", "403", "AllAccessDisabled", "AccountProblem", "Forbidden"}:
        return UserError(
            f"{where}: you may not {_verb(error.operation_name)} there (another's bucket? rights that are missing?)"
        )
    if code in {
        "PermanentRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "301",
    }:
        return UserError(
            f'{where}: the bucket lies in another region; write that as region = "..." into [backup]'
        )
    if code in {"InvalidStorageClass", "InvalidArgument"} and "torage" in str(error):
        return UserError(f"{where}: this service has no such storage class; choose another in [backup]")
    if code in {"QuotaExceeded", "EntityTooLarge", "StorageFull", "XMinioStorageFull"}:
        return UserError(f"{where}: there is no room left ({code}); nothing more was sent")
    if code in _SLOW:
        return PassingError(f"{where}: asks for fewer requests ({code}); the next run goes on")
    if code in _AWAY | _GARBLED or status >= 500:
        return PassingError(f"{where}: is in trouble just now ({code or status}); the next run goes on")
    return UserError(f"{where}: refused to {_verb(error.operation_name)} ({_line(error)})")


def _skew(error: boto.ClientError) -> str:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        behind = parsedate_to_datetime(headers["date"]) - datetime.now(UTC)
    except (KeyError, ValueError, TypeError):
        return "this computer's clock is wrong"
    minutes = round(abs(behind.total_seconds()) / 60)
    return f"this computer's clock is {minutes} minutes {'behind' if behind.total_seconds() > 0 else 'ahead'}"


def _verb(operation: str) -> str:
    words = {
        "PutObject": "write",
        "UploadPart": "write",
        "CreateMultipartUpload": "write",
        "GetObject": "read",
    }
    return words.get(operation, operation)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
