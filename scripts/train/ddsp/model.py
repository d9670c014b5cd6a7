"""Differentiable digital signal processing (Engel et al., ICLR 2020): a decoder from pitch and loudness to the
amplitudes of harmonics and the response of a noise filter, and the synthesiser behind it."""
import math

import torch
from torch import nn

from frames import HARMONICS, HOP, NOISE_BANDS, RATE

WIDTH = 128


class Decoder(nn.Module):
    """Pitch [B,T] in Hz, loudness [B,T] in dB, instrument [B] → amplitudes [B,T,HARMONICS], noise [B,T,NOISE_BANDS]."""

    def __init__(self, instruments, width=WIDTH):
        super().__init__()
        self.instrument = nn.Embedding(instruments, 16)
        self.before = nn.Sequential(nn.Linear(2 + 16, width), nn.LayerNorm(width), nn.LeakyReLU())
        self.memory = nn.GRU(width, width, batch_first=True)
        self.after = nn.Sequential(nn.Linear(width + 18, width), nn.LayerNorm(width), nn.LeakyReLU())
        self.amplitude = nn.Linear(width, 1)
        self.harmonics = nn.Linear(width, HARMONICS)
        self.noise = nn.Linear(width, NOISE_BANDS)
        nn.init.constant_(self.noise.bias, -5.0)

    def forward(self, pitch_hz, loudness_db, instrument, state):
        note = (12 * torch.log2(pitch_hz / 440) + 69) / 127
        level = loudness_db / 80 + 1
        told = torch.stack([note, level], dim=-1)
        who = self.instrument(instrument)[:, None].expand(-1, told.shape[1], -1)
        told = torch.cat([told, who], dim=-1)
        remembered, state = self.memory(self.before(told), state)
        inner = self.after(torch.cat([remembered, told], dim=-1))
        # Above half the sampling rate there is nothing.
        heard = pitch_hz[..., None] * torch.arange(1, HARMONICS + 1, device=pitch_hz.device) < RATE / 2
        shares = torch.softmax(self.harmonics(inner), dim=-1) * heard
        shares = shares / (shares.sum(-1, keepdim=True) + 1e-8)
        return shares * scaled(self.amplitude(inner)), scaled(self.noise(inner)), state


def scaled(x):
    """The paper's exponentiated sigmoid: 1e-7 … 2, smooth in decibels."""
    return 2 * torch.sigmoid(x) ** math.log(10) + 1e-7


def harmonic(pitch_hz, amplitudes):
    """Sum of sines at multiples of the pitch; the phase of the fundamental is the running sum of the pitch.

    Both are linear between frames, and the last frame holds: [B,T], [B,T,K] → [B,T*HOP]."""
    share = torch.arange(HOP, device=pitch_hz.device) / HOP
    following = torch.cat([amplitudes[:, 1:], amplitudes[:, -1:]], dim=1)
    with torch.no_grad():
        next_hz = torch.cat([pitch_hz[:, 1:], pitch_hz[:, -1:]], dim=1).double()
        hz = pitch_hz.double()[..., None] * (1 - share) + next_hz[..., None] * share
        phase = 2 * math.pi * torch.cumsum(hz.flatten(1) / RATE, dim=1) % (2 * math.pi)
        numbers = torch.arange(1, amplitudes.shape[-1] + 1, device=pitch_hz.device)
        sines = torch.sin(phase.float().unflatten(1, (-1, HOP))[..., None] * numbers)
    # One product of matrices a frame is much cheaper than amplitudes for every sample.
    ends = sines @ torch.stack([amplitudes, following], dim=-1)
    return (ends[..., 0] * (1 - share) + ends[..., 1] * share).flatten(1)


def filtered(noise, magnitudes):
    """White noise [B,T*HOP] through a filter a frame: the response's inverse transform, windowed, made causal by half."""
    taps = 2 * (magnitudes.shape[-1] - 1)
    response = torch.fft.irfft(magnitudes.to(torch.complex64), taps)
    response = torch.roll(response, taps // 2, dims=-1) * torch.hann_window(taps, device=noise.device)
    frames = noise.unflatten(1, (-1, HOP))
    size = 1 << (taps + HOP - 1).bit_length()
    product = torch.fft.rfft(frames, size) * torch.fft.rfft(response, size)
    pieces = torch.fft.irfft(product, size)[..., : taps + HOP]
    length = noise.shape[1] + taps
    out = nn.functional.fold(
        pieces.transpose(1, 2), (1, length), kernel_size=(1, taps + HOP), stride=(1, HOP)
    )[:, 0, 0]
    return out[:, taps // 2 : taps // 2 + noise.shape[1]]
