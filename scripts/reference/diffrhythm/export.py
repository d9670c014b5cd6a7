"""Exports DiffRhythm's published weights, which then go into the product with

    TIMBRE_MODEL_MIRROR=<folder> npm run models pull diffrhythm-1_2

    pip install -r requirements.txt muq onnx
    git clone https://github.com/ASLP-lab/DiffRhythm
    python export.py DiffRhythm cfm_model.pt vae_model.pt <folder>/diffrhythm-1_2

`cfm_model.pt` is that of ASLP-lab/DiffRhythm-1_2, `vae_model.pt` that of ASLP-lab/DiffRhythm-vae on Hugging Face; MuQ-MuLan is
fetched by its package. The loading of these files follows infer/infer_utils.py and has not been tried with them; what is written
of the networks is tried by make.py, with small random weights.

There is no published ONNX export. This writes the layout that the engine `diffrhythm` reads:

    onnx/style_encoder.onnx  input_ids, attention_mask [1, tokens] (int64)      → style [1, 512]: the text half of MuQ-MuLan
    onnx/transformer.onnx    latent, condition [2, frames, channels], text [2, frames] (int64), style [2, 512], time [2],
                             duration [2] (share of the frames that are used)   → velocity [2, frames, channels]
    onnx/vae_decoder.onnx    latent [1, channels, frames] (any number of them)   → audio [1, 2, frames × samples a frame]
    tokenizer.json, tokenizer_config.json   of the style encoder
    phonemes.json            "vocab" of g2p/g2p/vocab.json
    negative_style.json      512 numbers: infer/example/vocal.npy
"""

import importlib.util
import json
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers.models.llama import modeling_llama

STYLE = 512
# Weights of more bytes than one ONNX file can hold lie beside it.
MOST_BYTES = 2**31 - 2**24


def load_authors_code(checkout):
    """`model/dit.py` and `model/cfm.py` without what only training needs."""
    package = types.ModuleType("model")
    package.__path__ = [str(Path(checkout, "model"))]
    sys.modules["model"] = package
    for name in ["torchaudio", "x_transformers", "x_transformers.x_transformers"]:
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["x_transformers.x_transformers"].apply_rotary_pos_emb = None
    for name in ["utils", "modules", "dit", "cfm"]:
        spec = importlib.util.spec_from_file_location(f"model.{name}", Path(checkout, "model", f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[f"model.{name}"] = module
        spec.loader.exec_module(module)
    dit = sys.modules["model.dit"]

    class DecoderLayer(modeling_llama.LlamaDecoderLayer):
        """Gave a tuple in the transformers that DiffRhythm was written for."""

        def forward(self, *args, **kwargs):
            result = super().forward(*args, **kwargs)
            return result if isinstance(result, tuple) else (result,)

    dit.LlamaDecoderLayer = DecoderLayer
    return dit.DiT, sys.modules["model.cfm"].CFM


class Velocity(nn.Module):
    """The DiT with the arguments that matter when a song is made."""

    def __init__(self, transformer):
        super().__init__()
        self.transformer = transformer

    def forward(self, latent, condition, text, style, time, duration):
        return self.transformer(
            x=latent, cond=condition, text=text, time=time, drop_audio_cond=False, drop_text=False, drop_prompt=False,
            style_prompt=style, start_time=torch.zeros_like(time), duration=duration,
        )


class TextStyle(nn.Module):
    """MuQ-MuLan's `get_text_latents`, from tokens on."""

    def __init__(self, mulan):
        super().__init__()
        self.mulan = mulan

    def forward(self, input_ids, attention_mask):
        text = self.mulan.text
        hidden = text.pred_pretrained_model_hidden(input_ids=input_ids, attention_mask=attention_mask)
        states, _ = text.transformer(text.proj(hidden), return_all_layers=True)
        return nn.functional.normalize(self.mulan.text_to_latents(states.mean(dim=-2)), dim=-1)


class Decoder(nn.Module):
    """The half of the published (scripted) autoencoder that makes sound."""

    def __init__(self, vae):
        super().__init__()
        self.vae = vae

    def forward(self, latent):
        return self.vae.decode_export(latent)


def export(target, style, transformer, vae, frames, channels, tokens):
    options = dict(opset_version=17, dynamo=False)
    latent = torch.randn(2, frames, channels)
    torch.onnx.export(
        style, (tokens, torch.ones_like(tokens)), f"{target}/style_encoder.onnx", input_names=["input_ids", "attention_mask"],
        output_names=["style"], dynamic_axes={"input_ids": {1: "tokens"}, "attention_mask": {1: "tokens"}}, **options,
    )
    torch.onnx.export(
        Velocity(transformer),
        (latent, latent, torch.ones(2, frames, dtype=torch.long), torch.randn(2, STYLE), torch.rand(2), torch.rand(2)),
        f"{target}/transformer.onnx", input_names=["latent", "condition", "text", "style", "time", "duration"],
        output_names=["velocity"], **options,
    )
    torch.onnx.export(
        vae, (torch.randn(1, channels, frames),), f"{target}/vae_decoder.onnx", input_names=["latent"], output_names=["audio"],
        dynamic_axes={"latent": {2: "frames"}, "audio": {2: "samples"}}, **options,
    )


def gather(folder):
    """One file of weights beside each graph that is too large to hold them."""
    import onnx

    for graph in sorted(Path(folder).glob("*.onnx")):
        model = onnx.load(graph)
        if sum(len(tensor.raw_data) for tensor in model.graph.initializer) < MOST_BYTES:
            continue
        onnx.save_model(model, graph, save_as_external_data=True, all_tensors_to_one_file=True, location=f"{graph.name}_data")


def main(checkout, cfm_file, vae_file, target):
    from muq import MuQMuLan

    DiT, CFM = load_authors_code(checkout)
    config = json.loads(Path(checkout, "config/diffrhythm-1b.json").read_text())["model"]
    frames, channels = 2048, config["mel_dim"]
    cfm = CFM(transformer=DiT(**config, max_frames=frames), num_channels=channels, max_frames=frames)
    missing, _ = cfm.load_state_dict(torch.load(cfm_file, weights_only=True, map_location="cpu")["model_state_dict"], strict=False)
    if missing:
        sys.exit(f"{cfm_file} is not of this configuration: {len(missing)} weights are missing, {missing[0]} first")
    mulan = MuQMuLan.from_pretrained("OpenMuQ/MuQ-MuLan-large").eval().mulan_module
    vae = torch.jit.load(vae_file, map_location="cpu").eval()
    folder = Path(target, "onnx")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = mulan.text.tokenizer
    tokens = tokenizer(["calm piano music"], return_tensors="pt")["input_ids"]
    with torch.no_grad(), tempfile.TemporaryDirectory(dir=target) as work:
        export(work, TextStyle(mulan).eval(), cfm.transformer.eval().float(), Decoder(vae), frames, channels, tokens)
        gather(work)
        for file in Path(work).glob("*.onnx*"):
            file.replace(folder / file.name)
    tokenizer.save_pretrained(target)
    vocabulary = json.loads(Path(checkout, "g2p/g2p/vocab.json").read_text())["vocab"]
    Path(target, "phonemes.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    negative = np.load(Path(checkout, "infer/example/vocal.npy")).reshape(-1)
    Path(target, "negative_style.json").write_text(json.dumps(negative.astype(float).tolist()))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
