"""What the decoder hears of a sound: pitch and loudness, 250 times a second. The product computes the same."""
import numpy

RATE = 24_000
HOP = 96
WINDOW = 1024
HARMONICS = 60
NOISE_BANDS = 65
FLOOR_DB = -80.0


def a_weighting(frequencies):
    """IEC 61672-1, as an amplitude; 1 at 1 kHz."""
    square = numpy.asarray(frequencies, dtype=numpy.float64) ** 2
    return (
        1.2588966
        * 12194**2
        * square**2
        / ((square + 20.6**2) * numpy.sqrt((square + 107.7**2) * (square + 737.9**2)) * (square + 12194**2))
    )


def windows(samples):
    """[frames, WINDOW], frame n in the middle of sample n * HOP."""
    padded = numpy.pad(samples, (WINDOW // 2, WINDOW))
    count = -(-len(samples) // HOP)
    index = numpy.arange(count)[:, None] * HOP + numpy.arange(WINDOW)
    return padded[index]


def loudness_db(samples):
    """A-weighted level of every frame in dB, not below FLOOR_DB. A sine of 1 kHz with peak 1 has −3 dB."""
    window = numpy.hanning(WINDOW + 1)[:-1]
    spectrum = numpy.fft.rfft(windows(samples) * window, axis=1)
    weights = a_weighting(numpy.fft.rfftfreq(WINDOW, 1 / RATE))
    power = (numpy.abs(spectrum) ** 2 * weights**2).sum(axis=1) * 2 / (WINDOW * (window**2).sum())
    return numpy.maximum(10 * numpy.log10(power + 1e-12), FLOOR_DB).astype(numpy.float32)


def refine_pitch(samples, near_hz):
    """The pitch of every frame within a semitone of what was played: the peak of the normalised autocorrelation."""
    window = windows(samples) * numpy.hanning(WINDOW + 1)[:-1]
    power = numpy.abs(numpy.fft.rfft(window, 4 * WINDOW, axis=1)) ** 2
    correlation = numpy.fft.irfft(power, axis=1)[:, : WINDOW]
    own = numpy.fft.irfft(numpy.abs(numpy.fft.rfft(numpy.hanning(WINDOW + 1)[:-1], 4 * WINDOW)) ** 2)[:WINDOW]
    correlation = correlation / own.clip(1e-6)
    out = near_hz.astype(numpy.float64).copy()
    for n in range(len(out)):
        # Several periods are told more exactly than one; with more than eight a neighbour's peak comes in sight.
        periods = min(8, max(1, int(0.45 * WINDOW * near_hz[n] / RATE)))
        lags = numpy.arange(
            int(RATE * periods / near_hz[n] / 1.04), int(RATE * periods / near_hz[n] * 1.04) + 2
        )
        lags = lags[(lags > 1) & (lags < WINDOW - 1)]
        if len(lags) == 0:
            continue
        at = lags[correlation[n, lags].argmax()]
        before, here, after = correlation[n, at - 1 : at + 2]
        curve = before - 2 * here + after
        shift = 0.5 * (before - after) / curve if curve < 0 else 0.0
        out[n] = RATE * periods / (at + numpy.clip(shift, -0.5, 0.5))
    return numpy.clip(out, near_hz / 1.05, near_hz * 1.05).astype(numpy.float32)
