"""Writes test/fixtures/engines/nemo: tiny random models in sherpa-onnx's layout, and what references make of them.

    pip install -r scripts/reference/nemo/requirements.txt
    git clone https://github.com/NVIDIA/NeMo
    python scripts/reference/nemo/nemo_fixtures.py --nemo NeMo

Per model: features by NeMo's own FilterbankFeatures, network outputs by PyTorch, tokens by the decoders of search.py.
Those decoders are checked against sherpa-onnx, which runs the very same decoder and joiner on the same encoder output.
"""

import argparse
import ast
import itertools
import json
import math
import random
import tempfile
import wave
from pathlib import Path

import librosa
import numpy as np
import onnx
import onnxruntime
import sherpa_onnx
import torch
import torchaudio

from model import CtcModel, Encoder, Joint, Prediction, Sizes
from search import beam, greedy_rnnt, greedy_tdt

ROOT = Path(__file__).resolve().parents[3]
OUT = ROOT / "test/fixtures/engines/nemo"
RATE = 16000
TERMS = ["▁tone", "▁no▁sea"]
BOOST = 0.2
PATHS = 4

PIECES = (
    "<unk> ▁ ▁t ▁a ▁s ▁the ▁no ▁to ▁sea ▁in ▁re ▁an ▁on e a t o n i s h r d l u m c f g y p w b v k ne es er ing ed"
    " and or st ea te tion en"
).split(" ")


def speech() -> np.ndarray:
    """2.4 s that move like speech: a gliding harmonic voice with three formants, hisses and pauses."""
    rng = np.random.default_rng(7)
    t = np.arange(int(2.4 * RATE)) / RATE
    pitch = 110 + 25 * np.sin(2 * np.pi * 0.7 * t) + 10 * np.sin(2 * np.pi * 2.3 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = np.zeros_like(t)
    formants = [500 + 200 * np.sin(2 * np.pi * 1.9 * t), 1500 + 600 * np.sin(2 * np.pi * 1.3 * t + 1), 2600 + 300 * np.sin(2 * np.pi * 0.9 * t)]
    for k in range(1, 40):
        gain = sum(np.exp(-(((k * pitch - f) / 150) ** 2)) for f in formants)
        voice += gain * np.sin(k * phase) / math.sqrt(k)
    hiss = rng.standard_normal(len(t)) * (np.sin(2 * np.pi * 1.1 * t + 2) > 0.75)
    x = voice * (np.sin(2 * np.pi * 1.7 * t) > -0.5) + 0.5 * hiss + 0.005 * rng.standard_normal(len(t))
    return np.round(x / np.abs(x).max() * 0.6 * 32767).astype(np.int16)


def write_wav(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def nemo_features(source: Path, samples: np.ndarray, mels: int) -> np.ndarray:
    """Runs NeMo's FilterbankFeatures, whose class and helper are taken out of its file so that the rest of NeMo is not
    needed."""
    tree = ast.parse((source / "nemo/collections/asr/parts/preprocessing/features.py").read_text())
    wanted = [node for node in tree.body if getattr(node, "name", "") in ("normalize_batch", "FilterbankFeatures")]
    scope = dict(torch=torch, nn=torch.nn, librosa=librosa, math=math, random=random, CONSTANT=1e-5, logging=argparse.Namespace(info=lambda *a: 0, debug=lambda *a: 0, warning=lambda *a: 0))
    exec(compile(ast.Module(wanted, []), "features.py", "exec"), scope)
    module = scope["FilterbankFeatures"](n_window_size=400, n_window_stride=160, n_fft=512, nfilt=mels, dither=1e-5, pad_to=0).eval()
    x, length = module(torch.from_numpy(samples).unsqueeze(0), torch.tensor([len(samples)]))
    return x[0, :, : int(length[0])].numpy()


def deaf(source: Path, target: Path, outputs: list[np.ndarray]) -> None:
    """A graph with the inputs and metadata of `source` that always answers `outputs`. sherpa-onnx computes its features
    by Kaldi's frames rather than NeMo's; with this in the encoder's place both decode the very same numbers."""
    model = onnx.load(source)
    graph = model.graph
    del graph.node[:], graph.initializer[:]
    for value, array in zip(graph.output, outputs):
        graph.initializer.append(onnx.numpy_helper.from_array(array, f"{value.name}_"))
        graph.node.append(onnx.helper.make_node("Identity", [f"{value.name}_"], [value.name]))
    onnx.save(model, target)


def export(module, inputs, path: Path, input_names, output_names, axes, metadata=None) -> None:
    """Without the tracer's long names, which are half of a tiny file."""
    torch.onnx.export(module, inputs, path, opset_version=17, dynamo=False, input_names=input_names, output_names=output_names, dynamic_axes=axes)
    model = onnx.load(path)
    shrink(model)
    for key, value in (metadata or {}).items():
        model.metadata_props.add(key=key, value=str(value))
    onnx.save(model, path)


def shrink(model: onnx.ModelProto) -> None:
    kept = {value.name for value in [*model.graph.input, *model.graph.output]}
    names: dict[str, str] = {"": ""}
    short = lambda name: name if name in kept else names.setdefault(name, f"{len(names):x}")

    def rename(graph: onnx.GraphProto) -> None:
        del graph.value_info[:]
        for named in [*graph.initializer, *graph.input, *graph.output]:
            named.name = short(named.name)
        for node in graph.node:
            node.name = node.doc_string = ""
            node.input[:] = [short(name) for name in node.input]
            node.output[:] = [short(name) for name in node.output]
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    rename(attribute.g)

    rename(model.graph)


def metadata_of(sizes: Sizes, url: str) -> dict:
    return dict(
        vocab_size=sizes.vocabulary,
        normalize_type="per_feature",
        pred_rnn_layers=sizes.prediction_layers,
        pred_hidden=sizes.prediction,
        subsampling_factor=8,
        model_type="EncDecHybridRNNTCTCBPEModel",
        version=1,
        model_author="NeMo",
        url=url,
        comment="random weights",
        feat_dim=sizes.mels,
    )


def write_tokens(folder: Path) -> None:
    lines = [f"{piece} {index}" for index, piece in enumerate(PIECES + ["<blk>"])]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


class OnnxTransducer:
    def __init__(self, folder: Path, sizes: Sizes):
        self.encoder, self.decoder, self.joiner = (onnxruntime.InferenceSession(folder / f"{name}.onnx") for name in ("encoder", "decoder", "joiner"))
        self.shape = (sizes.prediction_layers, 1, sizes.prediction)

    def encode(self, features):
        encoded, length = self.encoder.run(None, dict(audio_signal=features[None], length=np.array([features.shape[1]], np.int64)))
        return np.ascontiguousarray(encoded[0, :, : int(length[0])].T)

    def first(self):
        return np.zeros(self.shape, np.float32), np.zeros(self.shape, np.float32)

    def predict(self, token, state):
        names = [value.name for value in self.decoder.get_inputs()]
        output, _, h, c = self.decoder.run(None, dict(zip(names, [np.array([[token]], np.int32), np.array([1], np.int32), *state])))
        return output, (h, c)

    def join(self, frame, output):
        return self.joiner.run(None, dict(encoder_outputs=frame[None, :, None], decoder_outputs=output))[0][0, 0, 0]


def excite(module, seed: int, gain: float) -> None:
    """Weights large enough that a random network's answers depend on what it hears."""
    torch.manual_seed(seed)
    for name, parameter in module.named_parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter, gain=gain)
        elif "norm" not in name:
            torch.nn.init.normal_(parameter, std=0.1)
    for name, buffer in module.named_buffers():
        if "running_mean" in name:
            torch.nn.init.normal_(buffer, std=0.2)
        if "running_var" in name:
            torch.nn.init.uniform_(buffer, 0.5, 2)


def level(bias, rows, blank_share: float) -> None:
    """Biases that give every token but <unk> its turn, and the blank its share of the frames."""
    bias -= rows().mean(dim=0)[: len(bias)]
    bias[0] = -30
    now, blank = rows(), len(PIECES)
    bias[blank] += (now[:, :blank].max(dim=1).values - now[:, blank]).quantile(blank_share)


def rounded(values) -> list:
    return [float(f"{value:.7g}") for value in np.asarray(values, np.float64).reshape(-1)]


def sherpa_decode(recognizer, samples):
    stream = recognizer.create_stream()
    stream.accept_waveform(RATE, samples)
    recognizer.decode_stream(stream)
    return stream.result


def tokens_of(said):
    return [token for token, *_ in said]


def spoken(said) -> dict:
    """Column-wise, for the fixture."""
    columns = ("tokens", "frames", "logProbs", "durations")
    return {name: rounded(column) if name == "logProbs" else list(column) for name, column in zip(columns, zip(*said))}


def spellings(text: str) -> list[list[int]]:
    """Every way to write a text with the pieces."""
    if not text:
        return [[]]
    return [[index, *rest] for index, piece in enumerate(PIECES) if text.startswith(piece) for rest in spellings(text[len(piece) :])]


def align(logprobs: np.ndarray, words: list[str]) -> dict:
    """torchaudio's forced alignment of every spelling of the words, and of these the most probable one."""
    best = (-math.inf, None, None)
    for choice in itertools.product(*(spellings("▁" + word) for word in words)):
        tokens = [token for spelling in choice for token in spelling]
        path, scores = torchaudio.functional.forced_align(torch.from_numpy(logprobs)[None], torch.tensor([tokens]), blank=len(PIECES))
        best = max(best, (float(scores.sum()), choice, path[0].tolist()), key=lambda found: found[0])
    _, choice, path = best
    begins = [t for t, token in enumerate(path) if token != len(PIECES) and (t == 0 or token != path[t - 1])]
    places = itertools.accumulate(map(len, choice[:-1]), initial=0)
    return dict(words=words, starts=[begins[place] for place in places], pieces=["".join(PIECES[token] + " " for token in spelling).strip() for spelling in choice])


def make_ctc(args, samples) -> None:
    sizes = Sizes(vocabulary=len(PIECES))
    folder = OUT / "ctc"
    folder.mkdir(parents=True, exist_ok=True)
    model = CtcModel(sizes).eval()
    excite(model, args.seed, 1.4)
    with torch.no_grad():
        x = torch.from_numpy(nemo_features(args.nemo, samples, 80))[None]
        rows = lambda: model.decoder_layers(model.encoder(x, torch.tensor([x.shape[2]]))[0])[0].T
        level(model.decoder_layers.bias, rows, 0.55)
    export(model, (torch.zeros(1, 80, 203), torch.tensor([203])), folder / "model.onnx", ["audio_signal", "length"], ["logprobs"],
           {"audio_signal": {0: "B", 2: "T"}, "length": {0: "B"}, "logprobs": {0: "B", 1: "D"}}, metadata_of(sizes, "random"))
    write_tokens(folder)
    features = nemo_features(args.nemo, samples, 80)
    with torch.no_grad():
        logprobs = model(torch.from_numpy(features)[None], torch.tensor([features.shape[1]]))[0].numpy()
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    rerun = session.run(None, dict(audio_signal=features[None], length=np.array([features.shape[1]], np.int64)))[0][0]
    print("ctc: onnx against torch", np.abs(rerun - logprobs).max())

    def collapse(rows):
        best = rows.argmax(axis=1)
        return [(int(token), t) for t, token in enumerate(best) if token != sizes.vocabulary and (t == 0 or token != best[t - 1])]

    ours = collapse(logprobs)
    deaf(folder / "model.onnx", args.scratch / "model.onnx", [logprobs[None]])
    recognizer = sherpa_onnx.OfflineRecognizer.from_nemo_ctc(str(args.scratch / "model.onnx"), str(folder / "tokens.txt"))
    result = sherpa_decode(recognizer, samples)
    assert [round(t, 2) for t in result.timestamps] == [round(0.08 * t, 2) for _, t in ours], (result.timestamps, ours)
    assert "".join(result.tokens).replace(" ", "▁") == "".join(PIECES[token] for token, _ in ours), (result.tokens, ours)
    print("ctc: sherpa-onnx says", result.text)
    write(folder, dict(frames=logprobs.shape[0], logProbs=rounded(logprobs), greedy=[list(pair) for pair in ours], aligned=align(logprobs, ["sea", "in", "the", "sea"]),
                       sherpa=dict(text=result.text, timestamps=rounded(result.timestamps))))


def make_transducer(args, samples, name: str, sizes: Sizes, seed: int, blank_share: float) -> None:
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    encoder, prediction, joint = Encoder(sizes).eval(), Prediction(sizes).eval(), Joint(sizes).eval()
    for index, module in enumerate((encoder, prediction, joint)):
        excite(module, seed + index, 1.6)
    state = torch.zeros(sizes.prediction_layers, 1, sizes.prediction)
    features = nemo_features(args.nemo, samples, sizes.mels)
    blank, pieces = sizes.vocabulary, PIECES + [""]
    with torch.no_grad():
        prediction.embed.weight[blank] = 0
        # What was said before must count, or a frame says the same token until it is stopped.
        prediction.embed.weight *= 3
        joint.pred.weight *= 3
        encoded = encoder(torch.from_numpy(features)[None], torch.tensor([features.shape[1]]))[0]
        nothing = prediction(torch.tensor([[blank]]), torch.tensor([1]), state, state)[0]
        level(joint.joint_net.bias, lambda: joint(encoded, nothing)[0, :, 0], blank_share)
        logits = joint(encoded, nothing)[0, 0, 0].numpy()
    encoded = encoded[0].T.numpy()
    metadata = metadata_of(sizes, "tdt" if sizes.durations else "rnnt")
    export(encoder, (torch.zeros(1, sizes.mels, 203), torch.tensor([203])), folder / "encoder.onnx", ["audio_signal", "length"], ["outputs", "encoded_lengths"],
           {"audio_signal": {0: "B", 2: "T"}, "length": {0: "B"}, "outputs": {0: "B", 2: "D"}, "encoded_lengths": {0: "B"}}, metadata)
    export(prediction, (torch.zeros(1, 1, dtype=torch.int32), torch.ones(1, dtype=torch.int32), state, state), folder / "decoder.onnx",
           ["targets", "target_length", "states.1", "onnx::Slice_3"], ["outputs", "prednet_lengths", "states", "next_states"],
           {"targets": {0: "B", 1: "U"}, "target_length": {0: "B"}, "states.1": {1: "B"}, "onnx::Slice_3": {1: "B"}, "outputs": {0: "B", 2: "U"}, "prednet_lengths": {0: "B"}, "states": {1: "B"}, "next_states": {1: "B"}})
    export(joint, (torch.zeros(1, sizes.width, 1), torch.zeros(1, sizes.prediction, 1)), folder / "joiner.onnx", ["encoder_outputs", "decoder_outputs"], ["outputs"],
           {"encoder_outputs": {0: "B", 2: "T"}, "decoder_outputs": {0: "B", 2: "U"}, "outputs": {0: "B", 1: "T", 2: "U"}})
    write_tokens(folder)

    network = OnnxTransducer(folder, sizes)
    greedy, limit = (greedy_tdt, 5) if sizes.durations else (greedy_rnnt, 10)
    print(name, "onnx against torch", np.abs(network.encode(features) - encoded).max())

    deaf(folder / "encoder.onnx", args.scratch / "encoder.onnx", [encoded.T[None].copy(), np.array([len(encoded)], np.int64)])
    sherpa = {}
    for method in ("greedy_search", "modified_beam_search"):
        recognizer = sherpa_onnx.OfflineRecognizer.from_transducer(
            str(args.scratch / "encoder.onnx"), *(str(folder / name) for name in ("decoder.onnx", "joiner.onnx", "tokens.txt")),
            model_type="nemo_transducer", decoding_method=method, max_active_paths=PATHS)
        result = sherpa_decode(recognizer, samples)
        if method == "greedy_search":
            said, _ = greedy(network, encoded, blank, limit)
        else:
            said, _ = beam(network, encoded, blank, PATHS, 10, 1, pieces, merge=False, norm=False)
        assert "".join(result.tokens).replace(" ", "▁") == "".join(PIECES[t] for t in tokens_of(said)), (name, method, result.tokens, [PIECES[t] for t in tokens_of(said)])
        assert [round(t, 2) for t in result.timestamps] == [round(0.08 * t, 2) for _, t, *_ in said], (name, method)
        difference = np.abs(np.array(result.ys_log_probs) - [s[2] for s in said]).max()
        print(name, method, "as sherpa-onnx:", result.text, "log-probabilities within", difference)
        sherpa[method] = dict(text=result.text, timestamps=rounded(result.timestamps), logProbs=rounded(result.ys_log_probs))

    said, margin = greedy(network, encoded, blank, limit)
    wide, score = beam(network, encoded, blank, PATHS, limit, 1, pieces)
    preferred, preferred_score = beam(network, encoded, blank, PATHS, limit, 1, pieces, TERMS, BOOST)
    for label, what in (("greedy", said), ("beam", wide), ("keyterms", preferred)):
        print(name, label, "".join(PIECES[t] for t in tokens_of(what)))
    print(name, "closest call", margin, "scores", score, preferred_score)
    write(folder, dict(frames=len(encoded), width=sizes.width, encoded=rounded(encoded), firstLogits=rounded(logits), greedy=spoken(said),
                       beam=dict(spoken(wide), score=score), keyterms=dict(spoken(preferred), score=preferred_score, terms=[term[1:].replace("▁", " ") for term in TERMS], boost=BOOST),
                       paths=PATHS, sherpa=dict(greedy=sherpa["greedy_search"], beam=sherpa["modified_beam_search"])))


def write(folder: Path, expected: dict) -> None:
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nemo", type=Path, required=True, help="checkout of NVIDIA/NeMo")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--rnnt", type=float, nargs=2, default=(20, 0.9), help="seed, share of the blank")
    parser.add_argument("--tdt", type=float, nargs=2, default=(29, 0.4))
    args = parser.parse_args()
    args.scratch = Path(tempfile.mkdtemp())
    OUT.mkdir(parents=True, exist_ok=True)
    pcm = speech()
    write_wav(OUT / "speech.wav", pcm)
    samples = pcm.astype(np.float32) / 32768
    for mels in (80, 128):
        nemo_features(args.nemo, samples, mels).astype("<f4").tofile(OUT / f"features-{mels}.f32")
    make_ctc(args, samples)
    make_transducer(args, samples, "rnnt", Sizes(vocabulary=len(PIECES)), int(args.rnnt[0]), args.rnnt[1])
    make_transducer(args, samples, "tdt", Sizes(vocabulary=len(PIECES), mels=128, prediction_layers=2, durations=5), int(args.tdt[0]), args.tdt[1])


if __name__ == "__main__":
    main()
