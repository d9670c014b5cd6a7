"""Puts a trained network into the model folder: the graph and a manifest that says how it came about and how good it is.

    python publish.py --run <folder of train.py> --model <models/speaker-embedding/timbre-speaker> --version 1.0.0 \
        [--quality bench.json] [--date 2026-01-31]

`--quality` is the file that `npm run bench -- voice-activity --json bench.json` writes.
"""

import argparse
import hashlib
import json
import pathlib

ATTRIBUTION = [
    "LibriSpeech ASR corpus (V. Panayotov, G. Chen, D. Povey, S. Khudanpur), CC-BY-4.0",
    "Blanket's sound collection (rafaelmardojai/blanket): gezortenplotz, alex36917, Luftrum (CC-BY); kvgarlic (CC0); ezwa, Lisa Redfern (public domain)",
    "Mycroft Precise community recordings of rooms (JarbasAl), public domain",
    "Sonic Pi samples, CC0-1.0",
    "soundfx (rse/soundfx) by authors of freesound.org, CC0-1.0 and CC-BY-3.0",
    "Impulse responses of GoogleChromeLabs/web-audio-samples, Apache-2.0",
]


def quality_of(bench, date):
    entries = []
    for row in bench["speakers"]:
        if row["model"] == "timbre-speaker":
            entries.append({"metric": "equal_error_rate", "value": round(row["equalErrorRate"], 4),
                            "testSet": f"{row['testSet']}, {row['seconds']} s a side", "date": date})
    for row in bench["diarisation"]:
        if row["model"] == "timbre-speaker":
            told = "told" if row["told"] else "found"
            entries.append({"metric": "diarisation_error_rate", "value": round(row["errorRate"], 4),
                            "testSet": f"{row['conversations']} conversations of librispeech_test_other, number of speakers {told}",
                            "date": date})
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
    bench = json.loads(options.quality.read_text()) if options.quality else {"speakers": [], "diarisation": []}
    options.model.mkdir(parents=True, exist_ok=True)
    (options.model / "model.onnx").write_bytes(graph)
    manifest = {
        "id": "timbre-speaker",
        "version": options.version,
        "capability": "speaker-embedding",
        "engine": "speaker-embedding",
        "title": "Timbre Speaker",
        "summary": "Tells voices apart. Trained by this project on few voices, works offline; pull WeSpeaker for real work.",
        "languages": [],
        "sampleRateHz": 16000,
        "rank": 50,
        "licence": {"spdx": "Apache-2.0", "commercialUse": True},
        "files": [{"path": "model.onnx", "bytes": len(graph), "sha256": hashlib.sha256(graph).hexdigest()}],
        "options": {"model": "model.onnx", "input": "samples", "same_speaker_cosine": record["heldOut"][-1]["groupCosine"]},
        "provenance": {
            "script": "scripts/train/speaker-embedding",
            "data": "read English speech of 230 speakers, mostly 12 s each, and the same at two other speeds as 460 more; "
            "rooms, noise, equalisers, telephone bands and levels at random",
            "attribution": ATTRIBUTION,
            "details": record,
        },
        "quality": quality_of(bench, options.date),
        "requirements": {"memoryMb": 16, "gpu": False},
    }
    (options.model / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
