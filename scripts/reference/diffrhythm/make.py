"""Makes test/fixtures/engines/diffrhythm: a tiny random DiffRhythm, and what its authors' code computes with its weights.

    pip install -r requirements.txt
    git clone https://github.com/ASLP-lab/DiffRhythm
    python make.py DiffRhythm ../../../test/fixtures/engines/diffrhythm
"""

import base64
import gzip
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import nn

from export import STYLE, export, load_authors_code

SEED, FRAMES, HEARD, CHANNELS, WIDTH, POINTS, STRENGTH = 5, 24, 3, 8, 64, 9, 4.0
WORDS = 80
# The real vocabulary has these and those of Mandarin, in its own order.
PHONEMES = [
    *",.?!_", *"iː ɪ ɜː ɚ ɔː ɔːɹ ɑː uː ʊ ɑːɹ ʌ ɛ æ eɪ aɪ ɔɪ aʊ oʊ ɪɹ ɛɹ ʊɹ p b t d k ɡ f v θ ð s z ʃ ʒ h tʃ dʒ m n ŋ j w ɹ l".split(),
    *"tɹ dɹ ts dz i ə".split(),
]
CORPUS = "calm piano music, 80 bpm, in A minor. happy upbeat pop song with drums, bass and synth. indie rock guitar ballad "


class Snake(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x):
        return x + torch.sin(self.alpha * x) ** 2 / (self.alpha + 1e-9)


def tiny_vae():
    """As Oobleck of stable-audio-tools, which DiffRhythm's VAE is: 2048 samples a frame, two channels, no bias at the end."""
    layers, channels = [nn.Conv1d(CHANNELS, 6, 7, padding=3)], 6
    for stride in [8, 8, 4, 4, 2]:
        layers += [Snake(channels), nn.ConvTranspose1d(channels, 4, 2 * stride, stride, stride // 2)]
        channels = 4
        layers += [Snake(4), nn.Conv1d(4, 4, 3, padding=1)]
    return nn.Sequential(*layers, Snake(4), nn.Conv1d(4, 2, 7, padding=3, bias=False))


class TinyStyle(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.embedding = nn.Embedding(words, 16)
        self.projection = nn.Linear(16, STYLE)

    def forward(self, input_ids, attention_mask):
        mask = attention_mask.unsqueeze(-1).float()
        pooled = (self.embedding(input_ids) * mask).sum(1) / mask.sum(1)
        return nn.functional.normalize(self.projection(pooled), dim=-1)


def randomise(module, kept):
    """Most weights are left at 0 and the others rounded, so that the fixture compresses well: half of it is 512 wide."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            fan = max(1, parameter[0].numel()) if parameter.dim() > 1 else 1
            if "norm" in name and name.endswith("weight") or "alpha" in name:
                parameter.fill_(1)
            elif parameter.dim() == 1:
                parameter.normal_(0, 0.05)
            else:
                share = min(1, max(kept, 5 / fan))
                parameter.normal_(0, 1 / np.sqrt(fan * share)).masked_fill_(torch.rand_like(parameter) >= share, 0)
            if "proj_out" in name:
                parameter.mul_(0.05)
            parameter.copy_((parameter * 128).round() / 128 + 0.0)


def write_tokenizer(folder):
    """As XLM-RoBERTa's: `<s>` and `</s>` about the text."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=WORDS, unk_token="<unk>", special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([CORPUS, CORPUS.title()], trainer)
    content = json.loads(tokenizer.to_str())
    content["model"].update(vocab=[[piece, round(score, 4)] for piece, score in content["model"]["vocab"]], unk_id=3)
    Path(folder, "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False))
    config = dict(tokenizer_class="XLMRobertaTokenizer", bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>")
    Path(folder, "tokenizer_config.json").write_text(json.dumps(config))
    return Tokenizer.from_file(str(Path(folder, "tokenizer.json")))


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def sample(cfm, case, noise, sway):
    """The authors' sampler, with this noise; infer.py gives its own numbers of points and strength."""
    draw = torch.randn
    torch.randn = lambda *size, **kwargs: noise.clone()
    result, _ = cfm.sample(
        cond=case["condition"], text=case["text"], duration=FRAMES, style_prompt=case["style"], max_duration=FRAMES,
        song_duration=torch.ones(1), negative_style_prompt=case["negative"], steps=POINTS, cfg_strength=STRENGTH,
        sway_sampling_coef=sway, start_time=torch.zeros(1), latent_pred_segments=case["segments"], batch_infer_num=1,
    )
    torch.randn = draw
    return result[0][0]


def reference(transformer, cfm_class, style, vae, tokenizer, negative):
    """The second case goes on from the first: its first ten frames are known."""
    cfm = cfm_class(transformer=transformer, num_channels=CHANNELS, max_frames=FRAMES)
    cases, before = [], None
    for prompt, segments, sway in [("indie rock ballad", [[0, FRAMES]], None), ("calm piano music", [[10, FRAMES]], -1.0)]:
        ids = torch.tensor([[0, *tokenizer.encode(prompt, add_special_tokens=False).ids, 2]])
        text = torch.zeros(1, FRAMES, dtype=torch.long)
        text[0, 2:9] = torch.tensor([48, 6, 5, 1, 29, 13, 2])
        condition = torch.zeros(1, FRAMES, CHANNELS) if before is None else before[None].clone()
        vector = style(ids, torch.ones_like(ids))
        noise = torch.randn(FRAMES, CHANNELS)
        case = dict(condition=condition, text=text, style=vector, negative=negative[None], segments=segments)
        latent = sample(cfm, case, noise, sway)
        cases.append({
            "prompt": prompt, "tokens": ids[0].tolist(), "style": packed(vector), "text": text[0].tolist(), "sway": sway or 0,
            "known": segments[0][0], "condition": packed(condition), "noise": packed(noise), "latent": packed(latent),
            "audio": packed(vae(latent[:HEARD].T[None])[0]) if before is None else None,
        })
        before = latent
    return cases


def main(checkout, target):
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    DiT, CFM = load_authors_code(checkout)
    target = Path(target)
    target.mkdir(parents=True, exist_ok=True)
    vocabulary = {phoneme: id for id, phoneme in enumerate(PHONEMES)}
    transformer = DiT(
        dim=WIDTH, depth=2, ff_mult=2, mel_dim=CHANNELS, text_dim=STYLE, text_num_embeds=len(vocabulary), conv_layers=1, max_frames=FRAMES
    ).eval()
    with tempfile.TemporaryDirectory() as work, torch.no_grad():
        tokenizer = write_tokenizer(work)
        style, vae = TinyStyle(tokenizer.get_vocab_size()).eval(), tiny_vae().eval()
        randomise(transformer, 0)
        randomise(style, 0.5)
        randomise(vae, 1)
        negative = nn.functional.normalize(torch.randn(STYLE), dim=-1)
        cases = reference(transformer, CFM, style, vae, tokenizer, negative)
        export(work, style, transformer, vae, FRAMES, CHANNELS, torch.tensor([cases[0]["tokens"]]))
        Path(work, "phonemes.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
        Path(work, "negative_style.json").write_text(json.dumps([round(value, 9) for value in negative.tolist()]))
        Path(work, "expected.json").write_text(json.dumps(cases))
        for file in Path(work).iterdir():
            (target / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    for case in cases:
        latent = np.frombuffer(base64.b64decode(case["latent"]), np.float32)
        print(case["prompt"], case["tokens"], f"latent {latent.std():.3f} {abs(latent).max():.3f}")
    audio = np.frombuffer(base64.b64decode(cases[0]["audio"]), np.float32)
    print(f"audio {audio.std():.3f} {abs(audio).max():.3f}")
    print(f"{sum(file.stat().st_size for file in target.iterdir())} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
