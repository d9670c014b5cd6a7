"""Which frames of a clean recording are speech, told by their energy."""

import numpy as np

HOP = 256


def grown(flags, by):
    return np.convolve(flags, np.ones(2 * by + 1), "same") > 0.5


def speech_frames(samples):
    """One flag every 256 samples at 16 kHz. Works on clean speech only: the bench has the same rule in TypeScript.

    A frame is speech where its pre-emphasised energy is above a level between the recording's floor and its peak;
    gaps up to 8 frames (0.13 s) are closed, then sounds below 4 frames (0.06 s) dropped.
    """
    count = len(samples) // HOP
    emphasised = np.diff(samples[: count * HOP].astype(np.float64), prepend=0.0) + 0.05 * samples[: count * HOP]
    power = (emphasised.reshape(count, HOP) ** 2).mean(axis=1)
    level = 10 * np.log10(np.convolve(power, [0.25, 0.5, 0.25], "same") + 1e-10)
    floor, peak = np.percentile(level, 3), np.percentile(level, 97)
    threshold = max(peak - 36, floor + 0.3 * (peak - floor))
    speech = level > threshold
    speech = ~grown(~grown(speech, 4), 4)
    return grown(~grown(~speech, 2), 2) & speech
