"""Draws mel, attention and spectrogram of sentences by the exported networks: a look before calling a voice good.

    python plot.py --run /tmp/export --dictionary <cmudict.dict> --text "Hello." --speaker 0 --out /tmp/hello.png
"""

import argparse
import pathlib

import matplotlib
import numpy
import soundfile

from export import Product
from measure import symbols_of
from mels import SAMPLE_RATE
from symbols import read_dictionary

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--speaker", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    product = Product(options.run)
    mel, alignment = product.mel(symbols_of(options.text, read_dictionary(options.dictionary)), options.speaker)
    audio = product.sound(mel)
    figure, (top, middle, bottom) = pyplot.subplots(3, 1, figsize=(12, 10))
    top.imshow(mel[0], origin="lower", aspect="auto", vmin=-11, vmax=1)
    top.set_title(f"{options.text} ({len(audio) / SAMPLE_RATE:.2f} s)")
    middle.imshow(alignment.T, origin="lower", aspect="auto")
    bottom.specgram(audio + 1e-6 * numpy.random.default_rng(0).standard_normal(len(audio)), NFFT=512, noverlap=384, Fs=SAMPLE_RATE,
                    vmin=-140)
    figure.tight_layout()
    figure.savefig(options.out, dpi=60)
    soundfile.write(options.out.with_suffix(".wav"), audio, SAMPLE_RATE)


if __name__ == "__main__":
    main()
