"""Builds the training pools: 16 kHz mono int16 arrays of speech with labels, of noise and of music.

    python prepare.py --data <folder with librispeech_*, noise, soundfx, instruments, rir> --out <pool folder> [--seed 7]

The split holds out whole speakers and whole noise recordings. The data's hash is written beside the pools.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from scipy.signal import fftconvolve, resample_poly

import music
from labels import HOP, speech_frames
from recordings import (HELD_OUT_NOISE, RATE, ROOMS, WITH_VOICES, build_noise, digest_of, listed, read, read_rooms,
                        room_response, save, to_int16)

sys.path.append(str(pathlib.Path(__file__).parents[1] / "denoise"))
import noises  # noqa: E402  the denoiser's synthetic noise classes, at 48 kHz

HELD_OUT_SPEAKERS = 18


def whole_frames(samples):
    return samples[: len(samples) // HOP * HOP]


def build_speech(paths, rooms, rng):
    """Every clip as it is, some at another speed, some in a room; the labels are those of the dry clip."""
    clips, labels = [], []
    for path in paths:
        samples = read(path)
        speed = rng.choice([1.0, rng.uniform(0.8, 1.25)])
        if speed != 1.0:
            samples = resample_poly(samples, 100, int(100 * speed)).astype(np.float32)
        samples = whole_frames(samples - samples.mean())
        flags = speech_frames(samples)
        if rng.random() < 0.35:
            response = room_response(rooms, rng)
            samples = fftconvolve(samples, response)[: len(samples)]
        clips.append(to_int16(samples))
        labels.append(flags)
    return clips, labels


def build_synthetic(per_kind, seconds, rng):
    count = seconds * noises.SAMPLE_RATE_HZ
    made = (noises.unit(make(count, rng)) for make in noises.KINDS.values() for _ in range(per_kind))
    return [to_int16(resample_poly(samples, 1, 3)) for samples in made]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)

    many = listed(options.data, "librispeech_tc100_251spk_untranscribed")
    few = listed(options.data, "librispeech_tc100_3spk")
    recorded = [p for p in listed(options.data, "noise") if not p.stem.startswith(WITH_VOICES)]
    effects = [p for p in listed(options.data, "soundfx") if not p.stem.startswith(WITH_VOICES)]
    instruments = listed(options.data, "instruments")
    room_files = [p for p in listed(options.data, "rir") if p.stem.startswith(ROOMS)]
    digest = digest_of([*many, *few, *recorded, *effects, *instruments, *room_files])
    rooms = read_rooms(room_files)
    order = rng.permutation(len(many))
    held = [many[i] for i in order[:HELD_OUT_SPEAKERS]]
    kept = [many[i] for i in order[HELD_OUT_SPEAKERS:]]
    save(options.out, "speech.train", *build_speech([*kept, *kept, *few[::3]], rooms, rng))
    save(options.out, "speech.valid", *build_speech(held, rooms, rng))

    pitched = [read(p) for p in instruments if p.stem.startswith(("piano", "sonicpi"))]
    drums = [read(p)[: 2 * RATE] for p in instruments if not p.stem.startswith(("piano",))]
    pitched = [samples for samples in pitched if len(samples) > 0.3 * RATE]
    save(options.out, "music.train", [to_int16(music.piece(12, pitched, drums, rooms, rng)) for _ in range(220)])
    save(options.out, "music.valid", [to_int16(music.piece(12, pitched, drums, rooms, rng)) for _ in range(12)])
    train_noise = [p for p in recorded if p.stem not in HELD_OUT_NOISE]
    save(options.out, "noise.train", build_noise(train_noise, rng, 3) + build_noise(effects, rng, 2))
    save(options.out, "noise.valid", build_noise([p for p in recorded if p.stem in HELD_OUT_NOISE], rng, 1))
    save(options.out, "synthetic.train", build_synthetic(16, 12, rng))
    save(options.out, "synthetic.valid", build_synthetic(1, 12, rng))
    record = {"seed": options.seed, "dataSha256": digest, "speakersHeldOut": [p.name for p in held]}
    (options.out / "pools.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
