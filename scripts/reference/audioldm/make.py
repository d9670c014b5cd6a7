"""Tiny random AudioLDM and Tango pipelines, and what `diffusers` and `transformers` compute with them.

    pip install -r requirements.txt
    python make.py    # writes test/fixtures/engines/audioldm: text, UNet, VAE decoder and vocoder as ONNX, expected.json

AudioLDM: `AudioLDMPipeline` itself, with given noise, by DDIM as its scheduler is configured, and by DPM-Solver++. Tango:
its `AudioDiffusion.inference` step by step (text beside its empty counterpart, padded, in one batch), with a T5 encoder and
the same VAE and vocoder. Weights are rounded to 1/128, so that the files compress well.
"""

import base64
import gzip
import json
import pathlib
import shutil
import tempfile

import diffusers
import numpy as np
import torch
import torch.nn.functional as F
import transformers
from diffusers import AudioLDMPipeline, AutoencoderKL, DDIMScheduler, DPMSolverMultistepScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    ClapTextConfig, ClapTextModelWithProjection, PreTrainedTokenizerFast, SpeechT5HifiGan, SpeechT5HifiGanConfig, T5Config,
    T5EncoderModel,
)

from graphs import export_decoder, export_text, export_unet, export_vocoder

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "test/fixtures/engines/audioldm"
SEED = 7
FRAMES = 16
CHANNELS, BANDS, MEL_BANDS = 8, 16, 64
PROMPT = "rain on a tin roof, with distant thunder"
NEGATIVE = "low quality"
GUIDANCE, STEPS = 2.5, 6
AUDIOLDM = dict(beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear", prediction_type="epsilon")
TANGO = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction")
LEADING = dict(timestep_spacing="leading", steps_offset=1)
CORPUS = ["rain on a tin roof with distant thunder, low quality. a dog barks; birds sing in the wind. the engine of a car starts"] * 4


def rounded(network, strength):
    """As random as trained networks are: all that was initialised to zero or one is moved."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * strength)
            parameter.copy_(torch.round(parameter * 128) / 128)
    return network.eval()


def clap_tokenizer(folder):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return save(tokenizer, folder, dict(tokenizer_class="RobertaTokenizer", bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>", model_max_length=60))


def t5_tokenizer(folder):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=80, unk_token="<unk>", special_tokens=["<pad>", "</s>", "<unk>"], show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return save(tokenizer, folder, dict(tokenizer_class="T5Tokenizer", eos_token="</s>", pad_token="<pad>", unk_token="<unk>", model_max_length=60))


def save(tokenizer, folder, config):
    folder = pathlib.Path(folder, "tokenizer")
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    special = {name: config[name] for name in ("bos_token", "eos_token", "pad_token", "unk_token") if name in config}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=config["model_max_length"], **special)


def unet_of(**conditioning):
    unet = UNet2DConditionModel(
        sample_size=32, in_channels=CHANNELS, out_channels=CHANNELS, block_out_channels=(4, 8), layers_per_block=1,
        norm_num_groups=2, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), attention_head_dim=2,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **conditioning)
    unet.set_attn_processor(AttnProcessor())
    return rounded(unet, 0.05)


def make_parts():
    torch.manual_seed(SEED)
    vae = AutoencoderKL(
        in_channels=1, out_channels=1, latent_channels=CHANNELS, block_out_channels=(4, 4, 8), norm_num_groups=2, layers_per_block=1,
        down_block_types=["DownEncoderBlock2D"] * 3, up_block_types=["UpDecoderBlock2D"] * 3, scaling_factor=0.9)
    vae.set_attn_processor(AttnProcessor())
    vocoder = SpeechT5HifiGan(SpeechT5HifiGanConfig(
        model_in_dim=MEL_BANDS, sampling_rate=4000, upsample_initial_channel=16, upsample_rates=[5, 4, 2],
        upsample_kernel_sizes=[9, 8, 4], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]], normalize_before=False))
    return rounded(vae, 0.08), rounded(vocoder, 0.15)


def packed(tensor):
    return base64.b64encode(np.ascontiguousarray(tensor.detach().numpy(), dtype=np.float32).tobytes()).decode()


def make_audioldm(folder, vae, vocoder, noise):
    tokenizer = clap_tokenizer(folder)
    text = rounded(ClapTextModelWithProjection(ClapTextConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=24, num_attention_heads=2, num_hidden_layers=1,
        max_position_embeddings=64, projection_dim=12, pad_token_id=1, bos_token_id=0, eos_token_id=2, attn_implementation="eager")), 0.1)
    unet = unet_of(
        cross_attention_dim=(4, 8), class_embed_type="simple_projection", projection_class_embeddings_input_dim=12,
        class_embeddings_concat=True)
    schedulers = {
        "ddim": DDIMScheduler(**AUDIOLDM, **LEADING, clip_sample=False, set_alpha_to_one=False),
        "dpm-solver": DPMSolverMultistepScheduler(**AUDIOLDM),
    }
    record = {"runs": {}}
    with torch.no_grad():
        for name, prompt in (("text", PROMPT), ("negative", NEGATIVE), ("empty", "")):
            batch = tokenizer(prompt, return_tensors="pt")
            embedding = F.normalize(text(batch.input_ids, attention_mask=batch.attention_mask).text_embeds, dim=-1)
            record[name] = {"ids": batch.input_ids[0].tolist(), "embedding": packed(embedding)}
            if name == "text":
                record["firstStep"] = packed(unet(noise, torch.tensor([801]), None, class_labels=embedding).sample)
        for name, scheduler in schedulers.items():
            pipe = AudioLDMPipeline(vae, text, tokenizer, unet, scheduler, vocoder)
            pipe.set_progress_bar_config(disable=True)
            kept = {}
            sound = pipe(
                PROMPT, negative_prompt=NEGATIVE, latents=noise.clone(), num_inference_steps=STEPS, guidance_scale=GUIDANCE,
                audio_length_in_s=FRAMES * 4 * 40 / 4000, output_type="pt", callback=lambda step, t, latents: kept.update(latents=latents)).audios
            mel = vae.decode(kept["latents"] / vae.config.scaling_factor).sample
            record["runs"][name] = dict(latents=packed(kept["latents"]))
            if name == "ddim":
                record.update(mel=packed(mel), waveform=packed(sound))
            print("audioldm", name, float(kept["latents"].std()), float(mel.std()), float(sound.std()), sound.shape)
    export_text(folder, text, "text_embeds")
    export_unet(folder, unet, CHANNELS, BANDS, 16, labels=12)
    return record


def make_tango(folder, vae, vocoder, noise):
    tokenizer = t5_tokenizer(folder)
    text = rounded(T5EncoderModel(T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=24, num_layers=1, num_heads=2, feed_forward_proj="gated-gelu",
        pad_token_id=0, eos_token_id=1)), 0.1)
    unet = unet_of(cross_attention_dim=16, use_linear_projection=True)
    schedulers = {
        "ddim": DDIMScheduler(**TANGO, **LEADING, clip_sample=False, set_alpha_to_one=False),
        "dpm-solver": DPMSolverMultistepScheduler(**TANGO),
    }
    record = {"runs": {}}
    with torch.no_grad():
        batch = tokenizer([PROMPT], return_tensors="pt")
        without = tokenizer([""], padding="max_length", max_length=batch.input_ids.shape[1], return_tensors="pt")
        hidden = text(input_ids=batch.input_ids, attention_mask=batch.attention_mask)[0]
        nothing = text(input_ids=without.input_ids, attention_mask=without.attention_mask)[0]
        states, mask = torch.cat([nothing, hidden]), torch.cat([without.attention_mask, batch.attention_mask]) == 1
        record["text"] = {"ids": batch.input_ids[0].tolist(), "embedding": packed(hidden)}
        record["firstStep"] = packed(unet(noise, torch.tensor([801]), hidden, encoder_attention_mask=batch.attention_mask == 1).sample)
        for name, scheduler in schedulers.items():
            scheduler.set_timesteps(STEPS)
            latents = noise * scheduler.init_noise_sigma
            for timestep in scheduler.timesteps:
                output = unet(torch.cat([latents] * 2), timestep, encoder_hidden_states=states, encoder_attention_mask=mask).sample
                uncond, cond = output.chunk(2)
                latents = scheduler.step(uncond + GUIDANCE * (cond - uncond), timestep, latents).prev_sample
            mel = vae.decode(latents / vae.config.scaling_factor).sample
            sound = vocoder(mel.squeeze(1))
            record["runs"][name] = dict(latents=packed(latents))
            if name == "dpm-solver":
                record.update(mel=packed(mel), waveform=packed(sound))
            print("tango", name, float(latents.std()), float(mel.std()), float(sound.std()), sound.shape)
    export_text(folder, text, "last_hidden_state")
    export_unet(folder, unet, CHANNELS, BANDS, 16, hidden=16)
    return record


def main():
    vae, vocoder = make_parts()
    noise = torch.round(torch.randn(1, CHANNELS, FRAMES, BANDS) * 32) / 32
    expected = {"prompt": PROMPT, "negative": NEGATIVE, "frames": FRAMES, "guidance": GUIDANCE, "steps": STEPS, "noise": packed(noise)}
    with tempfile.TemporaryDirectory() as made:
        made = pathlib.Path(made)
        expected["audioldm"] = make_audioldm(made / "audioldm", vae, vocoder, noise)
        expected["tango"] = make_tango(made / "tango", vae, vocoder, noise)
        export_decoder(made / "shared", vae, CHANNELS, BANDS, 16)
        export_vocoder(made / "shared", vocoder, MEL_BANDS)
        expected["versions"] = {"diffusers": diffusers.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
        (made / "expected.json").write_text(json.dumps(expected))
        for old in ("audioldm", "tango", "shared"):
            shutil.rmtree(FOLDER / old, ignore_errors=True)
        total = 0
        for path in sorted(file for file in made.rglob("*") if file.is_file()):
            target = FOLDER / path.relative_to(made).with_name(path.name + ".gz")
            target.parent.mkdir(parents=True, exist_ok=True)
            with gzip.GzipFile(target, "wb", mtime=0) as file:
                file.write(path.read_bytes())
            total += target.stat().st_size
            print(path.relative_to(made), path.stat().st_size, target.stat().st_size)
        print("total", total)


if __name__ == "__main__":
    main()
