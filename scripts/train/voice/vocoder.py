"""Harmonic-plus-noise vocoder: pitch and two filters are read from the mel, a pulse train and noise go through them.

After NHV (Liu et al. 2020, "Neural homomorphic vocoder") and DDSP (Engel et al. 2020): the pulse train is a sum of all harmonics
below 8 kHz, filtered in the short-time spectrum by magnitudes per band and a fixed phase per band. No sample-rate recurrence,
so it is quick, and exact in windows: nothing reaches further than `CONTEXT` frames except the phase, which has its own ports.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from acoustic import Convolution
from mels import HOP, MELS, SAMPLE_RATE

CHANNELS, BANDS, WINDOW = 128, 80, 512
TOP_HZ = 8000.0
PITCH_BINS, LOWEST_HZ, OCTAVES = 128, 55.0, 2.95
CONTEXT = 28
# Standard deviation of `z` that the network is trained for: what the product gives by default
SIGMA = 0.7


def _spread(rows):
    """[rows, BANDS]: bands, closer together at low frequencies, to the bins of the window by straight lines."""
    hertz = torch.linspace(0, SAMPLE_RATE / 2, rows).clamp(max=TOP_HZ)
    place = torch.log1p(hertz / 700) / math.log1p(TOP_HZ / 700) * (BANDS - 1)
    return torch.clamp(1 - (place[:, None] - torch.arange(BANDS)[None]).abs(), min=0)


class Vocoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Conv1d(MELS, CHANNELS, 3, padding=1)
        self.trunk = nn.Sequential(*[Convolution(CHANNELS, 5, dilation) for dilation in (1, 2, 3)])
        self.pitch = nn.Sequential(Convolution(CHANNELS, 3), nn.Conv1d(CHANNELS, PITCH_BINS, 1))
        self.pitch_in = nn.Linear(1, CHANNELS)
        self.shape = nn.Sequential(*[Convolution(CHANNELS, 5, dilation) for dilation in (1, 2)])
        self.out = nn.Conv1d(CHANNELS, 2 * BANDS, 3, padding=1)
        self.dispersion = nn.Parameter(torch.zeros(BANDS))
        bins = WINDOW // 2 + 1
        twice = torch.full((bins, 1), 2.0)
        twice[0], twice[-1] = 1, 1
        upper = ((torch.linspace(0, SAMPLE_RATE / 2, bins) <= TOP_HZ).float())[:, None]
        offset = (torch.arange(HOP) + 0.5) / HOP
        left, right = torch.clamp(0.5 - offset, min=0), torch.clamp(offset - 0.5, min=0)
        constants = {
            "bins": torch.arange(bins).float()[:, None], "samples": torch.arange(WINDOW).float()[None],
            "hann": torch.hann_window(WINDOW)[None], "weights": torch.cat([twice, twice]) / WINDOW,
            "spread": _spread(bins), "upper": upper, "ramps": torch.stack([left, 1 - left - right, right]),
            "offsets": torch.arange(PITCH_BINS).float(),
        }
        for name, value in constants.items():
            self.register_buffer(name, value, persistent=False)

    def kernels(self, zero):
        """The short-time spectrum's rows, windowed [2 * bins, WINDOW]. `zero` comes from an input: otherwise the exporter
        would write the finished rows into the file, four times its size."""
        turns = self.bins * self.samples / WINDOW + zero
        angle = 2 * math.pi * (turns - torch.floor(turns))
        return torch.cat([torch.cos(angle), -torch.sin(angle)]) * self.hann

    def analyse(self, mels):
        """Trunk features and pitch logits [B, PITCH_BINS, T] of log-mels [B, MELS, T]."""
        x = self.trunk(self.enter((mels + 5) / 2))
        return x, self.pitch(x)

    def hertz(self, logits):
        """Pitch [B, T] from its logits: the mean of the bins around the best one."""
        best = logits.argmax(1, keepdim=True).float()
        near = torch.clamp(2.5 - (self.offsets[None, :, None] - best).abs(), min=0, max=1)
        weight = torch.exp(torch.clamp(logits - logits.amax(1, keepdim=True), min=-30)) * near
        place = (weight * self.offsets[None, :, None]).sum(1) / weight.sum(1)
        return LOWEST_HZ * torch.exp((place + 0.5) * (OCTAVES / PITCH_BINS * math.log(2)))

    def filters(self, x, hertz):
        """Log magnitudes of the harmonic and the noise filter, [B, bins, T] each."""
        tone = self.pitch_in((torch.log2(hertz / LOWEST_HZ) - 1.5)[..., None]).transpose(1, 2)
        y = self.out(self.shape(x + tone))
        harmonic, noise = y[:, :BANDS] * 2 - 3, y[:, BANDS:] * 2 - 6
        spread = self.spread
        return torch.matmul(spread, harmonic).clamp(max=6), torch.matmul(spread, noise).clamp(max=6)

    def excite(self, hertz, phase, anchor):
        """Pulse train [B, T * HOP] and the phase in cycles at the start of every frame [B, T], `phase` at frame `anchor`."""
        left, right = torch.cat([hertz[:, :1], hertz[:, :-1]], 1), torch.cat([hertz[:, 1:], hertz[:, -1:]], 1)
        three = torch.stack([left, hertz, right], 2)
        ramps = self.ramps
        momentary = torch.matmul(three, ramps)
        gone = torch.matmul(three, torch.cumsum(ramps, 1)) / SAMPLE_RATE
        total = torch.cumsum(gone[:, :, -1].double(), 1)
        starts = torch.cat([torch.zeros_like(total[:, :1]), total], 1)
        starts = starts - torch.gather(starts, 1, anchor) + phase.double()
        starts = (starts - torch.floor(starts)).float()
        cycles = starts[:, :-1, None] + gone
        angle = 2 * math.pi * (cycles - torch.floor(cycles))
        count = torch.floor(TOP_HZ / momentary)
        half = torch.sin(angle / 2)
        safe = torch.where(half.abs() > 1e-4, half, torch.full_like(half, 1e-4))
        pulse = torch.where(half.abs() > 1e-4, torch.sin((count + 0.5) * angle) / (2 * safe) - 0.5, count)
        return (pulse * torch.sqrt(2 / count)).flatten(1), starts

    def render(self, harmonic, noise, pulses, z):
        """Audio [B, T * HOP] from filters and excitations."""
        bins = WINDOW // 2 + 1
        kernels = self.kernels(0 * z[:1, :1]).reshape(2 * bins, 1, WINDOW)
        reach = (WINDOW - HOP) // 2
        spectrum = lambda samples: F.conv1d(F.pad(samples[:, None], (reach, reach)), kernels, stride=HOP)  # noqa: E731
        voiced, breath = spectrum(pulses), spectrum(z)
        turn = torch.matmul(self.spread, self.dispersion * 5)[None, :, None]
        real = voiced[:, :bins] * torch.cos(turn) - voiced[:, bins:] * torch.sin(turn)
        imaginary = voiced[:, :bins] * torch.sin(turn) + voiced[:, bins:] * torch.cos(turn)
        loud, soft = torch.exp(harmonic) * self.upper, torch.exp(noise) * self.upper
        mixed = torch.cat([real * loud + breath[:, :bins] * soft, imaginary * loud + breath[:, bins:] * soft], 1)
        samples = F.conv_transpose1d(mixed, (kernels * self.weights[:, :, None]).reshape(2 * bins, 1, WINDOW), stride=HOP)
        norm = F.conv_transpose1d(torch.ones_like(mixed[:, :1]), (self.hann * self.hann)[None], stride=HOP)
        return (samples / torch.clamp(norm, min=0.05))[:, 0, reach:-reach]

    def forward(self, mel, z, phase):
        """The exported graph. `phase`: cycles at the start of frame CONTEXT (or of the last frame of a shorter window);
        `phase_out`: at the start of frame T - CONTEXT, which is frame CONTEXT of the next window."""
        x, logits = self.analyse(mel)
        hertz = self.hertz(logits)
        harmonic, noise = self.filters(x, hertz)
        length = torch.ones_like(hertz[:1]).sum(1, keepdim=True).long()
        pulses, starts = self.excite(hertz, phase, torch.clamp(length, max=CONTEXT))
        after = torch.gather(starts, 1, torch.clamp(length - CONTEXT, min=0))
        return self.render(harmonic, noise, pulses, z), after
