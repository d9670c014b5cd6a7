"""Trains the speaker network and writes the ONNX graph and a provenance record.

    python train.py --pools <folder made by prepare.py and mels.py> --out <folder> [--steps 1000] [--seed 1]

First a table of statistics is made from crops of every clip, each with its own microphone, level and noise (minutes; a
table that is already in the folder is used again), then the network is trained on it (a minute).
"""

import argparse
import hashlib
import json
import pathlib
import platform
import sys

import numpy as np
import torch
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).parents[1] / "voice-activity"))
from curves import band_limit, mixed, smooth_curve  # noqa: E402
from front_end import HOP, RATE  # noqa: E402
from recordings import Pool  # noqa: E402

from export import export_onnx  # noqa: E402
from model import MELS, AngularMargin, SpeakerNetwork, statistics  # noqa: E402

VALIDATION_CROPS = 10
VALIDATION_SECONDS = 1.5


class Crops:
    def __init__(self, folder, part):
        self.speakers = Pool(folder, f"speakers.{part}")
        self.noise = Pool(folder, f"noise.{part}")

    def crop(self, frames, clip, rng):
        """Mel powers of a crop of a clip, with its own microphone, line, level and noise."""
        limit = band_limit(MELS, rng) * 10 ** (rng.uniform(-42, -12) / 10)
        gain = 10 ** (-rng.uniform(3, 30) / 10) if rng.random() < 0.7 else 1e-6
        voice = self.speakers.crop(frames, rng, clip) * (limit * smooth_curve(MELS, rng, 6)).astype(np.float32)
        noise = self.noise.crop(frames, rng) * (limit * smooth_curve(MELS, rng, 6) * gain).astype(np.float32)
        return mixed(voice, noise, rng)

    def table(self, times, shortest, longest, seed):
        """Statistics of crops of every clip, and the clips' numbers."""
        rng = np.random.default_rng(seed)
        clips = np.tile(np.arange(len(self.speakers.ends)), times)
        frames = lambda: int(rng.uniform(shortest, longest) * RATE / HOP)  # noqa: E731
        return np.stack([statistics(self.crop(frames(), clip, rng)) for clip in clips]), clips


def make_table(options):
    path = options.out / "table.npz"
    if not path.exists():
        values, clips = Crops(options.pools, "train").table(options.crops, 1.2, 2.5, options.seed)
        held, owners = Crops(options.pools, "valid").table(
            VALIDATION_CROPS, VALIDATION_SECONDS, VALIDATION_SECONDS + 1e-4, options.seed + 1)
        # Clips 2·n and 2·n + 1 are speaker n, dry and in a room.
        np.savez(path, X=values, y=clips // 2, V=held, vs=owners)
    table = np.load(path)
    return [torch.from_numpy(table[name]) for name in ("X", "y", "V", "vs")]


def equal_error(scores, same):
    """The rate at which as many pairs are wrongly refused as accepted, and its score."""
    order = np.argsort(-scores)
    same = same[order]
    missed = 1 - np.cumsum(same) / same.sum()
    wrong = np.cumsum(~same) / (~same).sum()
    at = int(np.argmin(np.abs(missed - wrong)))
    return float((missed[at] + wrong[at]) / 2), float(scores[order][at])


def pairs_of(vectors, owners):
    upper = np.triu_indices(len(vectors), 1)
    return (vectors @ vectors.T)[upper], (owners[:, None] == owners[None])[upper]


@torch.no_grad()
def validate(network, values, owners):
    """On held-out speakers: the equal error rate of pairs of crops, and the mean cosine that parts one voice's groups of
    five crops from another's, which is what clustering asks for.
    """
    network.eval()
    embeddings, owners = F.normalize(network(values)).numpy(), owners.numpy()
    network.train()
    rate, _ = equal_error(*pairs_of(embeddings, owners))
    count = owners.max() + 1
    groups = embeddings.reshape(2, VALIDATION_CROPS // 2, count, -1).mean(1).reshape(2 * count, -1)
    _, threshold = equal_error(*pairs_of(groups, np.tile(np.arange(count), 2)))
    return {"equalErrorRate": round(rate, 4), "groupCosine": round(threshold, 3)}


def record(options, network, history):
    graph = (options.out / "model.onnx").read_bytes()
    entries = {
        "pools": json.loads((options.pools / "pools.json").read_text()),
        "options": {key: str(value) for key, value in vars(options).items() if key not in ("pools", "out")},
        "packages": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "parameters": sum(p.numel() for p in network.parameters()),
        "heldOut": history,
        "bytes": len(graph),
        "sha256": hashlib.sha256(graph).hexdigest(),
    }
    (options.out / "provenance.json").write_text(json.dumps(entries, indent=2))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--crops", type=int, default=40, help="of every clip")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument("--every", type=int, default=250, help="steps between validations")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--margin", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    values, speakers, held, owners = make_table(options)
    network, loss_of = SpeakerNetwork(), AngularMargin(int(speakers.max()) + 1)
    network.mean.copy_(values.mean(0))
    network.deviation.copy_(values.std(0) + 1e-6)
    optimizer = torch.optim.AdamW([*network.parameters(), *loss_of.parameters()], options.rate, weight_decay=0.05)
    history = []
    for step in range(1, options.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, step / 50) * (0.5 * (1 + np.cos(np.pi * step / options.steps)) + 0.01)
        batch = torch.randint(len(values), (options.batch,))
        # The margin grows: from the start it would keep a small network from learning at all.
        margin = options.margin * min(1, step / (0.6 * options.steps))
        loss = loss_of(network(values[batch]), speakers[batch], margin)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % options.every == 0 or step == options.steps:
            history.append({"step": step, "loss": round(loss.item(), 3), **validate(network, held, owners)})
            print(f"held out: {history[-1]}", flush=True)
    network.eval()
    torch.save(network.state_dict(), options.out / "weights.pt")
    export_onnx(network, options.out / "model.onnx")
    record(options, network, history)


if __name__ == "__main__":
    main()
