"""Writes the network as ONNX: samples in, CTC logits out, weights in eight bits.

    python export.py --weights /tmp/run/latest.pt --out /tmp/run/model.onnx
"""

import argparse
import pathlib

import numpy
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper

from model import Exported, Frontend, Recogniser

SMALLEST = 2048


def fold_norms(network):
    """Batch normalisation becomes part of the convolution before it."""
    for convolution, holder in [(network.enter, network), *[(block.spread, block) for block in network.blocks]]:
        norm = holder.norm
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        convolution.weight.data = convolution.weight.data * scale[:, None, None]
        convolution.bias = torch.nn.Parameter((norm.bias - norm.running_mean * scale).detach())
        holder.norm = torch.nn.Identity()


def in_eight_bits(model):
    """Weight-only int8, one scale an output channel; activations stay float32."""
    graph, nodes = model.graph, []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != numpy.float32 or values.size < SMALLEST or values.ndim < 2 or "mel" in tensor.name:
            continue
        scale = numpy.maximum(numpy.abs(values).reshape(len(values), -1).max(1), 1e-8) / 127
        rounded = numpy.clip(numpy.round(values / scale.reshape(-1, *[1] * (values.ndim - 1))), -127, 127).astype(numpy.int8)
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.extend([
            numpy_helper.from_array(rounded, f"{name}_q"),
            numpy_helper.from_array(scale.astype(numpy.float32), f"{name}_s"),
            numpy_helper.from_array(numpy.zeros(len(scale), numpy.int8), f"{name}_z"),
        ])
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", f"{name}_s", f"{name}_z"], [name], axis=0))
    others = list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes + others)
    onnx.checker.check_model(model)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    network = Recogniser()
    network.load_state_dict(torch.load(options.weights)["mean"])
    network.eval()
    audio = torch.randn(1, 32123, generator=torch.Generator().manual_seed(0)) * 0.05
    audio[:, 12000:20000] *= 0.01
    with torch.no_grad():
        wanted = network(Frontend()(audio))[0].numpy()
    fold_norms(network)
    torch.onnx.export(
        Exported(Frontend(), network).eval(), (audio,), options.out, opset_version=17, dynamo=False, do_constant_folding=False,
        input_names=["audio"], output_names=["logits"], dynamic_axes={"audio": {1: "samples"}, "logits": {1: "frames"}})
    onnx.save(in_eight_bits(onnx.load(options.out)), options.out)
    session = onnxruntime.InferenceSession(str(options.out), providers=["CPUExecutionProvider"])
    found = session.run(None, {"audio": audio.numpy()})[0]
    noise = ((found - wanted) ** 2).mean() / (wanted**2).mean()
    print(options.out.stat().st_size, "bytes", found.shape, f"error {10 * numpy.log10(noise):.1f} dB")
    for seconds in (0.2, 1, 30):
        session.run(None, {"audio": numpy.zeros((1, int(16000 * seconds)), numpy.float32)})


if __name__ == "__main__":
    main()
