"""Studies of the models themselves: what `slicebed validate` and `slicebed bench` run."""
