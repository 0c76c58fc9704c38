"""Whose word counts for masters: flats are their rig's, darks and bias serve every rig of their camera."""

from __future__ import annotations

from pipeline.model.calibration import Grouping, MasterRecipe, Masters
from pipeline.model.library import Configuration
from pipeline.world.master_groups import policy_of
from tests.factories import make_rig
from tests.rules.test_master_groups import DARK, FLAT, batch

FIRST = make_rig(
    name="C8E@f10.0+Cam", grouping=Grouping(bias=("camera", "gain"), temperature_tolerance_c=2.0)
)


def configured() -> Configuration:
    camera = FIRST.camera
    second = make_rig(
        name="SQA55@f5.3+Cam",
        camera=camera,
        grouping=Grouping(bias=("camera", "readout_mode"), temperature_tolerance_c=0.5),
        masters=Masters(bias=MasterRecipe(min_frames=33)),
    )
    return Configuration(
        rigs=(FIRST, second), stranger=make_rig(name="", masters=Masters(flat=MasterRecipe(min_frames=7)))
    )


def test_bias_must_have_in_common_what_any_rig_of_the_camera_asks_for():
    settings = configured()
    name = settings.rigs[0].camera.name
    bias = batch(DARK, kind=DARK.kind.__class__.BIAS, camera=name)
    policy = policy_of(settings, bias)
    assert policy.grouping.bias == ("camera", "gain", "readout_mode")
    assert policy.grouping.temperature_tolerance_c == 0.5
    assert policy.recipe.min_frames == MasterRecipe().min_frames


def test_flats_are_their_rigs_and_of_strangers_the_defaults_hold():
    settings = configured()
    own = policy_of(settings, batch(FLAT, rig="SQA55@f5.3+Cam", camera="Cam"))
    assert own.grouping.temperature_tolerance_c == 0.5
    strange = policy_of(settings, batch(FLAT, rig="Nobody@f1.0+Cam", camera="Cam"))
    assert strange.recipe.min_frames == 7
