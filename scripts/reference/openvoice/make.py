"""Makes test/fixtures/engines/openvoice: a narrow random OpenVoice, and what its authors' code computes with its weights.

    pip install -r requirements.txt
    git clone https://github.com/myshell-ai/OpenVoice
    python make.py OpenVoice ../../../test/fixtures/engines/openvoice

Everything but the widths is as in the published config.json: layers, kernels, strides, the spectrogram. The widths of the reference
encoder are fixed in its code; most of its weights are 0, so that it can be packed.
"""

import base64
import gzip
import json
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import torch

from export import build, export_converter, export_extractor, load_authors_code, without_weight_norm

SEED, TAU, RATE, HOP = 7, 0.3, 22050, 256
CONFIG = {
    "data": {"sampling_rate": RATE, "filter_length": 1024, "hop_length": HOP, "win_length": 1024, "n_speakers": 0},
    "model": {
        "zero_g": True, "inter_channels": 4, "hidden_channels": 4, "filter_channels": 8, "n_heads": 2, "n_layers": 6,
        "kernel_size": 3, "p_dropout": 0.1, "resblock": "1", "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]], "upsample_rates": [8, 8, 2, 2],
        "upsample_initial_channel": 16, "upsample_kernel_sizes": [16, 16, 4, 4], "gin_channels": 8,
    },
}


def load_spectrogram():
    """mel_processing.py without librosa, which only its mel bands need."""
    librosa = types.ModuleType("librosa.filters")
    librosa.mel = None
    sys.modules.setdefault("librosa", types.ModuleType("librosa"))
    sys.modules.setdefault("librosa.filters", librosa)
    from openvoice.mel_processing import spectrogram_torch

    return lambda y: spectrogram_torch(y[None], 1024, RATE, HOP, 1024, center=False)


def randomise(network):
    """As loud as the real one would be; where there are many weights, a few of them."""
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if weights.dim() == 1:
                weights.fill_(1) if name == "ref_enc.layernorm.weight" else weights.normal_(0, 0.05)
                continue
            fan = weights[0].numel()
            share = min(1, 12 / fan)
            weights.normal_(0, (1 if name.startswith(("enc_q", "ref_enc")) else 0.8) / np.sqrt(fan * share))
            weights.masked_fill_(torch.rand_like(weights) >= share, 0)
            if name == "enc_q.proj.weight":
                weights[weights.shape[0] // 2 :] *= 0.2
            if name in ("ref_enc.proj.weight", "dec.conv_post.weight"):
                weights *= 10
            weights.copy_((weights * 256).round() / 256 + 0.0)


def sound(frames, hz, tilt):
    """A gliding tone with overtones in bursts, and some hiss, in steps of 16 bits."""
    time = torch.arange(frames).double() / RATE
    phase = 2 * torch.pi * torch.cumsum(hz * (1 + 0.1 * torch.sin(5 * time)), 0) / RATE
    tone = sum(torch.sin(k * phase) * k**-tilt for k in range(1, 12))
    burst = torch.clamp(torch.sin(2 * torch.pi * 3 * time) + 0.7, 0, 1)
    signal = 0.15 * tone * burst + 0.01 * torch.randn(frames)
    return torch.round(torch.clamp(signal, -0.99, 0.99) * 32768).float() / 32768


def packed(tensor):
    return base64.b64encode(np.ascontiguousarray(tensor.detach().numpy(), np.float32).tobytes()).decode()


def packed_sound(samples):
    return base64.b64encode((samples.numpy() * 32768).astype("<i2").tobytes()).decode()


def reference(network, spectrogram):
    """As `extract_se` and `convert` of openvoice/api.py, with the noise that is drawn."""
    source, voice = sound(24 * HOP, 120, 1.0), sound(40 * HOP, 215, 0.6)
    tone = lambda samples: network.ref_enc(spectrogram(samples).transpose(1, 2)).unsqueeze(-1)
    # Of a sample in two pieces: the mean of theirs.
    source_tone, target_tone = tone(source), torch.stack([tone(part) for part in voice.split(20 * HOP)]).mean(0)
    spectrum = spectrogram(source)
    noise, draw = torch.randn(1, CONFIG["model"]["inter_channels"], spectrum.shape[-1]), torch.randn_like
    torch.randn_like = lambda _: noise
    frames = torch.tensor([spectrum.shape[-1]])
    convert = lambda tau: network.voice_conversion(spectrum, frames, source_tone, target_tone, tau=tau)[0][0, 0]
    audio, calm = convert(TAU), convert(0.0)
    torch.randn_like = draw
    print("sound", float(audio.std()), "without noise differs by", float((audio - calm).std()),
          "tones", source_tone.flatten()[:3].tolist(), target_tone.flatten()[:3].tolist())
    return {
        "source": packed_sound(source), "target": packed_sound(voice), "pieceFrames": 20 * HOP, "tau": TAU,
        "spectrumFrames": 4, "spectrum": packed(spectrum[0, :, :4].T), "lastFrame": packed(spectrum[0, :, -1]),
        "sourceTone": packed(source_tone), "targetTone": packed(target_tone), "noise": packed(noise), "audio": packed(audio),
        "calm": packed(calm),
    }


def main(checkout, target):
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    network = build(load_authors_code(checkout), CONFIG)
    spectrogram = load_spectrogram()
    without_weight_norm(network)
    randomise(network)
    target = Path(target)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, torch.no_grad():
        Path(work, "expected.json").write_text(json.dumps(reference(network, spectrogram)))
        export_extractor(network, CONFIG, f"{work}/tone_color_extract_model.onnx")
        export_converter(network, CONFIG, f"{work}/tone_clone_model.onnx")
        export_converter(network, CONFIG, f"{work}/tone_clone_drawing.onnx", with_noise=False)
        for file in sorted(Path(work).iterdir()):
            (target / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    print({file.name: file.stat().st_size for file in sorted(target.iterdir())})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
