"""What microphones, rooms and lines do to a spectrum: random curves of 257 amplitudes."""

import numpy as np

from front_end import BINS, RATE, WINDOW


def smooth_curve(rng, decibels):
    """A random equaliser: [BINS] amplitudes, a few points on a logarithmic frequency axis."""
    knots = np.linspace(np.log(60), np.log(8000), 6)
    frequency = np.log(np.maximum(np.arange(BINS) * RATE / WINDOW, 60))
    return 10 ** (np.interp(frequency, knots, rng.uniform(-decibels, decibels, 6)) / 20)


def band_limit(rng):
    """For a third: the band of a telephone, or of a recording at a low rate."""
    kind, frequency = rng.random(), np.arange(BINS) * RATE / WINDOW
    if kind < 0.66:
        return np.ones(BINS)
    high = rng.uniform(3300, 4000) if kind < 0.86 else rng.uniform(4000, 7500)
    low = rng.uniform(150, 350) if kind < 0.86 else 0
    loss = np.clip((frequency - high) / 300, 0, 1) + np.clip((low - frequency) / 150, 0, 1)
    return 10 ** (-2.5 * np.clip(loss, 0, 1))
