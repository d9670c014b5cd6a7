"""HT-Demucs of the published size: as ONNX for the product, and separated by Demucs' own code.

    pip install demucs==4.1.0 torch onnx
    python demucs_peer.py export <folder> [<checkpoint.th>]
    python demucs_peer.py separate <folder> <in.f32> <out.f32>

Without a checkpoint its weights are random, with a seed: a network takes the same time whatever its weights are. The graph
has the layout of the published exports: `mix` to `stems` with a fixed segment, Fourier transforms as convolutions with
sines and cosines, because ONNX knows no complex numbers. `separate` is `Separator.separate_tensor` of demucs/api.py on one
thread, without the shift trick: stereo at 44.1 kHz, channels one after the other, to [stem][channel][frame].
"""

import json
import math
import pathlib
import resource
import sys
import time
from fractions import Fraction

import torch
from demucs.apply import apply_model
from demucs.htdemucs import HTDemucs
from demucs.states import load_model
from torch.nn import functional as F

# Those of the published `htdemucs` (955717e8), where they are not the defaults.
PUBLISHED = {"sources": ["drums", "bass", "other", "vocals"], "bottom_channels": 512, "dconv_mode": 3,
             "segment": Fraction(39, 5), "samplerate": 44100}


def untrained():
    torch.manual_seed(5)
    network = HTDemucs(**PUBLISHED)
    # Random weights whisper: the last layers are turned up, so that stems are about as loud as the sound.
    with torch.no_grad():
        for decoder in (network.decoder[-1], network.tdecoder[-1]):
            decoder.conv_tr.weight.mul_(20)
    return network.eval()


def without_complex_numbers(network):
    """The same network with real and imaginary part as a dimension of their own, before that of frequency."""
    size, hop = network.nfft, network.hop_length
    bins, frames = size // 2 + 1, math.ceil(int(network.segment * network.samplerate) / hop)
    window = torch.hann_window(size, dtype=torch.float64)
    angle = 2 * math.pi * torch.outer(torch.arange(bins), torch.arange(size)).double() / size
    forward = window / math.sqrt(size) * torch.stack([torch.cos(angle), -torch.sin(angle)])
    # Every bin but the first and the last stands for a negative frequency as well.
    twice = torch.full((bins, 1), 2.0, dtype=torch.float64)
    twice[0] = twice[-1] = 1
    for name, basis in {"forward": forward, "inverse": twice * forward}.items():
        for part in range(2):
            network.register_buffer(f"{name}_{part}", basis[part].float()[:, None])
    forward, inverse = ([network.get_buffer(f"{name}_{part}") for part in range(2)] for name in ("forward", "inverse"))
    steps = torch.ones(1, 1, frames + 4)
    envelope = F.conv_transpose1d(steps, (window**2).float()[None, None], stride=hop)

    def spec(x):
        channels, length = x.shape[1:]
        pad = hop // 2 * 3
        x = F.pad(x, (pad, pad + frames * hop - length), mode="reflect")
        x = F.pad(x, (size // 2, size // 2), mode="reflect").reshape(channels, 1, -1)
        z = torch.stack([F.conv1d(x, forward[part], stride=hop) for part in range(2)], 1)
        return z[None, :, :, :-1, 2:2 + frames]

    def ispec(z, length):
        stems, channels = z.shape[1:3]
        z = F.pad(z, (2, 2, 0, 1)).reshape(stems * channels, 2, bins, -1)
        real, imaginary = (F.conv_transpose1d(z[:, part], inverse[part], stride=hop) for part in range(2))
        x = real + imaginary
        start = size // 2 + hop // 2 * 3
        return (x / envelope)[..., start:start + length].reshape(1, stems, channels, length)

    network._spec = spec
    network._ispec = ispec
    network._magnitude = lambda z: z.flatten(1, 2)
    network._mask = lambda z, m: m.unflatten(2, (-1, 2))
    # A float, which tracing knows; the fused attention is no ONNX operator.
    network.segment = float(network.segment)
    torch.backends.mha.set_fastpath_enabled(False)
    return network


def export(folder, checkpoint=None):
    folder.mkdir(parents=True, exist_ok=True)
    network = load_model(checkpoint).eval() if checkpoint else untrained()
    torch.save(network, folder / "network.pt")
    segment = int(network.segment * network.samplerate)
    probe = torch.randn(1, 2, segment)
    with torch.no_grad():
        torch.onnx.export(without_complex_numbers(network), (probe,), folder / "model.onnx", input_names=["mix"],
                          output_names=["stems"], opset_version=17, dynamo=False)
    return {"stems": network.sources, "segmentFrames": segment}


def separate(folder, source, target):
    torch.set_num_threads(1)
    network = torch.load(folder / "network.pt", weights_only=False)
    sound = torch.frombuffer(bytearray(pathlib.Path(source).read_bytes()), dtype=torch.float32).reshape(2, -1)
    start = time.process_time()
    reference = sound.mean(0)
    mean, deviation = reference.mean(), reference.std() + 1e-8
    stems = apply_model(network, ((sound - mean) / deviation)[None], shifts=0)[0] * deviation + mean
    seconds = time.process_time() - start
    pathlib.Path(target).write_bytes(stems.numpy().tobytes())
    return {"cpuSeconds": seconds, "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    action = {"export": export, "separate": separate}[sys.argv[1]]
    print(json.dumps(action(pathlib.Path(sys.argv[2]), *sys.argv[3:])))
