"""Writes the network as ONNX: `samples` [1, N] at 16 kHz to `embedding` [1, size] of unit length. Norms and scales are folded
into the matrices beside them, and weights are stored as 16-bit floats.
"""

import pathlib
import sys

import numpy as np
from onnx import TensorProto

sys.path.append(str(pathlib.Path(__file__).parents[1] / "voice-activity"))
from front_end import Graph, log_mel_nodes  # noqa: E402

from model import CEPSTRA, MELS, PAIRS, SPREAD_FLOOR, TRANSFORM  # noqa: E402


def statistics_nodes(graph, samples):
    """Samples [1, N] to the statistics of model.py, [1, STATISTICS]."""
    integers = lambda *values: graph.constant(values, np.int64)  # noqa: E731
    # log_mel is logarithm / 4 + 2: taken back.
    logs = graph.add("Mul", graph.add("Sub", log_mel_nodes(graph, samples, MELS), graph.constant(2)), graph.constant(4))
    cepstra = graph.add("MatMul", graph.constant(TRANSFORM), logs)
    cut = lambda first, last: graph.add("Slice", cepstra, integers(first), integers(last), integers(2))  # noqa: E731
    end = np.iinfo(np.int64).max
    slopes = graph.add("Mul", graph.add("Sub", cut(4, end), cut(0, -4)), graph.constant(0.25))
    inner = cut(2, -2)
    mean = graph.add("ReduceMean", inner, axes=[2])
    centred = graph.add("Sub", inner, mean)
    count = graph.add("Cast", graph.add("Gather", graph.add("Shape", inner), integers(2)), to=TensorProto.FLOAT)
    flat = lambda value: graph.add("Reshape", value, integers(1, -1))  # noqa: E731
    parts, correlations = [flat(mean)], []
    for values in (centred, slopes):
        variance = graph.add("ReduceMean", graph.add("Mul", values, values), axes=[2])
        spread = graph.add("Sqrt", graph.add("Add", variance, graph.constant(SPREAD_FLOOR)))
        scaled = graph.add("Div", values, spread)
        products = graph.add("MatMul", scaled, graph.add("Transpose", scaled, perm=[0, 2, 1]))
        places = integers(*(PAIRS[0] * CEPSTRA + PAIRS[1]).tolist())
        parts.append(flat(graph.add("Log", spread)))
        correlations.append(graph.add("Gather", flat(graph.add("Div", products, count)), places, axis=1))
    return graph.add("Concat", *parts, *correlations, axis=1)


def scale_and_offset(norm):
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return scale.detach().numpy(), (norm.bias - norm.running_mean * scale).detach().numpy()


def line(graph, x, matrix, bias):
    """x · matrixᵀ + bias."""
    weight = graph.add("Cast", graph.constant(matrix, np.float16), to=TensorProto.FLOAT)
    return graph.add("Gemm", x, weight, graph.constant(bias), transB=1)


def export_onnx(network, path):
    graph = Graph()
    array = lambda tensor: tensor.detach().numpy()  # noqa: E731
    values = graph.add("Sub", statistics_nodes(graph, "samples"), graph.constant(array(network.mean)))
    x = graph.add("Div", values, graph.constant(array(network.deviation)))
    wide = graph.add("Relu", line(graph, x, array(network.wide.weight), array(network.wide.bias)))
    wide_scale, wide_offset = scale_and_offset(network.wide_norm)
    scale, offset = scale_and_offset(network.norm)
    narrow = array(network.narrow.weight)
    bias = scale * (array(network.narrow.bias) + narrow @ wide_offset) + offset
    curved = line(graph, wide, scale[:, None] * narrow * wide_scale, bias)
    straight = line(graph, x, scale[:, None] * array(network.straight.weight), np.zeros_like(bias))
    embedding = graph.add("Add", curved, straight)
    length = graph.add("Max", graph.add("ReduceL2", embedding, axes=[1]), graph.constant(1e-6))
    graph.name(graph.add("Div", embedding, length), "embedding")
    graph.save(path, "timbre-speaker", {"samples": [1, "N"]}, {"embedding": [1, len(bias)]})
