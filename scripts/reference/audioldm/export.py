"""Exports published weights of AudioLDM or Tango for our engine `latent-diffusion`, with a manifest of its own.

AudioLDM (any diffusers repository with `AudioLDMPipeline`):

    pip install -r requirements.txt
    python export.py audioldm cvssp/audioldm-s-full-v2 OUT/audioldm-s-full-v2

Tango, whose weights are for its own code:

    git clone https://github.com/declare-lab/tango && pip install -r requirements.txt torchlibrosa einops soundfile librosa
    python export.py tango declare-lab/tango OUT/tango --code ./tango

Then `TIMBRE_MODEL_MIRROR=OUT npm run models pull audioldm-s-full-v2` (or `tango`) installs it. `OUT/<model>/manifest.json` is
for a model that has no manifest in the product: `npm run models add OUT/<model>/manifest.json`, then pull it likewise.
Real weights have not been run through this script where it was written; its parts are those of make.py, which is tested.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import torch
from diffusers.models.attention_processor import AttnProcessor

from graphs import export_decoder, export_text, export_unet, export_vocoder

FRAMES = 64


def options_of(scheduler, **options):
    return dict(
        options, latent=dict(channels=8, bands=16, mel_frames=4, multiple=8), mel=dict(bands=64, hop=160),
        schedule=dict(
            beta_start=scheduler["beta_start"], beta_end=scheduler["beta_end"], growth=scheduler["beta_schedule"],
            prediction=scheduler.get("prediction_type", "epsilon")))


def export_audioldm(name, folder, _code):
    from diffusers import AudioLDMPipeline

    pipe = AudioLDMPipeline.from_pretrained(name)
    pipe.unet.set_attn_processor(AttnProcessor())
    pipe.vae.set_attn_processor(AttnProcessor())
    pipe.tokenizer.save_pretrained(folder / "tokenizer")
    with torch.no_grad():
        export_text(folder, pipe.text_encoder.eval(), "text_embeds")
        export_unet(folder, pipe.unet.eval(), 8, 16, FRAMES, labels=pipe.text_encoder.config.projection_dim)
        export_decoder(folder, pipe.vae.eval(), 8, 16, FRAMES)
        export_vocoder(folder, pipe.vocoder.eval(), 64)
    return options_of(
        pipe.scheduler.config, conditioning="class_labels", tokens=dict(start="<s>", end="</s>", most=512), sampler="dpm-solver",
        steps=[10, 30], guidance=[1, 3.143], scale_factor=pipe.vae.config.scaling_factor,
        window=dict(frames=256, least=64, overlap=64))


def export_tango(name, folder, code):
    """Tango's own pieces; its UNet is made by diffusers and its text encoder by transformers of today."""
    from diffusers import DDPMScheduler, UNet2DConditionModel
    from huggingface_hub import snapshot_download
    from transformers import AutoTokenizer, T5EncoderModel

    sys.path.insert(0, code)
    from audioldm.variational_autoencoder import AutoencoderKL

    path = Path(snapshot_download(name))
    config = json.loads((path / "main_config.json").read_text())
    vae_config = json.loads((path / "vae_config.json").read_text())
    weights = torch.load(path / "pytorch_model_main.bin", map_location="cpu")
    part = lambda prefix: {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}

    unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(str(Path(code, config["unet_model_config_path"]))))
    unet.load_state_dict(part("unet."))
    unet.set_attn_processor(AttnProcessor())
    text = T5EncoderModel.from_pretrained(config["text_encoder_name"])
    text.load_state_dict(part("text_encoder."), strict=False)
    vae = AutoencoderKL(**vae_config)
    vae.load_state_dict(torch.load(path / "pytorch_model_vae.bin", map_location="cpu"))
    scheduler = DDPMScheduler.from_pretrained(config["scheduler_name"], subfolder="scheduler").config
    AutoTokenizer.from_pretrained(config["text_encoder_name"]).save_pretrained(folder / "tokenizer")
    with torch.no_grad():
        export_text(folder, text.eval(), "last_hidden_state")
        export_unet(folder, unet.eval(), 8, 16, FRAMES, hidden=text.config.d_model)
        export_decoder(folder, vae.eval(), 8, 16, FRAMES)
        export_vocoder(folder, vae.vocoder.eval(), 64, transposed=True)
    return options_of(
        scheduler, conditioning="encoder_hidden_states", tokens=dict(end="</s>", most=512), sampler="dpm-solver",
        steps=[20, 50], guidance=[1, 3.857], scale_factor=vae_config.get("scale_factor", 1),
        window=dict(frames=256, least=256, overlap=64))


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_of(kind, name, folder, options):
    kept = [file for file in sorted(folder.rglob("*")) if file.is_file() and wanted(file.relative_to(folder))]
    files = [dict(path=str(file.relative_to(folder)), bytes=file.stat().st_size, sha256=sha256(file)) for file in kept]
    memory = 1.3 * sum(file["bytes"] for file in files) / 2**20
    return {
        "id": folder.name.lower(), "version": "1.0", "capability": "sound-effects", "engine": "latent-diffusion",
        "title": name, "summary": f"Text to sound by latent diffusion ({kind}): exported from {name}.", "languages": ["en"],
        "sampleRateHz": 16000, "rank": 60,
        "licence": {"spdx": "CC-BY-NC-SA-4.0", "commercialUse": False, "url": f"https://huggingface.co/{name}"},
        "files": files, "options": options,
        "provenance": {"script": "scripts/reference/audioldm/export.py", "data": f"as described at https://huggingface.co/{name}", "attribution": [name]},
        "quality": [], "requirements": {"memoryMb": round(memory) + 500, "gpu": kind == "tango"},
    }


def wanted(path):
    return path.parts[0] != "tokenizer" and path.name != "manifest.json" or path.name in ("tokenizer.json", "tokenizer_config.json")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["audioldm", "tango"])
    parser.add_argument("name", help="repository on the Hugging Face hub, or a folder with its files")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--code", help="folder of Tango's code")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    export = export_tango if arguments.kind == "tango" else export_audioldm
    options = export(arguments.name, arguments.folder, arguments.code)
    manifest = manifest_of(arguments.kind, arguments.name, arguments.folder, options)
    (arguments.folder / "manifest.json").write_text(json.dumps(manifest, indent=2))
    print(json.dumps(manifest["options"]))


if __name__ == "__main__":
    main()
