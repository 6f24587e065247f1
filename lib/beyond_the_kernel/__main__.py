"""The command line: python -m beyond_the_kernel sweep NAME, … claims."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from beyond_the_kernel import catalogue
from replearn.experiments.runner import run_sweep


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}; see {self.prog} --help")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 when it worked, 2 and one line when it was refused."""
    parser = _Parser(prog="python -m beyond_the_kernel")
    commands = parser.add_subparsers(dest="command", required=True)
    sweep = commands.add_parser("sweep", help="make a table of the book anew")
    sweep.add_argument("name", help="of the table; a wrong one lists them all")
    sweep.add_argument("--out", type=Path, help="folder instead of book/tables")
    sweep.add_argument("--limit", type=int, help="the first LIMIT runs only")
    sweep.add_argument("--workers", type=int, default=1, help="processes here")
    sweep.add_argument("--device", help="cpu, or cuda where the sweep can use a GPU")
    sweep.add_argument("--scheduler", help="address of a Dask scheduler, tcp://...")
    commands.add_parser("claims", help="judge the claims and write their page anew")
    try:
        options = vars(parser.parse_args(arguments))
        if options.pop("command") == "claims":
            print(_write_claims())
        else:
            print(run_sweep(catalogue.find_sweep(options.pop("name")), **options))
    except (OSError, ValueError, TypeError, RuntimeError, MemoryError) as error:
        print(f"beyond_the_kernel: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _write_claims() -> Path:
    from beyond_the_kernel import claims

    claims.PAGE.write_text(claims.page(measure=catalogue.measure), encoding="utf-8")
    return claims.PAGE


if __name__ == "__main__":
    sys.exit(main())
