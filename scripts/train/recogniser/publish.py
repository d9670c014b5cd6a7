"""Puts network, tokens, lexicon and language model into the model folder, with a manifest that says how they came about.

    python publish.py --run /tmp/run --language /tmp/language --model ../../../models/speech-to-text/timbre-listen-en \
        --version 1.0.0 [--quality quality.json] [--date 2026-01-31]

`--run` holds `model.onnx` (export.py) and `latest.pt` (train.py). `--quality` is a list of {metric, value, testSet}, as
`npm run bench -- speech-to-text --json quality.json` writes under `quality`, or the list itself.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import shutil

import torch

from model import HOP_SECONDS
from phones import BLANK, TOKENS

ATTRIBUTION = [
    "LibriSpeech ASR corpus (V. Panayotov, G. Chen, D. Povey, S. Khudanpur), CC-BY-4.0: recordings and transcripts of train-clean-100, recordings of 20 speakers of dev-clean",
    "CMU Pronouncing Dictionary, Copyright (C) 1993-2015 Carnegie Mellon University, BSD-2-Clause: the lexicon is an excerpt",
    "Common Voice sentence collection, CC0-1.0: text for the language model",
    "Noise: Blanket's sound collection (rafaelmardojai/blanket): gezortenplotz, alex36917, Luftrum (CC-BY); kvgarlic (CC0); ezwa, Lisa Redfern (public domain); Mycroft Precise community recordings of rooms (JarbasAl), public domain",
    "Impulse responses of GoogleChromeLabs/web-audio-samples, Apache-2.0",
    "Synthetic speech: espeak-ng; flite with the voices slt, awb, kal (Carnegie Mellon University)",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--language", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--quality", type=pathlib.Path)
    parser.add_argument("--date", default="")
    parser.add_argument("--lm-weight", type=float, default=1.8)
    parser.add_argument("--word-score", type=float, default=2.0)
    parser.add_argument("--blank-bonus", type=float, default=-0.7)
    parser.add_argument("--beam", type=int, default=300)
    parser.add_argument("--delay", type=float, default=0.04, help="seconds, measured on test/fixtures/speech")
    options = parser.parse_args()
    options.model.mkdir(parents=True, exist_ok=True)
    shutil.copy(options.run / "model.onnx", options.model / "model.onnx")
    (options.model / "tokens.txt").write_text("\n".join(TOKENS) + "\n")
    lexicon = (options.language / "lexicon.txt").read_bytes()
    (options.model / "lexicon.txt.gz").write_bytes(gzip.compress(lexicon, 9, mtime=0))
    shutil.copy(options.language / "lm.arpa.gz", options.model / "lm.arpa.gz")
    shutil.copy(pathlib.Path(__file__).with_name("cmudict-licence.txt"), options.model)
    files = []
    for name in ("model.onnx", "tokens.txt", "lexicon.txt.gz", "lm.arpa.gz"):
        data = (options.model / name).read_bytes()
        files.append({"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    quality = json.loads(options.quality.read_text()) if options.quality else []
    if isinstance(quality, dict):
        quality = quality["quality"]
    manifest = {
        "id": "timbre-listen-en",
        "version": options.version,
        "capability": "speech-to-text",
        "engine": "ctc",
        "title": "Timbre Listen (English)",
        "summary": "Tiny English recogniser that works offline, trained by this project. About one word in three is wrong in "
        "clear synthetic speech and most words in recordings of people: pull a larger model for real work.",
        "languages": ["en"],
        "sampleRateHz": 16000,
        "licence": {"spdx": "Apache-2.0", "commercialUse": True},
        "files": files,
        "options": {
            "input": "audio",
            "tokens": "tokens.txt",
            "topology": "ctc",
            "blank": BLANK,
            "word_boundary": None,
            "silence": None,
            "hop_seconds": HOP_SECONDS,
            "delay_seconds": options.delay,
            "lexicon": "lexicon.txt.gz",
            "lm": "lm.arpa.gz",
            "lm_weight": options.lm_weight,
            "word_score": options.word_score,
            "blank_bonus": options.blank_bonus,
            # Chosen by `npm run bench -- speech-to-text --keyterms tuning`.
            "keyterm_boost": 1.0,
            "beam": options.beam,
            "beam_threshold": 20,
        },
        "provenance": {
            "script": "scripts/train/recogniser",
            "data": "3.9 hours of read English by 246 speakers and 5 hours of synthetic speech by 90 voices in 8 accents, with noise, "
            "rooms, band limits and speed changes at random; language model from 1.3 million words",
            "attribution": ATTRIBUTION,
            "details": {
                "network": torch.load(options.run / "latest.pt")["record"],
                "language": json.loads((options.language / "record.json").read_text()),
            },
        },
        "quality": [{"metric": entry["metric"], "value": entry["value"], "testSet": entry["testSet"],
                     "date": entry.get("date", options.date)} for entry in quality],
        "requirements": {"memoryMb": 160, "gpu": False},
    }
    (options.model / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
