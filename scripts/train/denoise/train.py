"""Trains the band-mask denoiser and writes the ONNX graph and a provenance record.

    python train.py --pools <folder made by prepare.py> --out <folder> [--steps 3000] [--seed 1]

Mixing happens on spectra: level, equalisation and band limits are products there, so that one core keeps up.
"""

import argparse
import hashlib
import json
import pathlib
import platform
import time

import numpy as np
import torch

from export import export_onnx
from model import BINS, HOP, LOOKAHEAD_FRAMES, SAMPLE_RATE_HZ, WINDOW, Analysis, BandMask

FRAMES = 160
LENGTH = WINDOW + HOP * (FRAMES - 1)
COMPRESSION = 0.3


class Pool:
    """A memory-mapped int16 pool that hands out random crops."""

    def __init__(self, folder, name):
        self.samples = np.load(folder / f"{name}.npy", mmap_mode="r")
        self.ends = np.load(folder / f"{name}.ends.npy")

    def clip(self, index):
        start = 0 if index == 0 else self.ends[index - 1]
        return self.samples[start : self.ends[index]]

    def crop(self, length, rng, whole_pool=False):
        """A stretch of `length` samples: of one clip (looped), or of neighbouring clips."""
        if whole_pool:
            start = rng.integers(0, len(self.samples) - length)
            return self.samples[start : start + length].astype(np.float32) / 32768
        clip = self.clip(rng.integers(len(self.ends)))
        start = rng.integers(0, len(clip))
        return np.resize(np.roll(clip, -start), length).astype(np.float32) / 32768


def smooth_curve(rng, decibels):
    """A random equaliser: [BINS] amplitudes, a few points on a logarithmic frequency axis."""
    knots = np.linspace(np.log(60), np.log(24000), 6)
    frequency = np.log(np.maximum(np.arange(BINS) * SAMPLE_RATE_HZ / WINDOW, 60))
    return 10 ** (np.interp(frequency, knots, rng.uniform(-decibels, decibels, 6)) / 20)


def band_limit(rng):
    """None for most; else the steep low-pass of a telephone, a 16 kHz recording, an mp3 encoder."""
    kind = rng.random()
    if kind < 0.5:
        return None
    edge = rng.uniform(3300, 4000) if kind < 0.56 else rng.uniform(7000, 8100) if kind < 0.86 else rng.uniform(9000, 20000)
    frequency = np.arange(BINS) * SAMPLE_RATE_HZ / WINDOW
    return 10 ** (-np.clip((frequency - edge) / rng.uniform(60, 600), 0, 1) * 5)


class Mixer:
    def __init__(self, folder, part, analysis):
        self.speech = Pool(folder, f"speech.{part}")
        self.noise = {kind: Pool(folder, f"noise-{kind}.{part}") for kind in ("real", "synthetic", "babble")}
        self.analysis = analysis

    def pick_noise(self, rng):
        kind = rng.choice(["real", "synthetic", "babble"], p=[0.5, 0.32, 0.18])
        samples = self.noise[kind].crop(LENGTH, rng)
        samples = samples / (samples.std() + 1e-4)
        if rng.random() < 0.3:
            other = self.noise[rng.choice(["real", "synthetic"])].crop(LENGTH, rng)
            samples = samples + other / (other.std() + 1e-4) * rng.uniform(0.1, 1)
        return samples

    def pick_speech(self, rng):
        samples = self.speech.crop(LENGTH, rng, whole_pool=True)
        if rng.random() < 0.3:
            # A pause longer than read speech has.
            start = rng.integers(0, LENGTH)
            stop = min(LENGTH, start + int(rng.uniform(0.3, 2.5) * SAMPLE_RATE_HZ))
            fade = np.ones(LENGTH, np.float32)
            fade[start:stop] = 0
            samples = samples * np.convolve(fade, np.ones(480, np.float32) / 480, "same")
        if rng.random() < 0.05:
            samples = np.clip(samples, -0.3 * np.abs(samples).max(), 0.3 * np.abs(samples).max())
        return samples

    def item(self, rng):
        """Amplitude-scaled speech and noise, and the curves that are applied to their spectra."""
        speech, noise = self.pick_speech(rng), self.pick_noise(rng)
        active = np.sqrt((speech**2)[np.abs(speech) > 0.02 * np.abs(speech).max() + 1e-6].mean()) if speech.any() else 1.0
        speech = speech / (active + 1e-6)
        kind = rng.random()
        noise_gain = 10 ** (-rng.uniform(-6, 25) / 20) if kind > 0.06 else 10 ** (-rng.uniform(40, 70) / 20)
        speech_gain = 0.0 if 0.06 < kind < 0.12 else 1.0
        level = 10 ** (rng.uniform(-48, -12) / 20)
        limit = band_limit(rng)
        limit = np.ones(BINS) if limit is None else limit
        speech_curve = (smooth_curve(rng, 6) if rng.random() < 0.6 else np.ones(BINS)) * limit * level * speech_gain
        noise_curve = (smooth_curve(rng, 9) if rng.random() < 0.6 else np.ones(BINS)) * limit * level * noise_gain
        return speech, noise, speech_curve, noise_curve

    def batch(self, size, rng):
        """Complex spectra of the mixtures and of their speech, [B, T, BINS]."""
        columns = [torch.from_numpy(np.stack(column).astype(np.float32)) for column in zip(*[self.item(rng) for _ in range(size)])]
        spectra = self.analysis.spectrum(torch.cat(columns[:2]))
        speech = spectra[:size] * columns[2][:, None]
        return speech + spectra[size:] * columns[3][:, None], speech


class Batches(torch.utils.data.Dataset):
    """Batch by step number, each from its own seed: a worker process prepares them, in any order, reproducibly."""

    def __init__(self, folder, count, size, seed):
        self.folder, self.count, self.size, self.seed = folder, count, size, seed
        self.mixer = None

    def __len__(self):
        return self.count

    def __getitem__(self, step):
        if self.mixer is None:
            torch.set_num_threads(1)
            self.mixer = Mixer(self.folder, "train", Analysis())
        return self.mixer.batch(self.size, np.random.default_rng([self.seed, step]))


def scored_bins():
    """Every bin up to 8 kHz and every fourth above, where two thirds of the bins hold a tenth of what matters."""
    edge = 8000 * WINDOW // SAMPLE_RATE_HZ
    return torch.cat([torch.arange(edge), torch.arange(edge, BINS, 4)])


class Scores:
    """What a real gain does to a mixture, from real products of the spectra alone: no complex arithmetic, and nothing
    but the gains, is differentiated."""

    @torch.no_grad()
    def __init__(self, mixture, speech, bins):
        mixture = mixture[:, : FRAMES - LOOKAHEAD_FRAMES, bins]
        speech = speech[:, : FRAMES - LOOKAHEAD_FRAMES, bins]
        scale = mixture.abs().square().mean((1, 2), keepdim=True).sqrt() + 1e-7
        mixture, speech = mixture / scale, speech / scale
        self.mixture_power = mixture.real.square() + mixture.imag.square()
        self.speech_power = speech.real.square() + speech.imag.square()
        self.product = mixture.real * speech.real + mixture.imag * speech.imag
        self.mixture_level = compress(self.mixture_power)
        self.speech_level = compress(self.speech_power)
        levels = self.mixture_level * self.speech_level
        self.level_product = self.product * levels * torch.rsqrt(self.mixture_power * self.speech_power + 1e-20)
        self.voiced = self.speech_power.sum((1, 2)) > 0

    def loss(self, gains):
        """Distance of compressed magnitudes and of compressed complex spectra (Braun & Tashev, 2021)."""
        squeezed = (gains + 1e-6) ** COMPRESSION
        difference = squeezed * self.mixture_level - self.speech_level
        # Removing speech is heard as damage, leaving noise as noise: the former counts more.
        magnitude = (difference.square() * torch.where(difference < 0, 1.3, 1.0)).mean()
        squared = (squeezed * self.mixture_level).square()
        phase = (squared - 2 * squeezed * self.level_product + self.speech_level.square()).mean()
        return 5 * (magnitude + phase) - 0.03 * self.si_sdr(gains)[self.voiced].clamp(max=30).mean()

    def si_sdr(self, gains):
        """Decibels an item: with a tight frame the scalar products of spectra are those of the signals."""
        speech = self.speech_power.sum((1, 2)) + 1e-9
        aligned = (gains * self.product).sum((1, 2)).square() / speech
        error = (gains.square() * self.mixture_power).sum((1, 2)) - aligned
        return 10 * torch.log10((aligned + 1e-6 * speech) / (error.clamp(min=0) + 1e-6 * speech))


def compress(power):
    """Magnitude ** COMPRESSION from power."""
    return (power + 1e-14) ** (COMPRESSION / 2)


def gains_of(network, analysis, mixture):
    """Band gains of the frames that have their look-ahead, [T, B, bands]."""
    gains, _ = network(analysis.band_power(mixture), network.initial_state(mixture.shape[0]))
    return gains[LOOKAHEAD_FRAMES:]


@torch.no_grad()
def validate(network, analysis, mixer, bins, batches=6):
    """Mean loss and SI-SDR improvement on held-out speakers and noises, the same mixtures every time."""
    rng = np.random.default_rng(1234)
    losses, gained = [], []
    for _ in range(batches):
        mixture, speech = mixer.batch(16, rng)
        scores = Scores(mixture, speech, bins)
        gains = analysis.bin_gains(gains_of(network, analysis, mixture), bins)
        noisy = scores.si_sdr(torch.ones_like(gains))
        losses.append(scores.loss(gains).item())
        gained.append((scores.si_sdr(gains) - noisy)[scores.voiced & (noisy < 30)])
    return float(np.mean(losses)), torch.cat(gained).mean().item()


def earlier_stage(weights):
    """The record of the stage that the weights came from."""
    if weights is None:
        return None
    record = json.loads((weights.parent / "provenance.json").read_text())
    return {key: record.get(key) for key in ("options", "framesAnItem", "heldOut", "startedFrom")}


def record(options, step, network, history):
    """Writes down what made the graph that was just exported."""
    graph = (options.out / "model.onnx").read_bytes()
    entries = {
        "pools": json.loads((options.pools / "pools.json").read_text()),
        "options": {key: str(value) for key, value in vars(options).items() if key not in ("pools", "out", "start")},
        "stepsDone": step,
        "framesAnItem": FRAMES,
        "packages": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "startedFrom": earlier_stage(options.start),
        "hidden": options.hidden,
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
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--every", type=int, default=250, help="steps between validations")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=pathlib.Path, help="weights.pt of an earlier stage to go on from")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    analysis, bins = Analysis(), scored_bins()
    held_out = Mixer(options.pools, "valid", analysis)
    batches = torch.utils.data.DataLoader(
        Batches(options.pools, options.steps, options.batch, options.seed), batch_size=None, num_workers=1, prefetch_factor=2
    )
    network = BandMask(analysis.bands, options.hidden)
    if options.start:
        network.load_state_dict(torch.load(options.start))
    # What is kept is the running mean of the weights: steadier than any single step's.
    averaged = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.98))
    optimizer = torch.optim.Adam(network.parameters(), options.rate)
    history, average, started = [], None, time.time()
    for step, (mixture, speech) in enumerate(batches, 1):
        progress = step / options.steps
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, step / 100) * (0.5 * (1 + np.cos(np.pi * progress)) + 0.01)
        gains = analysis.bin_gains(gains_of(network, analysis, mixture), bins)
        loss = Scores(mixture, speech, bins).loss(gains)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        averaged.update_parameters(network)
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if step % 20 == 0:
            print(f"step {step}  {time.time() - started:.0f} s  loss {average:.4f}", flush=True)
        if step % options.every == 0 or step == options.steps:
            held_loss, gained = validate(averaged.module, analysis, held_out, bins)
            history.append({"step": step, "loss": round(held_loss, 4), "siSdrGainDb": round(gained, 2)})
            print(f"held out: {history[-1]}", flush=True)
            torch.save(averaged.module.state_dict(), options.out / "weights.pt")
            export_onnx(averaged.module, analysis.bands, options.out / "model.onnx")
            record(options, step, network, history)


if __name__ == "__main__":
    main()
