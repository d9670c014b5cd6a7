"""Writes what was held out of training for the bench: `<instrument>.wav`, and `<instrument>.f32` with its pitch, Hz a frame.

    python hold_out.py --pool /tmp/ddsp/pool --out /tmp/ddsp/held-out
"""
import argparse
import pathlib

import numpy
import soundfile

from frames import HOP, RATE
from render import INSTRUMENTS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in INSTRUMENTS:
        part = numpy.load(options.pool / f"{name}.npz")
        start = int(0.9 * len(part["pitch"]))
        soundfile.write(options.out / f"{name}.wav", part["samples"][start * HOP :], RATE, subtype="FLOAT")
        part["pitch"][start:].astype("<f4").tofile(options.out / f"{name}.f32")


if __name__ == "__main__":
    main()
