"""Trains the decoder on rendered phrases by a loss over spectra of several resolutions.

python train.py --pool /tmp/ddsp/pool --out /tmp/ddsp/run --steps 1800
"""
import argparse
import json
import pathlib
import time

import numpy
import torch

from frames import HOP
from model import WIDTH, Decoder, filtered, harmonic
from render import INSTRUMENTS

SIZES = (2048, 1024, 512, 256, 128, 64)


def spectral_loss(made, wanted):
    """Differences of magnitudes and of their logarithms (DDSP, section 4.1.2)."""
    total = 0.0
    for size in SIZES:
        window = torch.hann_window(size)
        a, b = [
            torch.stft(x, size, size // 4, window=window, return_complex=True).abs() for x in (made, wanted)
        ]
        total = total + (a - b).abs().mean() + 0.5 * (torch.log(a + 1e-3) - torch.log(b + 1e-3)).abs().mean()
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--frames", type=int, default=250)
    parser.add_argument("--rate", type=float, default=3e-3)
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    dice = numpy.random.default_rng(1)
    pool = [dict(numpy.load(options.pool / f"{name}.npz")) for name in INSTRUMENTS]
    # The last tenth of each instrument is held out.
    ends = [int(0.9 * len(part["pitch"])) for part in pool]
    decoder = Decoder(len(pool))
    optimiser = torch.optim.Adam(decoder.parameters(), lr=options.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=options.steps)

    def batch(held_out):
        rows = []
        for n in range(options.batch):
            who = n % len(pool)
            low, high = (ends[who], len(pool[who]["pitch"]) - 1) if held_out else (0, ends[who])
            at = int(dice.integers(low, high - options.frames))
            part = pool[who]
            rows.append(
                (
                    part["pitch"][at : at + options.frames],
                    part["loudness"][at : at + options.frames],
                    who,
                    part["samples"][at * HOP : (at + options.frames) * HOP],
                )
            )
        pitch, loudness, who, samples = zip(*rows)
        pitch, loudness, samples = (torch.from_numpy(numpy.stack(x)) for x in (pitch, loudness, samples))
        return pitch, loudness, torch.tensor(who), samples

    def loss_of(held_out):
        pitch, loudness, who, samples = batch(held_out)
        amplitudes, noise, _ = decoder(pitch, loudness, who, torch.zeros(1, len(who), WIDTH))
        made = harmonic(pitch, amplitudes) + filtered(2 * torch.rand_like(samples) - 1, noise)
        return spectral_loss(made, samples)

    record, started, seen = [], time.time(), []
    options.out.mkdir(parents=True, exist_ok=True)
    for step in range(1, options.steps + 1):
        loss = loss_of(False)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 3.0)
        optimiser.step()
        schedule.step()
        seen.append(loss.item())
        if step % 100 == 0:
            with torch.no_grad():
                held = float(numpy.mean([loss_of(True).item() for _ in range(4)]))
            record.append({"step": step, "loss": round(float(numpy.mean(seen)), 4), "heldOut": round(held, 4)})
            seen = []
            print(record[-1], f"{time.time() - started:.0f} s", flush=True)
            torch.save({"decoder": decoder.state_dict(), "record": record}, options.out / "latest.pt")
    told = {name: str(value) for name, value in vars(options).items() if name not in ("pool", "out")}
    packages = {"torch": torch.__version__, "numpy": numpy.__version__}
    parameters = sum(weight.numel() for weight in decoder.parameters())
    notes = {"options": told, "seed": 1, "parameters": parameters, "packages": packages, "losses": record}
    (options.out / "record.json").write_text(json.dumps(notes))


if __name__ == "__main__":
    main()
