"""A tiny VITS with random weights in the layout of Piper's voices, and what `transformers` computes with it.

    pip install -r requirements.txt
    python make.py          # writes test/fixtures/engines/vits

The network is `VitsModel` with small numbers and without the stochastic duration predictor: with the noise scale at zero
nothing in it is random. It is exported with Piper's inputs (`input`, `input_lengths`, `scales`) beside a `.onnx.json` like
theirs. Reference: the model's own forward pass, at two speaking rates. The export holds for sequences of this length.
"""

import gzip
import json
import pathlib

import torch
from transformers import VitsConfig, VitsModel

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "test/fixtures/engines/vits"
SIGNS = "_^$ ,.?!ˈːabdehiklmnoprstuwzæðŋɑɔəɛɜɡɪɹʃʊʌʒθɚfjv"
# "Hello, world." in eSpeak's American notation, as Piper hands it to the network: a pad behind every sign.
TEXT = "həlˈoʊ, wˈɜːld."


def make_model():
    torch.manual_seed(11)
    config = VitsConfig(
        vocab_size=len(SIGNS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, window_size=2, ffn_dim=16,
        use_stochastic_duration_prediction=False, duration_predictor_filter_channels=8, flow_size=16,
        spectrogram_bins=33, prior_encoder_num_flows=2, prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1,
        upsample_initial_channel=16, upsample_rates=[8, 8], upsample_kernel_sizes=[16, 16], resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1, 3]], speaker_embedding_size=0, num_speakers=1, sampling_rate=22050)
    model = VitsModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
        model.duration_predictor.proj.bias.fill_(1.2)
    model.noise_scale = 0.0
    return model


class Piper(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, lengths, scales):
        self.model.noise_scale = scales[0]
        self.model.speaking_rate = 1.0 / scales[1]
        sound = self.model(input_ids=ids, attention_mask=torch.ones_like(ids)).waveform
        return sound[:, None, :] + 0 * lengths.sum() * scales[2]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = make_model()
    identity = {sign: [number] for number, sign in enumerate(SIGNS)}
    ids = [*identity["^"], *identity["_"]]
    for sign in TEXT:
        ids += [*identity[sign], *identity["_"]]
    ids += identity["$"]
    tokens = torch.tensor([ids])
    sounds = {}
    with torch.no_grad():
        for rate in (1.0, 1.6):
            model.speaking_rate = rate
            sounds[str(rate)] = model(input_ids=tokens).waveform[0].tolist()
        torch.onnx.export(
            Piper(model).eval(), (tokens, torch.tensor([len(ids)]), torch.tensor([0.0, 1.0, 0.0])),
            FOLDER / "tiny.onnx", input_names=["input", "input_lengths", "scales"], output_names=["output"],
            dynamic_axes={"output": {2: "time"}}, opset_version=17, dynamo=False)
    config = {"audio": {"sample_rate": 22050}, "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
              "phoneme_type": "espeak", "phoneme_id_map": identity, "num_speakers": 1}
    (FOLDER / "tiny.onnx.json").write_text(json.dumps(config))
    with gzip.GzipFile(FOLDER / "expected.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps({"ids": ids, "sounds": sounds, "versions": {"torch": torch.__version__}}).encode())
    print({rate: (len(sound), float(torch.tensor(sound).std())) for rate, sound in sounds.items()})
    print({path.name: path.stat().st_size for path in FOLDER.iterdir()})


if __name__ == "__main__":
    main()
