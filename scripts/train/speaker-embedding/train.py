"""Trains the speaker network and writes the ONNX graph and a provenance record.

    python train.py --pools <folder made by prepare.py> --out <folder> [--steps 1000] [--seed 1] [--start weights.pt]
"""

import argparse
import hashlib
import json
import pathlib
import platform
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).parents[1] / "voice-activity"))
from curves import band_limit, mixed, smooth_curve  # noqa: E402
from front_end import HOP, RATE  # noqa: E402
from recordings import Pool  # noqa: E402

from export import export_onnx  # noqa: E402
from model import MELS, AngularMargin, SpeakerNetwork  # noqa: E402


class Crops:
    def __init__(self, folder, part):
        self.speakers = Pool(folder, f"speakers.{part}")
        self.noise = Pool(folder, f"noise.{part}")

    def powers(self, clips, seconds, rng):
        """Mel powers of crops of the given clips, each with its own microphone, level and noise."""
        frames = int(seconds * RATE / HOP)
        return torch.from_numpy(np.stack([self.crop(frames, clip, rng) for clip in clips]))

    def crop(self, frames, clip, rng):
        limit = band_limit(MELS, rng) * 10 ** (rng.uniform(-42, -12) / 10)
        gain = 10 ** (-rng.uniform(3, 30) / 10) if rng.random() < 0.7 else 1e-6
        voice = self.speakers.crop(frames, rng, clip) * (limit * smooth_curve(MELS, rng, 6)).astype(np.float32)
        noise = self.noise.crop(frames, rng) * (limit * smooth_curve(MELS, rng, 6) * gain).astype(np.float32)
        return mixed(voice, noise, rng)


class Batches(torch.utils.data.Dataset):
    """Batch by step number, each from its own seed. Clips 2·n and 2·n + 1 are speaker n, dry and in a room."""

    def __init__(self, folder, count, size, seed):
        self.crops, self.count, self.size, self.seed = Crops(folder, "train"), count, size, seed

    def __len__(self):
        return self.count

    def __getitem__(self, step):
        rng = np.random.default_rng([self.seed, step])
        clips = rng.integers(0, len(self.crops.speakers.ends), self.size)
        return self.crops.powers(clips, rng.uniform(1.0, 2.5), rng), torch.from_numpy(clips // 2)


def equal_error(scores, same):
    """The rate at which as many pairs are wrongly refused as accepted, and its score."""
    order = np.argsort(-scores)
    same = same[order]
    missed = 1 - np.cumsum(same) / same.sum()
    wrong = np.cumsum(~same) / (~same).sum()
    at = int(np.argmin(np.abs(missed - wrong)))
    return float((missed[at] + wrong[at]) / 2), float(scores[order][at])


@torch.no_grad()
def validate(network, crops, seconds=1.5, rounds=8):
    """On crops of held-out speakers, the same every time, each with its own noise: the equal error rate of pairs, and the
    mean cosine that parts one voice's groups of four crops from another's, which is what clustering asks for.
    """
    rng = np.random.default_rng(1234)
    count = len(crops.speakers.ends)
    speakers = np.tile(np.arange(count), rounds)
    embeddings = F.normalize(network(crops.powers(speakers, seconds, rng))).numpy()
    upper = np.triu_indices(len(speakers), 1)
    rate, _ = equal_error((embeddings @ embeddings.T)[upper], (speakers[:, None] == speakers[None])[upper])
    groups = embeddings.reshape(2, rounds // 2, count, -1).mean(1).reshape(2 * count, -1)
    owners = np.tile(np.arange(count), 2)
    upper = np.triu_indices(2 * count, 1)
    _, threshold = equal_error((groups @ groups.T)[upper], (owners[:, None] == owners[None])[upper])
    return {"equalErrorRate": round(rate, 4), "groupCosine": round(threshold, 3)}


def earlier_stage(weights):
    """The record of the stage that the weights came from."""
    if weights is None:
        return None
    record = json.loads((weights.parent / "provenance.json").read_text())
    return {key: record.get(key) for key in ("options", "heldOut", "startedFrom")}


def record(options, step, network, history):
    graph = (options.out / "model.onnx").read_bytes()
    entries = {
        "pools": json.loads((options.pools / "pools.json").read_text()),
        "options": {key: str(value) for key, value in vars(options).items() if key not in ("pools", "out", "start")},
        "stepsDone": step,
        "startedFrom": earlier_stage(options.start),
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
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--every", type=int, default=100, help="steps between validations")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--margin", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=pathlib.Path, help="weights.pt of an earlier stage to go on from")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    batches = Batches(options.pools, options.steps, options.batch, options.seed)
    network, loss_of = SpeakerNetwork(), AngularMargin(len(batches.crops.speakers.ends) // 2)
    if options.start:
        earlier = torch.load(options.start)
        network.load_state_dict(earlier["network"])
        loss_of.load_state_dict(earlier["loss"])
    optimizer = torch.optim.AdamW([*network.parameters(), *loss_of.parameters()], options.rate, weight_decay=0.02)
    held_out = Crops(options.pools, "valid")
    average, history, started = None, [], time.time()
    for step, (powers, speakers) in enumerate(torch.utils.data.DataLoader(batches, batch_size=None), 1):
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, step / 100) * (0.5 * (1 + np.cos(np.pi * step / options.steps)) + 0.01)
        # The margin grows: from the start it would keep a small network from learning at all.
        loss = loss_of(network(powers), speakers, options.margin * min(1, step / (0.5 * options.steps)))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 3.0)
        optimizer.step()
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if step % 20 == 0:
            print(f"step {step}  {time.time() - started:.0f} s  loss {average:.3f}", flush=True)
        if step % options.every == 0 or step == options.steps:
            network.eval()
            history.append({"step": step, **validate(network, held_out)})
            print(f"held out: {history[-1]}", flush=True)
            torch.save({"network": network.state_dict(), "loss": loss_of.state_dict()}, options.out / "weights.pt")
            export_onnx(network, options.out / "model.onnx")
            record(options, step, network, history)
            network.train()


if __name__ == "__main__":
    main()
