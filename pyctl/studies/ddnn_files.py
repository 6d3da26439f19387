"""Files that packet runs of the distributed LSTM need, made of a study's networks and trace.

    files = make(study, slots=288, say=print)
    files.mask, files.demands, files.network, files.models["expected"]

The runs begin with the test part. Classifiers and the models of gains and expected costs are fitted
as the study does, and stored once. Besides C_T = 0, thresholds are played at which about half of
the decisions are local: of the classifier the median of the training gains, of the others the
median of what they compare on the validation part.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.ddnn import data, demands, fitted, storage
from agents.ddnn.allocator import SEED
from agents.ddnn.confidence import uncertainty
from agents.ddnn.data import LAGS, STATIONS, Parts
from agents.ddnn.demands import Demands
from agents.ddnn.expected import ExpectedCosts
from agents.ddnn.network import DistributedLstm, parameters
from agents.ddnn.offload import Regression, fit_classifier
from agents.ddnn.view import View
from agents.threads import one_thread
from pyctl.campaign.atomic import write_text
from pyctl.errors import UsageError
from pyctl.studies import ddnn_train
from pyctl.studies.ddnn import Study
from pyctl.studies.ddnn_curves import Evaluated, fit_expected_costs, fit_gain_model
from pyctl.studies.ddnn_data import load_demands
from pyctl.studies.ddnn_measures import HEADLINE
from pyctl.studies.ddnn_train import LOCAL_WEIGHTS, Plan

if TYPE_CHECKING:
    from torch import Tensor, nn

MODELS = {"ml": "classifier", "gain": "gain", "expected": "expected", "adaptive": "expected"}
HALF = "classifier-half"
PROFILE = "profiles/xeon-one-core.json"
# The block of the profile that a local decision of each policy is; the others compare nothing.
BLOCKS = {
    "ml": "local",
    "gain": "local_gain",
    "expected": "local_expected",
    "adaptive": "local_expected",
    "confidence": "local_confidence",
}
ANY_BLOCK = "head"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Thresholds:
    """Where about half of the decisions are local.

    Attributes:
        prices: C_T of oracle, gain and expected.
        eta: of confidence.
    """

    prices: Mapping[str, float]
    eta: float


@dataclass(frozen=True, eq=False)
class Files:
    """What packet runs are made of.

    Attributes:
        mask: CSV of the load, relative to the sites' peaks.
        demands: file of the day before, and of the peaks.
        network: pattern of the networks' files, with the seed open.
        models: pattern of the fitted files, by policy.
        half_classifier: pattern of the classifiers for the median gain; that of ``models`` is for
            C_T = 0.
        thresholds: by seed.
        peak: normalised demand that a mask of 1 stands for, the same for all sites.
        slots: of the mask.
    """

    mask: Path
    demands: Path
    network: str
    models: Mapping[str, str]
    half_classifier: str
    thresholds: Mapping[int, Thresholds]
    peak: float
    slots: int


def make(study: Study, slots: int, say: Callable[[str], None]) -> Files:
    """Makes the files that are missing, of all seeds of a study whose networks are trained.

    Args:
        study: formula study.
        slots: of the test part that are played, from its beginning.
        say: told a line before each fit.

    Raises:
        UsageError: the test part has fewer slots.
    """
    values = data.fill_forward(load_demands(study.trace, study.corner).values)
    parts = data.prepare(values)
    first = int(parts.test.slots[0])
    if len(parts.test.slots) < slots:
        raise UsageError(
            f"trace {study.trace}: the test part has {len(parts.test.slots)} slots; {slots} are "
            "required"
        )
    folder = study.out / "packets"
    folder.mkdir(parents=True, exist_ok=True)
    mask, day = folder / f"mask-{slots}.csv", folder / f"demands-{slots}.json"
    peak = _write_load(values, parts, first, slots, mask, day)
    seeds = range(1, study.seeds + 1)
    with one_thread():  # as the networks were trained: the same on every machine
        thresholds = {seed: _fit(study, parts, seed, folder, say) for seed in seeds}
    return Files(
        mask=mask,
        demands=day,
        network=str(study.networks / f"{HEADLINE}-seed{SEED}.pt"),
        models={name: str(folder / f"{kind}-seed{SEED}.pt") for name, kind in MODELS.items()},
        half_classifier=str(folder / f"{HALF}-seed{SEED}.pt"),
        thresholds=thresholds,
        peak=peak,
        slots=slots,
    )


def compute_ms(policy: str) -> float:
    """Gives how long a local decision takes [ms], the stored profile's median."""
    return _medians()[BLOCKS.get(policy, ANY_BLOCK)]


def remote_ms() -> float:
    """Gives how long the remote part takes with its messages [ms], likewise."""
    return _medians()["remote"]


def properties(study: Study) -> list[dict[str, Any]]:
    """Lists the networks of a study: Table I, with how long each was trained [s of one core]."""
    parts = data.prepare(load_demands(study.trace, study.corner).values)
    rows = []
    for plan in study.plans():
        network = ddnn_train.make(plan, parts)
        about = storage.load_into(study.networks / f"{plan.name}.pt", network)
        rows.append(
            {
                "model": plan.model,
                "seed": plan.seed,
                "parameters": parameters(network),
                "parameters_on_edge": _on_edge(network),
                "epochs": len(about["train_loss"]),
                "best_epoch": about["best_epoch"] + 1,
                "training_s": about["cpu_s"],
                "validation_loss": about["validation_loss"][about["best_epoch"]],
            }
        )
    return rows


def _on_edge(network: nn.Module) -> int:
    return parameters(network.head) if isinstance(network, DistributedLstm) else 0


def _medians() -> dict[str, float]:
    told = json.loads((resources.files("agents.ddnn") / PROFILE).read_text())
    return {block["block"]: round(float(block["median_ms"]), 3) for block in told["blocks"]}


def _write_load(
    values: Floats, parts: Parts, first: int, slots: int, mask: Path, day: Path
) -> float:
    """Writes mask and demands; returns the normalised demand that a mask of 1 stands for.

    It is the same for all sites, as their peak rate is: so a site's bit/s are the same part of its
    cost in packets as they are in the formula.
    """
    span = parts.normaliser.high - parts.normaliser.low
    played = values[first : first + slots]
    peak = math.ceil(float((played / span).max()) * 100) / 100
    rows = [
        ",".join([str(step), *map(repr, row)])
        for step, row in enumerate((played / (span * peak)).tolist())
    ]
    header = ",".join(["step", *(f"site_{site}" for site in range(values.shape[1]))])
    write_text(mask, "\n".join([header, *rows]) + "\n")
    demands.write(day, Demands(span * peak, values[first - LAGS : first]))
    return peak


def _fit(
    study: Study, parts: Parts, seed: int, folder: Path, say: Callable[[str], None]
) -> Thresholds:
    """Fits the models of a seed that are missing; returns its thresholds."""
    network = ddnn_train.load(Plan("ddnn", seed, LOCAL_WEIGHTS[0]), parts, study.networks)
    assert isinstance(network, DistributedLstm)  # noqa: S101 - of its kind
    train, validation = (Evaluated.of(network, part) for part in (parts.train, parts.validation))
    learnt = (train, validation)
    half = _plain(train.gain.median())

    def classifier(price: float) -> nn.Module:
        return fit_classifier(train.view.windows, train.gain, price, seed, study.learning)

    fits: dict[str, Callable[[], nn.Module]] = {
        "classifier": lambda: classifier(0.0),
        HALF: lambda: classifier(half),
        "gain": lambda: fit_gain_model(learnt, seed, study.learning),
        "expected": lambda: fit_expected_costs(learnt, seed, study.learning),
    }
    for kind, fit in fits.items():
        path = folder / f"{kind}-seed{seed}.pt"
        if not path.exists():
            say(f"seed {seed}: fit of {kind}")
            fitted.save(path, fit(), parts.normaliser)
    return _thresholds(validation, network, seed, folder)


def _thresholds(part: Evaluated, network: DistributedLstm, seed: int, folder: Path) -> Thresholds:
    """Takes medians over a part of true, guessed and expected gains, and of U."""
    regression = Regression(View.features_of(STATIONS))
    guess = fitted.load(folder / f"gain-seed{seed}.pt", regression)
    expected = fitted.load(folder / f"expected-seed{seed}.pt", ExpectedCosts(STATIONS))
    gains = {
        "oracle": part.gain,
        "gain": guess.predict(part.view.features())[:, 0],
        "expected": expected.gain(part.view),
    }
    doubt = uncertainty(part.view.z, network.head.exit, seed)
    return Thresholds(
        {name: _plain(gain.median()) for name, gain in gains.items()}, _plain(doubt.median())
    )


def _plain(value: Tensor) -> float:
    """Gives six digits of a number, which becomes a setting."""
    return float(f"{float(value):.6g}")
