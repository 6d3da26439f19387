"""The estimator: size, slopes against differences, monotony, files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from agents.errors import AllocatorError
from agents.idla.estimator import HISTORY, Estimator, Form

FORMS = [Form(a, m) for a in ("relu", "softplus") for m in (False, True)]  # type: ignore[arg-type]
MEASURED = Form("softplus", state="measured")
ALL_FORMS = [*FORMS, MEASURED]
POINTS, CELLS, SLICES = 5, 3, 4


def state(seed: int = 1, form: Form | None = None) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)

    def uniform(low: float, high: float, count: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(CELLS, SLICES, count, generator=generator)

    parts = [uniform(0, 4, HISTORY), uniform(0, 15, HISTORY), uniform(5e5, 2e6, 1)]
    parts.append(uniform(0.05, 0.1, 1))
    if form == MEASURED:
        parts += [uniform(0, 2e6, 1), uniform(0, 8e6, 1), uniform(0, 25, 1)]
    return torch.cat(parts, dim=-1)


def made(form: Form, seed: int = 1, spread: float = 1.0) -> Estimator:
    """An estimator whose outputs lie about 0.5, so that few are clamped."""
    torch.manual_seed(seed)
    estimator = Estimator(form)
    z = state(form=form)
    estimator.scale_by(z.flatten(0, 1))
    inputs = torch.cat([torch.full((CELLS, SLICES, 1), 0.5), estimator.scaled(z)], -1)
    last = estimator.layers[-1]
    with torch.no_grad():
        last.weight *= spread
        last.bias += 0.5 - estimator.unclamped(inputs).mean()
    return estimator.requires_grad_(False)


def shares() -> torch.Tensor:
    return torch.rand(POINTS, CELLS, SLICES, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("form", FORMS)
def test_it_has_the_parameters_of_the_paper(form: Form) -> None:
    # 13-36-24-16-16-1: 504 + 888 + 400 + 272 + 17.
    assert sum(p.numel() for p in Estimator(form).parameters()) == 2081


def test_what_was_measured_has_weights_of_its_own() -> None:
    assert sum(p.numel() for p in Estimator(MEASURED).parameters()) == 2081 + 3 * 36
    z = state(form=MEASURED)
    estimator = made(MEASURED)
    scaled = estimator.scaled(z)[..., 12:]
    torch.testing.assert_close(scaled.flatten(0, 1).mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(scaled.flatten(0, 1).std(0), torch.ones(3), atol=1e-5, rtol=0)
    other = z.clone()
    other[..., 14] += 5
    assert not torch.equal(
        estimator.curves(z).value(shares()), estimator.curves(other).value(shares())
    )
    other[..., 12:] = 1e30  # three standard deviations at most
    assert estimator.scaled(other)[..., 12:].max() == 3


@pytest.mark.parametrize("form", ALL_FORMS)
def test_curves_are_the_network(form: Form) -> None:
    estimator, z = made(form), state(form=form)
    expected = estimator(shares(), z.expand(POINTS, *z.shape))
    curves = estimator.curves(z)
    torch.testing.assert_close(curves.value(shares()), expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(curves.value_and_slope(shares())[0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("form", ALL_FORMS)
def test_slopes_are_those_of_autograd(form: Form) -> None:
    estimator, z = made(form), state(form=form)
    x = shares().requires_grad_(True)
    (expected,) = torch.autograd.grad(estimator(x, z.expand(POINTS, *z.shape)).sum(), x)
    slope = estimator.curves(z).value_and_slope(shares())[1]
    assert (expected != 0).any()
    torch.testing.assert_close(slope, expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("form", [form for form in FORMS if form.activation == "softplus"])
def test_slopes_are_those_of_finite_differences(form: Form) -> None:
    estimator, z = made(form).double(), state().double()
    curves, x, h = estimator.curves(z), shares().double(), 1e-5
    slope = curves.value_and_slope(x)[1]
    difference = (curves.value(x + h) - curves.value(x - h)) / (2 * h)
    # Central differences of a smooth f are off by h^2: 1e-10 times its third derivative.
    torch.testing.assert_close(slope, difference, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("activation", ["relu", "softplus"])
def test_a_monotone_form_never_falls(activation: str) -> None:
    along = torch.linspace(0, 1, 50).view(-1, 1, 1).expand(-1, CELLS, SLICES)
    falls = []
    for monotone in (True, False):
        values = [
            made(Form(activation, monotone), seed).curves(state()).value(along)  # type: ignore[arg-type]
            for seed in range(6)
        ]
        falls.append(any((v.diff(dim=0) < -1e-6).any() for v in values))
    assert falls == [False, True]


@pytest.mark.parametrize("form", FORMS)
def test_estimates_stay_within_0_and_1(form: Form) -> None:
    values = made(form, spread=1000).curves(state()).value(shares())
    assert values.min() == 0
    assert values.max() == 1


def test_far_targets_are_clipped() -> None:
    estimator, near, far = made(Form()), state(), state()
    near[..., 10] = estimator_limit(estimator)
    far[..., 10] = 1e30
    torch.testing.assert_close(
        estimator.curves(near).value(shares()), estimator.curves(far).value(shares())
    )


def estimator_limit(estimator: Estimator) -> float:
    """Three standard deviations above the mean of the logarithms."""
    return float(torch.exp(estimator.log_mean[0] + 3 * estimator.log_sd[0]))


@pytest.mark.parametrize("form", ALL_FORMS)
def test_a_file_gives_the_same_estimator(form: Form, tmp_path: Path) -> None:
    estimator = made(form)
    path = tmp_path / "estimator.pt"
    estimator.save(path)
    again = Estimator.load(path)
    assert again.form == form
    z = state(form=form)
    torch.testing.assert_close(again.curves(z).value(shares()), estimator.curves(z).value(shares()))


def test_a_file_with_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "estimator.pt"
    torch.save({"form": print}, path)
    with pytest.raises(AllocatorError, match="holds no estimator"):
        Estimator.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AllocatorError, match=r"nowhere\.pt: No such file"):
        Estimator.load(tmp_path / "nowhere.pt")


def test_an_unknown_activation_or_state_is_refused() -> None:
    with pytest.raises(AllocatorError, match="activation is 'tanh'; relu or softplus"):
        Form("tanh")  # type: ignore[arg-type]
    with pytest.raises(AllocatorError, match="state is 'all'; paper or measured"):
        Form(state="all")  # type: ignore[arg-type]
