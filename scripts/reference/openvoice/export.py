"""Exports OpenVoice's tone colour converter, which then goes into the product with

    TIMBRE_MODEL_MIRROR=<folder> npm run models pull openvoice-v2

    pip install -r requirements.txt
    git clone https://github.com/myshell-ai/OpenVoice
    python export.py OpenVoice <converter> <folder>/openvoice-v2

`<converter>` is the folder of that name of myshell-ai/OpenVoiceV2 on Hugging Face: config.json and checkpoint.pth. The loading of
these files follows openvoice/api.py and has not been tried with them; what is written of the networks is tried by make.py, with
random weights.

Files and inputs are named as in the export that season-studio publishes of this converter, which draws its noise itself; here it
is an input, so that a seed gives the same sound again and windows of a long recording meet:

    tone_color_extract_model.onnx  input [1, frames, bins] → tone [1, width]
    tone_clone_model.onnx          audio [1, bins, frames], audio_length [1] (int64), src_tone, dest_tone [1, width, 1], tau [1],
                                   noise [1, channels, frames] → sound [1, 1, frames × hop]

A spectrogram holds the magnitudes of `spectrogram_torch` in openvoice/mel_processing.py.
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn


def load_authors_code(checkout):
    sys.path.insert(0, str(checkout))
    from openvoice.models import SynthesizerTrn

    return SynthesizerTrn


def build(SynthesizerTrn, config):
    data = config["data"]
    return SynthesizerTrn(0, data["filter_length"] // 2 + 1, n_speakers=data["n_speakers"], **config["model"]).eval()


class ToneColor(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.encoder = network.ref_enc

    def forward(self, input):
        return self.encoder(input)


class Converter(nn.Module):
    """`voice_conversion` with the noise that it is given instead of noise that it draws; it draws once where it is given none."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, audio, audio_length, src_tone, dest_tone, tau, noise=None):
        draw = torch.randn_like
        if noise is not None:
            torch.randn_like = lambda _: noise
        try:
            return self.network.voice_conversion(audio, audio_length, src_tone, dest_tone, tau)[0]
        finally:
            torch.randn_like = draw


def without_weight_norm(network):
    for module in network.modules():
        if hasattr(module, "weight_g"):
            torch.nn.utils.remove_weight_norm(module)


def export_extractor(network, config, path):
    bins = config["data"]["filter_length"] // 2 + 1
    torch.onnx.export(
        ToneColor(network), (torch.rand(1, 130, bins),), path, input_names=["input"], output_names=["tone"],
        dynamic_axes={"input": {1: "frames"}}, opset_version=17, dynamo=False,
    )


def export_converter(network, config, path, with_noise=True):
    bins, width = config["data"]["filter_length"] // 2 + 1, config["model"]["gin_channels"]
    frames, channels = 40, config["model"]["inter_channels"]
    tone = torch.rand(1, width, 1)
    inputs = [torch.rand(1, bins, frames), torch.tensor([frames]), tone, tone, torch.tensor([0.3])]
    names = ["audio", "audio_length", "src_tone", "dest_tone", "tau"]
    axes = {"audio": {2: "frames"}, "sound": {2: "samples"}}
    if with_noise:
        inputs, names = [*inputs, torch.randn(1, channels, frames)], [*names, "noise"]
        axes["noise"] = {2: "frames"}
    torch.onnx.export(
        Converter(network), tuple(inputs), path, input_names=names, output_names=["sound"], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )


def main(checkout, converter, target):
    config = json.loads(Path(converter, "config.json").read_text())
    network = build(load_authors_code(checkout), config)
    weights = torch.load(Path(converter, "checkpoint.pth"), weights_only=True, map_location="cpu")["model"]
    missing, _ = network.load_state_dict(weights, strict=False)
    if missing:
        sys.exit(f"{converter} is not of this configuration: {len(missing)} weights are missing, {missing[0]} first")
    without_weight_norm(network)
    Path(target).mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        export_extractor(network, config, Path(target, "tone_color_extract_model.onnx"))
        export_converter(network, config, Path(target, "tone_clone_model.onnx"))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
