"""Writes the network as ONNX: `letters` [1, T] int64 to `scores` [1, T, chunks], logarithms of probabilities."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper


class Scored(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, letters):
        return self.network(letters).log_softmax(-1)


def export_onnx(network, path):
    torch.onnx.export(Scored(network), torch.ones(1, 7, dtype=torch.int64), str(path), opset_version=17, dynamo=False,
                      input_names=["letters"], output_names=["scores"],
                      dynamic_axes={"letters": {1: "T"}, "scores": {1: "T"}})
    model = onnx.load(str(path))
    halve(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def halve(graph):
    """Stores the recurrent weights as 8-bit integers with a scale a row, the other ones as 16-bit floats; both are widened
    when the graph is loaded.
    """
    widened = []
    for weights in [tensor for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT]:
        array = numpy_helper.to_array(weights)
        if array.size < 256:
            continue
        graph.initializer.remove(weights)
        if array.ndim == 3 and array.shape[1] > 300:
            scale = np.abs(array).max(axis=(0, 2)) / 127
            whole = np.round(array / scale[None, :, None]).astype(np.int8)
            parts = [(whole, "whole"), (scale.astype(np.float32), "scale"), (np.zeros(len(scale), np.int8), "zero")]
            names = [f"{weights.name}.{name}" for _, name in parts]
            graph.initializer.extend(numpy_helper.from_array(part, name) for (part, _), name in zip(parts, names))
            widened.append(helper.make_node("DequantizeLinear", names, [weights.name], axis=1))
        else:
            half = numpy_helper.from_array(array.astype(np.float16), f"{weights.name}.half")
            graph.initializer.append(half)
            widened.append(helper.make_node("Cast", [half.name], [weights.name], to=TensorProto.FLOAT))
    nodes = widened + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
