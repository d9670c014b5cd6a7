"""Finds phone times of the real speech with a first network: the best path through transcript and optional silence.

    python align.py --pools /tmp/pools --dictionary <cmudict.dict> --weights /tmp/run/latest.pt

Uses the frame outputs (phones and silence, no CTC blank). Clips whose path scores badly (wrong text, loud noise) are left out.
"""

import argparse
import json
import pathlib

import numpy
import torch

from model import HOP_SECONDS, Recogniser, even
from phones import PHONES, read_dictionary
from train import Pool, targets_of

WORST = -2.6


def best_path(scores, wanted, optional):
    """Viterbi over states in a row; `optional` states may be skipped. → state of every frame, mean score."""
    frames, states = len(scores), len(wanted)
    emitted = scores[:, wanted]
    total = numpy.full(states, -numpy.inf)
    total[0] = emitted[0, 0]
    if optional[0]:
        total[1] = emitted[0, 1]
    back = numpy.zeros((frames, states), numpy.int8)
    may_skip = numpy.zeros(states, bool)
    may_skip[2:] = optional[1:-1]
    for frame in range(1, frames):
        choices = numpy.full((3, states), -numpy.inf)
        choices[0] = total
        choices[1, 1:] = total[:-1]
        choices[2, 2:] = numpy.where(may_skip[2:], total[:-2], -numpy.inf)
        back[frame] = choices.argmax(0)
        total = choices.max(0) + emitted[frame]
    state = states - 1
    if optional[-1] and total[-2] > total[-1]:
        state = states - 2
    mean, path = total[state] / frames, []
    for frame in range(frames - 1, -1, -1):
        path.append(state)
        state -= int(back[frame, state])
    return path[::-1], float(mean)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=pathlib.Path, required=True)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    dictionary = {**read_dictionary(options.pools / "missing.dict"), **read_dictionary(options.dictionary)}
    network = Recogniser()
    network.load_state_dict(torch.load(options.weights)["mean"])
    network.eval()
    pool, times, scores = Pool(options.pools, "real"), {}, []
    for entry in pool.entries:
        wanted, optional = [0], [True]
        for word in entry["text"].split():
            phones = dictionary.get(word, [[]])[0]
            wanted += targets_of(word, {word: [phones]}) + [0]
            optional += [False] * len(phones) + [True]
        with torch.no_grad():
            bands = torch.from_numpy(numpy.ascontiguousarray(pool.features(entry).T))[None]
            frames = network(even(bands))[1][0].log_softmax(1).numpy()
        if len(frames) < len(wanted) // 2 + 2:
            continue
        path, mean = best_path(frames, wanted, optional)
        scores.append(mean)
        if mean < WORST:
            continue
        phones, first = [], 0
        for frame in range(1, len(path) + 1):
            if frame == len(path) or path[frame] != path[first]:
                token = wanted[path[first]]
                name = PHONES[token - 1] if token else ""
                phones.append([name, round((first - 0.5) * HOP_SECONDS, 3), round((frame - 0.5) * HOP_SECONDS, 3)])
                first = frame
        times[entry["id"]] = phones
    (options.pools / "real.times.json").write_text(json.dumps(times))
    print(len(times), "of", len(pool.entries), "scores", numpy.percentile(scores, [1, 5, 25, 50, 75, 95]).round(2))


if __name__ == "__main__":
    main()
