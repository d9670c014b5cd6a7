"""What DeepFilterNet's own library and graphs make of a sound, for the tests of our engine.

    pip install -r requirements.txt
    python make.py <folder with enc.onnx, erb_dec.onnx and df_dec.onnx>   # writes test/fixtures/engines/deepfilternet

Transform, bands and features are libDF's; the graphs hear the whole sound at once. Filters and gains are applied as in
DeepFilterNet's `DfNet.forward`.
"""

import gzip
import json
import pathlib
import sys
import wave

import libdf
import numpy as np
import onnxruntime

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "test/fixtures/engines/deepfilternet"
RATE, HOP, BINS, FILTERED, ORDER, LOOKAHEAD = 48000, 480, 481, 96, 5, 2
SECONDS, FEATURE_FRAMES = 3, 12
CUT = slice(RATE, RATE + 12000)


def make_sound():
    """Speech at 16 kHz, again and again, at three times the rate by straight lines; over the noise of our tests."""
    state, noise = 3, np.empty(SECONDS * RATE)
    for n in range(len(noise)):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        noise[n] = (state - (state >> 31 << 32)) / 2147483648 * 0.02
    with wave.open(str(FOLDER.parent / "nemo/speech.wav")) as file:
        speech = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    place = np.arange(len(noise)) / 3
    before = np.floor(place).astype(int)
    share = place - before
    spoken = speech[before % len(speech)] * (1 - share) + speech[(before + 1) % len(speech)] * share
    return (spoken + noise.astype(np.float32)).astype(np.float32)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    state = libdf.DF(sr=RATE, fft_size=2 * HOP, hop_size=HOP, nb_bands=32, min_nb_erb_freqs=2)
    widths = state.erb_widths()
    sound = make_sound()
    spectrum = state.analysis(sound[None])
    levels = libdf.erb_norm(libdf.erb(spectrum, widths), 0.99)
    low = libdf.unit_norm(spectrum[..., :FILTERED], 0.99)

    graph = {name: onnxruntime.InferenceSession(f"{sys.argv[1]}/{name}.onnx") for name in ("enc", "erb_dec", "df_dec")}
    inputs = {"feat_erb": levels[:, None], "feat_spec": np.stack([low[0].real, low[0].imag])[None]}
    encoded = dict(zip([o.name for o in graph["enc"].get_outputs()],
                       graph["enc"].run(None, {k: v.astype(np.float32) for k, v in inputs.items()})))
    gains = graph["erb_dec"].run(["m"], {k: encoded[k] for k in ("emb", "e3", "e2", "e1", "e0")})[0][0, 0]
    filters = graph["df_dec"].run(["coefs"], {k: encoded[k] for k in ("emb", "c0")})[0][0]
    filters = filters.reshape(-1, FILTERED, ORDER, 2)
    # The networks look ahead: frame t has what they say when they hear frame t + 2.
    gains = np.pad(gains[LOOKAHEAD:], ((0, LOOKAHEAD), (0, 0)))
    filters = np.pad(filters[LOOKAHEAD:, ..., 0] + 1j * filters[LOOKAHEAD:, ..., 1], ((0, LOOKAHEAD), (0, 0), (0, 0)))

    result = spectrum[0] * np.repeat(gains, widths.astype(int), axis=1)
    padded = np.pad(spectrum[0, :, :FILTERED], ((ORDER - 1 - LOOKAHEAD, LOOKAHEAD), (0, 0)))
    frames = len(result)
    result[:, :FILTERED] = sum(padded[k:k + frames] * filters[:, :, k] for k in range(ORDER))
    enhanced = state.synthesis(result[None].astype(np.complex64))[0]
    # Analysis is one hop late.
    enhanced = enhanced[HOP:]
    expected = {
        "widths": widths.tolist(),
        "levels": np.round(levels[0, :FEATURE_FRAMES], 6).tolist(),
        "real": np.round(low[0, :FEATURE_FRAMES].real, 6).tolist(),
        "imaginary": np.round(low[0, :FEATURE_FRAMES].imag, 6).tolist(),
        "from": CUT.start,
        "enhanced": np.round(enhanced[CUT] * 2**20).astype(int).tolist(),
        "versions": {"numpy": np.__version__, "onnxruntime": onnxruntime.__version__},
    }
    with gzip.GzipFile(FOLDER / "expected.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(expected).encode())
    print("sound", sound[CUT].std(), "enhanced", enhanced[CUT].std(), (FOLDER / "expected.json.gz").stat().st_size)


if __name__ == "__main__":
    main()
