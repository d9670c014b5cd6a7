"""The band-mask network: a gain for every band and frame, from the bands' power.

Analysis: 48 kHz, 1536-sample square-root Hann window (32 ms), hop 768. The 769 bins are gathered into bands: one a bin
below 4 kHz, where the harmonics of a voice must be told apart, then triangles a third of an ERB wide. The engine
(src/capabilities/noise-removal/engines/band-mask.ts) does the same arithmetic; the graph sees band powers only.
"""

import numpy as np
import torch
from torch import nn

SAMPLE_RATE_HZ = 48000
WINDOW = 1536
HOP = 768
BINS = WINDOW // 2 + 1
FINE_BINS = 128
ERB_STEP = 1 / 3
LOOKAHEAD_FRAMES = 3
POWER_FLOOR = 1e-9


def band_centres():
    """Bin numbers (fractional above FINE_BINS) at which the bands peak; the last one is the Nyquist bin."""
    erb = lambda bins: 21.4 * np.log10(1 + 0.00437 * bins * SAMPLE_RATE_HZ / WINDOW)
    inverse = lambda number: (10 ** (number / 21.4) - 1) / 0.00437 * WINDOW / SAMPLE_RATE_HZ
    low, high = erb(FINE_BINS), erb(BINS - 1)
    count = int(round((high - low) / ERB_STEP))
    coarse = inverse(np.linspace(low, high, count + 1))
    return np.concatenate([np.arange(FINE_BINS), np.round(coarse)])


def band_matrix():
    """[BINS, bands] triangles that sum to one at every bin: gains are spread over the bins by it as it stands, powers
    are averaged by it with its columns divided by their sums."""
    centres = band_centres()
    bins = np.arange(BINS)
    columns = [np.interp(bins, centres, row) for row in np.eye(len(centres))]
    return np.stack(columns, axis=1).astype(np.float32)


class BandMask(nn.Module):
    """Input [T, B, bands] of band power (1 = a full-scale sine's order of magnitude), states [layers, B, hidden];
    output gains [T, B, bands] in 0…1, where step t belongs to frame t − LOOKAHEAD_FRAMES."""

    def __init__(self, bands, hidden=256, layers=2):
        super().__init__()
        self.inlet = nn.Linear(bands, hidden)
        self.recurrent = nn.GRU(hidden, hidden, layers)
        self.outlet = nn.Linear(2 * hidden, bands)

    def initial_state(self, batch):
        return torch.zeros(self.recurrent.num_layers, batch, self.recurrent.hidden_size)

    def forward(self, power, state):
        level = torch.log10(power + POWER_FLOOR) * 0.4 + 2.0
        inlet = torch.tanh(self.inlet(level))
        hidden, state = self.recurrent(inlet, state)
        return torch.sigmoid(self.outlet(torch.cat([hidden, inlet], dim=-1))), state


class Analysis:
    """STFT and band arithmetic of the training side, scaled so that a full-scale sine has a power near one."""

    def __init__(self):
        self.window = torch.sqrt(torch.hann_window(WINDOW))
        self.scale = 2 / WINDOW
        matrix = torch.from_numpy(band_matrix())
        self.spread = matrix.t().contiguous()
        self.gather = matrix / matrix.sum(0, keepdim=True)
        self.bands = matrix.shape[1]

    def spectrum(self, samples):
        """[B, samples] → complex [B, T, BINS]."""
        frames = torch.stft(samples, WINDOW, HOP, window=self.window, center=False, return_complex=True)
        return frames.transpose(1, 2) * self.scale

    def band_power(self, spectrum):
        """complex [B, T, BINS] → [T, B, bands]."""
        return (spectrum.abs().square() @ self.gather).transpose(0, 1)

    def bin_gains(self, gains, bins):
        """[T, B, bands] → [B, T, bins asked for]."""
        return gains.transpose(0, 1) @ self.spread[:, bins]
