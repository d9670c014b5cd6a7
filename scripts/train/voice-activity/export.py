"""Writes the network as ONNX: `samples` [1, 10496 + 512·T] and `state_in` [1, 1, hidden] to `probabilities` [T] and
`state_out`. The transform and the mel bands are computed from formulas when the graph is loaded, and weights are stored
as 16-bit floats, so that the file is small.
"""

import numpy as np
from onnx import TensorProto

from front_end import Graph, convolution, log_mel_nodes
from model import MELS


def gru_weights(graph, memory):
    """ONNX orders the gates update, reset, new; PyTorch reset, update, new."""
    turn = lambda tensor: tensor.reshape(3, -1, *tensor.shape[1:])[[1, 0, 2]].reshape(1, *tensor.shape)  # noqa: E731
    both = np.concatenate([turn(t.detach().numpy()) for t in (memory.bias_ih_l0, memory.bias_hh_l0)], axis=1)
    inputs, recurrent = (graph.add("Cast", graph.constant(turn(t.detach().numpy()), np.float16), to=TensorProto.FLOAT)
                         for t in (memory.weight_ih_l0, memory.weight_hh_l0))
    return inputs, recurrent, graph.constant(both)


def export_onnx(network, path):
    graph = Graph()
    x = log_mel_nodes(graph, "samples", MELS)
    for layer in (network.first, network.second, network.third):
        x = graph.add("Relu", convolution(graph, x, layer))
    bounds = [graph.constant([place], np.int64) for place in (6, -6, 2)]
    x = graph.add("Relu", graph.add("Add", graph.add("Slice", x, *bounds), convolution(graph, x, network.wide)))
    steps = graph.add("Transpose", x, perm=[2, 0, 1])
    hidden, state = graph.add("GRU", steps, *gru_weights(graph, network.memory), "", "state_in", outputs=2,
                              hidden_size=network.hidden, linear_before_reset=1)
    rows = graph.add("Reshape", hidden, graph.constant([-1, network.hidden], np.int64))
    bias = graph.constant(network.head.bias.detach().numpy())
    head = graph.add("Gemm", rows, graph.weight(network.head.weight), bias, transB=1)
    graph.name(graph.add("Sigmoid", graph.add("Reshape", head, graph.constant([-1], np.int64))), "probabilities")
    graph.name(state, "state_out")
    dims = [1, 1, network.hidden]
    graph.save(path, "timbre-vad", {"samples": [1, "N"], "state_in": dims}, {"probabilities": ["T"], "state_out": dims})
