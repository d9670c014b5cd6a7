"""What the listening networks share: spectra and log-mel bands of 16 kHz samples, in PyTorch and as nodes of a graph."""

import math

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

RATE = 16000
WINDOW = 512
HOP = 256
BINS = WINDOW // 2 + 1
LOWEST_HZ, HIGHEST_HZ = 60.0, 7600.0
FLOOR = 1e-7


def mel_matrix(bands):
    """[257, bands] triangles on the HTK mel scale."""
    mel = lambda hz: 1127 * math.log(1 + hz / 700)  # noqa: E731
    edges = torch.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), bands + 2, dtype=torch.float64)
    bins = 1127 * torch.log(1 + torch.arange(BINS, dtype=torch.float64) * RATE / WINDOW / 700)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0).float()


def band_centres(bands):
    """Hertz at which the triangles peak."""
    mel = lambda hz: 1127 * math.log(1 + hz / 700)  # noqa: E731
    edges = np.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), bands + 2)
    return 700 * (np.exp(edges[1:-1] / 1127) - 1)


def spectrum(samples):
    """[B, N] to complex [B, frames, 257]; a full-scale sine has a magnitude near 1."""
    frames = samples.unfold(1, WINDOW, HOP) * torch.hann_window(WINDOW)
    return torch.fft.rfft(frames) * (4 / WINDOW)


def mel_powers(samples, bands):
    """[B, N] to [B, T, bands]."""
    return spectrum(samples).abs().square() @ mel_matrix(bands)


def log_mel(powers):
    """Mel powers [B, T, bands] to features [B, bands, T] of order one."""
    return ((powers + FLOOR).log() / 4 + 2).transpose(1, 2)


class Graph:
    def __init__(self):
        self.nodes, self.constants = [], []

    def save(self, path, name, inputs, outputs):
        """Checks and writes the model; inputs and outputs are names with their dimensions."""
        values = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in side.items()]
                  for side in (inputs, outputs)]
        model = helper.make_model(helper.make_graph(self.nodes, name, *values, self.constants),
                                  opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="timbre")
        onnx.checker.check_model(model)
        onnx.save(model, str(path))

    def name(self, value, output):
        self.nodes.append(helper.make_node("Identity", [value], [output]))

    def add(self, operator, *inputs, outputs=1, **attributes):
        names = [f"{operator.lower()}{len(self.nodes)}" + (f".{index}" if index else "") for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, kind=np.float32):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def weight(self, tensor):
        half = self.constant(tensor.detach().numpy(), np.float16)
        return self.add("Cast", half, to=TensorProto.FLOAT)

    def count(self, start, stop):
        return self.add("Range", *[self.constant(n, np.int64) for n in (start, stop, 1)])

    def floats(self, integers):
        return self.add("Cast", integers, to=TensorProto.FLOAT)


def transform_nodes(graph):
    """[2 · 257, 1, 512]: windowed cosines and sines. The phase is reduced in integers, which keeps it exact."""
    column = graph.add("Unsqueeze", graph.count(0, BINS), graph.constant([1], np.int64))
    products = graph.add("Mul", column, graph.count(0, WINDOW))
    turns = graph.add("Mod", products, graph.constant(WINDOW, np.int64))
    step = graph.constant(2 * math.pi / WINDOW)
    phase = graph.add("Mul", graph.floats(turns), step)
    waves = graph.add("Concat", graph.add("Cos", phase), graph.add("Sin", phase), axis=0)
    ramp = graph.add("Cos", graph.add("Mul", graph.floats(graph.count(0, WINDOW)), step))
    scale = graph.constant(2 / WINDOW)
    window = graph.add("Sub", scale, graph.add("Mul", ramp, scale))
    return graph.add("Unsqueeze", graph.add("Mul", waves, window), graph.constant([1], np.int64))


def mel_nodes(graph, bands):
    """[bands, 257] triangles."""
    mel = lambda hz: 1127 * math.log(1 + hz / 700)  # noqa: E731
    step = (mel(HIGHEST_HZ) - mel(LOWEST_HZ)) / (bands + 1)
    edge = graph.add("Mul", graph.floats(graph.count(0, bands)), graph.constant(step))
    left = graph.add("Unsqueeze", graph.add("Add", edge, graph.constant(mel(LOWEST_HZ))), graph.constant([1], np.int64))
    hertz = graph.add("Mul", graph.floats(graph.count(0, BINS)), graph.constant(RATE / WINDOW / 700))
    bins = graph.add("Mul", graph.add("Log", graph.add("Add", hertz, graph.constant(1))), graph.constant(1127))
    rising = graph.add("Div", graph.add("Sub", bins, left), graph.constant(step))
    falling = graph.add("Sub", graph.constant(2), rising)
    return graph.add("Relu", graph.add("Min", rising, falling))


def log_mel_nodes(graph, samples, bands):
    """Nodes from samples [1, N] to bands [1, bands, T]: the formulas are worked out when the graph is loaded."""
    signal = graph.add("Unsqueeze", samples, graph.constant([1], np.int64))
    waves = graph.add("Conv", signal, transform_nodes(graph), strides=[HOP])
    real, imaginary = graph.add("Split", waves, graph.constant([BINS, BINS], np.int64), outputs=2, axis=1)
    power = graph.add("Add", graph.add("Mul", real, real), graph.add("Mul", imaginary, imaginary))
    floored = graph.add("Add", graph.add("MatMul", mel_nodes(graph, bands), power), graph.constant(FLOOR))
    return graph.add("Add", graph.add("Mul", graph.add("Log", floored), graph.constant(0.25)), graph.constant(2))


def convolution(graph, x, layer):
    weight, bias = graph.weight(layer.weight), graph.constant(layer.bias.detach().numpy())
    return graph.add("Conv", x, weight, bias, strides=list(layer.stride), dilations=list(layer.dilation), group=layer.groups)
