"""The scripts other programs run: filled from templates/scripts, with numbers and names of our own making only."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.world.pages import templates_folder


def fill(template: str, values: Mapping[str, object]) -> str:
    """A script; a value that it asks for and that is not there is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates_folder() / "scripts"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(values)
