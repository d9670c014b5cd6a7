"""Trains the voice-activity network and writes the ONNX graph and a provenance record.

    python train.py --pools <folder made by prepare.py> --out <folder> [--steps 2400] [--seed 1] [--start weights.pt]
"""

import argparse
import hashlib
import json
import pathlib
import platform
import time

import numpy as np
import torch
from torch.nn import functional as F

from curves import band_limit, mixed, smooth_curve
from export import export_onnx
from front_end import HOP, RATE
from model import MARGIN, MELS, VoiceActivity
from recordings import Pool

FRAMES = 250
LENGTH = 2 * FRAMES + 2 * MARGIN
FRAMES_A_SECOND = RATE / HOP


class Mixer:
    def __init__(self, folder, part):
        self.speech = Pool(folder, f"speech.{part}")
        self.noise = {kind: Pool(folder, f"{kind}.{part}") for kind in ("noise", "synthetic", "music")}

    def stretch(self, rng):
        """A stretch of 0.5 to 8 s of one clip and its labels."""
        start, end = self.speech.bounds(rng.integers(len(self.speech.ends)))
        wanted = min(end - start, int(rng.uniform(0.5, 8) * FRAMES_A_SECOND))
        first = int(rng.integers(start, end - wanted + 1))
        return self.speech.mels[first : first + wanted], self.speech.labels[first : first + wanted]

    def talk(self, rng):
        """Stretches of speech at unlike levels with pauses between them, on a silent ground."""
        mels, flags = np.zeros((LENGTH, MELS), np.float32), np.zeros(LENGTH, bool)
        at = int(rng.uniform(-2, 3) * FRAMES_A_SECOND)
        while at < LENGTH:
            part, labels = self.stretch(rng)
            skip, start = max(0, -at), max(0, at)
            count = max(0, min(len(labels) - skip, LENGTH - start))
            part, heard = part[skip : skip + count], labels[skip : skip + count]
            if heard.any():
                power = part[heard].sum(1).mean() + 1e-9
                mels[start : start + count] = part * (10 ** (rng.uniform(-8, 3) / 10) / power)
                flags[start : start + count] = heard
            at += len(labels) + int(rng.exponential(1.0) * FRAMES_A_SECOND)
        return mels, flags

    def background(self, rng):
        kind = rng.choice(["noise", "synthetic", "music"], p=[0.35, 0.2, 0.45])
        mels = self.noise[kind].crop(LENGTH, rng)
        if rng.random() < 0.25:
            other = self.noise[rng.choice(["noise", "synthetic", "music"])].crop(LENGTH, rng)
            mels = mixed(mels, other * rng.uniform(0.01, 1), rng)
        if rng.random() < 0.25:
            # Sounds that come and go, so that an onset alone does not mean a voice.
            steps = rng.integers(3, 40)
            mels = mels * np.repeat(rng.random(LENGTH // steps + 1) < 0.6, steps)[:LENGTH, None]
        return mels

    def item(self, rng):
        speech, flags = self.talk(rng)
        background = self.background(rng)
        kind = rng.random()
        gain = 10 ** (-rng.uniform(-5, 25) / 10) if kind > 0.12 else 10 ** (-rng.uniform(35, 80) / 10)
        if 0.12 < kind < 0.37:
            speech, flags, gain = np.zeros_like(speech), np.zeros_like(flags), 1.0
        limit = band_limit(MELS, rng) * 10 ** (rng.uniform(-48, -8) / 10)
        speech_curve = limit * (smooth_curve(MELS, rng, 6) if rng.random() < 0.6 else 1)
        noise_curve = limit * gain * (smooth_curve(MELS, rng, 9) if rng.random() < 0.6 else 1)
        return mixed(speech * speech_curve.astype(np.float32), background * noise_curve.astype(np.float32), rng), flags

    def batch(self, size, rng):
        """Mel powers [B, 2·FRAMES + 40, 40] and labels [FRAMES, B]: the share of a frame that is speech."""
        mels, flags = zip(*[self.item(rng) for _ in range(size)])
        labels = np.stack(flags)[:, MARGIN:-MARGIN].reshape(size, FRAMES, 2).mean(2, dtype=np.float32)
        return torch.from_numpy(np.stack(mels)), torch.from_numpy(labels.T.copy())


class Batches(torch.utils.data.Dataset):
    """Batch by step number, each from its own seed: reproducible, in whatever order they are made."""

    def __init__(self, folder, count, size, seed):
        self.mixer, self.count, self.size, self.seed = Mixer(folder, "train"), count, size, seed

    def __len__(self):
        return self.count

    def __getitem__(self, step):
        return self.mixer.batch(self.size, np.random.default_rng([self.seed, step]))


def area_under_curve(scores, truth):
    """The probability that a frame of speech scores above a frame of anything else."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    positive = truth.sum()
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


@torch.no_grad()
def validate(network, mixer, batches=4):
    """On held-out speakers and noises, the same mixtures every time."""
    rng = np.random.default_rng(1234)
    losses, scores, truth = [], [], []
    for _ in range(batches):
        mels, labels = mixer.batch(16, rng)
        logits, _ = network(mels)
        losses.append(F.binary_cross_entropy_with_logits(logits, labels).item())
        scores.append(logits.numpy().ravel())
        truth.append(labels.numpy().ravel() > 0.5)
    scores, truth = np.concatenate(scores), np.concatenate(truth)
    return {
        "loss": round(float(np.mean(losses)), 4),
        "auc": round(area_under_curve(scores, truth), 4),
        "missed": round(float((scores[truth] < 0).mean()), 4),
        "falseAlarms": round(float((scores[~truth] > 0).mean()), 4),
    }


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
        "framesAnItem": FRAMES,
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
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--every", type=int, default=200, help="steps between validations")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=pathlib.Path, help="weights.pt of an earlier stage to go on from")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = VoiceActivity()
    if options.start:
        # An earlier stage may lack a layer: it begins as nothing.
        network.load_state_dict(torch.load(options.start), strict=False)
    averaged = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    optimizer = torch.optim.Adam(network.parameters(), options.rate)
    held_out = Mixer(options.pools, "valid")
    state, average, history, started = None, None, [], time.time()
    for step, (mels, labels) in enumerate(torch.utils.data.DataLoader(
        Batches(options.pools, options.steps, options.batch, options.seed), batch_size=None), 1):
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, step / 100) * (0.5 * (1 + np.cos(np.pi * step / options.steps)) + 0.01)
        # Half of the items begin in the state that another one ended in: streams are longer than items.
        start = None if state is None else state[:, torch.randperm(options.batch)] * (torch.rand(options.batch, 1) < 0.5)
        logits, state = network(mels, start)
        state = state.detach()
        loss = F.binary_cross_entropy_with_logits(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        averaged.update_parameters(network)
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if step % 20 == 0:
            print(f"step {step}  {time.time() - started:.0f} s  loss {average:.4f}", flush=True)
        if step % options.every == 0 or step == options.steps:
            averaged.module.eval()
            history.append({"step": step, **validate(averaged.module, held_out)})
            print(f"held out: {history[-1]}", flush=True)
            torch.save(averaged.module.state_dict(), options.out / "weights.pt")
            export_onnx(averaged.module, options.out / "model.onnx")
            record(options, step, network, history)


if __name__ == "__main__":
    main()
