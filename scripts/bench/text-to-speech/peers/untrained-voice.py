"""A voice of the size of Piper's medium ones with random weights, for sherpa-onnx and for the product alike.

    pip install piper-tts torch onnx
    python untrained-voice.py <folder>

It speaks noise, at the cost of speech: a network takes the same time whatever its weights are. Piper's own code builds
and exports it. Beside `voice.onnx` with the metadata that sherpa-onnx asks for lie Piper's `voice.onnx.json`,
`tokens.txt` and `espeak-ng-data`. Nothing in it is random when it runs: the scales of its noise are zero, every sign
lasts three frames, so that two programs that are given the same signs must give the same sound.
"""

import json
import pathlib
import shutil
import sys

import onnx
import piper
import torch
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP
from piper.train.vits.models import SynthesizerTrn

SAMPLE_RATE_HZ = 22050
FRAMES_PER_SIGN = 3
SCALES = {"noise_scale": 0.0, "length_scale": FRAMES_PER_SIGN - 0.5, "noise_w": 0.0}


def medium():
    torch.manual_seed(4)
    network = SynthesizerTrn(
        n_vocab=256, spec_channels=513, segment_size=32, inter_channels=192, hidden_channels=192, filter_channels=768,
        n_heads=2, n_layers=6, kernel_size=3, p_dropout=0.1, resblock="2", resblock_kernel_sizes=(3, 5, 7),
        resblock_dilation_sizes=((1, 2), (2, 6), (3, 12)), upsample_rates=(8, 8, 4), upsample_initial_channel=256,
        upsample_kernel_sizes=(16, 16, 8)).eval()
    with torch.no_grad():
        network.dec.remove_weight_norm()

    def forward(text, lengths, scales):
        return network.infer(text, lengths, noise_scale=scales[0], length_scale=scales[1], noise_scale_w=scales[2])[0].unsqueeze(1)

    network.forward = forward
    return network


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "voice.onnx"
    with torch.no_grad():
        torch.onnx.export(
            medium(), (torch.randint(0, 256, (1, 50)), torch.tensor([50]), torch.tensor([0.0, 2.5, 0.0])), path,
            input_names=["input", "input_lengths", "scales"], output_names=["output"], opset_version=15, dynamo=False,
            dynamic_axes={"input": {0: "batch", 1: "signs"}, "input_lengths": {0: "batch"}, "output": {0: "batch", 2: "time"}})
    graph = onnx.load(path)
    onnx.helper.set_model_props(graph, {
        "model_type": "vits", "comment": "piper", "language": "English", "voice": "en-us", "has_espeak": "1",
        "n_speakers": "1", "sample_rate": str(SAMPLE_RATE_HZ)})
    onnx.save(graph, path)
    (folder / "voice.onnx.json").write_text(json.dumps({
        "audio": {"sample_rate": SAMPLE_RATE_HZ}, "inference": SCALES, "phoneme_id_map": DEFAULT_PHONEME_ID_MAP}))
    # sherpa-onnx knows signs of one character only; English needs no others.
    single = {sign: number for sign, (number, *_) in DEFAULT_PHONEME_ID_MAP.items() if len(sign) == 1}
    (folder / "tokens.txt").write_text("".join(f"{sign} {number}\n" for sign, number in single.items()))
    shutil.copytree(pathlib.Path(piper.__file__).parent / "espeak-ng-data", folder / "espeak-ng-data", dirs_exist_ok=True)


if __name__ == "__main__":
    main()
