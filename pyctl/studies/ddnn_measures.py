"""Tables and measures of the distributed-LSTM study, from what was found of each network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.ddnn.evaluation import Curve
from analysis.statistics import bootstrap_mean, paired_difference
from pyctl.measures import Measure

if TYPE_CHECKING:
    import pandas as pd

HEADLINE = "ddnn-stations-0.9"
CENTRAL = "central"


@dataclass(frozen=True, eq=False)
class Tables:
    """What was found.

    Attributes:
        facts: one row a network: ``model``, ``kind``, ``seed`` and its figures.
        curves: mean cost of a sample by ``model``, ``local_weight``, ``seed``, ``policy``,
            ``share`` decided locally.
        link: with late answers: ``model``, ``seed``, ``policy``, ``cost``, ``share``.
    """

    facts: pd.DataFrame
    curves: pd.DataFrame
    link: pd.DataFrame


def tables(found: Sequence[dict[str, Any]]) -> Tables:
    """Makes tables of the evaluations, as ``pyctl.studies.ddnn`` stores them."""
    import pandas as pd

    names = ("model", "kind", "seed", "local_weight", "layout")

    def about(one: dict[str, Any]) -> dict[str, Any]:
        return {name: one[name] for name in names}

    distributed = [one for one in found if one["kind"] == "ddnn"]
    return Tables(
        facts=pd.DataFrame([{**about(one), **one["facts"]} for one in found]),
        curves=pd.concat([pd.DataFrame({**about(one), **one["curves"]}) for one in distributed]),
        link=pd.DataFrame([{**about(one), **row} for one in distributed for row in one["link"]]),
    )


def measures(found: Tables) -> list[Measure]:
    """Makes the measures ``ddnn.*``, each with its 95 % interval over the seeds."""
    return [
        share_at(found, CENTRAL, "local_share_at_centralised_cost", ">= 0.5"),
        share_at(found, "central-wide", "local_share_at_wide_centralised_cost"),
        share_at(found, "deepcog", "local_share_at_deepcog_cost"),
        _remote_over_central(found),
        *(
            area_difference(found, *pair, target="<= 0")
            for pair in (("ml", "confidence"), ("ml", "random"), ("expected", "ml"))
        ),
        *(
            area_difference(found, *pair)
            for pair in (
                ("ml-held-out", "ml"),
                ("expected", "ml-held-out"),
                ("gain", "ml"),
                ("confidence", "random"),
            )
        ),
        *(
            _link_difference(found, name)
            for name in ("ml", "expected", "always-local", "always-remote")
        ),
    ]


def share_at(found: Tables, model: str, name: str, target: str | None = None) -> Measure:
    """The largest local share at which the headline network costs no more than a centralised one.

    Policy ``ml``; 0 for a seed where it costs more at every share.
    """
    own = found.curves[(found.curves["model"] == HEADLINE) & (found.curves["policy"] == "ml")]
    shares = []
    for seed, limit in _by_seed(found, model, "cost").items():
        rows = own[own["seed"] == seed]
        curve = Curve(rows["share"].to_numpy(), rows["cost"].to_numpy())
        shares.append(curve.largest_share(limit) or 0.0)
    return _mean(name, shares, target)


def _remote_over_central(found: Tables) -> Measure:
    """Cost of the headline network, all remote, over that of the centralised one, less 1."""
    remote, central = _by_seed(found, HEADLINE, "cost_remote"), _by_seed(found, CENTRAL, "cost")
    return _mean("remote_over_central", [remote[seed] / central[seed] - 1 for seed in remote])


def _by_seed(found: Tables, model: str, fact: str) -> dict[int, float]:
    rows = found.facts[found.facts["model"] == model]
    return dict(zip(map(int, rows["seed"]), map(float, rows[fact]), strict=True))


def area_difference(found: Tables, policy: str, other: str, target: str | None = None) -> Measure:
    """Area between curve and oracle, of a policy less that of another; a mean over the weights."""
    rows = found.facts[found.facts["kind"] == "ddnn"]
    rows = rows[rows["layout"] == "stations"]
    areas = rows.groupby("seed")[[f"area_{policy}", f"area_{other}"]].mean()
    ours, theirs = (areas[f"area_{name}"].to_numpy() for name in (policy, other))
    interval = paired_difference(ours, theirs).interval
    name = f"{policy}_minus_{other}_auc".replace("-", "_")
    return Measure(f"ddnn.{name}", interval.mean, "1", interval.low, interval.high, target)


def _link_difference(found: Tables, other: str) -> Measure:
    """Mean cost of a slot with late answers, of ``adaptive`` less that of another policy."""
    costs = found.link.groupby(["seed", "policy"])["cost"].mean().unstack()
    interval = paired_difference(costs["adaptive"].to_numpy(), costs[other].to_numpy()).interval
    name = f"adaptive_minus_{other}_late".replace("-", "_")
    return Measure(f"ddnn.{name}", interval.mean, "1", interval.low, interval.high)


def _mean(name: str, values: Sequence[float], target: str | None = None) -> Measure:
    interval = bootstrap_mean(np.asarray(values))
    return Measure(f"ddnn.{name}", interval.mean, "1", interval.low, interval.high, target)
