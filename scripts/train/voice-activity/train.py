"""Trains the voice-activity network and writes the ONNX graph and a provenance record.

    python train.py --pools <folder made by prepare.py> --out <folder> [--steps 800] [--seed 1] [--start weights.pt]
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

from curves import band_limit, smooth_curve
from export import export_onnx
from front_end import HOP, RATE, spectrum
from model import BEFORE, FRAME, SEEN, VoiceActivity
from recordings import Pool

FRAMES = 250
LENGTH = SEEN + FRAME * (FRAMES - 1)


class Mixer:
    def __init__(self, folder, part):
        self.speech = Pool(folder, f"speech.{part}")
        self.noise = {kind: Pool(folder, f"{kind}.{part}") for kind in ("noise", "synthetic", "music")}

    def stretch(self, rng):
        """A stretch of 0.5 to 8 s of one clip, cut at multiples of HOP, and its labels."""
        start, end = self.speech.bounds(rng.integers(len(self.speech.ends)))
        count = (end - start) // HOP
        wanted = min(count, int(rng.uniform(0.5, 8) * RATE / HOP))
        first = start // HOP + int(rng.integers(0, count - wanted + 1))
        samples = self.speech.samples[first * HOP : (first + wanted) * HOP].astype(np.float32)
        return samples, self.speech.labels[first : first + wanted]

    def talk(self, rng):
        """Stretches of speech at unlike levels with pauses between them, on a silent ground."""
        samples, flags = np.zeros(LENGTH, np.float32), np.zeros(LENGTH // HOP + 1, bool)
        at = int(rng.uniform(-2, 3) * RATE / HOP)
        while at < len(flags):
            part, labels = self.stretch(rng)
            skip = max(0, -at)
            part, labels, start = part[skip * HOP :], labels[skip:], max(0, at)
            count = max(0, min(len(labels), LENGTH // HOP - start))
            active = part[: count * HOP].reshape(-1, HOP)[labels[:count]]
            if count and active.size:
                level = 10 ** (rng.uniform(-8, 3) / 20) / (active.std() + 1e-3)
                samples[start * HOP : (start + count) * HOP] = part[: count * HOP] * level
                flags[start : start + count] = labels[:count]
            at += skip + len(labels) + int(rng.exponential(1.0) * RATE / HOP)
        return samples, flags

    def background(self, rng):
        kind = rng.choice(["noise", "synthetic", "music"], p=[0.4, 0.25, 0.35])
        samples = self.noise[kind].crop(LENGTH, rng)
        if rng.random() < 0.25:
            samples = samples + self.noise[rng.choice(["noise", "synthetic", "music"])].crop(LENGTH, rng) * rng.uniform(0.1, 1)
        if rng.random() < 0.25:
            # Sounds that come and go, so that an onset alone does not mean a voice.
            gate = np.repeat(rng.random(LENGTH // 4000 + 1) < 0.6, 4000)[:LENGTH].astype(np.float32)
            samples = samples * np.convolve(gate, np.ones(400, np.float32) / 400, "same")
        return samples

    def item(self, rng):
        speech, flags = self.talk(rng)
        background = self.background(rng)
        kind = rng.random()
        gain = 10 ** (-rng.uniform(-5, 25) / 20) if kind > 0.12 else 10 ** (-rng.uniform(35, 80) / 20)
        if 0.12 < kind < 0.34:
            speech, flags, gain = np.zeros_like(speech), np.zeros_like(flags), 1.0
        level = 10 ** (rng.uniform(-50, -10) / 20)
        limit = band_limit(rng) * level
        speech_curve = limit * (smooth_curve(rng, 6) if rng.random() < 0.6 else 1)
        noise_curve = limit * gain * (smooth_curve(rng, 9) if rng.random() < 0.6 else 1)
        return speech, background, speech_curve, noise_curve, flags

    def batch(self, size, rng):
        """Powers [B, 2·FRAMES + 16, 257] and labels [FRAMES, B]: a frame is speech where half of it is."""
        speech, background, speech_curve, noise_curve, flags = zip(*[self.item(rng) for _ in range(size)])
        tensor = lambda arrays: torch.from_numpy(np.stack(arrays).astype(np.float32))  # noqa: E731
        spectra = spectrum(torch.cat([tensor(speech), tensor(background)]))
        mixed = spectra[:size] * tensor(speech_curve)[:, None] + spectra[size:] * tensor(noise_curve)[:, None]
        first = BEFORE // HOP
        # The first frame begins at sample 2176, which is 8.5 label frames in: the labels are read at its two halves.
        half = np.stack(flags)[:, first : first + 2 * FRAMES + 1].astype(np.float32)
        halves = (half[:, :-1] + half[:, 1:]) / 2
        labels = halves.reshape(size, FRAMES, 2).mean(2)
        return mixed.real.square() + mixed.imag.square(), torch.from_numpy(labels.T.copy())


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
        power, labels = mixer.batch(16, rng)
        logits, _ = network(power)
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
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--every", type=int, default=100, help="steps between validations")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=pathlib.Path, help="weights.pt of an earlier stage to go on from")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = VoiceActivity()
    if options.start:
        network.load_state_dict(torch.load(options.start))
    averaged = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    optimizer = torch.optim.Adam(network.parameters(), options.rate)
    held_out = Mixer(options.pools, "valid")
    state, average, history, started = None, None, [], time.time()
    for step, (power, labels) in enumerate(torch.utils.data.DataLoader(
        Batches(options.pools, options.steps, options.batch, options.seed), batch_size=None), 1):
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, step / 100) * (0.5 * (1 + np.cos(np.pi * step / options.steps)) + 0.01)
        # Half of the items begin in the state that another one ended in: streams are longer than items.
        start = None if state is None else state[:, torch.randperm(options.batch)] * (torch.rand(options.batch, 1) < 0.5)
        logits, state = network(power, start)
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
