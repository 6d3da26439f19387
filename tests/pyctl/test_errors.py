from __future__ import annotations

import pickle

import pytest

from pyctl import errors


def make_all() -> list[errors.SlicebedError]:
    plain = [
        errors.SlicebedError,
        errors.UsageError,
        errors.InvalidAction,
        errors.ProtocolError,
        errors.EpisodeOver,
        errors.ChannelTimeout,
        errors.PeerDisconnected,
    ]
    simulation = [errors.SimulationCrashed, errors.SimulationHung, errors.SimulationRefused]
    return [
        *(kind("what is wrong") for kind in plain),
        *(
            kind("it ended", exit_status_sim=134, stderr_tail="last words", command="sim --a=1")
            for kind in simulation
        ),
        errors.UnknownName("scenario", "cels", ["loopback", "cells"]),
    ]


@pytest.mark.parametrize("error", make_all(), ids=lambda error: type(error).__name__)
def test_all_errors_survive_pickling(error: errors.SlicebedError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_every_class_is_covered_here() -> None:
    known = {type(error) for error in make_all()} | {errors.SimulationError}
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.SlicebedError)
    }

    assert defined == known


def test_exit_statuses() -> None:
    assert errors.SlicebedError("x").exit_status == 1
    assert errors.SimulationCrashed("x").exit_status == 1
    assert errors.UnknownName("scenario", "x", []).exit_status == 2
    assert errors.SimulationRefused("x").exit_status == 2


def test_unknown_name_proposes_the_nearest() -> None:
    error = errors.UnknownName("scenario", "cels", ["loopback", "cells"])

    assert str(error) == "unknown scenario 'cels'; did you mean 'cells'? known: cells, loopback"


def test_unknown_name_far_from_all_proposes_none() -> None:
    assert str(errors.UnknownName("slice", "zzz", ["a"])) == "unknown slice 'zzz'; known: a"
    assert str(errors.UnknownName("slice", "zzz", [])) == "unknown slice 'zzz'; known: none"


def test_a_crash_shows_the_last_lines_and_how_to_repeat_it() -> None:
    error = errors.SimulationCrashed("it died", stderr_tail="last words", command="sim --a=1")

    assert str(error).splitlines() == [
        "it died",
        "last lines of the simulation:",
        "last words",
        "to reproduce: sim --a=1",
    ]


def test_a_refusal_is_one_line() -> None:
    error = errors.SimulationRefused("steps is 0", stderr_tail="noise", command="sim --steps=0")

    assert str(error) == "steps is 0"


@pytest.mark.parametrize("error", make_all(), ids=lambda e: type(e).__name__)
def test_an_error_tells_its_place_and_keeps_its_kind(error: errors.SlicebedError) -> None:
    told = errors.located(error, "environment 3")
    assert str(told) == f"environment 3: {error}"
    assert told.exit_status == error.exit_status
    assert isinstance(error, type(told))
    if isinstance(error, errors.SimulationError):
        assert vars(told) == vars(error) | {"message": f"environment 3: {error.message}"}
