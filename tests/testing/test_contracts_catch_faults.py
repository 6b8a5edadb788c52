"""The contracts pass what is healthy, and each of their tests fails for a sample with the fault that it is for."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from segkit.kinds import KINDS
from segkit.testing.pytest_plugin import CONTRACTS

pytestmark = pytest.mark.slow

# A kind's tests, without their "test_", and the classes in samples/<kind>.py that each must fail.
FAULTS: Mapping[str, Mapping[str, str]] = {
    "activation": {
        "it_keeps_shape_and_dtype_whatever_the_channels": "Narrow",
        "value_and_gradient_stay_finite": "Overflows",
        "no_pixel_looks_at_another": "MixesPixels",
        "no_image_looks_at_another": "MixesImages",
        "the_layout_in_memory_is_no_matter": "Viewed",
        "it_works_under_autocast": "OneDtype",
        "gradient_reaches_maps_and_parameters": "Dead",
        "it_leaves_its_input_as_it_is": "InPlace",
        "two_of_it_learn_apart": "Shared",
        "a_copy_and_its_state_give_the_same": "Unsaved",
    },
    "augment": {
        "it_gives_a_batch_of_the_same_form_within_range": "Bytes",
        "black_and_white_stay_within_range": "TooBright",
        "labels_stay_labels": "BlendsLabels",
        "what_left_the_frame_is_ignored_and_no_class": "FillsWithClassZero Unignores",
        "a_mask_moves_as_a_picture_of_it": "LeavesMasks MovesTheOtherWay MovesTooFar",
        "one_seed_gives_one_result": "DrawsFromEntropy",
        "what_came_before_is_forgotten": "Remembers",
        "other_generators_than_that_of_torch_are_left_alone": "DrawsFromNumpy",
        "it_leaves_its_inputs_as_they_are": "WritesIntoImages",
    },
    "backbone": {
        "it_declares_channels_and_strides_finest_first": "CoarsestFirst",
        "its_maps_are_those_that_it_declares_at_any_size": "WrongStrides MultiplesOnly",
        "it_takes_images_of_so_many_channels": "NoneUnexpected ColorOnly",
        "a_chosen_norm_or_activation_is_used": "DeafToTheNorm DeafToTheActivation",
        "gradient_reaches_every_parameter": "Idle",
        "in_evaluation_an_image_depends_on_no_other": "BatchInEvaluation",
        "different_images_give_different_maps": "Constant",
        "the_layout_in_memory_is_no_matter": "Viewed",
        "it_works_under_autocast": "ByNumpy",
        "it_leaves_its_input_as_it_is": "InPlace",
    },
    "callback": {
        "its_methods_are_events_of_a_run": "Misspelt Deaf",
        "it_hears_a_whole_run": "Flag Changes",
        "it_bears_a_run_that_fails_at_once": "Divides",
        "it_bears_epochs_without_the_monitored_value": "Expects",
        "it_says_nothing_on_standard_output": "Talks",
        "its_state_goes_on_as_if_never_interrupted": "Unsaved Pickled",
    },
    "dataset": {
        "every_split_has_frames": "NoTestSet",
        "images_and_masks_have_their_form": "Grey",
        "labels_are_classes_or_ignored": "BinaryMask",
        "a_frame_has_a_name_and_says_where_it_is_from": "Nameless",
        "a_frame_is_the_same_whenever_it_is_asked_for": "Restless",
        "a_frame_does_not_hang_on_the_global_generators": "Global",
        "changing_a_sample_does_not_change_the_frame": "Kept",
        "the_last_frame_can_be_read": "OneTooMany",
        "no_frame_is_in_two_splits": "Leaks",
        "the_fingerprint_tells_the_frames": "OneFingerprint NewFingerprint",
    },
    "decoder": {
        "its_map_is_the_one_that_it_declares_at_any_size": "EvenOnly WrongChannels WrongStride ManyLevels",
        "gradient_reaches_every_parameter": "Idle",
        "gradient_reaches_the_backbone": "Detached",
        "in_evaluation_an_image_depends_on_no_other": "BatchInEvaluation",
        "the_layout_in_memory_is_no_matter": "Viewed",
        "it_works_under_autocast": "ByNumpy",
        "it_leaves_maps_and_list_as_they_are": "EmptiesTheList",
        "norms_and_activations_are_asked_for_as_their_kinds_are": "PositionalNorm",
    },
    "logger": {
        "it_logs_epoch_after_epoch": "Elsewhere",
        "it_goes_on_from_the_step_of_a_checkpoint": "NoResume",
        "it_can_resume_where_nothing_was_logged": "CannotResume",
        "names_may_come_and_go": "FixedNames",
        "any_number_can_be_logged": "FiniteOnly",
        "it_leaves_the_values_as_they_are": "TakesOut",
        "it_says_nothing_on_standard_output": "Talks",
    },
    "loss": {
        "it_gives_a_scalar_in_float32_at_least": "Narrow",
        "float32_agrees_with_float64": "RoundsFloat32",
        "its_gradient_is_its_slope": "ReadsIgnored",
        "two_logits_count_as_their_difference": "OneLogitHalved",
        "ignored_pixels_change_neither_value_nor_gradient": "ReadsIgnored",
        "an_image_that_is_all_ignored_changes_nothing": "MeanOverAll",
        "all_ignored_gives_zero_with_zero_gradient": "NotANumber",
        "huge_logits_stay_finite": "Unstable",
        "a_single_pixel_is_enough": "NotANumber",
        "truth_costs_less_than_its_opposite": "Upside",
        "wrong_everywhere_has_a_living_gradient_where_a_class_is_absent": "SmoothedDice",
        "the_order_of_the_batch_is_no_matter": "ByPlace",
        "a_mirrored_picture_costs_the_same": "ByPlace",
        "the_layout_in_memory_is_no_matter": "Viewed",
        "it_leaves_its_inputs_as_they_are": "WritesIntoTarget",
        "it_keeps_the_bounds_that_it_declares": "OutOfBounds",
        "training_pixels_of_a_class_may_be_none": "ByShare",
    },
    "metric": {
        "it_gives_a_finite_number_or_several": "NotANumber",
        "the_batch_size_changes_nothing": "MeanOfBatches",
        "the_order_of_the_images_changes_nothing": "LastImage",
        "two_ranks_merge_to_one": "NoMerge",
        "reset_forgets": "NoReset",
        "computing_in_between_changes_nothing": "ForgetsWhenAsked",
        "nothing_beats_the_truth": "LowerIsBetter",
        "ignored_pixels_change_nothing": "ReadsIgnored",
        "an_image_that_is_all_ignored_changes_nothing": "CountsIgnored",
        "nothing_is_measured_where_all_is_ignored": "ZeroForNothing",
        "a_class_may_be_absent": "NeedsEveryClass",
        "two_logits_count_as_their_difference": "OneLogitIsNone",
        "bfloat16_will_do": "ByNumpy",
        "it_leaves_its_inputs_as_they_are": "WritesIntoTarget",
    },
    "model": {
        "logits_have_the_size_of_the_images": "TwoLogitsForTwo Coarse AlwaysAuxiliary",
        "in_training_all_logits_have_the_size_of_the_images": "CoarseAuxiliary",
        "it_takes_images_of_so_many_channels": "ColorOnly",
        "gradient_reaches_every_parameter": "Idle",
        "in_evaluation_an_image_depends_on_no_other": "Restless",
        "different_images_give_different_logits": "Constant",
        "its_state_makes_another_one_the_same": "Unsaved",
        "evaluation_changes_no_state": "CountsInEvaluation",
        "the_layout_in_memory_is_no_matter": "Viewed",
        "it_works_under_autocast": "ByNumpy",
        "it_leaves_its_input_as_it_is": "InPlace",
    },
    "norm": {
        "it_keeps_shape_and_dtype": "LosesDtype",
        "bfloat16_maps_under_autocast_are_normalized_alike": "OneDtype",
        "constant_maps_stay_finite_with_finite_gradient": "ByZero",
        "a_1x1_map_of_one_image_works_in_evaluation": "ByOneLess",
        "a_1x1_map_of_one_image_trains_or_is_refused_with_a_value_error": "Crashes",
        "a_batch_of_one_trains": "ManyImages",
        "in_evaluation_an_image_depends_on_no_other": "AlwaysByBatch",
        "evaluation_changes_no_state": "CountsInEvaluation",
        "the_layout_in_memory_is_no_matter": "Viewed",
        "gradient_reaches_maps_and_parameters": "Idle",
        "it_leaves_its_input_as_it_is": "InPlace",
        "its_state_makes_another_one_the_same": "Unsaved",
    },
    "optimizer": {
        "it_reaches_the_minimum_of_a_parabola_at_its_own_rate_or_a_given_one": "Uphill",
        "it_moves_every_parameter": "FirstOnly",
        "the_same_gradients_make_the_same_steps": "Noisy",
        "its_state_goes_on_exactly": "Forgetful",
        "a_parameter_without_gradient_stays": "NeedsEveryGradient",
        "a_gradient_of_zero_leaves_all_finite": "ByTheNorm",
        "the_rate_is_that_of_the_group_so_that_a_schedule_can_set_it": "OwnRate",
        "zero_grad_forgets_the_gradient": "KeepsGradients",
    },
    "postprocess": {
        "its_table_and_its_columns_have_plain_names": "SpacedTable CallersColumn RepeatedColumn",
        "a_frame_gives_a_row_of_its_columns": "LacksAColumn OneRowTooFew OtherOrder",
        "a_value_is_a_text_a_number_or_none": "GivesTensors GivesNan",
        "how_frames_are_cut_into_calls_changes_no_row": "ComparesWithTheBatch",
        "the_pictures_before_change_no_row": "SmoothsEverything",
        "the_film_before_changes_no_row": "SmoothsEverything",
        "chance_has_no_part_in_it": "LooksAtAFewPixels",
        "it_needs_to_know_nothing_of_a_frame": "NeedsTheFile",
        "what_it_does_not_know_of_a_frame_changes_no_row": "CountsWhatItIsTold",
        "a_frame_of_one_class_has_a_row": "NeedsBothClasses",
        "a_frame_that_is_undecided_has_a_row": "NeedsADecision",
        "a_frame_may_have_any_size": "NeedsEvenSizes",
        "frames_of_another_size_may_follow": "KeepsTheFirstSize",
        "it_leaves_its_inputs_as_they_are": "WritesIntoProbabilities WritesIntoMeta",
        "a_drawing_has_the_size_and_the_type_of_the_image": "DrawsInGrey DrawsInFloat",
        "what_a_frame_of_one_class_says_can_be_drawn": "DrawsWhatIsThere",
        "drawing_leaves_image_and_row_as_they_are": "DrawsIntoTheImage TakesFromTheRow",
        "an_image_that_may_not_be_written_to_can_be_drawn_on": "DrawsIntoTheImage",
    },
    "scheduler": {
        "the_rate_is_finite_and_not_negative_at_every_step": "BelowZero ByOneLess",
        "momentum_stays_in_its_range": "TooMuchMomentum",
        "the_step_behind_the_last_one_is_harmless": "RaisesAtTheEnd",
        "parameters_are_none_of_its_business": "Meddles",
        "its_state_goes_on_exactly_from_every_step": "Unsaved",
        "the_same_run_has_the_same_rates": "Wanders",
    },
}

# What a component of any kind says of itself: the same with the fields of its spec.
SPEC_FAULTS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "its_bare_name_finds_it": ("loss", "Healthy", {"name": "dice"}),  # which is a built-in's
    "its_summary_is_a_sentence": ("loss", "Healthy", {"name": "curt", "summary": "loss"}),
    "it_imports_and_has_a_docstring": ("loss", "Undocumented", {"path": "samples.component:undocumented"}),
    "it_says_what_each_option_does": ("loss", "Unexplained", {"path": "samples.component:UnexplainedOption"}),
    "it_needs_no_option_but_a_place_for_data": ("loss", "Needy", {"path": "samples.component:RequiredOption"}),
    "it_passes_on_only_what_its_kind_is_given": (
        "loss",
        "Passes",
        {"path": "samples.loss:Healthy", "passes": {"x": "y"}},
    ),
}

CASES = [
    (kind, f"test_{test}", fault)
    for kind, tests in FAULTS.items()
    for test, faults in tests.items()
    for fault in faults.split()
]

Sample = Callable[..., dict[str, Any]]
Distribute = Callable[..., None]
RunPytest = Callable[..., subprocess.CompletedProcess[str]]
Failed = Mapping[tuple[str, str], set[str]]


def names_in(kind: str) -> list[str]:
    """The names of a contract's tests."""
    return re.findall(r"^def (test_\w+)", (CONTRACTS / f"test_{kind}.py").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def failed(distribute: Distribute, sample: Sample, run_pytest: RunPytest) -> Failed:
    """For each kind and test, what stood in the brackets behind it when it failed, all from one run of pytest."""
    samples = {(kind, fault): sample(kind, fault) for kind, _, fault in CASES}
    others = {test: sample(kind, name, **fields) for test, (kind, name, fields) in SPEC_FAULTS.items()}
    distribute("faulty-samples", [*samples.values(), *others.values()])
    wanted = [f"test_{kind}.py and {test} and {samples[kind, fault]['name']}" for kind, test, fault in CASES]
    wanted += [f"test_component.py and {test} and {spec['name']}" for test, spec in others.items()]
    done = run_pytest("--segkit-dist", "faulty-samples", "-q", "-rfE", "--tb=no", "-k", " or ".join(wanted))
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr
    found = defaultdict[tuple[str, str], set[str]](set)
    lines = re.findall(r"^(?:FAILED|ERROR) .*test_(\w+)\.py::(\w+)\[([^\]]*)\]", done.stdout, re.MULTILINE)
    for kind, test, case in lines:
        found[kind, test] |= set(case.split("-"))
    return found


@pytest.mark.parametrize(
    ("kind", "test", "fault"), CASES, ids=[f"{kind}-{fault}-{test}" for kind, test, fault in CASES]
)
def test_a_fault_is_caught(failed: Failed, sample: Sample, kind: str, test: str, fault: str) -> None:
    assert sample(kind, fault)["name"] in failed[kind, test]


@pytest.mark.parametrize("test", SPEC_FAULTS)
def test_a_fault_of_a_spec_is_caught(failed: Failed, sample: Sample, test: str) -> None:
    kind, name, fields = SPEC_FAULTS[test]
    assert sample(kind, name, **fields)["name"] in failed["component", f"test_{test}"]


def test_every_test_of_every_contract_can_fail() -> None:
    assert set(FAULTS) == set(KINDS)
    for kind, tests in {**FAULTS, "component": SPEC_FAULTS}.items():
        assert [f"test_{test}" for test in tests] == names_in(kind)


def test_a_healthy_plugin_passes_all_contracts(distribute: Distribute, sample: Sample, run_pytest: RunPytest) -> None:
    distribute("healthy-samples", [sample(kind, "Healthy") for kind in KINDS])
    done = run_pytest("--segkit-dist", "healthy-samples", "-v", "--tb=short")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    passed = set(re.findall(r"test_(\w+)\.py::(\w+)\[[^\]]*\] PASSED", done.stdout))
    assert passed == {(kind, test) for kind in (*KINDS, "component") for test in names_in(kind)}
