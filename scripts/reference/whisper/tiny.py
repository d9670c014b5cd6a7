"""A tiny Whisper with random weights: openai/whisper's own network, tokenizer, and the same weights as transformers'."""

import json
import random

import numpy as np
import tiktoken
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration
from whisper.model import ModelDimensions, Whisper
from whisper.tokenizer import LANGUAGES
from whisper.tokenizer import Tokenizer as ReferenceTokenizer

POSITIONS, TEXT_POSITIONS, LANGUAGE_COUNT, WORDS = 150, 96, 4, 320
SIZES = dict(n_mels=80, n_audio_ctx=POSITIONS, n_audio_state=32, n_audio_head=2, n_audio_layer=2)
ALIGNMENT_HEADS = [[0, 1], [1, 0], [1, 1]]
CORPUS = (
    "the quick brown fox jumps over the lazy dog and then it sleeps. she sells sea shells by the shore, he said! "
    "what is the time? it was the best of times, it was the worst of times. all that glitters is not gold. "
)


def special_tokens():
    """After the words, in openai/whisper's order."""
    languages = [f"<|{code}|>" for code in list(LANGUAGES)[:LANGUAGE_COUNT]]
    steering = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    times = [f"<|{n * 0.02:.2f}|>" for n in range(POSITIONS + 1)]
    return ["<|endoftext|>", "<|startoftranscript|>", *languages, *(f"<|{name}|>" for name in steering), *times]


def write_tokenizer(folder):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=WORDS, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([CORPUS], trainer)
    assert tokenizer.get_vocab_size() == WORDS
    tokenizer.add_special_tokens(special_tokens())
    tokenizer.save(f"{folder}/tokenizer.json", pretty=False)
    with open(f"{folder}/tokenizer_config.json", "w") as file:
        json.dump({"tokenizer_class": "WhisperTokenizer", "clean_up_tokenization_spaces": False}, file)
    return tokenizer


def reference_tokenizer(tokenizer, language):
    """The same words and merges in openai/whisper's class."""
    byte_of = {char: byte for byte, char in bytes_to_unicode().items()}
    words = {token: rank for token, rank in tokenizer.get_vocab(with_added_tokens=False).items()}
    ranks = {bytes(byte_of[char] for char in token): rank for token, rank in words.items()}
    encoding = tiktoken.Encoding(
        name="tiny",
        explicit_n_vocab=WORDS + len(special_tokens()),
        pat_str=r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""",
        mergeable_ranks=ranks,
        special_tokens={token: WORDS + n for n, token in enumerate(special_tokens())},
    )
    return ReferenceTokenizer(
        encoding=encoding, num_languages=LANGUAGE_COUNT, language=language, task="transcribe"
    )


def bytes_to_unicode():
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {**{byte: chr(byte) for byte in visible}, **{byte: chr(256 + n) for n, byte in enumerate(hidden)}}


def build_network(vocabulary, seed):
    """openai/whisper's network; weights are rounded to 1/256, so that the fixture compresses well."""
    torch.manual_seed(seed)
    random.seed(seed)
    sizes = ModelDimensions(
        **SIZES, n_vocab=vocabulary, n_text_ctx=TEXT_POSITIONS, n_text_state=32, n_text_head=2, n_text_layer=2
    )
    network = Whisper(sizes).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.05)
            elif "ln" in name:
                parameter.normal_(1, 0.1)
            elif "embedding" in name:
                # Places outweigh words, or every token would predict itself for ever.
                parameter.normal_(0, 0.4 if "token" in name else 0.8)
            else:
                sharp = 2.2 if "cross_attn.query" in name or "cross_attn.key" in name else 1.6
                parameter.normal_(0, sharp / np.sqrt(parameter[0].numel()))
        for tensor in [*network.parameters(), network.encoder.positional_embedding]:
            tensor.copy_((tensor * 256).round() / 256)
    heads = torch.zeros(sizes.n_text_layer, sizes.n_text_head, dtype=torch.bool)
    for layer, head in ALIGNMENT_HEADS:
        heads[layer, head] = True
    network.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)
    return network


def unprintable(tokenizer):
    """Single bytes outside of ASCII."""
    return [id for token, id in tokenizer.get_vocab(with_added_tokens=False).items() if len(token) == 1 and token > "~" and token != "Ġ"]


RENAMED = [
    (".blocks.", ".layers."), (".mlp.0.", ".fc1."), (".mlp.2.", ".fc2."), (".mlp_ln.", ".final_layer_norm."),
    (".cross_attn_ln.", ".encoder_attn_layer_norm."), (".attn_ln.", ".self_attn_layer_norm."),
    (".cross_attn.", ".encoder_attn."), (".attn.", ".self_attn."), ("attn.query.", "attn.q_proj."),
    ("attn.key.", "attn.k_proj."), ("attn.value.", "attn.v_proj."), ("attn.out.", "attn.out_proj."),
    ("decoder.ln.", "decoder.layer_norm."), ("ln_post.", "layer_norm."),
    (".positional_embedding", ".embed_positions.weight"), ("token_embedding.", "embed_tokens."),
]


def transformers_model(network, tokenizer):
    """The same network in transformers' class, which Optimum exports."""
    sizes = network.dims
    special = {token: WORDS + n for n, token in enumerate(special_tokens())}
    end, start = special["<|endoftext|>"], special["<|startoftranscript|>"]
    # The languages, too, which a network that has learned nothing would say.
    never = [id for token, id in special.items() if start <= id < special["<|notimestamps|>"]]
    config = WhisperConfig(
        vocab_size=sizes.n_vocab, num_mel_bins=80, d_model=32, max_source_positions=POSITIONS,
        max_target_positions=TEXT_POSITIONS, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=128, decoder_ffn_dim=128, bos_token_id=end, eos_token_id=end,
        pad_token_id=end, decoder_start_token_id=start, dropout=0.0, suppress_tokens=None, begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config).eval()
    state = {}
    for name, tensor in network.state_dict().items():
        for old, new in RENAMED:
            name = name.replace(old, new)
        state[f"model.{name}"] = tensor
    state["proj_out.weight"] = state["model.decoder.embed_tokens.weight"]
    model.load_state_dict(state)
    model.generation_config = GenerationConfig(
        alignment_heads=ALIGNMENT_HEADS, begin_suppress_tokens=[tokenizer.token_to_id("Ġ"), end], bos_token_id=end,
        decoder_start_token_id=start, eos_token_id=end, pad_token_id=end, is_multilingual=True,
        lang_to_id={token: id for token, id in special.items() if len(token) == 6 and token[2:4].isalpha()},
        max_initial_timestamp_index=5, max_length=TEXT_POSITIONS, no_timestamps_token_id=special["<|notimestamps|>"],
        suppress_tokens=sorted([*range(1, 9), *unprintable(tokenizer), *never]),
        task_to_id={"transcribe": special["<|transcribe|>"], "translate": special["<|translate|>"]},
    )
    return model


PREPROCESSOR = dict(
    chunk_length=POSITIONS // 50, feature_extractor_type="WhisperFeatureExtractor", feature_size=80, hop_length=160,
    n_fft=400, n_samples=POSITIONS * 320, nb_max_frames=2 * POSITIONS, padding_side="right", padding_value=0.0,
    processor_class="WhisperProcessor", return_attention_mask=False, sampling_rate=16000,
)
