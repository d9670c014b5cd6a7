"""Writes the band-mask network as an ONNX graph unrolled over time: states are inputs and outputs."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model import POWER_FLOOR


def gru_weights(recurrent, layer):
    """PyTorch's gate order (reset, update, new) to ONNX's (update, reset, new)."""

    def reordered(tensor):
        reset, update, new = np.split(tensor.detach().numpy(), 3)
        return np.concatenate([update, reset, new])

    pick = lambda name: reordered(getattr(recurrent, f"{name}_l{layer}"))
    bias = np.concatenate([pick("bias_ih"), pick("bias_hh")])
    return pick("weight_ih")[None], pick("weight_hh")[None], bias[None]


def export_onnx(network, bands, path):
    """power [T, B, bands], state_in [layers, B, hidden] → gains [T, B, bands], state_out [layers, B, hidden]."""
    hidden, layers = network.recurrent.hidden_size, network.recurrent.num_layers
    constants, nodes = [], []

    def constant(name, value):
        array = np.asarray(value)
        constants.append(numpy_helper.from_array(array.astype(np.int64 if array.dtype.kind == "i" else np.float32), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output] if isinstance(output, str) else output, **attributes))
        return output

    def linear(layer, source, name):
        weight = constant(f"{name}.weight", layer.weight.detach().numpy().T.copy())
        product = node("MatMul", [source, weight], f"{name}.product")
        return node("Add", [product, constant(f"{name}.bias", layer.bias.detach().numpy())], f"{name}.sum")

    raised = node("Add", ["power", constant("floor", POWER_FLOOR)], "raised")
    logarithm = node("Log", [raised], "logarithm")
    scaled = node("Mul", [logarithm, constant("scale", 0.4 / np.log(10))], "scaled")
    level = node("Add", [scaled, constant("offset", 2.0)], "level")
    inlet = current = node("Tanh", [linear(network.inlet, level, "inlet")], "inlet.out")
    node("Split", ["state_in"], [f"state_in.{i}" for i in range(layers)], axis=0)
    for index in range(layers):
        names = [constant(f"gru{index}.{part}", value) for part, value in zip("WRB", gru_weights(network.recurrent, index))]
        node("GRU", [current, *names, "", f"state_in.{index}"], [f"gru{index}.all", f"state_out.{index}"],
             hidden_size=hidden, linear_before_reset=1)
        current = node("Squeeze", [f"gru{index}.all", constant(f"gru{index}.axes", [1])], f"gru{index}.out")
    joined = node("Concat", [current, inlet], "joined", axis=-1)
    node("Sigmoid", [linear(network.outlet, joined, "outlet")], "gains")
    node("Concat", [f"state_out.{i}" for i in range(layers)], "state_out", axis=0)

    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        nodes,
        "band-mask",
        [value("power", ["T", "B", bands]), value("state_in", [layers, "B", hidden])],
        [value("gains", ["T", "B", bands]), value("state_out", [layers, "B", hidden])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="timbre")
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
