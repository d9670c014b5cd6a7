"""What microphones, rooms and lines do to mel powers: random curves over the bands, and the sum of two sounds."""

import numpy as np

from front_end import RATE, WINDOW, band_centres


def smooth_curve(bands, rng, decibels):
    """A random equaliser: [bands] factors of power, a few points on a logarithmic frequency axis."""
    knots = np.linspace(np.log(60), np.log(8000), 6)
    return 10 ** (np.interp(np.log(band_centres(bands)), knots, rng.uniform(-decibels, decibels, 6)) / 10)


def band_limit(bands, rng):
    """For a third: the band of a telephone, or of a recording at a low rate."""
    kind, frequency = rng.random(), band_centres(bands)
    if kind < 0.66:
        return np.ones(bands)
    high = rng.uniform(3300, 4000) if kind < 0.86 else rng.uniform(4000, 7500)
    low = rng.uniform(150, 350) if kind < 0.86 else 0
    loss = np.clip((frequency - high) / 300, 0, 1) + np.clip((low - frequency) / 150, 0, 1)
    return 10 ** (-5 * np.clip(loss, 0, 1))


def mixed(one, other, rng):
    """Powers [frames, bands] of the sum of two sounds whose phases have nothing to do with each other: the product term
    varies the less, the more bins a band averages.
    """
    centres = band_centres(one.shape[-1])
    bins = np.maximum(1, np.gradient(centres) * WINDOW / RATE)
    swing = rng.standard_normal(one.shape, np.float32) * (2 / np.sqrt(2 * bins)).astype(np.float32)
    return np.maximum(one + other + np.sqrt(one * other) * swing, 0)
