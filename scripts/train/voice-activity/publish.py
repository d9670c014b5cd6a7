"""Puts a trained network into the model folder: the graph and a manifest that says how it came about and how good it is.

    python publish.py --run <folder of train.py> --model <models/voice-activity/timbre-vad> --version 1.0.0 \
        [--quality bench.json] [--date 2026-01-31]

`--quality` is the file that `npm run bench -- voice-activity --json bench.json` writes; Silero's figures of the same run
are the baseline where it was there.
"""

import argparse
import hashlib
import json
import pathlib

from model import AFTER, BEFORE, FRAME, VoiceActivity

ATTRIBUTION = [
    "LibriSpeech ASR corpus (V. Panayotov, G. Chen, D. Povey, S. Khudanpur), CC-BY-4.0",
    "Blanket's sound collection (rafaelmardojai/blanket): gezortenplotz, alex36917, Luftrum (CC-BY); kvgarlic (CC0); ezwa, Lisa Redfern (public domain)",
    "Mycroft Precise community recordings of rooms (JarbasAl), public domain",
    "Sonic Pi samples, CC0-1.0; freepats old piano, CC0-1.0; drum machines of oramics/sampled, public domain; its Pearl kit by enoe, CC-BY-3.0",
    "Drum kits and impulse responses of GoogleChromeLabs/web-audio-samples, Apache-2.0",
    "soundfx (rse/soundfx) by authors of freesound.org, CC0-1.0 and CC-BY-3.0",
]
METRICS = {"auc": "frame_auc", "f1": "frame_f1", "falseAlarms": "false_alarm_rate"}


def quality_of(bench, date):
    rows = {(row["testSet"], row["detector"]): row for row in bench["detection"]}
    entries = []
    for (test_set, detector), row in rows.items():
        if detector != "timbre-vad":
            continue
        other = rows.get((test_set, "Silero, our engine"), {})
        for key, metric in METRICS.items():
            if row[key] is None:
                continue
            baseline = {} if other.get(key) is None else {"baseline": round(other[key], 4)}
            entries.append({"metric": metric, "value": round(row[key], 4), **baseline, "testSet": test_set, "date": date})
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
    bench = json.loads(options.quality.read_text()) if options.quality else {"detection": []}
    options.model.mkdir(parents=True, exist_ok=True)
    (options.model / "model.onnx").write_bytes(graph)
    manifest = {
        "id": "timbre-vad",
        "version": options.version,
        "capability": "voice-activity",
        "engine": "timbre-vad",
        "title": "Timbre Voice Activity",
        "summary": "Says where in a recording somebody speaks. Trained by this project, works offline; Silero misses less.",
        "languages": [],
        "sampleRateHz": 16000,
        "rank": 20,
        "licence": {"spdx": "Apache-2.0", "commercialUse": True},
        "files": [{"path": "model.onnx", "bytes": len(graph), "sha256": hashlib.sha256(graph).hexdigest()}],
        "options": {
            "frame_samples": FRAME,
            "before_samples": BEFORE,
            "after_samples": AFTER,
            "state_shape": [1, 1, VoiceActivity().hidden],
        },
        "provenance": {
            "script": "scripts/train/voice-activity",
            "data": "read English speech of 236 speakers, labelled by its energy when clean, mixed on the fly with recordings "
            "of noise, synthetic noise classes and random music at -5 to 25 dB; rooms, equalisers, telephone bands and levels",
            "attribution": ATTRIBUTION,
            "details": record,
        },
        "quality": quality_of(bench, options.date),
        "requirements": {"memoryMb": 8, "gpu": False},
    }
    (options.model / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
