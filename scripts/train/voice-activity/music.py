"""Music that nobody sings to, at 16 kHz: notes of recorded instruments and of simple synthesizers, set at random."""

import numpy as np
from scipy.signal import fftconvolve

SAMPLE_RATE_HZ = 16000
SCALES = [(0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10), (0, 2, 4, 7, 9)]


def tone(frequency, seconds, rng):
    """One note of a voice with a random spectrum, vibrato and envelope: strings, brass, reeds, organs, plucked things."""
    count = int(seconds * SAMPLE_RATE_HZ)
    time = np.arange(count) / SAMPLE_RATE_HZ
    vibrato = rng.choice([0, 0, rng.uniform(0.002, 0.012)]) * np.sin(2 * np.pi * rng.uniform(4, 7) * time)
    phase = 2 * np.pi * frequency * np.cumsum(1 + vibrato) / SAMPLE_RATE_HZ
    falloff, only_odd = rng.uniform(0.4, 2.2), rng.random() < 0.2
    out = np.zeros(count)
    for harmonic in range(1, int(min(24, 7600 / frequency)) + 1):
        if only_odd and harmonic % 2 == 0:
            continue
        out += rng.uniform(0.3, 1) / harmonic**falloff * np.sin(harmonic * phase + rng.uniform(0, 6.28))
    attack = max(1, int(rng.choice([0.005, 0.02, 0.1]) * SAMPLE_RATE_HZ))
    envelope = np.minimum(1, np.arange(count) / attack)
    if rng.random() < 0.5:
        envelope = envelope * np.exp(-time * rng.uniform(1, 8))
    release = min(count, int(0.03 * SAMPLE_RATE_HZ))
    envelope[-release:] *= np.linspace(1, 0, release)
    return out * envelope


def shifted(samples, factor):
    """Plays a recording at another speed, and so at another pitch."""
    positions = np.arange(0, len(samples) - 1, factor)
    return np.interp(positions, np.arange(len(samples)), samples)


def add(track, samples, start):
    end = min(len(track), start + len(samples))
    if start < end:
        track[start:end] += samples[: end - start]


def melody(count, notes, beat, rng):
    """A random walk on a scale, in single notes or chords."""
    track, scale = np.zeros(count), SCALES[rng.integers(len(SCALES))]
    base, degree = rng.uniform(55, 330), 0
    recorded = notes[rng.integers(len(notes))] if rng.random() < 0.5 else None
    chords, at = rng.random() < 0.35, 0
    while at < count:
        length = beat * rng.choice([0.5, 1, 1, 2, 4])
        degree = int(np.clip(degree + rng.integers(-3, 4), -7, 14))
        for offset in (0, 2, 4) if chords else (0,):
            octave, step = divmod(degree + offset, len(scale))
            pitch = 2 ** (octave + scale[step] / 12)
            if recorded is None:
                sound = tone(base * pitch, length / SAMPLE_RATE_HZ * rng.uniform(0.7, 1.3), rng)
            else:
                sound = shifted(recorded, pitch)
            add(track, sound * rng.uniform(0.5, 1), at)
        at += int(length * (2 if rng.random() < 0.15 else 1))
    return track


def rhythm(count, drums, beat, rng):
    track = np.zeros(count)
    for _ in range(rng.integers(2, 5)):
        drum, pattern = drums[rng.integers(len(drums))], rng.random(8) < rng.uniform(0.2, 0.7)
        for index, start in enumerate(range(0, count, max(1, int(beat / 2)))):
            if pattern[index % 8]:
                add(track, drum * rng.uniform(0.5, 1), start)
    return track


def piece(seconds, notes, drums, rooms, rng):
    count = int(seconds * SAMPLE_RATE_HZ)
    beat = int(60 / rng.uniform(60, 180) * SAMPLE_RATE_HZ)
    parts = [melody(count, notes, beat, rng) for _ in range(rng.integers(1, 4))]
    if rng.random() < 0.5:
        parts.append(rhythm(count, drums, beat, rng))
    if rng.random() < 0.1:
        parts = parts[-1:]
    mix = sum(part / (part.std() + 1e-6) * rng.uniform(0.3, 1) for part in parts)
    if rng.random() < 0.6:
        mix = fftconvolve(mix, rooms[rng.integers(len(rooms))])[:count]
    return mix
