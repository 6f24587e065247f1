"""The lab's Run can be stopped, keeps its rows, and says for what it measured."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from beyond_the_kernel.kernel_versus_network.show import LAB
from replearn.views.lab import MOVED, Lab

ALL = 2 * len(LAB.runs)


def press(button: Any) -> None:
    """What the browser's click does in the kernel."""
    button._handle_button_msg(button, {"event": "click"}, [])


def click_stop(lab: Lab) -> None:
    """A click that comes while a run is measured waits for the pause after it."""
    asyncio.get_running_loop().call_soon(press, lab.stop_button)


def interrupt(lab: Lab) -> None:
    signal.raise_signal(signal.SIGINT)


def fail(lab: Lab) -> None:
    raise ZeroDivisionError("planted")


def bench(at_second: Callable[[Lab], object] = lambda lab: None) -> Lab:
    """The first chapter's lab, of whose runs the second does something more."""
    calls: list[Any] = []

    def measure(ns: list[int], seed: int, **setting: Any) -> dict[str, Any]:
        calls.append(setting)
        if len(calls) == 2:
            at_second(lab)
        return {setting["learner"]: [0.5] * len(ns)}

    lab = Lab(replace(LAB, measure=measure, ticked=tuple(LAB.runs)))
    lab.calls = calls
    return lab


def click_run(at_second: Callable[[Lab], object], clicks: int = 1) -> Lab:
    """A lab after clicks on Run where a loop runs, as in a kernel."""

    async def session() -> Lab:
        lab = bench(at_second)
        for _ in range(clicks):
            press(lab.run_button)
        while lab.run_button.disabled:
            await asyncio.sleep(0.01)
        return lab

    return asyncio.run(session())


def test_two_quick_clicks_measure_once() -> None:
    lab = click_run(lambda lab: press(lab.run_button), clicks=2)
    assert len(lab.calls) == ALL
    assert "Measured (" in lab.message.value


@pytest.mark.parametrize(
    ("at_second", "kept", "said"),
    [(click_stop, 2, ">Stopped ("), (interrupt, 1, "stopped: KeyboardInterrupt (")],
)
def test_what_ends_a_run_early_keeps_its_rows(at_second, kept, said) -> None:
    before = signal.getsignal(signal.SIGINT)
    lab = click_run(at_second)
    assert signal.getsignal(signal.SIGINT) is before
    assert len(lab.result) == kept * len(lab.sizes())
    assert said in lab.message.value
    assert f"{kept} of {ALL} runs" in lab.message.value
    assert f"Measured here, {kept} of {ALL} runs" in lab.caption.value
    assert lab.stop_button.disabled


@pytest.mark.parametrize(
    ("at_second", "error"), [(interrupt, KeyboardInterrupt), (fail, ZeroDivisionError)]
)
def test_from_python_it_is_raised_and_the_rows_stay(at_second, error) -> None:
    lab = bench(at_second)
    with pytest.raises(error):
        lab.run()
    assert len(lab.result) == len(lab.sizes())
    assert not lab.run_button.disabled


def test_a_second_run_from_python_is_refused_while_one_is_under_way() -> None:
    with pytest.raises(RuntimeError, match="press Stop"):
        bench(lambda lab: lab.run()).run()


def test_the_caption_tells_the_setting_and_that_it_was_left() -> None:
    lab = bench(lambda lab: setattr(lab.knobs["d"], "value", 100))
    assert "table: d = 20" in lab.caption.value
    lab.run()
    assert {call["d"] for call in lab.calls} == {20}, "as it was when Run was pressed"
    assert f"Measured here, {ALL} of {ALL} runs: d = 20" in lab.caption.value
    assert MOVED in lab.caption.value
    lab.knobs["d"].value = 20
    assert MOVED not in lab.caption.value


def test_a_lost_kernel_is_told_by_the_browser_itself() -> None:
    lab = bench()
    assert "replearn-lab" in lab._dom_classes
    assert ".replearn-lab.jupyter-widgets-disconnected" in lab.children[-1].value
