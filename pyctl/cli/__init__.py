"""The command ``slicebed``: one module a command; heavy imports happen inside the commands."""
