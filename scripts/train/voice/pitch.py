"""Fundamental frequency by normalised autocorrelation and the best path through its peaks (after Boersma 1993)."""

import numpy

from mels import HOP, SAMPLE_RATE

LOWEST_HZ, HIGHEST_HZ = 60.0, 400.0
_LENGTH = 1024
_CANDIDATES = 6


def pitch_of(audio, lowest_hz=LOWEST_HZ, highest_hz=HIGHEST_HZ):
    """Hz per mel frame (float32), 0 where unvoiced."""
    frames = len(audio) // HOP
    padded = numpy.pad(audio.astype(numpy.float64), (_LENGTH, _LENGTH))
    starts = _LENGTH + HOP // 2 - _LENGTH // 2 + numpy.arange(frames) * HOP
    windowed = padded[starts[:, None] + numpy.arange(_LENGTH)]
    windowed = windowed - windowed.mean(1, keepdims=True)
    hann = numpy.hanning(_LENGTH)
    correlation = _autocorrelation(windowed * hann)
    shape = _autocorrelation(hann[None])[0]
    energy = correlation[:, :1].copy()
    correlation = correlation / (energy + 1e-9) / (shape / shape[0] + 1e-3)
    shortest, longest = int(SAMPLE_RATE / highest_hz), int(SAMPLE_RATE / lowest_hz) + 1
    band = correlation[:, shortest:longest]
    peak = (band[:, 1:-1] >= band[:, :-2]) & (band[:, 1:-1] > band[:, 2:])
    strength = numpy.where(peak, band[:, 1:-1] - numpy.arange(band.shape[1] - 2) * 4e-4, -1.0)
    order = numpy.argsort(-strength, axis=1)[:, :_CANDIDATES]
    lags = order + 1 + shortest
    rows = numpy.arange(frames)[:, None]
    left, middle, right = correlation[rows, lags - 1], correlation[rows, lags], correlation[rows, lags + 1]
    shift = numpy.clip((left - right) / (2 * (left - 2 * middle + right) - 1e-9), -1, 1)
    hertz = SAMPLE_RATE / (lags + shift)
    scores = numpy.take_along_axis(strength, order, 1)
    loud = numpy.log10(energy[:, 0] / _LENGTH + 1e-12)
    silent = loud < max(loud.max() - 4.5, -8)
    return _best_path(hertz, scores, silent)


def _autocorrelation(frames):
    spectrum = numpy.abs(numpy.fft.rfft(frames, 2 * _LENGTH)) ** 2
    return numpy.fft.irfft(spectrum)[:, :_LENGTH]


def _best_path(hertz, scores, silent):
    frames = len(hertz)
    unvoiced = numpy.where(silent, 3.0, 0.5)[:, None]
    value = numpy.concatenate([unvoiced, numpy.where(scores > 0, scores, -2.0)], 1)
    octaves = numpy.log2(hertz)
    total = value[0]
    back = numpy.zeros((frames, value.shape[1]), dtype=int)
    for frame in range(1, frames):
        move = numpy.full((value.shape[1], value.shape[1]), 0.12)
        move[0, 0] = 0
        move[1:, 1:] = 0.9 * numpy.abs(octaves[frame - 1][:, None] - octaves[frame][None])
        options = total[:, None] - move
        back[frame] = options.argmax(0)
        total = options.max(0) + value[frame]
    state = int(total.argmax())
    found = numpy.zeros(frames, dtype=numpy.float32)
    for frame in range(frames - 1, -1, -1):
        found[frame] = hertz[frame, state - 1] if state else 0
        state = back[frame, state]
    return found
