"""Puts a trained network into the model folder: the graph and a manifest that says how it came about and how good it is.

    python publish.py --run <folder of train.py> --model <models/noise-removal/timbre-denoise-48k> --version 1.0.0 \
        [--quality bench.json] [--date 2026-01-31]

`--quality` is the file that `npm run bench -- noise-removal --json bench.json` writes.
"""

import argparse
import hashlib
import json
import pathlib

from model import FINE_BINS, LOOKAHEAD_FRAMES, WINDOW, band_centres

ATTRIBUTION = [
    "LibriSpeech ASR corpus (V. Panayotov, G. Chen, D. Povey, S. Khudanpur), CC-BY-4.0: clean speech, widened above 8 kHz",
    "Blanket's sound collection (rafaelmardojai/blanket): gezortenplotz, alex36917, Luftrum (CC-BY); kvgarlic (CC0); ezwa, Lisa Redfern (public domain)",
    "Mycroft Precise community recordings of rooms (JarbasAl), public domain",
    "Sonic Pi samples, CC0-1.0",
    "soundfx (rse/soundfx) by authors of freesound.org, CC0-1.0 and CC-BY-3.0",
    "Impulse responses of GoogleChromeLabs/web-audio-samples, Apache-2.0",
]


def quality_of(bench, date):
    entries = []
    for row in bench["quality"]:
        if row["denoiser"] != "timbre-denoise-48k":
            continue
        for metric in ("dnsmos_ovrl", "dnsmos_sig", "dnsmos_bak", "si_sdr_db"):
            entries.append({"metric": metric, "value": round(row["after"][metric], 3),
                            "baseline": round(row["before"][metric], 3), "testSet": row["testSet"], "date": date})
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--quality", type=pathlib.Path)
    parser.add_argument("--date", default="")
    options = parser.parse_args()
    graph = (options.run / "model.onnx").read_bytes()
    record = json.loads((options.run / "provenance.json").read_text())
    record.pop("bytes"), record.pop("sha256")
    bench = json.loads(options.quality.read_text()) if options.quality else {"quality": []}
    options.model.mkdir(parents=True, exist_ok=True)
    (options.model / "model.onnx").write_bytes(graph)
    manifest = {
        "id": "timbre-denoise-48k",
        "version": options.version,
        "capability": "noise-removal",
        "engine": "band-mask",
        "title": "Timbre Denoise",
        "summary": "Takes noise out of speech at the full 48 kHz. Trained by this project, works offline.",
        "languages": [],
        "sampleRateHz": 48000,
        "licence": {"spdx": "Apache-2.0", "commercialUse": True},
        "files": [{"path": "model.onnx", "bytes": len(graph), "sha256": hashlib.sha256(graph).hexdigest()}],
        "options": {
            "windowSamples": WINDOW,
            "lookaheadFrames": LOOKAHEAD_FRAMES,
            "fineBins": FINE_BINS,
            "coarseCentres": [int(centre) for centre in band_centres()[FINE_BINS:]],
            "stateShape": [2, 1, record["hidden"]],
        },
        "provenance": {
            "script": "scripts/train/denoise",
            "data": "read English speech of 236 speakers, mixed on the fly with recordings of noise, synthetic noise classes "
            "and babble at -6 to 25 dB; rooms, equalisers, band limits and levels at random",
            "attribution": ATTRIBUTION,
            "details": record,
        },
        "quality": quality_of(bench, options.date),
        "requirements": {"memoryMb": 48, "gpu": False},
    }
    (options.model / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
