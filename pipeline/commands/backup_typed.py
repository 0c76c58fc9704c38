"""The options by which a person says where the backup lies, the same for every command that asks a bucket."""

from __future__ import annotations

import argparse

from pipeline.world.backup_place import TypedPlace


def add_place(parser: argparse.ArgumentParser) -> None:
    """Options that stand in place of [backup] in library.toml."""
    place = parser.add_argument_group("where the backup lies, else as library.toml says")
    place.add_argument("--bucket", default="", metavar="NAME", help="the bucket")
    place.add_argument("--prefix", default=None, metavar="P", help="what everything of ours lies below in it")
    place.add_argument("--bucket-region", default="", metavar="R", help="the bucket's region")
    place.add_argument(
        "--endpoint-url", default="", metavar="URL", help="the service, where it is not Amazon"
    )


def typed_place(arguments: argparse.Namespace) -> TypedPlace:
    """What was typed."""
    return TypedPlace(
        bucket=arguments.bucket,
        prefix=arguments.prefix,
        region=arguments.bucket_region,
        endpoint_url=arguments.endpoint_url,
    )
