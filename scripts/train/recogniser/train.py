"""Trains the recogniser: CTC on phones of all speech, frame targets where phone times are known.

    python train.py --pools /tmp/pools --dictionary <cmudict.dict> --out /tmp/run --steps 4000 [--start weights.pt]

Phone times are exact for synthetic speech. For real speech `align.py` writes `real.times.json` once a first network exists;
it is used from then on. Every `--every` steps the held-out losses are printed and `latest.pt` (weights, running mean) written.
"""

import argparse
import json
import pathlib
import random
import sys
import time

import numpy
import torch
from torch.nn import functional

from model import HOP, HOP_SECONDS, SAMPLE_RATE, Recogniser, even, frames_of
from phones import INDEX, read_dictionary

BATCH_S = 40
ROUND = 96  # frames: few different shapes are quicker, their kernels are made once
MEAN_DECAY = 0.995


class Pool:
    def __init__(self, folder, name):
        self.audio = numpy.memmap(folder / f"{name}.i16", numpy.int16, "r")
        bands = folder / f"{name}.f16"
        self.bands = numpy.memmap(bands, numpy.float16, "r").reshape(-1, 80) if bands.exists() else None
        self.entries = [json.loads(line) for line in open(folder / f"{name}.jsonl")]

    def features(self, entry):
        return self.bands[entry["first"]:entry["first"] + entry["frames"]].astype(numpy.float32)

    def clip(self, entry):
        return self.audio[entry["offset"]:entry["offset"] + entry["samples"]].astype(numpy.float32) / 32768


def targets_of(text, dictionary, chooser=random):
    phones = []
    for word in text.split():
        phones += chooser.choice(dictionary[word][:2]) if word in dictionary else []
    return [INDEX[phone] for phone in phones]


class Speech(torch.utils.data.IterableDataset):
    """Endless batches of (features, frames, ctc targets, lengths, frame targets)."""

    def __init__(self, pools, dictionary, seed, synthetic_share, clean=False, real="real", synthetic="synthetic"):
        self.dictionary, self.seed, self.share, self.clean = dictionary, seed, synthetic_share, clean
        self.real, self.synthetic, self.noise = Pool(pools, real), Pool(pools, synthetic), Pool(pools, "noise")
        times = pools / "real.times.json"
        aligned = json.loads(times.read_text()) if times.exists() else {}
        for entry in self.real.entries:
            if entry.get("id") in aligned:
                entry["phones"] = aligned[entry["id"]]

    def epoch(self, chooser):
        items = [(self.real, entry) for entry in self.real.entries if entry["samples"] < 16.6 * SAMPLE_RATE]
        artificial = [(self.synthetic, entry) for entry in self.synthetic.entries]
        items += chooser.sample(artificial, round(len(artificial) * self.share))
        items.sort(key=lambda item: item[1]["samples"] * (1 + 0.1 * chooser.random()))
        batches, batch = [], []
        for item in items:
            if batch and (len(batch) + 1) * item[1]["samples"] > BATCH_S * SAMPLE_RATE:
                batches.append(batch)
                batch = []
            batch.append(item)
        batches.append(batch)
        chooser.shuffle(batches)
        return batches

    def augment(self, bands, chooser, noise):
        """Log-mel [frames, 80] → the same altered, the factor by which it is faster now, frames of silence put before."""
        factor, warp = chooser.uniform(0.86, 1.16), chooser.uniform(0.93, 1.08)
        bands = stretched(bands, factor)
        if abs(warp - 1) > 0.02:
            bands = stretched(bands.T, warp).T
            bands = numpy.pad(bands, ((0, 0), (0, max(0, 80 - bands.shape[1]))), "edge")[:, :80]
        before = 0
        if chooser.random() < 0.25:
            before, after = chooser.randrange(80), chooser.randrange(80)
            quiet = numpy.partition(bands, len(bands) // 20, axis=0)[len(bands) // 20]
            around = quiet + noise.standard_normal((before + after, 80), numpy.float32) * 0.5
            bands = numpy.concatenate([around[:before], bands, around[before:]])
        if chooser.random() < 0.12:
            bands[:, : chooser.randint(0, 8)] = numpy.log(1e-4)
            bands[:, chooser.randint(55, 75):] = numpy.log(1e-4)
        if chooser.random() < 0.6:
            disturbance = self.noise.features(chooser.choice(self.noise.entries))
            first = chooser.randrange(max(1, len(disturbance) // 2))
            disturbance = numpy.resize(disturbance[first:], bands.shape)
            bands = numpy.logaddexp(bands, disturbance - numpy.float32(chooser.uniform(4, 32) * numpy.log(10) / 10))
        return bands, factor, before

    def batches(self, chooser, noise):
        for batch in self.epoch(chooser):
            features, targets, frames = [], [], []
            for pool, entry in batch:
                bands, factor, before = pool.features(entry), 1.0, 0
                if not self.clean:
                    bands, factor, before = self.augment(bands, chooser, noise)
                bands = even(torch.from_numpy(numpy.ascontiguousarray(bands.T))[None])[0]
                sounding = numpy.full(frames_of(bands.shape[1]), -1)
                if "phones" in entry:
                    ends = numpy.array([phone[2] for phone in entry["phones"]]) / factor + before * HOP / SAMPLE_RATE
                    names = numpy.array([INDEX.get(phone[0], 0) for phone in entry["phones"]])
                    centres = numpy.arange(len(sounding)) * HOP_SECONDS
                    where = numpy.searchsorted(ends, centres, side="right")
                    sounding = numpy.where(where < len(names), names[numpy.minimum(where, len(names) - 1)], 0)
                    sounding[centres < before * HOP / SAMPLE_RATE] = 0
                if not self.clean:
                    mask(bands, chooser)
                features.append(bands)
                targets.append(targets_of(entry["text"], self.dictionary, chooser))
                frames.append(sounding)
            longest = -(-max(bands.shape[1] for bands in features) // ROUND) * ROUND
            stacked = torch.zeros(len(features), 80, longest)
            sounding = torch.full((len(features), frames_of(longest)), -1)
            for row, bands in enumerate(features):
                stacked[row, :, : bands.shape[1]] = bands
                sounding[row, : len(frames[row])] = torch.from_numpy(frames[row])
            lengths = torch.tensor([len(row) for row in frames])
            sizes = torch.tensor([len(row) for row in targets])
            yield stacked, lengths, torch.tensor([index for row in targets for index in row]), sizes, sounding

    def __iter__(self):
        torch.set_num_threads(1)
        round_number = 0
        while True:
            seed = self.seed * 1000 + round_number
            yield from self.batches(random.Random(seed), numpy.random.default_rng(seed))
            round_number += 1


def stretched(values, factor):
    """Every `factor`-th row, by linear interpolation."""
    positions = numpy.arange(0, len(values) - 1, factor, dtype=numpy.float32)
    below = numpy.minimum(positions.astype(numpy.int64), len(values) - 2)
    share = (positions - below)[:, None]
    return values[below] * (1 - share) + values[below + 1] * share


def mask(bands, chooser):
    for _ in range(2):
        width = chooser.randint(0, 12)
        low = chooser.randint(0, 80 - width)
        bands[low:low + width] = 0
        width = chooser.randint(0, min(30, bands.shape[1] // 10))
        first = chooser.randint(0, bands.shape[1] - width)
        bands[:, first:first + width] = 0


def running_mean(mean, now, count):
    """Exponential, with a short memory at first."""
    if not mean.is_floating_point():
        return now
    return torch.lerp(now, mean, min(MEAN_DECAY, float(count + 1) / (float(count) + 20)))


def losses(network, batch):
    features, lengths, targets, sizes, sounding = batch
    logits, frame_logits = network(features)
    ctc = functional.ctc_loss(
        functional.log_softmax(logits, 2).transpose(0, 1), targets, lengths, sizes, reduction="sum", zero_infinity=True
    ) / sizes.sum()
    known = sounding >= 0
    frame = functional.cross_entropy(frame_logits[known], sounding[known]) if known.any() else logits.sum() * 0
    return ctc, frame


@torch.no_grad()
def held_out(network, batches):
    network.eval()
    ctc, frame, errors, phones = 0.0, 0.0, 0, 0
    for batch in batches:
        one, two = losses(network, batch)
        ctc, frame = ctc + one.item() / len(batches), frame + two.item() / len(batches)
        best = network(batch[0])[0].argmax(2)
        position = 0
        for row, length, size in zip(best, batch[1], batch[3]):
            path = row[:length].tolist()
            found = [token for index, token in enumerate(path) if token and (not index or path[index - 1] != token)]
            wanted = batch[2][position:position + size].tolist()
            position += int(size)
            errors, phones = errors + distance(wanted, found), phones + len(wanted)
    network.train()
    return {"ctc": round(ctc, 3), "frame": round(frame, 3), "phoneErrorRate": round(errors / phones, 4)}


def distance(wanted, found):
    row = numpy.arange(len(found) + 1)
    for index, token in enumerate(wanted):
        change = numpy.minimum(row[1:] + 1, row[:-1] + (numpy.array(found) != token)) if found else row[1:]
        new = [index + 1]
        for value in change:
            new.append(min(value, new[-1] + 1))
        row = numpy.array(new)
    return int(row[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=pathlib.Path, required=True)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--start", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--final-rate", type=float, default=2e-5)
    parser.add_argument("--frame-weight", type=float, default=1.0)
    parser.add_argument("--synthetic", type=float, default=0.5, help="share of the synthetic pool in every round")
    parser.add_argument("--no-real", action="store_true", help="a first network from synthetic speech, to align the real with")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--every", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    dictionary = {**read_dictionary(options.pools / "missing.dict"), **read_dictionary(options.dictionary)}

    speech = Speech(options.pools, dictionary, options.seed, options.synthetic)
    if options.no_real:
        speech.real.entries = []
    tests = {}
    for name in ("real_held", "synthetic_held"):
        quiet = Speech(options.pools, dictionary, 0, 1.0, clean=True, real=name, synthetic=name)
        (quiet.real if name == "synthetic_held" else quiet.synthetic).entries = []
        quiet.real.entries, quiet.synthetic.entries = quiet.real.entries[::3], quiet.synthetic.entries[::2]
        tests[name] = list(quiet.batches(random.Random(0), None))
    network = Recogniser(options.dropout)
    before = None
    if options.start:
        state = torch.load(options.start)
        network.load_state_dict(state["mean"])
        before = state["record"]
    mean = torch.optim.swa_utils.AveragedModel(network, avg_fn=running_mean, use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), options.rate, betas=(0.9, 0.98), weight_decay=0.02)
    record = {
        "options": {key: str(value) for key, value in vars(options).items() if not isinstance(value, pathlib.Path)},
        "packages": {"python": sys.version.split()[0], "torch": str(torch.__version__), "numpy": numpy.__version__},
        "pools": json.loads((options.pools / "record.json").read_text()) if (options.pools / "record.json").exists() else {},
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "heldOut": [],
        "startedFrom": before,
    }
    loader = torch.utils.data.DataLoader(speech, batch_size=None, num_workers=1, prefetch_factor=6)
    began, running = time.time(), None
    for step, batch in enumerate(loader):
        if step == options.steps:
            break
        progress = step / options.steps
        rate = min(1, (step + 1) / 80) * (options.final_rate + (options.rate - options.final_rate) * (1 - progress) ** 1.2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        ctc, frame = losses(network, batch)
        optimiser.zero_grad()
        (ctc + options.frame_weight * frame).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimiser.step()
        mean.update_parameters(network)
        now = numpy.array([ctc.item(), frame.item()])
        running = now if running is None else 0.97 * running + 0.03 * now
        if step % 20 == 19:
            print(step + 1, running.round(3), f"{(time.time() - began) / (step + 1):.2f} s/step", flush=True)
        if (step + 1) % options.every == 0 or step + 1 == options.steps:
            scores = {name: held_out(mean.module, batches) for name, batches in tests.items()}
            record["heldOut"].append({"step": step + 1, **scores})
            record["stepsDone"] = step + 1
            print(step + 1, scores, flush=True)
            torch.save({"mean": mean.module.state_dict(), "record": record}, options.out / "latest.tmp")
            (options.out / "latest.tmp").replace(options.out / "latest.pt")


if __name__ == "__main__":
    main()
