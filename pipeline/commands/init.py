"""Make a library: a folder with an id file and an inbox. What is there already stays as it is.

doit init            here
doit init DIR        in DIR, made if need be
"""

from __future__ import annotations

import argparse

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.world.configuration import shipped_folder
from pipeline.world.library import init_library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "folder", nargs="?", default=".", metavar="DIR", help="where the library shall be (default: here)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Make what is missing of a library."""
    root = (context.folder / arguments.folder).resolve()
    if root.is_file():
        raise UserError(f"{root} is a file; a library is a folder.")
    made = init_library(root)
    data = {"library": str(root), "made": made}
    if not made:
        return Answer(sentences=(f"{root} is a library already; nothing was changed.",), data=data)
    return Answer(
        sentences=(
            f"{root} is a library now.",
            f"Put raw frames into {root / '_Inbox'}, or name your own inboxes in {root / '_Rigs' / 'library.toml'}:",
            f"there is none yet; {shipped_folder() / 'library.toml'} shows what may stand in it.",
            f"Then: cd {root} && doit plan, doit, doit status",
        ),
        data=data,
    )
