"""Builds the training pools: 16 kHz mono int16 arrays of speakers, as recorded and at two other speeds, and of noise.

    python prepare.py --data <folder with librispeech_*, noise, soundfx, rir> --out <pool folder> [--seed 7]

A clip of the pool is one speaker: pauses are left out. Another speed is another speaker: pitch and formants move with
it. Whole speakers are held out.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from scipy.signal import fftconvolve, resample_poly

sys.path.append(str(pathlib.Path(__file__).parents[1] / "voice-activity"))
from labels import HOP, speech_frames  # noqa: E402
from recordings import (HELD_OUT_NOISE, ROOMS, WITH_VOICES, build_noise, digest_of, listed, read,  # noqa: E402
                        read_rooms, room_response, save, to_int16)

HELD_OUT_SPEAKERS = 24
SPEEDS = (100, 88, 113)
LONGEST_SECONDS = 180


def voice(paths):
    """The speech of a speaker's recordings, without pauses."""
    parts = []
    for path in paths:
        samples = read(path)
        samples = samples[: len(samples) // HOP * HOP]
        parts.append(samples[np.repeat(speech_frames(samples), HOP)])
    return np.concatenate(parts)


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
    room_files = [p for p in listed(options.data, "rir") if p.stem.startswith(ROOMS)]
    speakers = {}
    for path in [*many, *few[::3]]:
        speakers.setdefault(path.stem.split("-")[0], []).append(path)
    names = sorted(speakers)
    single = [name for name in names if len(speakers[name]) == 1]
    held = set(rng.permutation(single)[:HELD_OUT_SPEAKERS])
    rooms = read_rooms(room_files)

    clips, held_clips = [], []
    for name in names:
        samples = voice(speakers[name])[: LONGEST_SECONDS * 16000]
        if name in held:
            held_clips.append(to_int16(samples))
            continue
        for speed in SPEEDS:
            one = resample_poly(samples, 100, speed).astype(np.float32)
            wet = fftconvolve(one, room_response(rooms, rng))[: len(one)]
            clips += [to_int16(one), to_int16(wet)]
    save(options.out, "speakers.train", clips)
    save(options.out, "speakers.valid", held_clips)
    train_noise = [p for p in recorded if p.stem not in HELD_OUT_NOISE]
    save(options.out, "noise.train", build_noise(train_noise, rng, 3) + build_noise(effects, rng, 1))
    save(options.out, "noise.valid", build_noise([p for p in recorded if p.stem in HELD_OUT_NOISE], rng, 1))
    digest = digest_of([*many, *few, *recorded, *effects, *room_files])
    record = {"seed": options.seed, "dataSha256": digest, "speakers": len(names) - len(held),
              "speeds": list(SPEEDS), "speakersHeldOut": sorted(held)}
    (options.out / "pools.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
