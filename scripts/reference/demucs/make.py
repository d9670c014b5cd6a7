"""A tiny HDemucs with random weights, and what Demucs' own code makes of a sound with it.

    pip install -r requirements.txt
    python make.py <site-packages>/torchaudio/models/_hdemucs.py   # writes test/fixtures/engines/demucs

The network is torchaudio's `HDemucs` with small numbers; its file is loaded alone, so that torchaudio need not match torch.
Reference: `apply_model` of the demucs package around that network as it is, with the normalisation of demucs/api.py.
The graph has the layout of the published exports, `mix` to `stems` with a fixed segment: its Fourier transforms are matrix
products, because ONNX knows no complex numbers; real and imaginary part by one each.
"""

import gzip
import importlib.util
import io
import json
import math
import pathlib
import random
import sys
from fractions import Fraction

import torch
from demucs.apply import apply_model
from torch.nn import functional as F

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "test/fixtures/engines/demucs"
SOURCES = ["drums", "bass", "other", "vocals"]
RATE, SEGMENT, N_FFT = 44100, 514, 64
# Several windows; the last two cut off; shorter than a window; with the shift trick.
CASES = [
    {"frames": 1700, "shifts": 0},
    {"frames": 860, "shifts": 0},
    {"frames": 301, "shifts": 0},
    {"frames": 1030, "shifts": 2},
]


def load_network(path):
    spec = importlib.util.spec_from_file_location("hdemucs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.HDemucs


def make_exportable(network):
    """`HDemucs` without complex numbers: the last dimension holds real and imaginary part."""
    bins, hop = N_FFT // 2 + 1, N_FFT // 4
    window = torch.hann_window(N_FFT, dtype=torch.float64)
    angle = 2 * math.pi * torch.outer(torch.arange(bins), torch.arange(N_FFT)).double() / N_FFT
    basis = torch.stack([torch.cos(angle), -torch.sin(angle)]) * window / math.sqrt(N_FFT)
    twice = torch.full((bins, 1), 2.0, dtype=torch.float64)
    twice[0] = twice[-1] = 1
    inverse = twice * basis

    class Exportable(network):
        def __init__(self, *args, **numbers):
            super().__init__(*args, **numbers)
            for part in range(2):
                self.register_buffer(f"forward_{part}", basis[part].float()[:, None], persistent=False)
                self.register_buffer(f"inverse_{part}", inverse[part].float()[:, None], persistent=False)

        def _spec(self, x):
            steps = math.ceil(SEGMENT / hop)
            pad = hop // 2 * 3
            x = F.pad(x, (pad, pad + steps * hop - SEGMENT), mode="reflect")
            x = F.pad(x, (N_FFT // 2, N_FFT // 2), mode="reflect")
            x = x.reshape(-1, 1, x.shape[-1])
            z = torch.stack([F.conv1d(x, part, stride=hop) for part in (self.forward_0, self.forward_1)], 1)
            z = z.reshape(1, self.audio_channels, 2, bins, -1)[..., :-1, 2:2 + steps]
            return z.permute(0, 1, 3, 4, 2)

        def _magnitude(self, z):
            _, channels, bands, steps, _ = z.shape
            return z.permute(0, 1, 4, 2, 3).reshape(1, 2 * channels, bands, steps)

        def _mask(self, m):
            _, stems, channels, bands, steps = m.shape
            return m.reshape(stems * channels // 2, 2, bands, steps)

        def _ispec(self, z, length=None):
            z = F.pad(z, [2, 2, 0, 1])
            frames = z.shape[-1]
            real = F.conv_transpose1d(z[:, 0], self.inverse_0, stride=hop)
            x = real + F.conv_transpose1d(z[:, 1], self.inverse_1, stride=hop)
            envelope = F.conv_transpose1d(torch.ones(1, 1, frames), (window**2).float()[None, None], stride=hop)
            start = N_FFT // 2 + hop // 2 * 3
            x = (x / envelope)[..., start:start + length]
            return x.reshape(1, len(SOURCES), self.audio_channels, length)

    return Exportable


class ForDemucs(torch.nn.Module):
    """What `apply_model` asks of a network with a fixed segment."""

    samplerate, sources, segment = RATE, SOURCES, Fraction(SEGMENT, RATE)

    def __init__(self, network):
        super().__init__()
        self.network = network

    def valid_length(self, length):
        return SEGMENT

    def forward(self, mix):
        return self.network(mix)


def separate(model, wav, shifts):
    """`Separator.separate_tensor` of demucs/api.py; also the shifts that it drew."""
    drawn, draw = [], random.randint

    def recording(low, high):
        drawn.append(draw(low, high))
        return drawn[-1]

    random.randint = recording
    try:
        reference = wav.mean(0)
        mean, deviation = reference.mean(), reference.std() + 1e-8
        stems = apply_model(model, ((wav - mean) / deviation)[None], shifts=shifts)[0]
        return stems * deviation + mean, drawn
    finally:
        random.randint = draw


def make_sound(frames):
    time = torch.arange(frames).double()
    swell = 0.3 + 0.7 * torch.sin(time / 211) ** 2
    left = torch.sin(time * 0.05) * 0.3 + 0.1 * torch.randn(frames)
    right = torch.sin(time * 0.31) * 0.2 + 0.1 * torch.randn(frames)
    return (torch.stack([left, right]) * swell * 0.5 + 0.02).float()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    random.seed(5)
    network = load_network(sys.argv[1])
    numbers = {"channels": 4, "nfft": N_FFT, "depth": 3, "norm_starts": 2, "dconv_attn": 2, "dconv_lstm": 2,
               "dconv_init": 0.3}
    original = network(SOURCES, **numbers).eval()
    # Random weights whisper: the last layers are turned up, so that stems are as loud as the sound.
    with torch.no_grad():
        for decoder in (original.freq_decoder[-1], original.time_decoder[-1]):
            decoder.conv_tr.weight.mul_(20)
    exportable = make_exportable(network)(SOURCES, **numbers).eval()
    exportable.load_state_dict(original.state_dict())
    probe = make_sound(SEGMENT)[None]
    with torch.no_grad():
        difference = (original(probe) - exportable(probe)).abs().max()
    print("parameters", sum(p.numel() for p in original.parameters()), "graph differs by", float(difference))
    graph = io.BytesIO()
    # onnxruntime has no EyeLike of booleans: the identity matrix becomes a constant.
    eye = torch.eye
    torch.eye = lambda size, dtype, device: torch.tensor(eye(int(size)).tolist(), dtype=dtype)
    with torch.no_grad():
        torch.onnx.export(exportable, (probe,), graph, input_names=["mix"], output_names=["stems"],
                          opset_version=17, dynamo=False)
    torch.eye = eye
    with gzip.GzipFile(FOLDER / "hdemucs-tiny.onnx.gz", "wb", mtime=0) as file:
        file.write(graph.getvalue())
    cases, numbers = [], []
    for case in CASES:
        wav = make_sound(case["frames"])
        stems, drawn = separate(ForDemucs(original), wav, case["shifts"])
        # Zeros before the sound are what is left of the longest shift.
        cases.append({**case, "leadingFrames": [RATE // 2 - offset for offset in drawn]})
        numbers += [wav.flatten(), stems.flatten()]
        print(case, "stems", [round(float(stem.std()), 4) for stem in stems], "sound", round(float(wav.std()), 4))
    with open(FOLDER / "expected.f32", "wb") as file:
        file.write(torch.cat(numbers).numpy().astype("<f4").tobytes())
    expected = {"segment": SEGMENT, "sampleRateHz": RATE, "sources": SOURCES, "cases": cases,
                "versions": {"torch": torch.__version__}}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    print({path.name: path.stat().st_size for path in FOLDER.iterdir()})


if __name__ == "__main__":
    main()
