"""A small random network of Silero VAD's published 16 kHz layout, and what it says of a test signal frame by frame.

Usage: python silero_tiny.py <folder of the fixtures>
Needs torch, onnx and numpy. The result depends on the seed alone.
"""

import json
import math
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

CHANNELS = [129, 6, 6, 6, 8]
STRIDES = [1, 2, 2, 1]
HIDDEN = 10
FRAMES = 70


class Stft(nn.Module):
    def __init__(self):
        super().__init__()
        n = torch.arange(256, dtype=torch.float64)
        phase = 2 * math.pi * torch.outer(torch.arange(129, dtype=torch.float64), n) / 256
        window = 0.5 - 0.5 * torch.cos(2 * math.pi * n / 256)
        basis = torch.cat([torch.cos(phase), -torch.sin(phase)]) * window
        self.register_buffer("forward_basis_buffer", basis.float().unsqueeze(1))

    def forward(self, x):
        x = F.pad(x, (0, 64), mode="reflect")
        spectrum = F.conv1d(x.unsqueeze(1), self.forward_basis_buffer, stride=128)
        return torch.sqrt(spectrum[:, :129] ** 2 + spectrum[:, 129:] ** 2)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.reparam_conv = nn.Conv1d(inputs, outputs, 3, stride, 1)

    def forward(self, x):
        return F.relu(self.reparam_conv(x))


class Cell(nn.Module):
    """An LSTM cell of PyTorch's, written out because the exporter does not know it."""

    def __init__(self):
        super().__init__()
        for name, value in nn.LSTMCell(CHANNELS[-1], HIDDEN).named_parameters():
            self.register_parameter(name, nn.Parameter(value.detach()))

    def forward(self, x, h, c):
        gates = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = gates.split(HIDDEN, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = Cell()
        self.decoder = nn.Sequential(nn.Identity(), nn.ReLU(), nn.Conv1d(HIDDEN, 1, 1), nn.Sigmoid())

    def forward(self, x, state):
        h, c = self.rnn(x.squeeze(-1), state[0], state[1])
        return self.decoder(h.unsqueeze(-1)), torch.stack([h, c])


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.stft = Stft()
        self.encoder = nn.Sequential(*[Block(a, b, s) for a, b, s in zip(CHANNELS, CHANNELS[1:], STRIDES)])
        self.decoder = Decoder()

    def forward(self, x, state):
        probability, state = self.decoder(self.encoder(self.stft(x)), state)
        return probability.mean(2), state


class Published(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Model()

    def forward(self, input, state):
        return self.model(input, state)


def main(folder: Path) -> None:
    torch.manual_seed(11)
    network = Published().eval()
    with torch.no_grad():
        # Random weights of the usual size leave the output near a half: larger ones make it move.
        for block in network.model.encoder:
            block.reparam_conv.weight *= 4
        network.model.decoder.decoder[2].weight *= 12
    samples = 0.3 * torch.randn(FRAMES * 512) * (torch.arange(FRAMES * 512) / 9000).sin().abs()
    samples = (samples.clamp(-1, 1) * 32767).round()
    torch.onnx.export(
        network,
        (torch.zeros(1, 576), torch.zeros(2, 1, HIDDEN)),
        folder / "silero-tiny.onnx",
        input_names=["input", "state"],
        output_names=["output", "stateN"],
        opset_version=15,
        do_constant_folding=False,
        dynamo=False,
    )
    state, context, probabilities = torch.zeros(2, 1, HIDDEN), torch.zeros(64), []
    with torch.no_grad():
        for frame in (samples / 32768).split(512):
            output, state = network(torch.cat([context, frame])[None], state)
            context = frame[-64:]
            probabilities.append(output.item())
    samples.numpy().astype("<i2").tofile(folder / "silero-tiny.s16")
    (folder / "silero-tiny.json").write_text(json.dumps([round(p, 7) for p in probabilities]) + "\n")
    print(f"{FRAMES} frames, probabilities {min(probabilities):.3f} to {max(probabilities):.3f}")


main(Path(sys.argv[1]))
