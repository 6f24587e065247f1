"""What a reader waits for: a run of a lab, a step of a slider."""

from __future__ import annotations

from pathlib import Path

import torch
from playwright.sync_api import sync_playwright
from scripts.browser import find_browser

from replearn.experiments.first_layer import measure_fading
from replearn.experiments.learning_curves import estimate_seconds

from .timing import Result, scaled, timed

PAGE = Path(__file__).parents[1] / "_build/html/book/index.html"
FRAME = 1 / 60
STEPS = """() => [...document.querySelectorAll('.rl-knob input')].flatMap(
    (knob) => Array.from({length: +knob.max + 1}, (_, index) => {
        const began = performance.now();
        knob.value = index;
        knob.dispatchEvent(new Event('input', {bubbles: true}));
        knob.closest('.rl').getBoundingClientRect();  // the layout counts too
        return performance.now() - began; }))"""


def compare_estimates(scale: float, repetitions: int) -> list[Result]:
    """What a lab promises of a run of each learner, against the run.

    Args:
        scale: of the number of samples. repetitions: timed runs.
    Returns:
        One comparison per learner; 1 is a promise kept.
    """
    d, n = 40, scaled(6400, scale, minimum=200)
    results = []
    for learner in ("one-step", "adam"):

        def run(learner: str = learner) -> torch.Tensor:
            found = measure_fading([n], 0, learner, d, degree=3, quadratic=0.2)
            return torch.tensor(found[learner])

        seconds = [timed(run).seconds for _ in range(repetitions)]
        promised = [estimate_seconds(learner, d, [n])] * repetitions
        name = f"estimate of {learner} at d = {d}, n = {n}"
        results.append(Result(name, "a run", "its estimate", seconds, promised, 0.0))
    return results


def compare_steps(scale: float, repetitions: int) -> list[Result]:
    """A step of a slider on the landing page, against a frame.

    Args:
        scale: does not matter. repetitions: rounds over every slider's stops.
    Returns:
        The comparison: the median step, layout included.
    Raises:
        RuntimeError: there is no built book, or no browser.
    """
    path = find_browser()
    if not PAGE.exists() or path is None:
        raise RuntimeError(f"needs {PAGE} (`make book`) and a browser: {path}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(PAGE.as_uri())
        page.wait_for_selector(".replearn-explorer[data-state=live]")
        rounds = [torch.tensor(page.evaluate(STEPS)) for _ in range(repetitions)]
        page.context.browser.close()
    seconds = [float(steps.median()) / 1000 for steps in rounds]
    frames = [FRAME] * repetitions
    return [Result("a slider's step", "median", "a frame", seconds, frames, 0.0)]
