"""``python -m pyctl.cli``: the command without its console script."""

from __future__ import annotations

from pyctl.cli.main import main

if __name__ == "__main__":
    main()
