"""Trains the vocoder on short windows: spectra at four resolutions, and the pitch that `prepare.py` found.

    python train_vocoder.py --pool /tmp/pool --speakers slt,rms --out /tmp/vocoder --steps 1500 [--until 500]

`--acoustic <latest.pt>`: half of the windows take their mels from the acoustic model under the true timing, so that the vocoder
learns to make sharp sound of soft mels.
"""

import argparse
import math
import pathlib
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from mels import HOP, SAMPLE_RATE
from pool import read_pool, record_of
from vocoder import LOWEST_HZ, OCTAVES, PITCH_BINS, SIGMA, TOP_HZ, Vocoder

FRAMES = 72


def windows(clips, chooser, count):
    """Mels [B, 80, FRAMES], pitch [B, FRAMES] (interpolated), voicing, audio [B, FRAMES * HOP]."""
    mels, pitches, voicing, audio = [], [], [], []
    while len(mels) < count:
        clip = clips[int(chooser.integers(0, len(clips)))]
        if clip["frames"] <= FRAMES:
            continue
        begin = int(chooser.integers(0, clip["frames"] - FRAMES))
        pitch = numpy.array(clip["pitch"], dtype=numpy.float32)
        voiced = numpy.flatnonzero(pitch)
        smooth = numpy.interp(numpy.arange(len(pitch)), voiced, pitch[voiced])
        source = clip.get("soft") if "soft" in clip and chooser.uniform() < 0.5 else clip["mel"]
        mels.append(numpy.asarray(source[begin:begin + FRAMES], dtype=numpy.float32).T)
        pitches.append(smooth[begin:begin + FRAMES])
        voicing.append(pitch[begin:begin + FRAMES] > 0)
        audio.append(clip["audio"][begin * HOP:(begin + FRAMES) * HOP].astype(numpy.float32) / 32768)
    return [torch.tensor(numpy.stack(part), dtype=torch.float32) for part in (mels, pitches, voicing, audio)]


def spectral_distance(found, wanted):
    total = 0
    for size in (256, 512, 1024, 2048):
        window = torch.hann_window(size)
        last = int(TOP_HZ / SAMPLE_RATE * size)
        ours, theirs = [torch.stft(audio, size, size // 4, window=window, return_complex=True).abs()[:, :last] / math.sqrt(size / 512)
                        for audio in (found, wanted)]
        total = total + 0.5 * (ours - theirs).abs().mean() / theirs.mean().clamp(min=1e-3)
        total = total + (torch.log(ours + 3e-4) - torch.log(theirs + 3e-4)).abs().mean()
    return total / 4


def losses_of(model, batch, blur=0.0):
    mels, pitch, voicing, audio = batch
    if blur:
        mels = mels + blur * torch.randn_like(mels)
    x, logits = model.analyse(mels)
    place = torch.log2(pitch / LOWEST_HZ) * (PITCH_BINS / OCTAVES) - 0.5
    target = torch.clamp(1 - (torch.arange(PITCH_BINS)[None, :, None] - place[:, None]).abs() / 2, min=0)
    target = target / target.sum(1, keepdim=True).clamp(min=1e-6)
    pitch_loss = -(target * F.log_softmax(logits, 1)).sum(1)
    weight = voicing + 0.05
    harmonic, noise = model.filters(x, pitch)
    start = torch.rand(len(mels), 1)
    pulses, _ = model.excite(pitch, start, torch.zeros(len(mels), 1, dtype=torch.long))
    found = model.render(harmonic, noise, pulses, SIGMA * torch.randn_like(pulses))
    off = (torch.log2(model.hertz(logits) / pitch).abs() > 0.05).float() * voicing
    return {"spectrum": spectral_distance(found, audio), "pitch": (pitch_loss * weight).sum() / weight.sum(),
            "pitchErrors": off.sum().detach() / voicing.sum()}


def soften(clips, path):
    """Mels of the acoustic model under the true timing and pitch, its own frames fed back twice."""
    from acoustic import timing_of
    from train_acoustic import Acoustic, batch_of

    saved = torch.load(path, weights_only=False)
    model = Acoustic(len(saved["record"]["speakers"]))
    model.load_state_dict(saved["model"])
    model.eval()
    clips = sorted(clips, key=lambda clip: clip["frames"])
    for begin in range(0, len(clips), 24):
        part = clips[begin:begin + 24]
        batch = batch_of(part)
        with torch.no_grad():
            memory, _, _ = model.encoder(batch["ids"], batch["speaker"], batch["lengths"], batch["pitch"])
            timing, found = timing_of(batch["durations"]), batch["mels"]
            for _ in range(3):
                found = model.decoder(memory, timing, F.pad(found[:, :-1], (0, 0, 1, 0)))
            found = model.postnet(found.transpose(1, 2)).transpose(1, 2)
        for row, clip in enumerate(part):
            clip["soft"] = found[row, :clip["frames"]].numpy().astype(numpy.float16)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=pathlib.Path, required=True)
    parser.add_argument("--speakers", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--acoustic", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--until", type=int)
    parser.add_argument("--rate", type=float, default=0.0015)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    training, held = read_pool(options.pool, options.speakers.split(","))
    if options.acoustic:
        soften(training, options.acoustic)
    model = Vocoder()
    optimiser = torch.optim.AdamW(model.parameters(), options.rate, betas=(0.9, 0.98))
    options.out.mkdir(parents=True, exist_ok=True)
    path, first, history = options.out / "latest.pt", 0, []
    if path.exists():
        saved = torch.load(path, weights_only=False)
        model.load_state_dict(saved["model"]), optimiser.load_state_dict(saved["optimiser"])
        first, history = saved["step"], saved["record"]["heldOut"]
    print(len(training), "clips", sum(parameter.numel() for parameter in model.parameters()), "parameters", flush=True)
    began, average = time.time(), {}
    until = min(options.until or options.steps, options.steps)
    for step in range(first, until):
        chooser = numpy.random.default_rng([options.seed, step])
        torch.manual_seed(options.seed * 1_000_003 + step)
        rate = options.rate * min(1, (step + 1) / 50) * (0.5 * (1 + math.cos(math.pi * step / options.steps)) + 0.01)
        for group in optimiser.param_groups:
            group["lr"] = rate
        losses = losses_of(model, windows(training, chooser, options.batch), blur=0.1)
        optimiser.zero_grad()
        (losses["spectrum"] + 0.15 * losses["pitch"]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        for name, value in losses.items():
            average[name] = 0.97 * average.get(name, value.item()) + 0.03 * value.item()
        done = step + 1
        if done % 50 == 0 or done == until:
            print(done, round(time.time() - began), {name: round(value, 3) for name, value in average.items()}, flush=True)
        if done % 50 == 0 or done == until:
            if held and (done % 200 == 0 or done == until):
                with torch.no_grad():
                    quality = losses_of(model, windows(held, numpy.random.default_rng(7), 24))
                history.append({"step": done, **{name: round(value.item(), 4) for name, value in quality.items()}})
                print("held out", history[-1], flush=True)
            record = {**record_of(options, options.pool, model), "stepsDone": done, "heldOut": history}
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": done, "record": record}, path)


if __name__ == "__main__":
    main()
