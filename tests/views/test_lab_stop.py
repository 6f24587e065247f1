"""The lab's Run can be stopped, keeps its rows, and says for what it measured."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import Any

import pytest

from beyond_the_kernel.kernel_versus_network.show import LAB
from replearn.views.lab import MOVED, Lab

CLICK = {"event": "click"}


def press(button: Any) -> None:
    """What the browser's click does in the kernel."""
    button._handle_button_msg(button, CLICK, [])


class Bench:
    """The first chapter's lab, with a measure that does something at its second run."""

    def __init__(self, at_second: Any = lambda lab: None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.at_second = at_second
        spec = replace(LAB, measure=self.measure, ticked=tuple(LAB.runs))
        self.lab = Lab(spec)
        self.lab._draw = lambda: None

    def measure(self, ns: list[int], seed: int, **setting: Any) -> dict[str, Any]:
        self.calls.append(setting)
        if len(self.calls) == 2:
            self.at_second(self.lab)
        return {setting["learner"]: [0.5] * len(ns)}

    async def click_until_done(self, clicks: int = 1) -> None:
        for _ in range(clicks):
            press(self.lab.run_button)
        assert self.lab.run_button.disabled
        while self.lab.run_button.disabled:
            await asyncio.sleep(0.01)
        assert self.lab.stop_button.disabled


def in_a_kernel(**more: Any) -> Bench:
    """A bench that was clicked where a loop runs, as in a kernel."""
    clicks = more.pop("clicks", 1)

    async def session() -> Bench:
        bench = Bench(**more)
        await bench.click_until_done(clicks)
        return bench

    return asyncio.run(session())


def test_two_quick_clicks_measure_once() -> None:
    bench = in_a_kernel(clicks=2)
    assert len(bench.calls) == bench.lab.progress.max == bench.lab.progress.value
    assert "Measured (" in bench.lab.message.value


def click_stop_later(lab: Lab) -> None:
    """A click that arrives while a run is measured waits for the pause after it."""
    asyncio.get_running_loop().call_soon(press, lab.stop_button)


def interrupt(lab: Lab) -> None:
    signal.raise_signal(signal.SIGINT)


def fail(lab: Lab) -> None:
    raise ZeroDivisionError("planted")


@pytest.mark.parametrize(
    ("at_second", "kept", "said"),
    [
        (click_stop_later, 2, '<p role="status">Stopped ('),
        (interrupt, 1, "The run stopped: KeyboardInterrupt ("),
    ],
)
def test_what_ends_a_run_early_keeps_its_rows(at_second, kept, said) -> None:
    before = signal.getsignal(signal.SIGINT)
    lab = in_a_kernel(at_second=at_second).lab
    assert signal.getsignal(signal.SIGINT) is before
    assert len(lab.result) == kept * len(lab.sizes())
    assert said in lab.message.value
    assert f"{kept} of {lab.progress.max} runs" in lab.message.value


@pytest.mark.parametrize(
    ("at_second", "error"), [(interrupt, KeyboardInterrupt), (fail, ZeroDivisionError)]
)
def test_from_python_it_is_raised_and_the_rows_stay(at_second, error) -> None:
    lab = Bench(at_second).lab
    with pytest.raises(error):
        lab.run()
    assert len(lab.result) == len(lab.sizes())
    assert "1 of 14 runs" in lab.message.value
    assert not lab.run_button.disabled


def test_a_second_run_from_python_is_refused_while_one_is_under_way() -> None:
    bench = Bench(lambda lab: lab.run())
    with pytest.raises(RuntimeError, match="press Stop"):
        bench.lab.run()


def test_the_caption_tells_the_setting_and_that_it_was_left() -> None:
    bench = Bench(lambda lab: setattr(lab.knobs["d"], "value", 100))
    lab = bench.lab
    assert "table: d = 20" in lab.caption.value
    lab.run()
    assert {call["d"] for call in bench.calls} == {20}, (
        "the setting when Run was pressed"
    )
    lab._renew_caption()
    assert "Measured here, 14 of 14 runs: d = 20" in lab.caption.value
    assert MOVED in lab.caption.value
    lab.knobs["d"].value = 20
    assert MOVED not in lab.caption.value


def test_a_lost_kernel_is_told_by_the_browser_itself() -> None:
    lab = Bench().lab
    assert "replearn-lab" in lab._dom_classes
    rule = lab.children[-1].value
    assert ".replearn-lab.jupyter-widgets-disconnected::after" in rule
    assert "run its cell again" in rule
