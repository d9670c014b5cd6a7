"""Puts a trained network into the model folder: the graph and a manifest that says how it came about and how good it is.

    python publish.py --run <folder of train.py> --model <models/pronunciation/timbre-pronunciation-en> \
        --version 1.0.0 --date 2026-01-31

The error rates are measured here on the graph as it is shipped, on the words that were held out.
"""

import argparse
import hashlib
import json
import pathlib

import onnxruntime
import torch

from export import export_onnx
from model import Speller
from train import measure

METRICS = {"phoneErrorRate": "phone_error_rate", "wordErrorRate": "word_error_rate",
           "phoneErrorRateWithoutStress": "phone_error_rate_without_stress",
           "wordErrorRateWithoutStress": "word_error_rate_without_stress"}


class Shipped:
    """The graph in the place of the network that it was made of."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(str(path))

    def __call__(self, letters):
        return torch.from_numpy(self.session.run(None, {"letters": letters.numpy()})[0])

    def eval(self):
        return self

    def train(self):
        return self


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--aligned", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--date", required=True)
    options = parser.parse_args()
    record = json.loads((options.run / "provenance.json").read_text())
    chunks = record.pop("chunks")
    record.pop("quality")
    network = Speller(len(chunks))
    network.load_state_dict(torch.load(options.run / "checkpoint.pt")["network"])
    options.model.mkdir(parents=True, exist_ok=True)
    path = options.model / "model.onnx"
    export_onnx(network.eval(), path)
    graph = path.read_bytes()
    tested = json.loads(options.aligned.read_text())["tested"]
    quality = measure(Shipped(path), tested, chunks)
    manifest = {
        "id": "timbre-pronunciation-en",
        "version": options.version,
        "capability": "pronunciation",
        "engine": "letter-to-sound",
        "title": "Timbre Pronunciation, English",
        "summary": "Says how English words are pronounced that the dictionary does not know. Trained by this project.",
        "languages": ["en"],
        "sampleRateHz": 16000,
        "rank": 10,
        "licence": {"spdx": "BSD-2-Clause", "commercialUse": True, "url": "https://github.com/cmusphinx/cmudict/blob/master/LICENSE"},
        "files": [{"path": "model.onnx", "bytes": len(graph), "sha256": hashlib.sha256(graph).hexdigest()}],
        "options": {"chunks": chunks},
        "provenance": {
            "script": "scripts/train/pronunciation",
            "data": "118,158 words of the CMU pronouncing dictionary; every twentieth word by its hash was held out",
            "attribution": ["The CMU pronouncing dictionary, Carnegie Mellon University, BSD-2-Clause"],
            "details": record,
        },
        "quality": [{"metric": metric, "value": quality[key], "testSet": f"cmudict, {quality['words']} words held out",
                     "date": options.date} for key, metric in METRICS.items()],
        "requirements": {"memoryMb": 8, "gpu": False},
    }
    (options.model / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    print(len(graph), quality)


if __name__ == "__main__":
    main()
