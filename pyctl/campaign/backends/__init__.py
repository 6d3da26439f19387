"""Where the worker processes of a batch live: this machine, a Ray cluster, a Slurm cluster."""
