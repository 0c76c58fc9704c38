"""The page of a trial: plots and table in one file that needs no server and no network.

Tried sets + plots ─templates/report/cull_try.html.j2─▶ _Reports/cull_try.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.rules.trial_plot import HEIGHT, WIDTH, Plot
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.pages import as_bytes, policy, render


def write_trial_page(
    path: Path,
    *,
    title: str,
    now: str,
    then: str,
    totals: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    plots: Sequence[Plot],
) -> None:
    """Write the page, or leave it where its bytes would be the same.

    Args:
        path: Where to.
        title: What was tried, on what.
        now: The limits in force, in words.
        then: Those tried.
        totals: Sentences above the table.
        columns: The table's.
        rows: A mapping for each set.
        plots: One for each quantity that was tried.
    """
    style = render("report/style.css.j2", {}) + render("report/cull_try.css.j2", {})
    values = {
        "title": title,
        "policy": policy("", style),
        "style": style,
        "now": now,
        "then": then,
        "totals": totals,
        "columns": columns,
        "rows": rows,
        "plots": plots,
        "width": f"{WIDTH:g}",
        "height": f"{HEIGHT:g}",
    }
    make_folder(path.parent)
    replace_if_different(path, as_bytes(render("report/cull_try.html.j2", values)))
