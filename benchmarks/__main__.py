"""`make bench`: run the comparisons, print them as they end, write results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from .adam_seeds import compare_seeds
from .far import compare_devices, compare_theory
from .hierarchy import compare_climbs
from .kernel_curve import compare_curve, compare_dense
from .ntk_gram import compare_ntk
from .one_step import compare_products
from .order_flow import compare_flow
from .same_error import compare_same_error
from .sweep_workers import compare_workers
from .timing import Result
from .waits import compare_estimates, compare_steps

RESULTS = Path(__file__).parent / "results.json"
COMPARISONS: dict[str, Callable[[float, int], list[Result]]] = {
    "kernel-curve": compare_curve,
    "dense-curve": compare_dense,
    "adam-seeds": compare_seeds,
    "hierarchy": compare_climbs,
    "one-step": compare_products,
    "order-flow": compare_flow,
    "same-error": compare_same_error,
    "ntk": compare_ntk,
    "sweep": compare_workers,
    "devices": compare_devices,
    "theory": compare_theory,
    "estimates": compare_estimates,
    "slider": compare_steps,
}


def describe(result: Result) -> str:
    """A comparison in a few lines of text.

    Args:
        result: of a comparison.
    Returns:
        The text.
    """
    low, high = min(result.ratios), max(result.ratios)
    lines = [result.name]
    for label, seconds in (
        (result.ours, result.median_seconds),
        (result.peer, result.median_peer_seconds),
    ):
        lines.append(f"  {label:<72}{seconds:>10.3f} s")
    verdict = "" if result.target is None else f", target {result.target:g}: "
    if verdict:
        verdict += "reached" if result.met else "MISSED"
    lines.append(
        f"  ratio {result.ratio:.2f} ({low:.2f}–{high:.2f}){verdict}; "
        f"numbers differ by {result.difference:.0e}"
    )
    return "\n".join(lines + ([f"  ({result.note})"] if result.note else []))


def as_record(result: Result) -> dict[str, Any]:
    """A comparison as JSON-able data.

    Args:
        result: of a comparison.
    Returns:
        The record.
    """
    return {
        "name": result.name,
        "ours": result.ours,
        "peer": result.peer,
        "seconds": [round(s, 4) for s in result.seconds],
        "peer_seconds": [round(s, 4) for s in result.peer_seconds],
        "ratio": round(result.ratio, 3),
        "ratio_range": [round(min(result.ratios), 3), round(max(result.ratios), 3)],
        "target": result.target,
        "reached": result.met,
        "difference": float(f"{result.difference:.1e}"),
        "note": result.note,
    }


def setting(options: argparse.Namespace) -> dict[str, Any]:
    """What the numbers depend on.

    Args:
        options: of the command line.
    Returns:
        Versions, cores, threads, scale.
    """
    packages = ("torch", "numpy", "scipy", "scikit-learn")
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
        "cores": os.cpu_count(),
        "threads": options.threads,
        "scale": options.scale,
    }


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line.

    Args:
        arguments: None takes those of the process.
    Returns:
        names, threads, repetitions, scale, out.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(COMPARISONS)}")
    parser.add_argument("--threads", type=int, default=1, help="on both sides")
    parser.add_argument("--repetitions", type=int, default=3, help="timed pairs")
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the JSON file")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(COMPARISONS)
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; choose from {list(COMPARISONS)}")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the comparisons; 1 where one could not be made, else 0."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    results: list[Result] = []
    failures: dict[str, str] = {}
    start = time.perf_counter()
    with threadpool_limits(options.threads):
        for name in options.names or COMPARISONS:
            try:
                found = COMPARISONS[name](options.scale, options.repetitions)
            except (AssertionError, RuntimeError) as error:
                failures[name] = str(error)
                continue
            results += found
            print("\n".join(map(describe, found)), end="\n\n", flush=True)
    seconds = round(time.perf_counter() - start)
    record = setting(options) | {"seconds": seconds, "failures": failures}
    record["results"] = [as_record(result) for result in results]
    options.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    missed = [result.name for result in results if not result.met]
    print(
        f"{len(results)} comparisons in {seconds} s; below target: {missed or 'none'}"
    )
    for name, message in failures.items():
        print(f"FAILED {name}: {message}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
