"""Writes what the product's engine has to give: one sentence by PyTorch, frame by frame, from the published weights.

    python make_fixtures.py --acoustic /tmp/acoustic/latest.pt --export ../../../models/text-to-speech/timbre-tacotron2 \
        --out ../../../src/capabilities/text-to-speech/engines/testing

`timbre-tacotron2.json`: symbols, speaker, frames, position of attention in every frame; `timbre-tacotron2.mel.f32`: the mel
[80, frames], float32. The network computes with the weights as the files have them (eight bits).
"""

import argparse
import json
import pathlib

import numpy
import onnx
import torch
from onnx import numpy_helper

from acoustic import speak
from export import Product, load
from symbols import INDEX
from train_acoustic import Acoustic

SYMBOLS = "pau DH AH0 W EH1 DH ER0 W AA1 Z K OW1 L D , B AH1 T DH AH0 S AH1 N W AA1 Z B R AY1 T . ~".split()
SPEAKER = 1
PARTS = {"encoder.onnx": "", "decoder_iter.onnx": "", "postnet.onnx": "postnet."}


def take_weights(model, folder):
    """Puts the weights of the files into the network, where they are stored in eight bits."""
    state = model.state_dict()
    for file, prefix in PARTS.items():
        values = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(folder / file).graph.initializer}
        for name in [name for name in values if name.endswith("_q")]:
            key = prefix + name[:-2]
            found = torch.from_numpy(values[name].astype(numpy.float32) * values[name[:-2] + "_s"])
            if key not in state or state[key].shape != found.shape:
                raise SystemExit(f"{file}: {name} is no weight of the network")
            state[key] = found
    model.load_state_dict(state)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acoustic", type=pathlib.Path, required=True)
    parser.add_argument("--export", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    speakers = len(torch.load(options.acoustic, weights_only=False)["record"]["speakers"])
    model, _ = load(options.acoustic, Acoustic(speakers))
    take_weights(model, options.export)
    mel, alignment = speak(model.encoder, model.decoder, model.postnet, [INDEX[symbol] for symbol in SYMBOLS], SPEAKER)
    options.out.mkdir(parents=True, exist_ok=True)
    mel.numpy().astype(numpy.float32).tofile(options.out / "timbre-tacotron2.mel.f32")
    (options.out / "timbre-tacotron2.json").write_text(json.dumps({
        "symbols": SYMBOLS, "speaker": SPEAKER, "frames": mel.shape[1], "positions": alignment.argmax(1).tolist(),
        "torch": torch.__version__}) + "\n")
    print("frames", mel.shape[1])


if __name__ == "__main__":
    main()
