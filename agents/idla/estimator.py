"""The QoS estimator f(x, z) ~ r of paper 001: one small network for all cells and slices (eq. 8).

    estimator = Estimator(Form("softplus"))
    estimator.scale_by(z)              # z [N, Z]: of the training rows
    r = estimator(x, z)                # x [N] -> [N]
    curves = estimator.curves(z)       # f over x alone, weights and z fixed
    value, slope = curves.value_and_slope(x)

z holds, in natural units, active users of the last ``HISTORY`` intervals (oldest first), their CQI,
the throughput target [bit/s] and the delay bound [s]. A ``measured`` state (ours) goes on with what
was measured in the last interval: throughput of a user [bit/s], offered to the slice [bit/s], PRBs
used, which tell together what a PRB carries and how much is asked for.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.errors import AllocatorError

HISTORY = 5
HIDDEN = (36, 24, 16, 16)
STATE = 2 * HISTORY + 2  # elements of the paper's z
MEASURED = ("thp_dl", "offered", "prb_used_dl")  # the others of a measured one
BETA = 5.0  # of Softplus: near ReLU, with a slope that does not jump
CQI_MAX = 15.0
TARGET, BOUND = 2 * HISTORY, 2 * HISTORY + 1  # elements of z
SOFTPLUS_MIN = -80.0
CLIP_SD = 3.0  # how far targets and bounds may be from those of the training

Activation = Literal["relu", "softplus"]
State = Literal["paper", "measured"]


@dataclass(frozen=True)
class Form:
    """What kind of network.

    Attributes:
        activation: ``relu`` as in the paper, ``softplus`` for a slope without jumps.
        monotone: f never falls with x: weights on its way are not negative, and half of the units
            of each layer saturate upwards, so that f need not be convex (Runje and Shankaranarayana
            2023, "Constrained monotonic neural networks").
        state: what z holds.
    """

    activation: Activation = "relu"
    monotone: bool = False
    state: State = "paper"

    def __post_init__(self) -> None:
        """Refuses an unknown activation or state."""
        if self.activation not in get_args(Activation):
            raise AllocatorError(f"activation is {self.activation!r}; relu or softplus is required")
        if self.state not in get_args(State):
            raise AllocatorError(f"state is {self.state!r}; paper or measured is required")


def elements(state: State) -> int:
    """Counts the elements of z."""
    return STATE + (len(MEASURED) if state == "measured" else 0)


class Estimator(nn.Module):
    """The network 13-36-24-16-16-1 and its input scaling.

    Its output is linear and trained so; an estimate is that, clamped to [0, 1]. A sigmoid does not
    learn here: most rows have r = 1 (all augmented ones do), the mean absolute error first drives
    all outputs there, and a saturated sigmoid passes no slope by which the others could come back.
    """

    def __init__(self, form: Form | None = None) -> None:
        """Makes a network with torch's default initial weights."""
        super().__init__()
        self.form = form or Form()
        widths = (1 + elements(self.form.state), *HIDDEN, 1)
        layers = [nn.Linear(inputs, outputs) for inputs, outputs in pairwise(widths)]
        self.layers = nn.Sequential(*layers)
        self.register_buffer("users_max", torch.ones(()))
        self.register_buffer("log_mean", torch.zeros(2))
        self.register_buffer("log_sd", torch.ones(2))
        if self.form.state == "measured":
            self.register_buffer("measured_mean", torch.zeros(len(MEASURED)))
            self.register_buffer("measured_sd", torch.ones(len(MEASURED)))

    def scale_by(self, z: Tensor) -> None:
        """Takes the scaling of the inputs from training rows z [N, Z]."""
        self.users_max = z[:, :HISTORY].max().clamp(min=1e-6)
        logs = z[:, TARGET:STATE].log()
        self.log_mean = logs.mean(dim=0)
        self.log_sd = logs.std(dim=0).clamp(min=1e-3)
        if self.form.state == "measured":
            self.measured_mean = z[:, STATE:].mean(dim=0)
            self.measured_sd = z[:, STATE:].std(dim=0).clamp(min=1e-3)

    def scaled(self, z: Tensor) -> Tensor:
        """Scales z [..., Z] for the network."""
        users = z[..., :HISTORY] / self.users_max
        cqi = z[..., HISTORY:TARGET] / CQI_MAX
        asked = ((z[..., TARGET:STATE].log() - self.log_mean) / self.log_sd).clamp(
            -CLIP_SD, CLIP_SD
        )
        parts = [users, cqi, asked]
        if self.form.state == "measured":
            measured = (z[..., STATE:] - self.measured_mean) / self.measured_sd
            parts.append(measured.clamp(-CLIP_SD, CLIP_SD))
        return torch.cat(parts, dim=-1)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Estimates r.

        Args:
            x: share of the cell's PRBs, of shape [...].
            z: state, of shape [..., Z].

        Returns:
            In [0, 1], of x's shape.
        """
        inputs = torch.cat([x.unsqueeze(-1), self.scaled(z)], dim=-1)
        return self.unclamped(inputs).clamp(0, 1)

    def unclamped(self, hidden: Tensor) -> Tensor:
        """Computes the output for inputs [..., 1 + Z] that are scaled already."""
        for i, (weight, bias) in enumerate(self.weights()):
            hidden = functional.linear(hidden, weight, bias)
            if i < len(HIDDEN):
                hidden = self._activate(hidden)
        return hidden.squeeze(-1)

    def weights(self) -> list[tuple[Tensor, Tensor]]:
        """Gives weight and bias of each layer as they are used, not as they are learnt."""
        linear = [layer for layer in self.layers if isinstance(layer, nn.Linear)]
        pairs: list[tuple[Tensor, Tensor]] = [(layer.weight, layer.bias) for layer in linear]
        if not self.form.monotone:
            return pairs
        (first, bias), *others = pairs
        share = functional.softplus(first[:, :1])
        free = torch.cat([share, first[:, 1:]], dim=1)
        return [(free, bias), *((functional.softplus(w) / w.shape[1], b) for w, b in others)]

    def curves(self, z: Tensor) -> Curves:
        """Fixes weights and state z [C, S, Z]: what is left is f over x."""
        with torch.no_grad():
            return Curves(self, z)

    def _activate(self, hidden: Tensor) -> Tensor:
        if not self.form.monotone:
            return self._bend(hidden)
        half = hidden.shape[-1] // 2
        return torch.cat([self._bend(hidden[..., :half]), -self._bend(-hidden[..., half:])], dim=-1)

    def _bend(self, hidden: Tensor) -> Tensor:
        if self.form.activation == "relu":
            return functional.relu(hidden)
        return functional.softplus(hidden, beta=BETA)

    def save(self, path: Path) -> None:
        """Writes form, weights and scaling; no code is in the file."""
        torch.save({"form": asdict(self.form), "state": self.state_dict()}, path)

    @classmethod
    def load(cls, path: Path) -> Estimator:
        """Reads what ``save`` wrote.

        Raises:
            AllocatorError: there is no such file, or it holds no estimator.
        """
        try:
            stored: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            estimator = cls(Form(**stored["form"]))
            estimator.load_state_dict(stored["state"])
        except OSError as error:
            raise AllocatorError(f"model: cannot read {path}: {error.strerror}") from error
        except Exception as error:  # torch raises many kinds for a damaged file
            raise AllocatorError(
                f"model: {path} holds no estimator of this form ({type(error).__name__})"
            ) from error
        return estimator


class Curves:
    """f over x with weights and state fixed; neither autograd nor the state's inputs are needed.

    Only x varies during a search. So the first layer's part of the state is computed once, and the
    slope df/dx goes forward through the layers beside the value: one more product a layer. Units
    are rows and points columns, which is what products of so small matrices are fastest with.
    """

    def __init__(self, estimator: Estimator, z: Tensor) -> None:
        """Takes an estimator and the state z [C, S, 12]."""
        self._form = estimator.form
        weights = [(weight.detach(), bias.detach()) for weight, bias in estimator.weights()]
        # softplus(beta a) / beta: activations are kept beta times as large, the last layer's not.
        self._beta = BETA if self._form.activation == "softplus" else 1.0
        first, bias = weights[0]
        state = estimator.scaled(z).flatten(0, 1).t()
        self._share = self._beta * first[:, :1]  # [36, 1]
        self._base = self._beta * torch.addmm(bias.unsqueeze(1), first[:, 1:], state)  # [36, C S]
        self._deeper = [(w, self._beta * b.unsqueeze(1)) for w, b in weights[1:]]

    def value(self, x: Tensor) -> Tensor:
        """Computes f(x); x has the shape [..., C, S]."""
        hidden = self._first(x)
        for weight, bias in self._deeper:
            hidden, _ = self._bend(hidden)
            hidden = torch.addmm(bias, weight, hidden)
        return (hidden.view(x.shape) / self._beta).clamp_(0, 1)

    def value_and_slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Computes f(x) and df/dx; x has the shape [..., C, S]."""
        hidden = self._first(x)
        slope = self._share
        for weight, bias in self._deeper:
            hidden, gate = self._bend(hidden)
            hidden = torch.addmm(bias, weight, hidden)
            slope = torch.mm(weight, gate.mul_(slope))
        value = hidden.view(x.shape) / self._beta
        within = (value >= 0) & (value <= 1)
        return value.clamp_(0, 1), slope.view(x.shape) / self._beta * within

    def of_cells(self, chosen: Tensor, slices: int) -> Curves:
        """Keeps the cells that ``chosen`` indexes; ``slices`` is S."""
        part = object.__new__(Curves)
        part.__dict__.update(self.__dict__)
        units = self._base.view(HIDDEN[0], -1, slices)
        part._base = units[:, chosen].reshape(HIDDEN[0], -1)
        return part

    def _first(self, x: Tensor) -> Tensor:
        columns = x.reshape(-1, self._base.shape[1])  # [points, C S]
        return torch.addcmul(self._base.unsqueeze(1), self._share.unsqueeze(2), columns).view(
            HIDDEN[0], -1
        )

    def _bend(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Applies the activation; gives its slope too."""
        if not self._form.monotone:
            return self._bend_up(hidden)
        half = hidden.shape[0] // 2
        up, up_gate = self._bend_up(hidden[:half])
        down, down_gate = self._bend_up(-hidden[half:])
        return torch.cat([up, -down]), torch.cat([up_gate, down_gate])

    def _bend_up(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        if self._form.activation == "relu":
            value = functional.relu(hidden)
            return value, value.sign()
        # softplus(a) = a - log(sigmoid(a)); below -80 the sigmoid is no normal number.
        hidden = hidden.clamp_(min=SOFTPLUS_MIN)
        gate = torch.sigmoid(hidden)
        return hidden.sub_(gate.log()), gate
