"""Reads what `prepare.py` wrote, and keeps the record of a training run."""

import json
import pathlib
import platform

import numpy
import torch

from mels import HOP, MELS
from symbols import INDEX


class Speaker:
    def __init__(self, folder):
        self.audio = numpy.memmap(folder / "audio.i16", numpy.int16, "r")
        self.mels = numpy.memmap(folder / "mels.f16", numpy.float16, "r").reshape(-1, MELS)
        known = len(self.mels)
        clips = [json.loads(line) for line in (folder / "clips.jsonl").read_text().splitlines()]
        self.clips = [clip for clip in clips if clip["start"] + clip["frames"] <= known]


def read_pool(folder, names):
    """Clips of the named speakers, each with `speaker`, its index; training ones and held-out ones."""
    training, held = [], []
    for index, name in enumerate(names):
        speaker = Speaker(pathlib.Path(folder) / name)
        for clip in speaker.clips:
            begin, end = clip["start"], clip["start"] + clip["frames"]
            clip.update(speaker=index, mel=speaker.mels[begin:end], audio=speaker.audio[begin * HOP:end * HOP],
                        ids=[INDEX[symbol] for symbol in clip["symbols"]])
            (held if clip["held"] else training).append(clip)
    return training, held


def record_of(options, pool, network):
    return {"options": {name: value.name if isinstance(value, pathlib.Path) else str(value)
                        for name, value in vars(options).items() if name not in ("pool", "out")},
            "packages": {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__},
            "pool": json.loads((pathlib.Path(pool) / "record.json").read_text()),
            "parameters": sum(parameter.numel() for parameter in network.parameters())}
