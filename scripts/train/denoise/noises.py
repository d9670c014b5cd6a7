"""Synthetic noise classes at 48 kHz, to widen what the recordings of real noise cover.

Every function takes a length in samples and a numpy Generator and returns float64 samples of any level.
"""

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

SAMPLE_RATE_HZ = 48000


def unit(samples):
    return samples / (np.std(samples) + 1e-9)


def coloured(count, exponent, rng):
    """Noise whose power falls with frequency ** exponent (0 white, 1 pink, 2 brown)."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    bins = np.arange(len(spectrum)) + 1.0
    spectrum *= bins ** (-exponent / 2)
    spectrum[: max(1, int(20 * count / SAMPLE_RATE_HZ))] = 0
    return np.fft.irfft(spectrum, count)


def slow_curve(count, seconds_per_point, low, high, rng):
    step = int(SAMPLE_RATE_HZ * seconds_per_point)
    points = count // step + 2
    return np.interp(np.arange(count), np.arange(points) * step, rng.uniform(low, high, points))


def broadband(count, rng):
    return coloured(count, rng.uniform(0, 2.5), rng)


def gusty(count, rng):
    """Wind, surf: low-heavy noise whose level wanders over tens of decibels."""
    noise = unit(coloured(count, rng.uniform(1.2, 2.8), rng))
    return noise * 10 ** (slow_curve(count, rng.uniform(0.15, 1.2), -22, 0, rng) / 20)


def hum(count, rng):
    time = np.arange(count) / SAMPLE_RATE_HZ
    base = rng.choice([50, 60, 100, 120, rng.uniform(40, 500)])
    tones = np.zeros(count)
    falloff = rng.uniform(0.3, 1.6)
    for harmonic in range(1, rng.integers(4, 40)):
        if base * harmonic > 20000:
            break
        phase = 2 * np.pi * base * harmonic * time + rng.uniform(0, 6.28)
        tones += rng.uniform(0.1, 1) / harmonic**falloff * np.sin(phase)
    return unit(tones) + unit(broadband(count, rng)) * rng.uniform(0.05, 0.8)


def fan(count, rng):
    time = np.arange(count) / SAMPLE_RATE_HZ
    air = unit(coloured(count, rng.uniform(0.5, 2), rng))
    air = air * (1 + rng.uniform(0.05, 0.8) * np.sin(2 * np.pi * rng.uniform(2, 40) * time))
    return air + rng.uniform(0, 0.5) * hum(count, rng)


def engine(count, rng):
    time = np.arange(count) / SAMPLE_RATE_HZ
    rate = rng.uniform(15, 120) * (1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.03, 0.4) * time + rng.uniform(0, 6)))
    pulses = np.exp(rng.uniform(2, 9) * (np.cos(2 * np.pi * np.cumsum(rate) / SAMPLE_RATE_HZ) - 1))
    noisy = lfilter([1], [1, -rng.uniform(0.2, 0.95)], pulses * rng.standard_normal(count))
    return unit(noisy) + rng.uniform(0, 1) * unit(pulses - pulses.mean()) + 0.3 * unit(coloured(count, 1.5, rng))


def clatter(count, rng):
    """Keys, dishes, doors, footsteps: short decays, some with a ring, over a faint bed."""
    out = np.zeros(count)
    rate = np.exp(rng.uniform(np.log(0.8), np.log(14)))
    for _ in range(max(2, int(rate * count / SAMPLE_RATE_HZ))):
        at = rng.integers(0, count - 1)
        length = min(count - at, int(rng.uniform(0.005, 0.25) * SAMPLE_RATE_HZ))
        decay = np.exp(-np.arange(length) / (length / 6))
        hit = lfilter([1], [1, -rng.uniform(-0.3, 0.97)], rng.standard_normal(length)) * decay
        if rng.random() < 0.5:
            ring = np.sin(2 * np.pi * np.exp(rng.uniform(np.log(120), np.log(9000))) * np.arange(length) / SAMPLE_RATE_HZ)
            hit = 0.4 * unit(hit) + decay * ring
        out[at : at + length] += unit(hit) * rng.uniform(0.1, 1)
    return out + unit(coloured(count, rng.uniform(0.5, 2), rng)) * np.std(out) * 10 ** rng.uniform(-2, -0.3)


def banded(count, rng):
    low = np.exp(rng.uniform(np.log(60), np.log(8000)))
    high = min(23000, low * rng.uniform(1.3, 6))
    noise = sosfilt(butter(2, [low, high], "band", fs=SAMPLE_RATE_HZ, output="sos"), rng.standard_normal(count))
    return unit(noise) * slow_curve(count, rng.uniform(0.1, 1), rng.uniform(0.05, 1), 1, rng)


def beeps(count, rng):
    time = np.arange(count) / SAMPLE_RATE_HZ
    glide = rng.uniform(0, 1) if rng.random() < 0.5 else 0.0
    pitch = rng.uniform(300, 5000) * 2 ** (glide * np.sin(2 * np.pi * rng.uniform(0.2, 4) * time))
    tone = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ)
    if rng.random() < 0.7:
        tone = tone * (np.sin(2 * np.pi * rng.uniform(0.4, 6) * time) > rng.uniform(-0.2, 0.8))
    return tone + 0.05 * rng.standard_normal(count)


def rain(count, rng):
    bed = unit(coloured(count, rng.uniform(0, 0.8), rng))
    drops = np.zeros(count)
    drops[rng.integers(0, count, int(rng.uniform(20, 600) * count / SAMPLE_RATE_HZ))] = 1
    drops *= rng.exponential(1, count)
    span = np.arange(400)
    ring = np.exp(-span / rng.uniform(20, 90)) * np.sin(2 * np.pi * rng.uniform(1200, 8000) * span / SAMPLE_RATE_HZ)
    return bed + rng.uniform(0.2, 1.5) * unit(fftconvolve(drops, ring)[:count])


def rails(count, rng):
    """A train or tram: rumble, squeal, pairs of knocks."""
    rumble = unit(coloured(count, rng.uniform(1.3, 2.4), rng)) * slow_curve(count, 0.7, 0.4, 1, rng)
    knocks = np.zeros(count)
    period = int(rng.uniform(0.4, 1.6) * SAMPLE_RATE_HZ)
    for at in range(int(rng.integers(0, period)), count - 8000, period):
        for offset in (0, int(0.18 * period)):
            length = min(4000, count - at - offset)
            if length > 0:
                knocks[at + offset : at + offset + length] += np.exp(-np.arange(length) / 700) * rng.standard_normal(length)
    return rumble + rng.uniform(0.1, 1) * unit(lfilter([1], [1, -0.9], knocks)) + rng.uniform(0, 0.15) * unit(banded(count, rng))


KINDS = {
    "broadband": broadband,
    "gusty": gusty,
    "hum": hum,
    "fan": fan,
    "engine": engine,
    "clatter": clatter,
    "banded": banded,
    "beeps": beeps,
    "rain": rain,
    "rails": rails,
}
