"""Turns the pools into log-mel bands once, so that training needs little more than the network.

    python features.py --pools /tmp/pools

Writes `<name>.f16` (frames at 10 ms, 80 bands) beside every pool, and first frame and number of frames into its index. A
fifth of the training clips are put into rooms first. Noise in several colours is added to the noise pool.
"""

import argparse
import json
import pathlib
import random

import numpy
import torch
from scipy import fft

from model import SAMPLE_RATE, Frontend
from train import Pool

COLOURS = (0, 0.25, 0.5, 0.75)
ROOM_SHARE = 0.2


def in_room(audio, room):
    size = fft.next_fast_len(len(audio) + len(room), real=True)
    return fft.irfft(fft.rfft(audio, size) * fft.rfft(room, size), size)[: len(audio)]


def coloured_noise(slope, samples):
    spectrum = fft.rfft(numpy.random.default_rng(0).standard_normal(samples, numpy.float32))
    return fft.irfft(spectrum / numpy.maximum(1, numpy.arange(len(spectrum), dtype=numpy.float32)) ** slope)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=pathlib.Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    frontend, chooser = Frontend(), random.Random(2)
    rooms = Pool(options.pools, "rooms")
    for name in ("real_held", "synthetic_held", "noise", "synthetic", "real"):
        pool, first = Pool(options.pools, name), 0
        clips = ((entry, pool.clip(entry)) for entry in pool.entries)
        if name == "noise":
            recorded = [entry for entry in pool.entries if not entry["text"].startswith("colour ")]
            colours = [{"text": f"colour {slope}", "speaker": "noise", "offset": 0, "samples": 0} for slope in COLOURS]
            made = [coloured_noise(slope, 10 * SAMPLE_RATE) * 0.1 for slope in COLOURS]
            clips = [(entry, pool.clip(entry)) for entry in recorded] + list(zip(colours, made))
        entries = []
        with open(options.pools / f"{name}.f16", "wb") as bands:
            for entry, audio in clips:
                if name in ("real", "synthetic") and chooser.random() < ROOM_SHARE:
                    audio = in_room(audio, rooms.clip(chooser.choice(rooms.entries)))
                with torch.no_grad():
                    made = frontend.bands(torch.from_numpy(audio)[None])[0].T.numpy().astype(numpy.float16)
                made.tofile(bands)
                entries.append({**entry, "first": first, "frames": len(made)})
                first += len(made)
        (options.pools / f"{name}.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
        print(name, len(entries), flush=True)


if __name__ == "__main__":
    main()
