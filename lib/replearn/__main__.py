"""The command line: python -m replearn sweep NAME, python -m replearn claims."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from replearn.experiments import claims
from replearn.experiments.registry import SWEEPS
from replearn.experiments.sweep import run_sweep


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 when it worked, 2 when an argument was refused."""
    parser = argparse.ArgumentParser(prog="python -m replearn")
    commands = parser.add_subparsers(dest="command", required=True)
    sweep = commands.add_parser("sweep", help="make a table of the book anew")
    sweep.add_argument("name", choices=list(SWEEPS))
    sweep.add_argument("--out", type=Path, help="folder instead of book/tables")
    sweep.add_argument("--limit", type=int, help="the first LIMIT cells only")
    sweep.add_argument("--workers", type=int, default=1, help="processes here")
    sweep.add_argument("--scheduler", help="address of a Dask scheduler, tcp://...")
    commands.add_parser("claims", help="judge the claims and write their page anew")
    options = parser.parse_args(arguments)
    if options.command == "claims":
        claims.PAGE.write_text(claims.page(), encoding="utf-8")
        print(claims.PAGE)
        return 0
    try:
        path = run_sweep(
            options.name,
            options.out,
            options.limit,
            options.workers,
            options.scheduler,
        )
    except (ValueError, TypeError, RuntimeError) as error:
        print(f"replearn: {error}", file=sys.stderr)
        return 2
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
