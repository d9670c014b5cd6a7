"""Writes src/audio/testing/world.json: a short voice, and what pyworld (the authors' C++ code) makes of it.

Usage: python world_fixture.py ../../../src/audio/testing/world.json
"""

import base64
import json
import sys

import numpy as np
import pyworld
from scipy.signal import lfilter

RATE = 16000
SECONDS = 0.6


def voice():
    """Pulses of gliding pitch through four resonances, a little breath, a hiss at the end."""
    random = np.random.default_rng(5)
    time = np.arange(int(SECONDS * RATE)) / RATE
    pitch = 120 * 2 ** (time / SECONDS)
    phase = np.cumsum(pitch / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    pulses = lfilter([1], [1, -0.95], pulses) + 0.02 * random.standard_normal(len(time))
    pulses[time > 0.5] = 0.1 * random.standard_normal((time > 0.5).sum())
    for hertz, width in ((600, 80), (1300, 100), (2500, 140), (3500, 200)):
        radius = np.exp(-np.pi * width / RATE)
        pulses = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * hertz / RATE), radius**2], pulses)
    pulses -= pulses.mean()
    return np.round(pulses / np.abs(pulses).max() * 0.7 * 32767).astype("<i2")


def main(path):
    samples = voice()
    sound = samples.astype(np.float64) / 32768
    pitch, times = pyworld.harvest(sound, RATE, f0_floor=71.0, f0_ceil=500.0, frame_period=5.0)
    envelope = pyworld.cheaptrick(sound, pitch, times, RATE)
    aperiodicity = pyworld.d4c(sound, pitch, times, RATE)
    again = pyworld.synthesize(pitch, envelope, aperiodicity, RATE, 5.0)
    frames = list(range(12, len(pitch) - 10, 9))
    # The spectrum of the resynthesis where it is periodic: levels of bands of 250 Hz.
    power = np.abs(np.fft.rfft(again[int(0.1 * RATE) : int(0.4 * RATE)] * np.hanning(int(0.3 * RATE)))) ** 2
    bands = np.array_split(power[: len(power) // 2], 16)
    json.dump(
        {
            "reference": f"pyworld {pyworld.__version__}",
            "rate": RATE,
            "samples": base64.b64encode(samples.tobytes()).decode(),
            "pitch": [round(float(value), 3) for value in pitch],
            "frames": [
                {
                    "frame": frame,
                    "envelope_db": [round(float(10 * np.log10(value)), 2) for value in envelope[frame][::4]],
                    "aperiodicity_db": [
                        round(float(20 * np.log10(value)), 2) for value in aperiodicity[frame][::32]
                    ],
                }
                for frame in frames
            ],
            "resynthesis_db": [round(float(10 * np.log10(band.mean())), 2) for band in bands],
        },
        open(path, "w"),
    )


main(sys.argv[1])
