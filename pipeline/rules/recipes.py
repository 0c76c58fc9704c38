"""A recipe for a master as a person says it."""

from __future__ import annotations

from pipeline.model.calibration import MasterRecipe

_WORDS = {
    "sigma": "sigma clipped {low:.1f}/{high:.1f} sigma",
    "winsorised": "winsorised {low:.1f}/{high:.1f} sigma",
    "linear_fit": "linear fit {low:.1f}/{high:.1f} sigma",
    "percentile": "percentile {low:.1f}/{high:.1f} %",
    "minmax": "without lowest and highest",
}


def method_text(recipe: MasterRecipe) -> str:
    """`mean, winsorised 4.0/3.0 sigma`; a median leaves nothing out."""
    if recipe.combine == "median":
        return "median"
    how = _WORDS.get(recipe.reject)
    return f"mean, {how.format(low=recipe.low_sigma, high=recipe.high_sigma)}" if how else "mean"
