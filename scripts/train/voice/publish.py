"""Puts the exported networks into the model folders, with manifests that say how they came about.

    python publish.py --run /tmp/export --acoustic /tmp/acoustic/latest.pt --vocoder /tmp/vocoder/latest.pt \
        --models ../../../models --version 1.0.0 [--quality /tmp/quality.json --date 2026-01-31]
"""

import argparse
import hashlib
import json
import pathlib
import shutil

import torch

from mels import CONVENTION, SAMPLE_RATE
from symbols import SYMBOLS
from vocoder import CONTEXT

VOICES = {
    "slt": ("timbre-clara", "Clara", "female", "Clear and even, learned from a synthetic American voice."),
    "rms": ("timbre-ross", "Ross", "male", "Calm and low, learned from a synthetic American voice."),
}
ATTRIBUTION = [
    "Synthetic speech: flite with the voices slt and rms (Carnegie Mellon University)",
    "CMU Pronouncing Dictionary, Copyright (C) 1993-2015 Carnegie Mellon University, BSD-2-Clause: stress of the phones",
    "Common Voice sentence collection, CC0-1.0: the sentences that were spoken",
]
TEST_SET = "scripts/train/voice/sentences.txt"


def files_in(folder, names):
    entries = []
    for name in names:
        data = (folder / name).read_bytes()
        entries.append({"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    return entries


def quality_of(results, date, speed):
    found = []
    for source, (identity, *_) in VOICES.items():
        if identity not in results:
            continue
        for metric, key in (("word_error_rate", "wordErrorRate"), ("dnsmos_overall", "dnsmosOverall")):
            for other in (f"flite {source}", "espeak-ng"):
                found.append({"metric": metric, "value": results[identity][key], "baseline": results[other][key],
                              "testSet": f"{TEST_SET}, voice {identity}; baseline: {other}", "date": date})
    found.append({"metric": "real_time_factor", "value": results["realTimeFactor"][speed],
                  "testSet": f"{TEST_SET}, one thread, network alone", "date": date})
    return found


def publish(folder, run, names, manifest):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (run / name).exists():
            shutil.copy(run / name, folder / name)
    manifest["files"] = files_in(folder, names)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--acoustic", type=pathlib.Path, required=True)
    parser.add_argument("--vocoder", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--quality", type=pathlib.Path)
    parser.add_argument("--date", default="")
    options = parser.parse_args()
    acoustic = torch.load(options.acoustic, weights_only=False)["record"]
    vocoder = torch.load(options.vocoder, weights_only=False)["record"]
    results = json.loads(options.quality.read_text()) if options.quality else None
    hours = acoustic["pool"]["hours"]
    data = f"{sum(hours.values()):.2f} hours of synthetic speech: " + ", ".join(f"flite {name} {hours[name]:.2f} h" for name in hours)
    shared = {"sampleRateHz": SAMPLE_RATE, "licence": {"spdx": "Apache-2.0", "commercialUse": True}}
    voice = options.models / "text-to-speech" / "timbre-tacotron2"
    voice.mkdir(parents=True, exist_ok=True)
    (voice / "symbols.txt").write_text("\n".join(SYMBOLS) + "\n")
    shutil.copy(pathlib.Path(__file__).parent.parent / "recogniser" / "cmudict-licence.txt", voice)
    publish(voice, options.run, ["encoder.onnx", "decoder_iter.onnx", "postnet.onnx", "symbols.txt"], {
        "id": "timbre-tacotron2", "version": options.version, "capability": "text-to-speech", "engine": "tacotron2",
        "title": "Timbre Voices (English)",
        "summary": "Two small American English voices that work offline, trained by this project on synthetic speech: "
                   "plain, not like a person, and harder to understand than the voices they learned from. Pull a larger model "
                   "for natural voices.",
        "languages": ["en"], **shared, "files": [],
        "options": {
            "symbols": "symbols.txt", "vocoder": "timbre-harmonic",
            "voices": [{"id": VOICES[name][0], "name": VOICES[name][1], "speaker": index, "language": "en-US",
                        "gender": VOICES[name][2], "description": VOICES[name][3]}
                       for index, name in enumerate(acoustic["speakers"]) if name in VOICES],
            "mel": CONVENTION,
        },
        "provenance": {"script": "scripts/train/voice", "data": data, "attribution": ATTRIBUTION, "details": {"network": acoustic}},
        "quality": quality_of(results, options.date, "acoustic") if results else [],
        "requirements": {"memoryMb": 60, "gpu": False},
    })
    publish(options.models / "vocoder" / "timbre-harmonic", options.run, ["vocoder.onnx"], {
        "id": "timbre-harmonic", "version": options.version, "capability": "vocoder", "engine": "harmonic-vocoder",
        "title": "Timbre Harmonic",
        "summary": "Small vocoder of harmonics and noise: quick, up to 8 kHz, made for the Timbre voices.",
        "languages": [], **shared, "files": [],
        "options": {"model": "vocoder.onnx", "context_frames": CONTEXT, "mel": CONVENTION},
        "provenance": {"script": "scripts/train/voice", "data": data, "attribution": ATTRIBUTION, "details": {"network": vocoder}},
        "quality": quality_of(results, options.date, "vocoder") if results else [],
        "requirements": {"memoryMb": 60, "gpu": False},
    })


if __name__ == "__main__":
    main()
