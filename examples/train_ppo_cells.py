"""Trains stable-baselines3's PPO to share a cell's PRBs among unequal slices, and judges it.

    pip install 'slicebed[rl]'
    python examples/train_ppo_cells.py

One large LTE cell of 25 PRBs with four slices whose targets are 10 to 1: equal shares starve the
first one, and how many PRBs a target takes depends on where its users are. PPO sees what `cells`
measures (`pyctl.env.wrappers.flat_box`) and sets the shares. It is then compared with random and
with equal shares on episodes it has not seen: the same users, channel and traffic for all three.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

from analysis.statistics import bootstrap_mean
from pyctl.env import flat_box  # registers the ids too, in workers as here

Floats = npt.NDArray[np.float64]
Env = gymnasium.Env[Any, Any]
Policy = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]

CELL = {
    "steps": 20,
    "sites": 1,
    "sectors": 1,
    "isd_m": 2500,
    "bandwidth_mhz": 5,
    "targets_mbps": "3,0.3,1,0.5",
    "ues_per_slice": 2,
    "mask": "constant",
    "interval_s": 0.2,
    "warmup_s": 0.05,
}
FIRST_HELD_OUT_SEED = 1_000_000


def make_env() -> Env:
    """Makes one environment."""
    return flat_box(gymnasium.make("slicebed/Cells-v0", params=CELL))


def train(make: Callable[[], Env], timesteps: int, envs: int, seed: int) -> PPO:
    """Trains PPO on several simulations at once, each with a worker process of its own."""
    workers = SubprocVecEnv if envs > 1 else DummyVecEnv
    venv = make_vec_env(make, n_envs=envs, seed=seed, vec_env_cls=workers)
    try:
        model = PPO(
            "MlpPolicy",
            venv,
            n_steps=256 // envs,
            batch_size=64,
            gamma=0.0,  # a decision is judged by the interval it is in force
            gae_lambda=0.0,
            learning_rate=1e-3,
            policy_kwargs={"log_std_init": -1.0},
            seed=seed,
            device="cpu",
        )
        return model.learn(timesteps, progress_bar=False)
    finally:
        venv.close()


def play(env: Env, policy: Policy, seed: int) -> float:
    """Plays one episode; returns its mean reward."""
    observation, _ = env.reset(seed=seed)
    rewards = []
    ended = False
    while not ended:
        observation, reward, terminated, truncated, _ = env.step(policy(observation))
        rewards.append(float(reward))
        ended = terminated or truncated
    return float(np.mean(rewards))


def evaluate(make: Callable[[], Env], model: PPO, episodes: int) -> dict[str, Floats]:
    """Plays the held-out episodes under each policy; returns mean rewards by episode."""
    env = make()
    env.action_space.seed(FIRST_HELD_OUT_SEED)
    policies: Mapping[str, Policy] = {
        "random": lambda _: env.action_space.sample(),
        "equal": lambda _: np.ones(env.action_space.shape, np.float32),  # projected: all alike
        "PPO": lambda observation: model.predict(observation, deterministic=True)[0],
    }
    seeds = range(FIRST_HELD_OUT_SEED, FIRST_HELD_OUT_SEED + episodes)
    try:
        return {
            name: np.array([play(env, policy, seed) for seed in seeds])
            for name, policy in policies.items()
        }
    finally:
        env.close()


def interval(values: Floats) -> str:
    """Writes a mean with its 95 % bootstrap interval over episodes."""
    mean = bootstrap_mean(values)
    return f"{mean.mean:7.4f}  [{mean.low:7.4f}, {mean.high:7.4f}]"


def table(rewards: Mapping[str, Floats]) -> str:
    """Writes the comparison: rewards, and PPO's gain on the same episodes."""
    lines = [f"{'policy':8}{'mean reward  [95 % CI]':30}gain of PPO, paired  [95 % CI]"]
    for name, values in rewards.items():
        gain = "" if name == "PPO" else interval(rewards["PPO"] - values)
        lines.append(f"{name:8}{interval(values):30}{gain}".rstrip())
    return "\n".join(lines)


def main() -> None:
    """Trains, evaluates, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--total-timesteps", type=int, default=8192, help="of training")
    parser.add_argument("--envs", type=int, default=4, help="simulations at once")
    parser.add_argument("--episodes", type=int, default=20, help="held out, for the comparison")
    parser.add_argument("--seed", type=int, default=1, help="of training")
    arguments = parser.parse_args()
    model = train(make_env, arguments.total_timesteps, arguments.envs, arguments.seed)
    print(f"{arguments.episodes} held-out episodes of {CELL['steps']} intervals")
    print(table(evaluate(make_env, model, arguments.episodes)))


if __name__ == "__main__":
    main()
