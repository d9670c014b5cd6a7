"""Makes test/fixtures/engines/musicgen: a tiny random MusicGen, and what transformers computes with its weights.

    pip install -r ../whisper/requirements.txt
    python make.py ../../../test/fixtures/engines/musicgen
"""

import base64
import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from optimum.exporters.onnx import main_export
from optimum.onnx.graph_transformations import merge_decoders
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import (
    EncodecConfig, GenerationConfig, MusicgenConfig, MusicgenDecoderConfig, MusicgenForConditionalGeneration, PreTrainedTokenizerFast,
    T5Config,
)

SEED = 7
WORDS, CODES, CODEBOOKS, GUIDANCE = 96, 64, 4, 3.0
CORPUS = "calm piano music, 80 bpm, in A minor. happy upbeat pop track with drums, bass and synth. lofi hip hop, rock guitar "
# The second one goes on from what the first one gave.
PROMPTS = [("calm piano music, 80 bpm", 14, None), ("upbeat rock", 9, 5)]
GRAPHS = ["text_encoder.onnx", "decoder_model_merged.onnx", "encodec_decode.onnx"]


def write_tokenizer(folder):
    """As the conversion of T5's SentencePiece model writes it: `<pad>`, `</s>`, `<unk>` first."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=WORDS, unk_token="<unk>", special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([CORPUS, CORPUS.title()], trainer)
    content = json.loads(tokenizer.to_str())
    content["model"].update(vocab=[[piece, round(score, 4)] for piece, score in content["model"]["vocab"]], unk_id=2)
    Path(folder, "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False))
    config = dict(tokenizer_class="T5Tokenizer", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", model_max_length=512)
    Path(folder, "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer.from_file(str(Path(folder, "tokenizer.json")))
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def build_model(words):
    """The shapes of musicgen-small, made small. Weights are rounded to 1/256, so that the fixture compresses well."""
    text = T5Config(vocab_size=words, d_model=16, d_kv=8, d_ff=24, num_layers=1, num_heads=2, pad_token_id=0, eos_token_id=1)
    audio = EncodecConfig(
        sampling_rate=32000, upsampling_ratios=[8, 5, 4, 4], num_filters=2, hidden_size=8, codebook_size=CODES, codebook_dim=8,
        target_bandwidths=[2.2], use_causal_conv=False, use_conv_shortcut=False, num_lstm_layers=1, norm_type="weight_norm",
    )
    decoder = MusicgenDecoderConfig(
        vocab_size=CODES, max_position_embeddings=64, num_hidden_layers=2, ffn_dim=32, num_attention_heads=2, hidden_size=16,
        num_codebooks=CODEBOOKS, pad_token_id=CODES, bos_token_id=CODES, eos_token_id=None, dropout=0.0, activation_dropout=0.0,
    )
    torch.manual_seed(SEED)
    model = MusicgenForConditionalGeneration(MusicgenConfig.from_sub_models_config(text, audio, decoder)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name and "audio" not in name:
                parameter.fill_(1 if name.endswith("weight") else 0)
            elif name.endswith("bias") or ".bias_" in name:
                parameter.normal_(0, 0.05)
            elif "original0" in name:
                parameter.fill_(0.9)
            elif "audio_encoder" in name and "lstm" in name:
                parameter.normal_(0, 0.3)
            else:
                parameter.normal_(0, 2.0 / np.sqrt(parameter[0].numel()))
            parameter.copy_((parameter * 256).round() / 256)
        for name, buffer in model.named_buffers():
            if name.endswith("codebook.embed"):
                buffer.normal_(0, 1).copy_((buffer * 256).round() / 256)
    model.generation_config = GenerationConfig(
        bos_token_id=CODES, pad_token_id=CODES, decoder_start_token_id=CODES, guidance_scale=GUIDANCE, max_length=1500, do_sample=True,
    )
    return model


def export(model, source, target):
    """The published exports hold the two decoders as one; this version of Optimum leaves that to us."""
    model.save_pretrained(source)
    main_export(source, target, task="text-to-audio", opset=17, do_validation=False)
    halves = [f"{target}/{name}.onnx" for name in ["decoder_model", "decoder_with_past_model"]]
    merge_decoders(*halves, save_path=f"{target}/decoder_model_merged.onnx", strict=False)


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def greedy(model, ids, frames, prompt):
    """Codes, guided logits of each step, and sound, with the codes that are given counted in."""
    heard = []
    decode = model.audio_encoder.decode
    model.audio_encoder.decode = lambda codes, **kwargs: heard.append(codes) or decode(codes, **kwargs)
    given = 0 if prompt is None else prompt.shape[-1]
    result = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, guidance_scale=GUIDANCE, max_length=frames + CODEBOOKS,
        return_dict_in_generate=True, output_scores=True, **({} if given == 0 else {"decoder_input_ids": prompt}),
    )
    model.audio_encoder.decode = decode
    codes = heard[0][0, 0]
    assert codes.shape == (CODEBOOKS, frames), codes.shape
    return codes, torch.stack(result.scores), result.sequences[0, 0]


def reference(model, tokenizer):
    cases, before = [], None
    for text, frames, given in PROMPTS:
        ids = torch.tensor([tokenizer.encode(text)])
        prompt = None if given is None else before[:, -given:]
        codes, logits, sound = greedy(model, ids, frames, prompt)
        hidden = model.text_encoder(input_ids=ids).last_hidden_state[0]
        start = torch.full((CODEBOOKS, 1), CODES) if prompt is None else torch.cat([torch.full((CODEBOOKS, 1), CODES), prompt], 1)
        first, pattern = model.decoder.build_delay_pattern_mask(start, pad_token_id=CODES, max_length=frames + CODEBOOKS)
        cases.append({
            "text": text, "tokens": ids[0].tolist(), "hidden": packed(hidden), "prompt": None if prompt is None else prompt.tolist(),
            "first": first.tolist(), "pattern": pattern.tolist(), "codes": codes.tolist(), "logits": packed(logits), "sound": packed(sound),
        })
        before = codes
    return cases


def main(target):
    torch.set_num_threads(1)
    target = Path(target)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as exported, torch.no_grad():
        tokenizer = write_tokenizer(source)
        model = build_model(len(tokenizer))
        cases = reference(model, tokenizer)
        export(model, source, exported)
        files = {name: Path(exported, name) for name in GRAPHS}
        files |= {name: Path(source, name) for name in ["tokenizer.json", "tokenizer_config.json", "config.json"]}
        for name, file in files.items():
            (target / f"{name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
        (target / "expected.json.gz").write_bytes(gzip.compress(json.dumps(cases).encode(), 9, mtime=0))
        if len(sys.argv) > 2:
            shutil.copytree(exported, sys.argv[2], dirs_exist_ok=True)
    for case in cases:
        print(case["text"], case["tokens"], case["first"], *case["pattern"], case["codes"], sep="\n  ")
    print(f"{sum(file.stat().st_size for file in target.iterdir())} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
