"""Writes the decoder as ONNX: any number of frames a call, the GRU's state as input and output.

Inputs `pitch_hz` [T], `loudness_db` [T], `instrument` [1] (its place in the list), `state_in` [1,1,width]; outputs
`amplitudes` [T, harmonics], `noise` [T, bands], `state_out`. Matrices are stored as 16-bit floats.

    python export.py --run /tmp/ddsp/run
"""
import argparse
import json
import math
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

sys.path.append(str(pathlib.Path(__file__).parents[1] / "voice-activity"))
from front_end import Graph  # noqa: E402

from frames import FLOOR_DB, HARMONICS, NOISE_BANDS, RATE  # noqa: E402
from model import WIDTH, Decoder  # noqa: E402
from render import INSTRUMENTS  # noqa: E402


def linear(graph, x, layer):
    bias = graph.constant(layer.bias.detach().numpy())
    return graph.add("Add", graph.add("MatMul", x, graph.weight(layer.weight.T)), bias)


def block(graph, x, layers):
    first, norm, _ = layers
    scale, shift = (graph.constant(t.detach().numpy()) for t in (norm.weight, norm.bias))
    normal = graph.add("LayerNormalization", linear(graph, x, first), scale, shift, axis=-1, epsilon=norm.eps)
    return graph.add("LeakyRelu", normal, alpha=0.01)


def recurrence(graph, x, memory):
    """[T, 1, width] → [T, width] and the last state. ONNX orders the gates update, reset, new; PyTorch reset first."""
    turn = lambda t: t.detach().reshape(3, -1, *t.shape[1:])[[1, 0, 2]].reshape(1, *t.shape)  # noqa: E731
    weights = [graph.weight(turn(t)) for t in (memory.weight_ih_l0, memory.weight_hh_l0)]
    bias = graph.constant(torch.cat([turn(memory.bias_ih_l0), turn(memory.bias_hh_l0)], dim=1).numpy())
    hidden, state = graph.add(
        "GRU", x, *weights, bias, "", "state_in", outputs=2, hidden_size=WIDTH, linear_before_reset=1
    )
    return graph.add("Squeeze", hidden, graph.constant([1, 2], np.int64)), state


def scaled(graph, x):
    power = graph.add("Pow", graph.add("Sigmoid", x), graph.constant(math.log(10)))
    return graph.add("Add", graph.add("Mul", power, graph.constant(2)), graph.constant(1e-7))


def build(decoder):
    graph = Graph()
    last, first = (graph.constant([axis], np.int64) for axis in (-1, 1))
    octaves = graph.add("Div", graph.add("Log", graph.add("Div", "pitch_hz", graph.constant(440))), graph.constant(math.log(2)))
    note = graph.add("Div", graph.add("Add", graph.add("Mul", octaves, graph.constant(12)), graph.constant(69)), graph.constant(127))
    level = graph.add("Add", graph.add("Div", "loudness_db", graph.constant(-FLOOR_DB)), graph.constant(1))
    told = graph.add("Concat", *(graph.add("Unsqueeze", x, last) for x in (note, level)), axis=-1)
    who = graph.add("Gather", graph.weight(decoder.instrument.weight), "instrument")
    width = graph.constant([1, decoder.instrument.embedding_dim], np.int64)
    rows = graph.add("Concat", graph.add("Shape", "pitch_hz"), graph.constant([decoder.instrument.embedding_dim], np.int64), axis=0)
    told = graph.add("Concat", told, graph.add("Expand", graph.add("Reshape", who, width), rows), axis=-1)
    steps = graph.add("Unsqueeze", block(graph, told, decoder.before), first)
    remembered, state = recurrence(graph, steps, decoder.memory)
    inner = block(graph, graph.add("Concat", remembered, told, axis=-1), decoder.after)
    numbers = graph.constant(np.arange(1, HARMONICS + 1))
    below = graph.add("Less", graph.add("Mul", graph.add("Unsqueeze", "pitch_hz", last), numbers), graph.constant(RATE / 2))
    shares = graph.add("Mul", graph.add("Softmax", linear(graph, inner, decoder.harmonics), axis=-1), graph.add("Cast", below, to=TensorProto.FLOAT))
    total = graph.add("Add", graph.add("ReduceSum", shares, last, keepdims=1), graph.constant(1e-8))
    shares = graph.add("Div", shares, total)
    graph.name(graph.add("Mul", shares, scaled(graph, linear(graph, inner, decoder.amplitude))), "amplitudes")
    graph.name(scaled(graph, linear(graph, inner, decoder.noise)), "noise")
    graph.name(state, "state_out")
    return graph


def export_onnx(decoder, path):
    graph = build(decoder)
    value = helper.make_tensor_value_info
    inputs = [
        value("pitch_hz", TensorProto.FLOAT, ["T"]),
        value("loudness_db", TensorProto.FLOAT, ["T"]),
        value("instrument", TensorProto.INT64, [1]),
        value("state_in", TensorProto.FLOAT, [1, 1, WIDTH]),
    ]
    outputs = [
        value("amplitudes", TensorProto.FLOAT, ["T", HARMONICS]),
        value("noise", TensorProto.FLOAT, ["T", NOISE_BANDS]),
        value("state_out", TensorProto.FLOAT, [1, 1, WIDTH]),
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "timbre-ddsp", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="timbre",
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def largest_difference(decoder, path):
    """Between graph and PyTorch, relative to the largest value: what 16 bits cost."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    dice = np.random.default_rng(0)
    pitch = dice.uniform(70, 1500, 400).astype(np.float32)
    loudness = dice.uniform(-80, -20, 400).astype(np.float32)
    state = np.zeros((1, 1, WIDTH), np.float32)
    feeds = {"pitch_hz": pitch, "loudness_db": loudness, "instrument": np.array([1]), "state_in": state}
    made = session.run(["amplitudes", "noise", "state_out"], feeds)
    with torch.no_grad():
        tensors = (torch.from_numpy(x)[None] for x in (pitch, loudness))
        wanted = decoder(*tensors, torch.tensor([1]), torch.from_numpy(state))
    pairs = zip(made, (w.numpy().reshape(m.shape) for m, w in zip(made, wanted)))
    return max(float(np.abs(m - w).max() / np.abs(w).max()) for m, w in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    options = parser.parse_args()
    saved = torch.load(options.run / "latest.pt")
    decoder = Decoder(len(INSTRUMENTS))
    decoder.load_state_dict(saved["decoder"])
    path = options.run / "model.onnx"
    export_onnx(decoder, path)
    print(json.dumps({"bytes": path.stat().st_size, "largestDifference": largest_difference(decoder, path)}))


if __name__ == "__main__":
    main()
