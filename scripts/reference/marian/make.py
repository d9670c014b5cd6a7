"""Makes test/fixtures/engines/marian: a tiny random Marian translator, and what transformers computes with its weights.

    pip install -r ../whisper/requirements.txt
    python make.py ../../../test/fixtures/engines/marian
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
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import GenerationConfig, MarianConfig, MarianMTModel, PreTrainedTokenizerFast

# The beam search finds other words than the greedy one here. What has learned nothing says one word over and over.
SEED = 11
WORDS = 180
LANGUAGES = [">>deu<<", ">>spa<<"]
CORPUS = (
    "the quick brown fox jumps over the lazy dog and then it sleeps. she sells sea shells by the shore, he said! "
    "what is the time? it was the best of times, it was the worst of times. all that glitters is not gold. "
)
SENTENCES = ["the quick brown fox sleeps.", "What is the time?", "she sells sea shells, he said!"]
FILES = ["tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json"]


def write_tokenizer(folder):
    """As the conversion of Marian's SentencePiece models writes them: `</s>` and `<unk>` first, `<pad>` last."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    trainer = trainers.UnigramTrainer(vocab_size=WORDS, unk_token="<unk>", special_tokens=["</s>", "<unk>"], show_progress=False)
    tokenizer.train_from_iterator([CORPUS, CORPUS.title(), CORPUS.upper()], trainer)
    content = json.loads(tokenizer.to_str())
    vocabulary = [[piece, round(score, 4)] for piece, score in content["model"]["vocab"]]
    vocabulary += [[language, 0.0] for language in LANGUAGES] + [["<pad>", 0.0]]
    content["model"].update(vocab=vocabulary, unk_id=1)
    content["decoder"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    special = {"</s>": 0, "<unk>": 1, "<pad>": len(vocabulary) - 1}
    content["added_tokens"] = [
        dict(id=id, content=token, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
        for token, id in special.items()
    ]
    Path(folder, "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False))
    config = dict(tokenizer_class="MarianTokenizer", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", model_max_length=512)
    Path(folder, "tokenizer_config.json").write_text(json.dumps(config))
    return PreTrainedTokenizerFast(tokenizer_file=str(Path(folder, "tokenizer.json"))), special


def build_model(pad, size):
    """Weights are rounded to 1/256, so that the fixture compresses well."""
    config = MarianConfig(
        vocab_size=size, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=128, pad_token_id=pad, eos_token_id=0, bos_token_id=0,
        decoder_start_token_id=pad, forced_eos_token_id=0, dropout=0.0, scale_embedding=True, activation_function="swish",
        share_encoder_decoder_embeddings=True, tie_word_embeddings=True, max_length=48, num_beams=4,
    )
    torch.manual_seed(SEED)
    model = MarianMTModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "positions" in name:
                continue
            if name.endswith("bias"):
                parameter.normal_(0, 0.05)
            elif "layer_norm" in name:
                parameter.normal_(1, 0.1)
            elif "shared" in name:
                parameter.normal_(0, 0.25)
            else:
                parameter.normal_(0, 2.0 / np.sqrt(parameter[0].numel()))
            parameter.copy_((parameter * 256).round() / 256)
        model.final_logits_bias[0, 0] = 0.6
    model.generation_config = GenerationConfig(
        bad_words_ids=[[pad]], bos_token_id=0, decoder_start_token_id=pad, eos_token_id=0, forced_eos_token_id=0,
        max_length=48, num_beams=4, pad_token_id=pad,
    )
    return model


def export(source, target):
    with tempfile.TemporaryDirectory() as work:
        main_export(source, work, task="text2text-generation-with-past", opset=17, do_validation=False)
        for name in ["encoder_model.onnx", "decoder_model_merged.onnx"]:
            shutil.move(f"{work}/{name}", Path(target, name))


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def reference(model, tokenizer, pad):
    cases = []
    for sentence in SENTENCES:
        ids = tokenizer.encode(sentence, add_special_tokens=False) + [0]
        inputs = dict(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
        runs = {
            name: model.generate(**inputs, num_beams=beams, max_length=48, early_stopping=False, length_penalty=1.0)[0].tolist()
            for name, beams in [("greedy", 1), ("beam", 4)]
        }
        logits = model(**inputs, decoder_input_ids=torch.tensor([runs["greedy"][:-1]])).logits[0]
        texts = {name: tokenizer.decode([id for id in run if id > 1 and id != pad]) for name, run in runs.items()}
        cases.append({"text": sentence, "input": ids, **runs, "texts": texts, "logits": packed(logits.numpy())})
    return cases


def main(target):
    torch.set_num_threads(1)
    target = Path(target)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as exported, torch.no_grad():
        tokenizer, special = write_tokenizer(source)
        model = build_model(special["<pad>"], special["<pad>"] + 1)
        model.save_pretrained(source)
        export(source, exported)
        cases = reference(model, tokenizer, special["<pad>"])
        for name in FILES:
            (target / f"{name}.gz").write_bytes(gzip.compress(Path(source, name).read_bytes(), 9, mtime=0))
        for name in ["encoder_model.onnx", "decoder_model_merged.onnx"]:
            (target / f"{name}.gz").write_bytes(gzip.compress(Path(exported, name).read_bytes(), 9, mtime=0))
        (target / "expected.json.gz").write_bytes(gzip.compress(json.dumps(cases).encode(), 9, mtime=0))
    for case in cases:
        print(case["text"], len(case["input"]), case["greedy"], case["beam"], case["texts"], sep="\n  ")
    print(f"{sum(file.stat().st_size for file in target.iterdir())} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
