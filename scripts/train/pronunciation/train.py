"""Trains the network on the alignments, in stages if need be: a run continues where its folder's checkpoint stands."""

import argparse
import json
import math
import pathlib
import platform
import random
import time

import numpy
import torch
from torch import nn

from export import export_onnx
from model import Speller, numbers, spell

torch.set_num_threads(1)


def batches(words, size, rng):
    """Words of like length together: padding would be read by the backward direction."""
    by_length = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    found = []
    for group in by_length.values():
        rng.shuffle(group)
        found += [group[start:start + size] for start in range(0, len(group), size)]
    rng.shuffle(found)
    return found


def edits(one, other):
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@torch.no_grad()
def measure(network, tested, chunks):
    """Error rates of phones and words, with stress and without."""
    network.eval()
    plain = lambda phones: [phone.rstrip("012") for phone in phones]  # noqa: E731
    totals = dict.fromkeys(["phones", "phone_errors", "word_errors", "plain_phone_errors", "plain_word_errors"], 0)
    for word, wanted in tested.items():
        scores = network(torch.tensor([numbers(word)])).log_softmax(-1)[0]
        said, wanted = spell(scores, chunks), wanted.split()
        wrong, wrong_plain = edits(said, wanted), edits(plain(said), plain(wanted))
        totals["phones"] += len(wanted)
        totals["phone_errors"] += wrong
        totals["word_errors"] += wrong > 0
        totals["plain_phone_errors"] += wrong_plain
        totals["plain_word_errors"] += wrong_plain > 0
    network.train()
    return {
        "words": len(tested),
        "phoneErrorRate": round(totals["phone_errors"] / totals["phones"], 4),
        "wordErrorRate": round(totals["word_errors"] / len(tested), 4),
        "phoneErrorRateWithoutStress": round(totals["plain_phone_errors"] / totals["phones"], 4),
        "wordErrorRateWithoutStress": round(totals["plain_word_errors"] / len(tested), 4),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aligned", type=pathlib.Path, required=True, help="what align.py wrote")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.003)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop and keep a checkpoint after that")
    options = parser.parse_args()
    began = time.time()
    data = json.loads(options.aligned.read_text())
    chunks, learned = data["chunks"], data["learned"]
    torch.manual_seed(options.seed)
    network = Speller(len(chunks))
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=0.01)
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint, record, epoch = options.out / "checkpoint.pt", [], 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        network.load_state_dict(state["network"]), optimizer.load_state_dict(state["optimizer"])
        epoch, record = state["epoch"], state["record"]
    loss_of = nn.CrossEntropyLoss()
    sample = dict(list(data["tested"].items())[:1000])
    while epoch < options.epochs and time.time() - began < options.minutes * 60:
        groups, total = batches(list(learned), options.batch, random.Random(options.seed + epoch)), 0.0
        for index, group in enumerate(groups):
            done = (epoch + index / len(groups)) / options.epochs
            for parameters in optimizer.param_groups:
                parameters["lr"] = options.rate * min(1, 20 * done + 0.05) * (0.5 + 0.5 * math.cos(math.pi * done))
            letters = torch.tensor([numbers(word) for word in group])
            wanted = torch.tensor([learned[word] for word in group])
            loss = loss_of(network(letters).flatten(0, 1), wanted.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            total += loss.item()
        epoch += 1
        record.append({"epoch": epoch, "loss": round(total / len(groups), 4), **measure(network, sample, chunks)})
        print(record[-1], round(time.time() - began), flush=True)
        torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch,
                    "record": record}, checkpoint)
    if epoch < options.epochs:
        return
    export_onnx(network.eval(), options.out / "model.onnx")
    packages = {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__}
    result = {"options": {key: str(value) for key, value in vars(options).items() if key not in ("aligned", "out")},
              "packages": packages, "parameters": sum(p.numel() for p in network.parameters()), "chunks": chunks,
              "epochs": record, "quality": measure(network, data["tested"], chunks)}
    (options.out / "provenance.json").write_text(json.dumps(result, indent=1))
    print(result["quality"])


if __name__ == "__main__":
    main()
