"""Lexicon and word bigram model.

    python language.py --text a.txt --text b.txt [...] --dictionary <cmudict.dict> --out /tmp/language [--words 25000]

The lexicon holds the words that the texts use most and CMUdict knows. The model is interpolated Kneser-Ney (Chen and Goodman,
1998, one discount), then pruned by relative entropy (Stolcke, 1998), so that it fits in two megabytes. Texts: one sentence a
line. `um` and `uh` stand in no book: a small share of the sentences gets them.
"""

import argparse
import collections
import gzip
import json
import math
import pathlib
import random
import re

from phones import read_dictionary

FILLERS = ("um", "uh")
FILLER_SHARE = 0.012
START, END, UNKNOWN = "<s>", "</s>", "<unk>"


def read_sentences(paths):
    chooser = random.Random(3)
    for path in paths:
        for line in open(path, encoding="utf-8", errors="ignore"):
            line = line.replace("’", "'").lower().replace("-", " ")
            words = [word.strip("'") for word in re.findall(r"[a-z']+", line)]
            words = [word for word in words if word]
            if not words or re.search(r"\d", line):
                continue
            if chooser.random() < FILLER_SHARE:
                words.insert(chooser.choice([0, chooser.randrange(len(words) + 1)]), chooser.choice(FILLERS))
            yield words


def kneser_ney(sentences, vocabulary):
    """→ unigram {word: p}, bigram {(a, b): p}, backoff weight {a: w}; probabilities of bigrams are interpolated."""
    counts = collections.Counter()
    for words in sentences:
        sequence = [START, *[word if word in vocabulary else UNKNOWN for word in words], END]
        counts.update(zip(sequence, sequence[1:]))
    once, twice = sum(value == 1 for value in counts.values()), sum(value == 2 for value in counts.values())
    discount = once / (once + 2 * twice)
    contexts, kinds, following = collections.Counter(), collections.Counter(), collections.Counter()
    for (first, second), count in counts.items():
        contexts[first] += count
        kinds[first] += 1
        following[second] += 1
    for word in vocabulary:
        following[word] += 0.1
    total = sum(following.values())
    unigram = {word: count / total for word, count in following.items()}
    weight = {first: discount * kinds[first] / contexts[first] for first in contexts}
    bigram = {
        pair: (count - discount) / contexts[pair[0]] + weight[pair[0]] * unigram[pair[1]] for pair, count in counts.items()
    }
    share = {first: count / sum(contexts.values()) for first, count in contexts.items()}
    return unigram, bigram, weight, share


def prune(unigram, bigram, weight, share, keep):
    """Keeps the `keep` bigrams whose loss would cost most, then makes the backoff weights sum to one again."""
    def cost(pair):
        return share[pair[0]] * bigram[pair] * (math.log(bigram[pair]) - math.log(weight[pair[0]] * unigram[pair[1]]))

    usable = [pair for pair in bigram if UNKNOWN not in pair]
    kept = set(sorted(usable, key=cost, reverse=True)[:keep])
    used, backed = collections.Counter(), collections.Counter()
    for pair in kept:
        used[pair[0]] += bigram[pair]
        backed[pair[0]] += unigram[pair[1]]
    return kept, {first: max(1e-6, 1 - used[first]) / max(1e-6, 1 - backed[first]) for first in used}


def write_arpa(path, unigram, bigram, kept, backoff):
    words = sorted(unigram)
    lines = ["\\data\\", f"ngram 1={len(words) + 1}", f"ngram 2={len(kept)}", "", "\\1-grams:"]
    lines.append(f"-99\t{START}\t{math.log10(backoff.get(START, 1)):.3f}")
    for word in words:
        entry = f"{math.log10(unigram[word]):.3f}\t{word}"
        lines.append(f"{entry}\t{math.log10(backoff[word]):.3f}" if word in backoff else entry)
    lines += ["", "\\2-grams:"]
    lines += [f"{math.log10(bigram[pair]):.3f}\t{pair[0]} {pair[1]}" for pair in sorted(kept)]
    lines += ["", "\\end\\", ""]
    with open(path, "wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=9, mtime=0) as packed:
        packed.write("\n".join(lines).encode())


def perplexity(sentences, unigram, bigram, kept, backoff):
    logs, count, unknown = 0.0, 0, 0
    for words in sentences:
        before = START
        for word in [*words, END]:
            if word not in unigram:
                unknown += 1
                before = UNKNOWN
                continue
            if (before, word) in kept:
                logs += math.log(bigram[before, word])
            else:
                logs += math.log(backoff.get(before, 1) * unigram[word])
            count, before = count + 1, word
    return round(math.exp(-logs / count), 1), round(unknown / (count + unknown), 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--words", type=int, default=25000)
    parser.add_argument("--bigrams", type=int, default=200000)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    dictionary = read_dictionary(options.dictionary)
    sentences = list(read_sentences(options.text))
    random.Random(1).shuffle(sentences)
    held, sentences = sentences[:2000], sentences[2000:]
    seen = collections.Counter(word for words in sentences for word in words)
    letters = {word for word in seen if len(word) == 1 and word not in ("a", "i", "o")}
    known = [word for word, count in seen.most_common() if word in dictionary and word not in letters and count > 1]
    vocabulary = set(known[: options.words])
    with open(options.out / "lexicon.txt", "w", encoding="utf-8") as lexicon:
        for word in sorted(vocabulary):
            for phones in dictionary[word][:3]:
                lexicon.write(f"{word}\t{' '.join(phones)}\n")
    unigram, bigram, weight, share = kneser_ney(sentences, vocabulary)
    kept, backoff = prune(unigram, bigram, weight, share, options.bigrams)
    unigram = {word: value for word, value in unigram.items() if word != START}
    write_arpa(options.out / "lm.arpa.gz", unigram, bigram, kept, backoff)
    known_unigram = {word: value for word, value in unigram.items() if word != UNKNOWN}
    ppl, unknown = perplexity(held, known_unigram, bigram, kept, backoff)
    record = {
        "texts": [path.name for path in options.text], "words": len(vocabulary), "bigrams": len(kept),
        "trainingWords": sum(map(len, sentences)), "perplexity": ppl, "unknownShare": unknown,
        "bytes": (options.out / "lm.arpa.gz").stat().st_size,
    }
    (options.out / "record.json").write_text(json.dumps(record, indent=2) + "\n")
    print(record)


if __name__ == "__main__":
    main()
