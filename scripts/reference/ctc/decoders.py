"""What other decoders make of random emissions: the numbers that src/capabilities/speech-to-text/decoding is tested against.

    python scripts/reference/ctc/decoders.py

writes test/fixtures/engines/ctc/decoders.json and toy.arpa.gz beside it. References: torchaudio's `ctc_decoder`
(Flashlight), pyctcdecode, KenLM and torchaudio's `forced_align`; versions in requirements.txt (pyctcdecode and
torchaudio are installed with --no-deps).
"""

import collections
import gzip
import json
import math
import os
import random
import tempfile

import numpy as np
import torch

# torchaudio is published for one CUDA version only and compares; nothing here runs on a GPU.
torch.version.cuda = "13.0"
import kenlm  # noqa: E402
from pyctcdecode import build_ctcdecoder  # noqa: E402
from torchaudio.functional import forced_align  # noqa: E402
from torchaudio.models.decoder import ctc_decoder  # noqa: E402

OUT = os.path.join(os.path.dirname(__file__), "../../../test/fixtures/engines/ctc")
TOKENS = ["-", "|", "a", "b", "c", "d", "e"]
LETTERS = TOKENS[2:]
BLANK, DELIMITER = 0, 1


def words_of(rng, count):
    """Words without double letters at the end, where Flashlight would not ask for a blank between them."""
    found = []
    while len(found) < count:
        word = "".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 5)))
        if word not in found and not (len(word) > 1 and word[-1] == word[-2]):
            found.append(word)
    return found


def arpa(rng, words, order=4):
    """A back-off model with absolute discounting over random sentences."""
    sentences = [["<s>", *rng.choices(words, k=rng.randint(1, 6)), "</s>"] for _ in range(60)]
    sentences += [["<s>", *words[:4], "</s>"]] * 6
    counts = [collections.Counter() for _ in range(order)]
    for sentence in sentences:
        for n in range(order):
            for i in range(len(sentence) - n):
                counts[n][tuple(sentence[i : i + n + 1])] += 1
    total = sum(count for gram, count in counts[0].items() if gram != ("<s>",))
    lines = ["\\data\\"]
    tables = []
    for n in range(order):
        table = []
        followers = collections.defaultdict(list)
        if n + 1 < order:
            for gram, count in counts[n + 1].items():
                followers[gram[:-1]].append(count)
        grams = sorted(counts[n].items())
        if n == 0:
            grams.append((("<unk>",), 0.5))
        for gram, count in grams:
            context = counts[n - 1][gram[:-1]] if n else total
            probability = math.log10((count - 0.4) / context) if gram != ("<s>",) else -99
            row = f"{probability:.6f}\t{' '.join(gram)}"
            if followers.get(gram):
                row += f"\t{math.log10(0.4 * len(followers[gram]) / sum(followers[gram])):.6f}"
            table.append(row)
        tables.append(table)
        lines.append(f"ngram {n + 1}={len(table)}")
    for n, table in enumerate(tables):
        lines += ["", f"\\{n + 1}-grams:", *table]
    return "\n".join([*lines, "", "\\end\\", ""])


def emissions_of(rng, words, noise, most=4, clear_end=False):
    """Log-probabilities of a few words said frame by frame, in noise; rounded so that JSON holds them exactly.

    clear_end: the last word is said clearly and nothing comes after it. pyctcdecode scores the nothing after a
    delimiter at the end as an unknown word; ours does not.
    """
    path = []
    last = 0
    said = rng.choices(words, k=rng.randint(1, most))
    for word in said:
        last = len(path)
        for letter in word + "|":
            token = TOKENS.index(letter)
            if path and path[-1] == token:
                path.append(BLANK)
            path += [token] * rng.randint(1, 2) + [BLANK] * rng.randint(0, 1)
    generator = np.random.default_rng(rng.randint(0, 2**31))
    logits = generator.normal(0, noise, (len(path), len(TOKENS)))
    logits[np.arange(len(path)), path] += 4
    if clear_end:
        logits = logits[: len(path) - 1 - (path[-1] == BLANK)]
        path = path[: len(logits)]
        while path[-1] == BLANK or path[-1] == DELIMITER:
            path, logits = path[:-1], logits[:-1]
        logits[np.arange(last, len(path)), path[last:]] += 6
        logits[last:, DELIMITER] = -40
    norm = np.log(np.exp(logits).sum(1, keepdims=True))
    return np.round(logits - norm, 3).astype(np.float32), " ".join(said)


def listed(emissions):
    return [round(float(value), 3) for value in emissions.ravel()]


def lexicon_cases(rng, words, path):
    cases = []
    lexicon = {word: [*word, "|"] for word in words}
    lexicon_path = os.path.join(tempfile.gettempdir(), "ctc-lexicon.txt")
    with open(lexicon_path, "w") as file:
        for word, tokens in lexicon.items():
            file.write(f"{word} {' '.join(tokens)}\n")
    for index in range(28):
        options = {
            "beam_size": [300, 300, 300, 150][index % 4],
            "beam_threshold": [60, 25][index % 2],
            "lm_weight": round(rng.uniform(0.3, 3), 2),
            "word_score": round(rng.uniform(-2, 2), 2),
            "sil_score": [0, 0, -0.3][index % 3],
        }
        emissions, _ = emissions_of(rng, words, rng.choice([1.5, 2.5, 3.5]))
        decoder = ctc_decoder(
            lexicon=lexicon_path, tokens=TOKENS, lm=path if index % 7 else None, nbest=1,
            blank_token="-", sil_token="|", unk_word="<unk>", **options,
        )  # fmt: skip
        best = decoder(torch.from_numpy(emissions)[None])[0][0]
        case = {"options": options, "lm": bool(index % 7), "emissions": listed(emissions)}
        cases.append({**case, "words": best.words, "score": best.score})
    return cases


def total(emissions, text, model, words, alpha, beta):
    """The exact score of a text: all of its frame paths (further delimiters write nothing), and its words."""
    norm = np.logaddexp.reduce(emissions.astype(np.float64), axis=1, keepdims=True)
    paths = {(0, BLANK): 0.0}
    for row in emissions - norm:
        after = collections.defaultdict(lambda: -math.inf)
        for (at, last), score in paths.items():
            for token, spelling in enumerate(TOKENS):
                letter = " " if token == DELIMITER else spelling
                to = at + 1 if text[at : at + 1] == letter else None
                if token in (BLANK, last) or (token == DELIMITER and text[at - 1 : at] in ("", " ")) or at == len(text):
                    to = at
                if token not in (BLANK, DELIMITER, last) and at == len(text):
                    to = None
                if to is not None:
                    after[to, token] = np.logaddexp(after[to, token], score + row[token])
        paths = after
    score = np.logaddexp.reduce([score for (at, _), score in paths.items() if at == len(text)])
    if model:
        parts = list(model.full_scores(text, bos=True, eos=True))
        for (log10, _, _), word in zip(parts, text.split()):
            score += alpha * math.log(10) * (log10 - (0 if word in words else 3)) + beta
        score += alpha * math.log(10) * parts[-1][0]
    return float(score)


def prefix_cases(rng, words, path):
    model = kenlm.Model(path)
    cases = []
    labels = ["" if token == "-" else " " if token == "|" else token for token in TOKENS]
    for index in range(32):
        alpha, beta = round(rng.uniform(0.2, 1.5), 2), round(rng.uniform(-1, 2), 2)
        with_lm = bool(index % 4)
        decoder = build_ctcdecoder(
            labels, kenlm_model_path=path if with_lm else None, unigrams=words if with_lm else None,
            alpha=alpha, beta=beta, unk_score_offset=-3.0,
        )  # fmt: skip
        emissions, said = emissions_of(rng, words, rng.choice([0.7, 1, 1.5]), most=2, clear_end=True)
        beam = decoder.decode_beams(emissions, beam_width=1500, beam_prune_logp=-25.0, token_min_logp=-18.0)[0]
        text, score = beam[0], beam[-1]
        scores = [total(emissions, t, model if with_lm else None, words, alpha, beta) for t in (text, said)]
        if scores[1] > scores[0] + 1e-6 or abs(scores[0] - score) > 1e-4:
            print(f"left out: pyctcdecode pruned {said!r} or a part of {text!r}")
            continue
        case = {"alpha": alpha, "beta": beta, "lm": with_lm, "emissions": listed(emissions)}
        cases.append({**case, "text": text, "score": float(score)})
    return cases


def alignment_cases(rng):
    cases = []
    for _ in range(24):
        length = rng.randint(1, 9)
        tokens = [rng.randint(1, len(TOKENS) - 1) for _ in range(length)]
        repeats = sum(a == b for a, b in zip(tokens, tokens[1:]))
        frames = length + repeats + rng.randint(0, 20)
        generator = np.random.default_rng(rng.randint(0, 2**31))
        logits = generator.normal(0, 2, (frames, len(TOKENS)))
        emissions = np.round(logits - np.log(np.exp(logits).sum(1, keepdims=True)), 3).astype(np.float32)
        path, _ = forced_align(torch.from_numpy(emissions)[None], torch.tensor([tokens], dtype=torch.int32), blank=0)
        cases.append({"tokens": tokens, "emissions": listed(emissions), "path": path[0].tolist()})
    return cases


def sentence_cases(rng, words, path):
    model = kenlm.Model(path)
    cases = []
    for _ in range(60):
        sentence = rng.choices([*words, "zebra", "quince"], k=rng.randint(0, 9))
        scores = model.full_scores(" ".join(sentence), bos=True, eos=True)
        cases.append({"words": sentence, "log10": [round(score, 6) for score, _, _ in scores]})
    return cases


def main():
    rng = random.Random(7)
    words = words_of(rng, 24)
    text = arpa(rng, words)
    path = os.path.join(tempfile.gettempdir(), "ctc-toy.arpa")
    with open(path, "w") as file:
        file.write(text)
    with open(os.path.join(OUT, "toy.arpa.gz"), "wb") as file:
        file.write(gzip.compress(text.encode(), mtime=0))
    fixture = {
        "tokens": TOKENS,
        "words": words,
        "sentences": sentence_cases(rng, words, path),
        "lexicon": lexicon_cases(rng, words, path),
        "prefix": prefix_cases(rng, words, path),
        "alignment": alignment_cases(rng),
    }
    with open(os.path.join(OUT, "decoders.json"), "w") as file:
        json.dump(fixture, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
