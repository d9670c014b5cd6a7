"""A small random network of the starter detector's layout, and what PyTorch says of the test signal of silero_tiny.py.

Usage: python timbre_tiny.py <folder of the fixtures>
Needs torch, onnx and numpy. The transform is torch's FFT here and a matrix in the graph.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "train" / "voice-activity"))
from export import export_onnx  # noqa: E402
from front_end import mel_powers  # noqa: E402
from model import AFTER, BEFORE, FRAME, MELS, VoiceActivity  # noqa: E402


def main(folder: Path) -> None:
    torch.manual_seed(3)
    network = VoiceActivity(channels=8, hidden=8).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            # The graph holds half floats: the reference has the same weights.
            parameter *= 2.5 if "weight" in name else 1
            if parameter.dim() > 1:
                parameter.copy_(parameter.half().float())
    export_onnx(network, folder / "timbre-tiny.onnx")
    samples = torch.from_numpy(np.fromfile(folder / "silero-tiny.s16", "<i2").astype(np.float32) / 32768)
    led = F.pad(samples, (BEFORE, 0))
    frames = (len(led) - BEFORE - AFTER) // FRAME
    powers = mel_powers(led[None, : BEFORE + frames * FRAME + AFTER], MELS)
    with torch.no_grad():
        logits, _ = network(powers)
    probabilities = torch.sigmoid(logits[:, 0]).tolist()
    (folder / "timbre-tiny.json").write_text(json.dumps([round(p, 7) for p in probabilities]) + "\n")
    print(f"{frames} frames, probabilities {min(probabilities):.3f} to {max(probabilities):.3f}")


main(Path(sys.argv[1]))
