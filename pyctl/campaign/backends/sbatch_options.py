"""The long options of ``sbatch`` that a batch may set, so that a slip is found before a job is.

As the manual of Slurm 24.05 lists them, and those of earlier versions that it has no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyctl.errors import UnknownName, UsageError

HOST = "host"  # option of ours: how nodes reach the host of the batch
# Options of sbatch that say what a worker is; slicebed sets them.
OURS = frozenset(
    ("array", "error", "nodes", "no_requeue", "ntasks", "open_mode", "output", "requeue", "signal")
)
OPTIONS = frozenset(
    (
        *("account", "acctg_freq", "batch", "bb", "bbf", "begin", "chdir", "cluster_constraint"),
        *("clusters", "comment", "constraint", "container", "container_id", "contiguous"),
        *("core_spec", "cores_per_socket", "cpu_freq", "cpus_per_gpu", "cpus_per_task"),
        *("deadline", "delay_boot", "dependency", "distribution", "exclude", "exclusive"),
        *("export", "export_file", "extra", "extra_node_info", "get_user_env", "gid", "gpu_bind"),
        *("gpu_freq", "gpus", "gpus_per_node", "gpus_per_socket", "gpus_per_task", "gres"),
        *("gres_flags", "hint", "hold", "ignore_pbs", "immediate", "input", "job_name"),
        *("kill_on_invalid_dep", "licenses", "mail_type", "mail_user", "mcs_label", "mem"),
        *("mem_bind", "mem_per_cpu", "mem_per_gpu", "mincpus", "network", "nice", "no_kill"),
        *("nodefile", "nodelist", "ntasks_per_core", "ntasks_per_gpu", "ntasks_per_node"),
        *("ntasks_per_socket", "oom_kill_step", "overcommit", "oversubscribe", "partition"),
        *("power", "prefer", "priority", "profile", "propagate", "qos", "reboot", "reservation"),
        *("resv_ports", "segment", "share", "sockets_per_node", "spread_job", "stepmgr"),
        *("switches", "thread_spec", "threads_per_core", "time", "time_min", "tmp", "tres_bind"),
        *("tres_per_task", "uid", "use_min_nodes", "wait_all_nodes", "wckey"),
    )
)


def require_known(names: Iterable[str]) -> None:
    """Refuses what ``sbatch`` does not know, or slicebed sets.

    Args:
        names: with hyphens or underscores.

    Raises:
        UsageError: there is one; ``UnknownName`` if it is none of Slurm's.
    """
    for name in names:
        plain = name.replace("-", "_")
        if plain in OURS:
            raise UsageError(f"--slurm {name} cannot be set: a worker is a job of one task")
        if plain not in OPTIONS | {HOST}:
            raise UnknownName("option of sbatch", name, OPTIONS | {HOST})
