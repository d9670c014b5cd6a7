"""The network: log-mel features from samples, then residual dilated convolutions, then phones by CTC.

Everything from the samples on is in the graph, so that no feature code is needed where the model runs.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from phones import TOKENS

SAMPLE_RATE = 16000
HOP, WINDOW, BINS, MELS = 160, 400, 257, 80
STRIDE = 4
HOP_SECONDS = HOP * STRIDE / SAMPLE_RATE
WIDTH = 192
DILATIONS = (1, 1, 2, 2, 3, 3, 4, 4, 6, 6)


def mel_weights():
    """Triangles on the HTK mel scale between 20 and 7800 Hz."""
    mel = lambda hertz: 2595 * math.log10(1 + hertz / 700)
    edges = torch.linspace(mel(20), mel(7800), MELS + 2)
    edges = 700 * (10 ** (edges / 2595) - 1)
    hertz = torch.arange(BINS) * SAMPLE_RATE / 2 / (BINS - 1)
    rise = (hertz[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz[None]) / (edges[2:] - edges[1:-1])[:, None]
    return torch.clamp(torch.minimum(rise, fall), min=0)


class Frontend(nn.Module):
    """[batch, samples] → [batch, 80, frames at 10 ms]: level made even, log-mel, mean of each band taken away.

    In the exported graph the Fourier transform is a convolution with fixed kernels.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("mel", mel_weights())

    def forward(self, audio):
        return even(self.bands(audio))

    def bands(self, audio):
        level = torch.sqrt((audio * audio).mean(1, keepdim=True))
        audio = functional.pad(audio * (0.1 / (level + 1e-4)), (WINDOW // 2, WINDOW // 2))
        time = torch.arange(WINDOW, dtype=torch.float32)
        window = 0.5 - 0.5 * torch.cos(time * (2 * math.pi / WINDOW))
        if torch.onnx.is_in_onnx_export():
            angle = torch.arange(BINS, dtype=torch.float32)[:, None] * time * (math.pi / (BINS - 1))
            real = functional.conv1d(audio[:, None], (torch.cos(angle) * window)[:, None], stride=HOP)
            imaginary = functional.conv1d(audio[:, None], (torch.sin(angle) * window)[:, None], stride=HOP)
            power = real * real + imaginary * imaginary
        else:  # the same, four times as quick
            spectrum = torch.fft.rfft(audio.unfold(1, WINDOW, HOP) * window, 2 * (BINS - 1))
            power = (spectrum.real**2 + spectrum.imag**2).transpose(1, 2)
        return torch.log(torch.matmul(self.mel, power) + 1e-4)


def even(bands):
    """The mean over time taken off every band, and a convenient scale."""
    return (bands - bands.mean(2, keepdim=True)) * 0.4


class Block(nn.Module):
    def __init__(self, dilation, dropout):
        super().__init__()
        self.spread = nn.Conv1d(WIDTH, WIDTH, 3, dilation=dilation, padding=dilation, bias=False)
        self.norm = nn.BatchNorm1d(WIDTH)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return x + self.dropout(functional.relu(self.norm(self.spread(x))))


class Recogniser(nn.Module):
    """Features [batch, 80, frames] → CTC logits and, for training, logits of the phone sounding in each frame."""

    def __init__(self, dropout=0.1):
        super().__init__()
        self.enter = nn.Conv1d(MELS, WIDTH, 9, stride=STRIDE, padding=4, bias=False)
        self.norm = nn.BatchNorm1d(WIDTH)
        self.blocks = nn.Sequential(*[Block(dilation, dropout) for dilation in DILATIONS])
        self.ctc = nn.Conv1d(WIDTH, len(TOKENS), 1)
        self.frame = nn.Conv1d(WIDTH, len(TOKENS), 1)

    def forward(self, features):
        x = self.blocks(functional.relu(self.norm(self.enter(features))))
        return self.ctc(x).transpose(1, 2), self.frame(x).transpose(1, 2)


def frames_of(features):
    """Output frames of so many feature frames."""
    return (features - 1) // STRIDE + 1


class Exported(nn.Module):
    """[1, samples] → logits [1, frames, tokens]."""

    def __init__(self, frontend, recogniser):
        super().__init__()
        self.frontend, self.recogniser = frontend, recogniser

    def forward(self, audio):
        return self.recogniser(self.frontend(audio))[0]
