"""The four networks of a latent-diffusion model as ONNX files, in the layout that our engine reads.

    text_encoder/model.onnx   input_ids, attention_mask → text_embeds (CLAP) or last_hidden_state (T5)
    unet/model.onnx           sample [1, 8, T/4, 16], timestep [1], class_labels | encoder_hidden_states and
                              encoder_attention_mask → out_sample
    vae_decoder/model.onnx    latent_sample, divided by the scale factor → sample [1, 1, T, 64]
    vocoder/model.onnx        spectrogram [1, T, 64] → waveform [1, T · hop]
"""

from pathlib import Path

import onnx
import torch
from torch import nn

OPSET = 17


class ClapText(nn.Module):
    """The embedding of a text, not yet of length one."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids, attention_mask):
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask).text_embeds


class T5Text(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids, attention_mask):
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]


class ClassUnet(nn.Module):
    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, class_labels):
        return self.unet(sample, timestep, encoder_hidden_states=None, class_labels=class_labels).sample


class TextUnet(nn.Module):
    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, encoder_hidden_states, encoder_attention_mask):
        mask = encoder_attention_mask == 1
        return self.unet(sample, timestep, encoder_hidden_states=encoder_hidden_states, encoder_attention_mask=mask).sample


class Decoder(nn.Module):
    def __init__(self, vae):
        super().__init__()
        self.vae = vae

    def forward(self, latent_sample):
        decoded = self.vae.decode(latent_sample)
        return getattr(decoded, "sample", decoded)


class Vocoder(nn.Module):
    def __init__(self, vocoder, transposed):
        super().__init__()
        self.vocoder = vocoder
        self.transposed = transposed

    def forward(self, spectrogram):
        if self.transposed:
            return self.vocoder(spectrogram.transpose(1, 2)).squeeze(1)
        return self.vocoder(spectrogram)


def export(folder, name, network, feeds, output, dynamic):
    """@param dynamic: the open dimensions of inputs and output by their names."""
    path = Path(folder, name, "model.onnx")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network.eval(), tuple(feeds.values()), path, input_names=list(feeds), output_names=[output],
        dynamic_axes=dynamic, opset_version=OPSET, dynamo=False)
    if len(list(path.parent.iterdir())) > 1:
        gather(path)
    return path


def gather(path):
    """Above 2 GB the exporter writes a file for every tensor: all of them into one, `model.onnx_data`."""
    model = onnx.load(path)
    for stray in path.parent.iterdir():
        stray.unlink()
    onnx.save_model(model, path, save_as_external_data=True, location=f"{path.name}_data")


def export_text(folder, encoder, output):
    """`output`: `text_embeds` of CLAP or `last_hidden_state` of T5."""
    ids = torch.arange(3, 10)[None]
    open_length = {1: "tokens"}
    dynamic = {"input_ids": open_length, "attention_mask": open_length}
    if output == "last_hidden_state":
        dynamic[output] = open_length
    network = ClapText(encoder) if output == "text_embeds" else T5Text(encoder)
    return export(folder, "text_encoder", network, dict(input_ids=ids, attention_mask=torch.ones_like(ids)), output, dynamic)


def export_unet(folder, unet, channels, bands, frames, labels=None, hidden=None):
    """`labels`: width of the class embedding; `hidden`: of the text's hidden states. One of them."""
    sample = torch.randn(1, channels, frames, bands)
    dynamic = {"sample": {2: "frames"}, "out_sample": {2: "frames"}}
    feeds = dict(sample=sample, timestep=torch.tensor([500]))
    if labels is not None:
        feeds["class_labels"] = torch.randn(1, labels)
        return export(folder, "unet", ClassUnet(unet), feeds, "out_sample", dynamic)
    feeds["encoder_hidden_states"] = torch.randn(1, 7, hidden)
    feeds["encoder_attention_mask"] = torch.ones(1, 7, dtype=torch.int64)
    dynamic |= {"encoder_hidden_states": {1: "tokens"}, "encoder_attention_mask": {1: "tokens"}}
    return export(folder, "unet", TextUnet(unet), feeds, "out_sample", dynamic)


def export_decoder(folder, vae, channels, bands, frames):
    return export(
        folder, "vae_decoder", Decoder(vae), dict(latent_sample=torch.randn(1, channels, frames, bands)), "sample",
        {"latent_sample": {2: "frames"}, "sample": {2: "mel_frames"}})


def export_vocoder(folder, vocoder, mel_bands, transposed=False):
    """`transposed`: whether it takes [1, bands, frames] and gives [1, 1, samples], as the original HiFi-GAN does."""
    return export(
        folder, "vocoder", Vocoder(vocoder, transposed), dict(spectrogram=torch.randn(1, 64, mel_bands)), "waveform",
        {"spectrogram": {1: "mel_frames"}, "waveform": {1: "samples"}})
