"""Reference decoders of transducers, each written as its own publication or toolkit describes it.

A network is `predict(token, state) -> (output, state)`, `first()` for the state before anything was said, and
`join(frame_vector, output) -> logits`. Results are lists of (token, frame, log-probability[, duration]).
"""

import math

import numpy as np


def log_softmax(x: np.ndarray) -> np.ndarray:
    x = x.astype(np.float64)
    return x - x.max() - math.log(np.exp(x - x.max()).sum())


def log_add(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high))


def greedy_rnnt(network, frames: np.ndarray, blank: int, max_symbols: int):
    """Graves, 2012: the best token of a frame until it is the blank; at most `max_symbols` of them."""
    said, margins = [], []
    output, state = network.predict(blank, network.first())
    for t, frame in enumerate(frames):
        for _ in range(max_symbols):
            logits = network.join(frame, output)
            two = np.sort(logits)[-2:]
            margins.append(float(two[1] - two[0]))
            token = int(np.argmax(logits))
            if token == blank:
                break
            said.append((token, t, float(log_softmax(logits)[token])))
            output, state = network.predict(token, state)
    return said, min(margins)


def greedy_tdt(network, frames: np.ndarray, blank: int, max_symbols: int):
    """Xu et al., 2023, algorithm 2: token and duration by their own best logits."""
    said, margins = [], []
    output, state = network.predict(blank, network.first())
    t = symbols = 0
    while t < len(frames):
        logits = network.join(frames[t], output)
        tokens, durations = logits[: blank + 1], logits[blank + 1 :]
        for part in (tokens, durations):
            two = np.sort(part)[-2:]
            margins.append(float(two[1] - two[0]))
        token, skip = int(np.argmax(tokens)), int(np.argmax(durations))
        if token != blank:
            said.append((token, t, float(log_softmax(tokens)[token]), skip))
            output, state = network.predict(token, state)
            symbols += 1
        if skip > 0:
            symbols = 0
        elif token == blank or symbols >= max_symbols:
            symbols, skip = 0, 1
        t += skip
    return said, min(margins)


def bonus_of(text: str, terms: list[str], boost: float) -> float:
    """What a text earns: for every term that stands in it as whole words `boost` a letter, and as much for the letters
    at its end that may still become one. Terms and text begin with ▁. Letters count once: the scan restarts behind a
    term that was found."""
    kept, start = 0.0, 0
    for at in range(len(text)):
        if text[at] != "▁" or at == 0:
            continue
        done = max((len(term) for term in terms if text[start:at].endswith(term)), default=0)
        if done:
            kept += done * boost
            start = at
    rest = text[start:]
    pending = max((n for term in terms for n in range(len(term) + 1) if n <= len(rest) and rest.endswith(term[:n])), default=0)
    return kept + pending * boost


def final_bonus(text: str, terms: list[str], boost: float) -> float:
    """A term that the text ends with counts; an unfinished one does not."""
    return bonus_of(text + "▁", terms, boost) - bonus_of("▁", terms, boost)


def beam(network, frames, blank, paths, max_symbols, context, pieces=None, terms=(), boost=0.0, merge=True, norm=True):
    """Modified beam search.

    With max_symbols = 1 every hypothesis moves one frame a step, as in icefall's `modified_beam_search`; otherwise
    hypotheses stay on their frame while they emit, and those that are furthest behind are extended first, as in
    sherpa-onnx's NeMo decoder (`merge=False, norm=False` is that decoder exactly). With `merge`, hypotheses of the same
    tokens and frame add their probabilities. Keyterms are scored on the whole text of each hypothesis, anew each step.
    """

    def text_of(tokens):
        return "".join(pieces[token] for token in tokens)

    output, state = network.predict(blank, network.first())
    hypotheses = [dict(tokens=(), frame=0, symbols=0, score=0.0, said=(), output=output, state=state)]
    while min(h["frame"] for h in hypotheses) < len(frames):
        t = min(h["frame"] for h in hypotheses)
        candidates = []
        for h in hypotheses:
            if h["frame"] > t:
                candidates.append(dict(h))
                continue
            if h["symbols"] >= max_symbols:
                candidates.append(dict(h, frame=t + 1, symbols=0))
                continue
            logits = network.join(frames[t], h["output"])
            tokens = log_softmax(logits[: len(pieces)])
            durations = logits[len(pieces) :]
            skip, skip_score = None, 0.0
            if len(durations):
                skip = int(np.argmax(durations))
                skip_score = float(log_softmax(durations)[skip])
            scores = h["score"] + skip_score + tokens
            if terms:
                before = bonus_of(text_of(h["tokens"]), terms, boost)
                for token in range(len(pieces)):
                    if token != blank:
                        scores[token] += bonus_of(text_of(h["tokens"] + (token,)), terms, boost) - before
            for token in np.argsort(-scores, kind="stable")[:paths]:
                token = int(token)
                if token == blank:
                    candidates.append(dict(h, score=scores[token], frame=t + max(1, skip or 1), symbols=0))
                    continue
                ahead = 1 if max_symbols == 1 else (skip or 0)
                candidates.append(
                    dict(
                        tokens=h["tokens"] + (token,),
                        frame=t + ahead,
                        symbols=0 if ahead else h["symbols"] + 1,
                        score=scores[token],
                        said=h["said"] + ((token, t, float(tokens[token])) + (() if skip is None else (skip,)),),
                        parent=h,
                    )
                )
        candidates.sort(key=lambda h: -h["score"])
        candidates = candidates[:paths]
        if merge:
            kept = {}
            for h in candidates:
                key = (h["tokens"], h["frame"])
                if key in kept:
                    kept[key]["score"] = log_add(kept[key]["score"], h["score"])
                else:
                    kept[key] = h
            candidates = list(kept.values())
        for h in candidates:
            parent = h.pop("parent", None)
            if parent:
                h["output"], h["state"] = network.predict(h["tokens"][-1], parent["state"])
        hypotheses = candidates
    for h in hypotheses:
        if terms:
            text = text_of(h["tokens"])
            h["score"] += final_bonus(text, terms, boost) - bonus_of(text, terms, boost)
    best = max(hypotheses, key=lambda h: h["score"] / (len(h["tokens"]) + context) if norm else h["score"])
    return list(best["said"]), float(best["score"])
