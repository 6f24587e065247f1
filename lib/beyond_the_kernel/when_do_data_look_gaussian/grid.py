"""When do data look Gaussian: cumulants of projections, as the inputs grow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from replearn.experiments import projections
from replearn.experiments.curves import Interval, mean_interval, select
from replearn.experiments.projections import measure_cumulants
from replearn.experiments.sweep import Measured, Sweep, grid
from replearn.experiments.tables import read_table
from replearn.targets.generators import Generator, matched_gaussian, random_generator
from replearn.targets.trained import digit_images, trained_generator
from replearn.theory import predict_kurtosis

ACTIVATIONS, LAYERS = ("sign", "erf", "relu"), (1, 3)
SIZES = (16, 32, 64, 128, 256)  # N
LATENT = {"2N": 2.0, "½N": 0.5, "⅛N": 0.125}  # D over N, where D grows with N
FIXED = 4  # and where it does not
DIRECTIONS, SAMPLES = 64, 40_000
DATA = {
    "twin": "Gaussian twin",
    "sign": "sign layer",
    "relu": "ReLU layer",
    "flow": "trained flow",
    "vae": "trained decoder",
    "digits": "real digits",
}


def latent_numbers(latent: str, n: int) -> int:
    """D of a setting."""
    return round(LATENT[latent] * n) if latent in LATENT else int(latent)


def generator(
    activation: str, layers: int, latent: str, n: int, seed: int
) -> Generator:
    """A random generator of the sweep; all its layers have N units."""
    widths = [latent_numbers(latent, n), *[n] * layers]
    return random_generator(widths, activation, seed)


def by_size(activation: str, layers: int, latent: str, seed: int) -> Measured:
    """The cumulants at every N."""
    found: dict[str, list[Any]] = {"n": []}
    for n in SIZES:
        made = generator(activation, layers, latent, n, seed)
        measure = partial(measure_cumulants, made, samples=SAMPLES, seed=seed)
        for name, values in projections.measure_kinds(
            measure, n, DIRECTIONS, seed
        ).items():
            found.setdefault(name, []).extend(values)
        found["n"] += [n] * len(projections.KINDS)
    return found


PROJECTIONS = Sweep(
    "projections",
    by_size,
    grid(activation=ACTIVATIONS, layers=LAYERS, latent=(str(FIXED), *LATENT)),
    "Root mean square skewness and excess kurtosis of w.x, n = N inputs of a random "
    "generator: 64 directions each, medians of single inputs; 40 000 samples.",
    value="kurtosis",
    keys=("activation", "layers", "latent", "kind", "n", "seed"),
    cheap=lambda activation, layers, latent: (activation, latent) == ("sign", "4"),
)


def inputs_of(data: str, seed: int) -> Generator | Tensor:
    """A generator of 64 inputs, or all real digits but for constant pixels."""
    if data == "digits":
        images = digit_images()
        return images[:, images.std(0) > 0]
    if data in ("flow", "vae"):
        return trained_generator(f"digits-{data}")
    if data == "twin":
        return matched_gaussian(trained_generator("digits-flow").moments())
    return generator(data, 1, "½N", 64, seed)


def trained(data: str, seed: int) -> Measured:
    """The cumulants of 64 inputs, and what the formula says of them."""
    found = inputs_of(data, seed)
    if isinstance(found, Generator):
        x = found.sample(SAMPLES, seed, "test inputs", part=9)[1]
        measure = partial(measure_cumulants, found, samples=SAMPLES, seed=seed)
    else:
        x, measure = found, partial(projections.population_cumulants, found)
    formula, spread = projections.measure_balance(x)
    rows = projections.measure_kinds(measure, x.shape[1], 300, seed)
    told = {"formula": formula, "participation": spread}
    return {**rows, **{name: [value] * 3 for name, value in told.items()}}


TRAINED_PROJECTIONS = Sweep(
    "trained-projections",
    trained,
    grid(data=tuple(DATA)),
    "N = 64: size of skewness and excess kurtosis of w.x for trained and for random "
    "generators, for the 1797 digits, and for the flow's Gaussian twin.",
    value="kurtosis",
    keys=("data", "kind", "seed"),
    cheap=lambda data: data == "digits",
)


def at_size(kind: str, n: int, value: str = "kurtosis", **setting: Any) -> np.ndarray:
    """A measured value at one N, one for each seed; by default one layer, D = N/2."""
    setting = {"layers": 1, "latent": "½N", **setting}
    rows = select(read_table("projections"), kind=kind, n=n, **setting)
    return rows.sort_values("seed")[value].to_numpy(float)


def slope(
    kind: str, value: str = "kurtosis", smallest: int = 16, **setting: Any
) -> Interval:
    """Exponent of N, one for each seed."""
    sizes = [n for n in SIZES if n >= smallest]
    sizes_found = np.stack([at_size(kind, n, value, **setting) for n in sizes])
    return mean_interval(np.polyfit(np.log(sizes), np.log(sizes_found), 1)[0])


def one_layer() -> Interval:
    """The slowest fall of the kurtosis along generic directions, one layer."""
    return max(slope("generic", activation=a) for a in ACTIVATIONS)


def three_layers() -> Interval:
    """The same for three layers, from N = 64."""
    return max(
        slope("generic", smallest=64, activation=a, layers=3) for a in ACTIVATIONS
    )


def farthest(ratios: Sequence[Any]) -> Interval:
    """Of ratios, one for each seed, the interval that lies farthest from one."""
    intervals = [mean_interval(np.asarray(ratio, float)) for ratio in ratios]
    return max(intervals, key=lambda interval: abs(interval[0] - 1))


def over_formula() -> Interval:
    """The ratio of means over the formula, N = 256, of all activations."""
    of = {a: at_size("generic", 256, "fourth", activation=a) for a in ACTIVATIONS}
    return farthest([v / predict_kurtosis(a, 256, 128) for a, v in of.items()])


def generic_skewness() -> Interval:
    """Exponent of the skewness of ReLU inputs along generic directions."""
    return slope("generic", "skewness", activation="relu")


def aligned_skewness() -> Interval:
    """The same along the direction of equal weights."""
    return slope("aligned", "skewness", activation="relu")


def single_skewness() -> Interval:
    """Skewness of single ReLU inputs at N = 256 over that at N = 16."""
    few, many = (at_size("single", n, "skewness", activation="relu") for n in (16, 256))
    return mean_interval(many / few)


def fixed_latent() -> Interval:
    """Exponent of the kurtosis with D = 4, sign, from N = 64."""
    return slope("generic", smallest=64, activation="sign", latent=str(FIXED))


def of_data(data: str, kind: str = "generic") -> pd.DataFrame:
    """The rows of one data set."""
    return select(read_table("trained-projections"), data=data, kind=kind)


def data_means() -> pd.DataFrame:
    """Means over seeds along generic directions, and of a single input's kurtosis."""
    means = [of_data(data).mean(numeric_only=True) for data in DATA]
    single = [of_data(data, "single")["kurtosis"].mean() for data in DATA]
    return pd.DataFrame(means, [*DATA.values()]).assign(single=single)


def trained_over_formula() -> Interval:
    """The ratio of means over the formula, of flow, decoder and digits."""
    rows = [of_data(data) for data in ("flow", "vae", "digits")]
    return farthest([r["fourth"] / r["formula"] for r in rows])


def flow_kurtosis() -> Interval:
    """Size of the flow's excess kurtosis along generic directions."""
    return mean_interval(of_data("flow")["kurtosis"].to_numpy(float))
