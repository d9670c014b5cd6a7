"""A tiny WaveGlow with random weights, and what NVIDIA's code computes with it.

    git clone --depth 1 https://github.com/NVIDIA/DeepLearningExamples
    pip install -r requirements.txt
    python make.py DeepLearningExamples/PyTorch/SpeechSynthesis/Tacotron2   # writes test/fixtures/engines/waveglow

The network is NVIDIA's `WaveGlow` class with small numbers. Reference: its `infer`, whose random draws are recorded and
given to the exported graph as `z`. The graph is their `infer_onnx`, which has 80 mel bands written into it; here it takes
the network's own. Their denoiser is followed with torch's STFT.
"""

import gzip
import json
import pathlib
import sys

import torch

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "test/fixtures/engines/waveglow"
BANDS, FRAMES, SIGMA, GRAPH_SIGMA, STRENGTH = 4, 12, 0.6, 0.9, 0.1


def make_model(folder):
    sys.path.insert(0, folder)
    from waveglow.model import WaveGlow

    torch.manual_seed(3)
    model = WaveGlow(n_mel_channels=BANDS, n_flows=4, n_group=8, n_early_every=2, n_early_size=2,
                     WN_config={"n_layers": 2, "n_channels": 8, "kernel_size": 3})
    with torch.no_grad():
        for network in model.WN:
            network.end.weight.normal_(0, 0.1)
            network.end.bias.normal_(0, 0.05)
            for layer in [network.start, *network.in_layers, *network.cond_layers, *network.res_skip_layers]:
                torch.nn.utils.remove_weight_norm(layer)
    return model.eval()


class Inference(torch.nn.Module):
    """`infer_onnx` of waveglow/model.py."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, mel, z):
        model = self.model
        mel = model.upsample(mel)[:, :, :-(model.upsample.kernel_size[0] - model.upsample.stride[0])]
        groups, columns = model.n_group, z.size(2)
        mel = mel.view(1, BANDS, columns, groups).permute(0, 2, 1, 3).reshape(1, columns, groups * BANDS).permute(0, 2, 1)
        audio = GRAPH_SIGMA * z[:, :model.n_remaining_channels]
        z = z[:, model.n_remaining_channels:]
        for k in reversed(range(model.n_flows)):
            half = audio.size(1) // 2
            output = model.WN[k](audio[:, :half], mel)
            shifted = (audio[:, half:] - output[:, :half]) / torch.exp(output[:, half:])
            audio = model.convinv[k].infer(torch.cat([audio[:, :half], shifted], 1))
            if k % model.n_early_every == 0 and k > 0:
                audio = torch.cat([z[:, :model.n_early_size], audio], 1)
                z = z[:, model.n_early_size:]
        return audio.permute(0, 2, 1).reshape(1, -1)


def infer(model, mel, sigma):
    """The model's own inference, and the noise that it drew, channels in the order of `z`."""
    drawn, draw = [], torch.randn

    def recording(*size, **options):
        drawn.append(draw(*size, **options))
        return drawn[-1]

    torch.randn = recording
    try:
        return model.infer(mel, sigma=sigma), torch.cat(drawn, 1)
    finally:
        torch.randn = draw


def denoise(audio, bias, strength):
    """`Denoiser` of waveglow/denoiser.py."""
    window = torch.hann_window(1024)
    options = {"n_fft": 1024, "hop_length": 256, "window": window}
    spectrum = torch.stft(audio, center=True, pad_mode="reflect", return_complex=True, **options)
    hum = torch.stft(bias, center=True, pad_mode="reflect", return_complex=True, **options).abs()[:, :, :1]
    magnitude = (spectrum.abs() - hum * strength).clamp(min=0)
    return torch.istft(torch.polar(magnitude, spectrum.angle()), length=audio.size(1), **options)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = make_model(sys.argv[1])
    mel = torch.randn(1, BANDS, FRAMES)
    with torch.no_grad():
        audio, z = infer(model, mel, SIGMA)
        bias, _ = infer(model, torch.zeros(1, BANDS, 88), 0.0)
        cleaned = denoise(audio, bias, STRENGTH)
        torch.onnx.export(Inference(model).eval(), (mel, z), FOLDER / "waveglow.onnx", input_names=["mel", "z"],
                          output_names=["audio"], opset_version=17, dynamo=False,
                          dynamic_axes={"mel": {2: "mel_seq"}, "z": {2: "z_seq"}, "audio": {1: "audio_seq"}})
    expected = {
        "sigma": SIGMA, "strength": STRENGTH, "frames": FRAMES, "bands": BANDS,
        "mel": mel[0].flatten().tolist(), "z": z[0].flatten().tolist(),
        "audio": audio[0].tolist(), "bias": bias[0, :1024].tolist(), "denoised": cleaned[0].tolist(),
        "versions": {"torch": torch.__version__},
    }
    with gzip.GzipFile(FOLDER / "expected.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(expected).encode())
    print("audio", float(audio.std()), "bias", float(bias.std()), "changed by denoising", float((audio - cleaned).std()))
    print({path.name: path.stat().st_size for path in FOLDER.iterdir()})


if __name__ == "__main__":
    main()
