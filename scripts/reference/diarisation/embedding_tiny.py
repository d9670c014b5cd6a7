"""Small random speaker networks of both layouts, and their embeddings of a test signal.

Usage: python embedding_tiny.py <samples .s16> <folder of the fixtures>
Needs torch, onnx, numpy and kaldi-native-fbank, which is independent of our filter bank.
"""

import json
import sys
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "train" / "speaker-embedding"))
from export import export_onnx  # noqa: E402
from front_end import mel_powers  # noqa: E402
from model import MELS, SpeakerNetwork, statistics  # noqa: E402

RANGES = [[0, 24000], [5000, 20000], [9000, 9700], [0, 35840]]
SHORTEST = 1600


class FbankNetwork(nn.Module):
    """WeSpeaker's and 3D-Speaker's ports: `feats` [B, T, 80] to `embs` [B, size]."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv1d(80, 12, 5, padding=2), nn.Conv1d(12, 12, 3, padding=1, stride=2)
        self.line = nn.Linear(24, 10)

    def forward(self, feats):
        x = F.relu(self.second(F.relu(self.first(feats.transpose(1, 2)))))
        mean = x.mean(2)
        return self.line(torch.cat([mean, ((x * x).mean(2) - mean * mean + 1e-5).sqrt()], 1))


def kaldi_features(samples, scale):
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = False
    options.frame_opts.samp_freq = 16000
    options.mel_opts.num_bins = 80
    options.mel_opts.low_freq, options.mel_opts.high_freq = 20, 0
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(16000, (samples * scale).tolist())
    fbank.input_finished()
    features = np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])
    return torch.from_numpy(features - features.mean(0))


def values_of(samples):
    """The statistics by numpy, where the graph has nodes."""
    return torch.from_numpy(statistics(mel_powers(samples[None], MELS)[0].numpy()))


def main(signal: Path, folder: Path) -> None:
    torch.manual_seed(8)
    samples = np.fromfile(signal, "<i2").astype(np.float32) / 32768
    by_fbank, by_samples = FbankNetwork().eval(), SpeakerNetwork(hidden=8, size=10)
    dynamic = {"feats": {0: "B", 1: "T"}, "embs": {0: "B"}}
    torch.onnx.export(by_fbank, (torch.zeros(1, 200, 80),), folder / "fbank-tiny.onnx", input_names=["feats"],
                      output_names=["embs"], dynamic_axes=dynamic, opset_version=14, dynamo=False)
    with torch.no_grad():
        # Scales and norms that have seen something.
        seen = torch.stack([values_of(torch.randn(16000) * 0.1 * level) for level in torch.rand(16)])
        by_samples.mean.copy_(seen.mean(0))
        by_samples.deviation.copy_(seen.std(0) + 0.1)
        by_samples(seen)
        by_samples.eval()
    export_onnx(by_samples, folder / "samples-tiny.onnx")

    result = {"ranges": RANGES, "fbank": [], "samples": []}
    with torch.no_grad():
        for first, last in RANGES:
            part = samples[first:last]
            part = np.resize(part, max(SHORTEST, len(part)))
            result["fbank"].append(F.normalize(by_fbank(kaldi_features(part, 32768)[None]))[0].tolist())
            values = values_of(torch.from_numpy(part))
            result["samples"].append(F.normalize(by_samples(values[None]))[0].tolist())
    (folder / "embedding-tiny.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(torch.tensor(result["fbank"]) @ torch.tensor(result["fbank"]).T)
    print(torch.tensor(result["samples"]) @ torch.tensor(result["samples"]).T)


main(Path(sys.argv[1]), Path(sys.argv[2]))
