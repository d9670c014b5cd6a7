"""Word error rates of an exported model, by a reference decoder (flashlight-text with KenLM; the product has its own).

    python decode.py --model <folder with model.onnx, tokens, lexicon, lm> --pools /tmp/pools --pool real_held synthetic_held
    python decode.py --model ... --folder <recordings with manifest.jsonl>   # for the final statement only
"""

import argparse
import gzip
import json
import pathlib
import re
import tempfile
import time

import numpy
import onnxruntime
from flashlight.lib.text.decoder import CriterionType, LexiconDecoder, LexiconDecoderOptions, SmearingMode, Trie
from flashlight.lib.text.decoder.kenlm import KenLM
from flashlight.lib.text.dictionary import Dictionary

from prepare import read_audio
from train import Pool, distance


def build(folder, options):
    opener = lambda name: gzip.open(folder / name, "rt") if name.endswith(".gz") else open(folder / name)
    present = lambda stem: stem if (folder / stem).exists() else stem + ".gz"
    tokens = {line.strip(): index for index, line in enumerate(open(folder / "tokens.txt"))}
    words, entries = Dictionary(), []
    with opener(present("lexicon.txt")) as lexicon:
        for line in lexicon:
            word, phones = line.rstrip("\n").split("\t")
            if not words.contains(word):
                words.add_entry(word)
            entries.append((word, [tokens[phone] for phone in phones.split()]))
    words.add_entry("<unk>")
    with tempfile.NamedTemporaryFile("w", suffix=".arpa") as plain, opener(present("lm.arpa")) as packed:
        plain.write(packed.read())
        plain.flush()
        model = KenLM(plain.name, words)
    trie, start = Trie(len(tokens), 0), model.start(False)
    for word, phones in entries:
        index = words.get_index(word)
        trie.insert(phones, index, model.score(start, index)[1])
    trie.smear(SmearingMode.MAX)
    settings = LexiconDecoderOptions(
        beam_size=options.beam, beam_size_token=options.beam_tokens, beam_threshold=options.beam_score,
        lm_weight=options.lm_weight, word_score=options.word_score, unk_score=float("-inf"), sil_score=0,
        log_add=False, criterion_type=CriterionType.CTC)
    return LexiconDecoder(settings, trie, model, 0, 0, words.get_index("<unk>"), [], False), words


def clips(options):
    for name in options.pool or []:
        pool = Pool(options.pools, name)
        for entry in pool.entries[: options.limit]:
            yield name, pool.clip(entry), entry["text"]
    if options.folder:
        for line in open(options.folder / "manifest.jsonl"):
            entry = json.loads(line)
            yield options.folder.name, read_audio(options.folder / entry["file"]), entry["text"].lower()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--pools", type=pathlib.Path)
    parser.add_argument("--pool", nargs="*")
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--beam", type=int, default=500)
    parser.add_argument("--beam-tokens", type=int, default=25)
    parser.add_argument("--beam-score", type=float, default=40)
    parser.add_argument("--lm-weight", type=float, nargs="+", default=[1.5])
    parser.add_argument("--word-score", type=float, nargs="+", default=[0.0])
    parser.add_argument("--blank-bonus", type=float, nargs="+", default=[0.0])
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(options.model / "model.onnx"), settings, providers=["CPUExecutionProvider"])
    material, spent, seconds = [], 0.0, 0.0
    for name, audio, text in clips(options):
        began = time.process_time()
        logits = session.run(None, {"audio": audio[None]})[0][0].astype(numpy.float32)
        spent, seconds = spent + time.process_time() - began, seconds + len(audio) / 16000
        material.append((name, logits, re.findall(r"[a-z']+", text)))
    print(f"{seconds:.0f} s of speech, network at {spent / seconds:.4f} of real time")
    for lm_weight in list(options.lm_weight):
        for word_score in list(options.word_score):
            options.lm_weight, options.word_score = lm_weight, word_score
            decoder, words = build(options.model, options)
            for bonus in options.blank_bonus:
                errors, count, began = {}, {}, time.process_time()
                for index, (name, logits, wanted) in enumerate(material):
                    shifted = logits.copy()
                    shifted[:, 0] += bonus
                    scores = shifted - numpy.logaddexp.reduce(shifted, axis=1, keepdims=True)
                    scores = numpy.ascontiguousarray(scores, numpy.float32)
                    best = decoder.decode(scores.ctypes.data, *scores.shape)[0]
                    found = [words.get_entry(word) for word in best.words if word >= 0]
                    if index < options.show:
                        print("  ", " ".join(wanted), "|", " ".join(found))
                    errors[name] = errors.get(name, 0) + distance(wanted, found)
                    count[name] = count.get(name, 0) + len(wanted)
                rates = {name: round(errors[name] / count[name], 4) for name in errors}
                print(f"lm {lm_weight} word {word_score} blank {bonus}", rates, count,
                      f"decoder {(time.process_time() - began) / seconds:.3f} of real time", flush=True)


if __name__ == "__main__":
    main()
