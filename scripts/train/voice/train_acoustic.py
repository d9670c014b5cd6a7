"""Trains the acoustic model: whole sequences at once under the known alignment, its own frames fed back more and more.

    python train_acoustic.py --pool /tmp/pool --speakers slt,rms --out /tmp/acoustic --steps 2000 [--until 500]

`--until` ends early; the same command goes on from there. Steps and seed decide the result, not the clock.
"""

import argparse
import math
import pathlib
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from acoustic import MEL_SCALE, PITCH_MEAN, PITCH_SCALE, Decoder, DecoderStep, Encoder, Postnet, first_state, timing_of
from mels import MELS
from pool import read_pool, record_of


class Acoustic(nn.Module):
    def __init__(self, speakers):
        super().__init__()
        self.encoder, self.decoder, self.postnet = Encoder(speakers), Decoder(), Postnet()


def batch_of(clips):
    """Clips as padded tensors."""
    count, symbols, frames = len(clips), max(len(clip["ids"]) for clip in clips), max(clip["frames"] for clip in clips)
    batch = {"ids": torch.zeros(count, symbols, dtype=torch.long), "durations": torch.zeros(count, symbols),
             "pitch": torch.zeros(count, symbols), "voicing": torch.zeros(count, symbols),
             "mels": torch.full((count, frames, MELS), -11.0), "mask": torch.zeros(count, frames, 1),
             "speaker": torch.tensor([clip["speaker"] for clip in clips]),
             "lengths": torch.tensor([len(clip["ids"]) for clip in clips])}
    for row, clip in enumerate(clips):
        length = len(clip["ids"])
        batch["ids"][row, :length] = torch.tensor(clip["ids"])
        batch["durations"][row, :length] = torch.tensor(clip["durations"], dtype=torch.float32)
        batch["pitch"][row, :length] = (torch.tensor(clip["symbolPitch"]) - PITCH_MEAN) / PITCH_SCALE
        batch["voicing"][row, :length] = torch.tensor(clip["voicing"])
        batch["mels"][row, :clip["frames"]] = torch.from_numpy(clip["mel"].astype(numpy.float32))
        batch["mask"][row, :clip["frames"]] = 1
    return batch


def roll_out(decoder, memory, timing, count):
    """What the decoder gives when it hears nothing but itself, frame by frame [B, count, MELS]."""
    step, state, frames = DecoderStep(decoder), first_state(memory), []
    mask = torch.zeros(memory.shape[:2], dtype=torch.bool)
    training = decoder.training
    decoder.eval()
    with torch.no_grad():
        for _ in range(count):
            frame, _, *rest = step(*state, memory, timing, mask)
            frames.append(frame)
            state = [frame, *rest]
    decoder.train(training)
    return torch.stack(frames, 1)


def losses_of(model, batch, dropout=0.0, noise=0.0, fed_back=0.0, alone=0.0):
    """`fed_back`: share of frames that are the decoder's own of a first pass; `alone`: share of clips that it speaks alone."""
    memory, durations, pitch = model.encoder(batch["ids"], batch["speaker"], batch["lengths"], batch["pitch"])
    timing, mels, mask = timing_of(batch["durations"]), batch["mels"], batch["mask"]
    previous = F.pad(mels[:, :-1], (0, 0, 1, 0))
    if fed_back:
        with torch.no_grad():
            own = F.pad(model.decoder(memory, timing, previous, dropout)[:, :-1], (0, 0, 1, 0))
        chosen = (torch.rand(previous.shape[:2]) < fed_back).float()[..., None]
        previous = own * chosen + previous * (1 - chosen)
    if alone:
        own = F.pad(roll_out(model.decoder, memory.detach(), timing, mels.shape[1])[:, :-1], (0, 0, 1, 0))
        chosen = (torch.rand(len(mels), 1, 1) < alone).float()
        previous = own * chosen + previous * (1 - chosen)
    if noise:
        previous = previous + noise * torch.randn_like(previous)
    rough = model.decoder(memory, timing, previous, dropout)
    fine = model.postnet(rough.transpose(1, 2)).transpose(1, 2)

    def distance(found):
        error = (found - mels) / MEL_SCALE * mask
        return (error.abs().sum() + (error ** 2).sum()) / mask.sum() / MELS

    real = (batch["ids"] != 0).float()
    wanted = torch.log(1 + batch["durations"])
    return {"rough": distance(rough), "fine": distance(fine),
            "duration": (((durations - wanted) ** 2) * real).sum() / real.sum(),
            "pitch": (((pitch - batch["pitch"]) ** 2) * batch["voicing"]).sum() / batch["voicing"].sum().clamp(min=1)}


def draw(clips, chooser, frames):
    """A batch of clips of similar length, about `frames` frames with padding."""
    lengths = numpy.array([clip["frames"] for clip in clips]) * chooser.uniform(0.9, 1.1, len(clips))
    order = numpy.argsort(lengths)
    begin = int(chooser.integers(0, len(order)))
    count = max(4, int(frames / lengths[order[begin]]))
    begin = max(0, min(begin, len(order) - count))
    return [clips[index] for index in order[begin:begin + count]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=pathlib.Path, required=True)
    parser.add_argument("--speakers", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--until", type=int)
    parser.add_argument("--rate", type=float, default=0.0016)
    parser.add_argument("--frames", type=int, default=3600)
    parser.add_argument("--alone", type=float, default=0.0, help="share of clips that the decoder hears only itself in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    names = options.speakers.split(",")
    training, held = read_pool(options.pool, names)
    model = Acoustic(len(names))
    optimiser = torch.optim.AdamW(model.parameters(), options.rate, betas=(0.9, 0.98), weight_decay=1e-3)
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
        share = step / options.steps
        rate = options.rate * min(1, (step + 1) / 80) * (0.5 * (1 + math.cos(math.pi * share)) + 0.01)
        for group in optimiser.param_groups:
            group["lr"] = rate
        fed_back = 0.85 * min(1, max(0, (share - 0.2) / 0.4)) if step % 2 else 0.0
        model.train()
        dropout, noise = (0.1, 0.0) if options.alone else (0.4 - 0.3 * min(1, share * 1.4), 0.15)
        batch = batch_of(draw(training, chooser, options.frames))
        losses = losses_of(model, batch, dropout, noise, 0.0 if options.alone else fed_back, options.alone)
        total = losses["rough"] + losses["fine"] + 0.4 * losses["duration"] + 0.3 * losses["pitch"]
        optimiser.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        for name, value in losses.items():
            average[name] = 0.97 * average.get(name, value.item()) + 0.03 * value.item()
        done = step + 1
        if done % 50 == 0 or done == until:
            print(done, round(time.time() - began), {name: round(value, 3) for name, value in average.items()}, flush=True)
        if done % 50 == 0 or done == until:
            if held and (done % 200 == 0 or done == until):
                model.eval()
                with torch.no_grad():
                    quality = losses_of(model, batch_of(held[:24]), alone=1.0)
                history.append({"step": done, **{name: round(value.item(), 4) for name, value in quality.items()}})
                print("held out", history[-1], flush=True)
            record = {**record_of(options, options.pool, model), "speakers": names, "stepsDone": done, "heldOut": history}
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": done, "record": record}, path)


if __name__ == "__main__":
    main()
