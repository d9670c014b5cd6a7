"""Which phones each letter stands for: none, one or two, by Viterbi training (hard expectation maximisation)."""

import argparse
import json
import math
from collections import Counter, defaultdict

from dictionary import held_out, read_words

VOWELS = set("aeiouy")


def first_costs(words):
    """A beginning for the counts: letters and phones that stand at the same place of a word, vowels with vowels."""
    counts = defaultdict(Counter)
    for word, phones in words.items():
        for index, letter in enumerate(word):
            place = index * len(phones) / len(word)
            for phone in phones[max(0, int(place) - 1):int(place) + 2]:
                same = (phone[-1].isdigit()) == (letter in VOWELS)
                counts[letter][(phone,)] += 1.0 if same else 0.1
            counts[letter][()] += 0.3
    return counts


def to_costs(counts):
    costs = {}
    for letter, chunks in counts.items():
        total = sum(chunks.values())
        costs[letter] = {chunk: -math.log(count / total) for chunk, count in chunks.items()}
    return costs


def best_alignment(word, phones, costs, unseen):
    """Chunks of phones, one a letter; None where no alignment exists (more than two phones a letter)."""
    width = len(phones) + 1
    best = [[math.inf] * width for _ in range(len(word) + 1)]
    back = [[0] * width for _ in range(len(word) + 1)]
    best[0][0] = 0.0
    for i, letter in enumerate(word):
        table = costs.get(letter, {})
        row, following, origin = best[i], best[i + 1], back[i + 1]
        for j in range(width):
            here = row[j]
            if here == math.inf:
                continue
            for size in (0, 1, 2):
                if j + size >= width:
                    break
                cost = here + table.get(tuple(phones[j:j + size]), unseen[size])
                if cost < following[j + size]:
                    following[j + size] = cost
                    origin[j + size] = size
    if best[-1][-1] == math.inf:
        return None
    chunks, j = [], len(phones)
    for i in range(len(word), 0, -1):
        size = back[i][j]
        chunks.append(tuple(phones[j - size:j]))
        j -= size
    return chunks[::-1]


def align(words, rounds):
    counts = first_costs(words)
    for _ in range(rounds):
        costs, counts = to_costs(counts), defaultdict(Counter)
        alignments = {}
        for word, phones in words.items():
            chunks = best_alignment(word, phones, costs, (9.0, 9.0, 12.0))
            if chunks is None:
                continue
            alignments[word] = chunks
            for letter, chunk in zip(word, chunks):
                counts[letter][chunk] += 1
    return alignments


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dictionary", help="index.js of the npm package cmu-pronouncing-dictionary")
    parser.add_argument("output")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rarest", type=int, default=15, help="chunks seen less often are not learned")
    options = parser.parse_args()

    words = read_words(options.dictionary)
    known = {word: phones for word, phones in words.items() if not held_out(word)}
    alignments = align(known, options.rounds)
    seen = Counter(chunk for chunks in alignments.values() for chunk in chunks)
    chunks = [chunk for chunk, count in seen.most_common() if count >= options.rarest or not chunk]
    number = {chunk: index for index, chunk in enumerate(chunks)}
    learned = {word: [number[chunk] for chunk in aligned] for word, aligned in alignments.items()
               if all(chunk in number for chunk in aligned)}
    tested = {word: " ".join(phones) for word, phones in words.items() if held_out(word)}
    result = {"chunks": [" ".join(chunk) for chunk in chunks], "learned": learned, "tested": tested}
    with open(options.output, "w") as file:
        json.dump(result, file)
    print(f"{len(chunks)} chunks, {len(learned)} of {len(known)} words to learn from, {len(tested)} held out")


if __name__ == "__main__":
    main()
