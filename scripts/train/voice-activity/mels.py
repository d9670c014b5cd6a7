"""Turns pools of recordings into pools of mel powers, once: mixing then is an addition, and training several times faster.

    python mels.py --pools <folder made by prepare.py> --bands 40

Frame k of a clip is the window around its samples 256·k to 256·k + 256, as the labels are.
"""

import argparse
import pathlib

import numpy as np
import torch

from front_end import HOP, WINDOW, mel_matrix, spectrum


def mels_of(samples, matrix):
    """Mel powers [frames, bands] of a clip."""
    padded = np.zeros(len(samples) + WINDOW - HOP, np.float32)
    padded[(WINDOW - HOP) // 2 :][: len(samples)] = samples
    spectra = spectrum(torch.from_numpy(padded)[None])[0]
    return ((spectra.real.square() + spectra.imag.square()) @ matrix).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=pathlib.Path, required=True)
    parser.add_argument("--bands", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    matrix = mel_matrix(options.bands)
    for ends_path in sorted(options.pools.glob("*.ends.npy")):
        name = ends_path.name.removesuffix(".ends.npy")
        samples, ends = np.load(options.pools / f"{name}.npy", mmap_mode="r"), np.load(ends_path)
        clips = []
        for start, end in zip([0, *ends[:-1]], ends):
            count = (end - start) // HOP * HOP
            clips.append(mels_of(samples[start : start + count].astype(np.float32) / 32768, matrix))
        np.save(options.pools / f"{name}.mels.npy", np.concatenate(clips))
        np.save(options.pools / f"{name}.mel-ends.npy", np.cumsum([len(clip) for clip in clips]))
        print(f"{name}: {sum(len(clip) for clip in clips)} frames", flush=True)


if __name__ == "__main__":
    main()
