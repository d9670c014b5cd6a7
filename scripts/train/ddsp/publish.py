"""Puts a trained decoder into the model folder: the graph and a manifest that says how it came about and how good it is.

    python publish.py --run <folder of train.py> --pool <folder of render.py> --model <models/vibe-music/timbre-ddsp> \\
        --version 1.0.0 [--quality bench.json] [--date 2026-01-31]

`--quality` is the file that `npm run bench -- ddsp --json bench.json` writes.
"""
import argparse
import hashlib
import json
import pathlib

import numpy as np

from frames import FLOOR_DB, HARMONICS, HOP, NOISE_BANDS, RATE, WINDOW
from model import WIDTH
from render import INSTRUMENTS

SOUNDING_DB = -60
HELD_OUT = 0.1


def traits(name, pool):
    """How loud an instrument is while it sounds, in what the decoder was trained on."""
    _, lowest, highest = INSTRUMENTS[name]
    loudness = np.load(pool / f"{name}.npz")["loudness"]
    sounding = loudness[: int((1 - HELD_OUT) * len(loudness))]
    sounding = sounding[sounding > SOUNDING_DB]
    return {
        "id": name,
        "lowest": lowest,
        "highest": highest,
        "loudness_mean_db": round(float(sounding.mean()), 2),
        "loudness_deviation_db": round(float(sounding.std()), 2),
        "loudest_db": round(float(np.percentile(sounding, 99.5)), 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--pool", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--quality", type=pathlib.Path)
    parser.add_argument("--date", default="")
    options = parser.parse_args()
    graph = (options.run / "model.onnx").read_bytes()
    record = json.loads((options.run / "record.json").read_text())
    quality = json.loads(options.quality.read_text()) if options.quality else []
    options.model.mkdir(parents=True, exist_ok=True)
    (options.model / "model.onnx").write_bytes(graph)
    manifest = {
        "id": "timbre-ddsp",
        "version": options.version,
        "capability": "vibe-music",
        "engine": "ddsp",
        "title": "Timbre Solo",
        "summary": "Plays a tune that you hum or whistle, or a composed melody, on violin, cello, flute, clarinet, "
        "trumpet or saxophone. Trained by this project on a sampled orchestra, works offline.",
        "languages": [],
        "sampleRateHz": RATE,
        "rank": 20,
        "licence": {"spdx": "Apache-2.0", "commercialUse": True},
        "files": [{"path": "model.onnx", "bytes": len(graph), "sha256": hashlib.sha256(graph).hexdigest()}],
        "options": {
            "hop_samples": HOP,
            "window_samples": WINDOW,
            "harmonics": HARMONICS,
            "noise_bands": NOISE_BANDS,
            "state_shape": [1, 1, WIDTH],
            "floor_db": FLOOR_DB,
            "instruments": [traits(name, options.pool) for name in INSTRUMENTS],
        },
        "provenance": {
            "script": "scripts/train/ddsp",
            "data": "three minutes of random phrases for each instrument, played by FluidSynth with the Fluid R3 GM sound "
            "font, without reverberation; the last tenth held out",
            "attribution": ["Fluid R3 GM sound font (Frank Wen and others), MIT"],
            "details": record,
        },
        "quality": [{**entry, "date": options.date} for entry in quality],
        "requirements": {"memoryMb": 16, "gpu": False},
    }
    (options.model / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
