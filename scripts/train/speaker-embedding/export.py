"""Writes the network as ONNX: `samples` [1, N] at 16 kHz to `embedding` [1, 128] of unit length. Norms are folded into the
layers behind them where that is exact, and weights are stored as 16-bit floats.
"""

import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / "voice-activity"))
from front_end import Graph, log_mel_nodes  # noqa: E402

from model import MELS  # noqa: E402


def scale_and_offset(norm):
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return scale.detach().numpy(), (norm.bias - norm.running_mean * scale).detach().numpy()


def export_onnx(network, path):
    graph = Graph()
    x = log_mel_nodes(graph, "samples", MELS)
    x = graph.add("Sub", x, graph.add("ReduceMean", x, axes=[2]))
    for index, (layer, norm) in enumerate(zip(network.layers, network.norms)):
        padding = list(layer.padding) * 2
        bias = graph.constant(layer.bias.detach().numpy())
        y = graph.add("Conv", x, graph.weight(layer.weight), bias, strides=list(layer.stride),
                      dilations=list(layer.dilation), pads=padding)
        scale, offset = scale_and_offset(norm)
        y = graph.add("Mul", graph.add("Relu", y), graph.constant(scale[:, None]))
        y = graph.add("Add", y, graph.constant(offset[:, None]))
        is_residual = index > 0 and layer.stride == (1,) and layer.in_channels == layer.out_channels
        x = graph.add("Add", x, y) if is_residual else y
    mean = graph.add("ReduceMean", x, axes=[2], keepdims=0)
    square = graph.add("ReduceMean", graph.add("Mul", x, x), axes=[2], keepdims=0)
    variance = graph.add("Sub", square, graph.add("Mul", mean, mean))
    deviation = graph.add("Sqrt", graph.add("Max", variance, graph.constant(1e-5)))
    pooled = graph.add("Concat", mean, deviation, axis=1)
    scale, offset = scale_and_offset(network.line_norm)
    line = (network.line.weight.detach().numpy() * scale[:, None]).astype(np.float16)
    bias = network.line.bias.detach().numpy() * scale + offset
    weight = graph.add("Cast", graph.constant(line, np.float16), to=1)
    embedding = graph.add("Gemm", pooled, weight, graph.constant(bias), transB=1)
    length = graph.add("Max", graph.add("ReduceL2", embedding, axes=[1]), graph.constant(1e-6))
    graph.name(graph.add("Div", embedding, length), "embedding")
    graph.save(path, "timbre-speaker", {"samples": [1, "N"]}, {"embedding": [1, len(bias)]})
