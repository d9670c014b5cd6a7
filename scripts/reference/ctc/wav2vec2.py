"""A tiny Wav2Vec2 with random weights, exported as the published ones are, and what PyTorch makes of a sound.

    python scripts/reference/ctc/wav2vec2.py

writes test/fixtures/engines/ctc/wav2vec2/: `onnx/model.onnx` (input_values → logits), `vocab.json`, and `expected.json` with
logits and greedy text. The architecture is torchaudio's `wav2vec2_model` in the shape of Wav2Vec2 base with small numbers.
"""

import itertools
import json
import math
import os

import numpy as np
import torch

torch.version.cuda = "13.0"  # as in decoders.py
from torchaudio.models import wav2vec2_model  # noqa: E402

OUT = os.path.join(os.path.dirname(__file__), "../../../test/fixtures/engines/ctc/wav2vec2")
VOCAB = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]


def build():
    torch.manual_seed(3)
    model = wav2vec2_model(
        extractor_mode="group_norm",
        extractor_conv_layer_config=[(24, 10, 5), *[(24, 3, 2)] * 4, *[(24, 2, 2)] * 2],
        extractor_conv_bias=False,
        encoder_embed_dim=32,
        encoder_projection_dropout=0.0,
        encoder_pos_conv_kernel=16,
        encoder_pos_conv_groups=4,
        encoder_num_layers=2,
        encoder_num_heads=4,
        encoder_attention_dropout=0.0,
        encoder_ff_interm_features=64,
        encoder_ff_interm_dropout=0.0,
        encoder_dropout=0.0,
        encoder_layer_norm_first=False,
        encoder_layer_drop=0.0,
        aux_num_out=len(VOCAB),
    ).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(1.8)
        model.aux.weight.mul_(3)
        model.aux.bias[VOCAB.index("|")] += 3
        model.aux.bias[0] += 3
    return model


class Exported(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_values):
        return self.model(input_values)[0]


def sound(seconds):
    time = np.arange(int(16000 * seconds)) / 16000
    chirp = 0.3 * np.sin(2 * math.pi * (200 * time + 900 * time**2))
    return (0.02 + chirp * (np.sin(2 * math.pi * 3 * time) > 0) + 0.1 * np.sin(2 * math.pi * 1234 * time)).astype(np.float32)


def greedy(logits):
    letters = [VOCAB[token] for token, _ in itertools.groupby(logits.argmax(-1).tolist())]
    text = "".join(letter for letter in letters if not letter.startswith("<")).replace("|", " ")
    return " ".join(text.split())


def main():
    os.makedirs(os.path.join(OUT, "onnx"), exist_ok=True)
    model = Exported(build())
    audio = sound(1.5)
    values = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    with torch.no_grad():
        logits = model(torch.from_numpy(values)[None])[0]
    torch.onnx.export(
        model, (torch.from_numpy(values)[None],), os.path.join(OUT, "onnx/model.onnx"), opset_version=14, dynamo=False,
        input_names=["input_values"], output_names=["logits"],
        dynamic_axes={"input_values": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size", 1: "frames"}},
    )  # fmt: skip
    with open(os.path.join(OUT, "vocab.json"), "w") as file:
        json.dump({piece: index for index, piece in enumerate(VOCAB)}, file)
    with open(os.path.join(OUT, "expected.json"), "w") as file:
        rows = [[round(value, 5) for value in row] for row in logits.tolist()]
        json.dump({"seconds": 1.5, "text": greedy(logits), "logits": rows}, file, separators=(",", ":"))
    print(greedy(logits), logits.shape)


if __name__ == "__main__":
    main()
