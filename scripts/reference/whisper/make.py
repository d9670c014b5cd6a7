"""Makes test/fixtures/engines/whisper: a tiny random Whisper, and what openai/whisper computes with its weights.

    pip install -r requirements.txt
    python make.py ../../../test/fixtures/engines/whisper [folder for the model as transformers.js takes it]
"""

import base64
import gzip
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import whisper.decoding
from whisper.audio import log_mel_spectrogram, mel_filters
from whisper.decoding import DecodingOptions, decode, detect_language
from whisper.timing import find_alignment

from export import export
from tiny import POSITIONS, PREPROCESSOR, build_network, reference_tokenizer, transformers_model, write_tokenizer

# Of the first two hundred seeds the one whose decoder says most different things without going round in circles.
SEED = 36
SAMPLES = POSITIONS * 320
FILES = ["tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json", "preprocessor_config.json"]


def signal(length=SAMPLES):
    """A tone whose pitch and loudness wander, with noise from a linear congruential generator: the test makes it too."""
    state, out = 7, np.zeros(length)
    for n in range(length):
        state = (state * 1664525 + 1013904223) % 2**32
        t = n / 16000
        noise = state / 2**31 - 1
        out[n] = 0.3 * np.sin(2 * np.pi * 300 * t + 40 * np.sin(5 * t)) * np.sin(4 * t) ** 2 + 0.02 * noise
    return out.astype(np.float32)


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def sparse_filters(bins):
    filters = mel_filters("cpu", bins).numpy()
    return [[int(mel), int(bin), float(filters[mel, bin])] for mel, bin in zip(*np.nonzero(filters))]


def reference(network, tokenizer, generation):
    words = reference_tokenizer(tokenizer, "en")
    whisper.decoding.get_tokenizer = lambda *args, language=None, task=None, **kwargs: reference_tokenizer(
        tokenizer, language or "en"
    )
    audio = torch.from_numpy(signal())
    mel = log_mel_spectrogram(audio)
    half = log_mel_spectrogram(torch.nn.functional.pad(audio[: SAMPLES // 2], (0, SAMPLES - SAMPLES // 2)))
    features = network.encoder(mel[None])
    sequence = [*words.sot_sequence, words.no_timestamps, *words.encode(" the quick brown fox")]
    logits = network.decoder(torch.tensor([sequence]), features)[0]
    found, probabilities = detect_language(network, mel, words)
    options = dict(
        language="en", fp16=False, suppress_tokens=",".join(map(str, generation.suppress_tokens)), max_initial_timestamp=1.0
    )
    times = range(words.no_timestamps, network.dims.n_vocab)
    plain = {**options, "suppress_tokens": ",".join(map(str, [*generation.suppress_tokens, *times]))}
    runs = {
        "timestamps": decode(network, mel, DecodingOptions(**options)),
        "plain": decode(network, mel, DecodingOptions(**plain, without_timestamps=True)),
        "prompted": decode(network, mel, DecodingOptions(**options, prompt="it was the best of times")),
        "half": decode(network, half, DecodingOptions(**options)),
    }
    script = ["she", "sells", "sea", "shells,", "he", "said!"]
    text = words.encode(" " + " ".join(script))
    alignment = find_alignment(network, words, text, mel, 2 * POSITIONS)
    return {
        "mel": packed(mel.numpy()[:, ::10]),
        "melHalf": packed(half.numpy()[:, ::10]),
        "encoder": packed(features.numpy()),
        "sequence": sequence,
        "logits": packed(logits.numpy()),
        "language": words.decode_with_timestamps([int(found)]),
        "languageProbability": max(probabilities.values()),
        "decodings": {
            name: {
                "tokens": run.tokens, "avgLogprob": run.avg_logprob, "noSpeechProb": run.no_speech_prob,
                "compressionRatio": run.compression_ratio, "text": run.text,
            }
            for name, run in runs.items()
        },
        "alignment": [
            {"word": word.word, "start": float(word.start), "end": float(word.end), "probability": float(word.probability)}
            for word in alignment
        ],
        "filters": {str(bins): sparse_filters(bins) for bins in (80, 128)},
    }


def main(target, plain_folder=None):
    torch.set_num_threads(1)
    target = Path(target)
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as exported, torch.no_grad():
        tokenizer = write_tokenizer(source)
        network = build_network(tokenizer.get_vocab_size(), SEED)
        model = transformers_model(network, tokenizer)
        model.save_pretrained(source)
        Path(source, "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
        folder = Path(plain_folder or exported)
        export(source, folder)
        for name in [*FILES, "onnx/encoder_model.onnx", "onnx/decoder_model_merged.onnx"]:
            (target / f"{Path(name).name}.gz").write_bytes(gzip.compress(Path(folder, name).read_bytes(), 9, mtime=0))
        expected = json.dumps(reference(network, tokenizer, model.generation_config)).encode()
        (target / "expected.json.gz").write_bytes(gzip.compress(expected, 9, mtime=0))
    print(f"{sum(file.stat().st_size for file in target.iterdir())} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
