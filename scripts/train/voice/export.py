"""Writes acoustic model and vocoder as ONNX, weights in eight bits, and checks the files against the networks.

    python export.py --acoustic /tmp/acoustic/latest.pt --vocoder /tmp/vocoder/latest.pt --out /tmp/export
"""

import argparse
import pathlib

import numpy
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper

from acoustic import DecoderStep, EncoderPorts, first_state, speak
from mels import HOP, MELS
from symbols import INDEX
from train_acoustic import Acoustic
from vocoder import CONTEXT, SIGMA, Vocoder

SMALLEST = 2048
STATES = ["attention_hidden", "attention_cell", "decoder_hidden", "decoder_cell", "attention_weights", "attention_weights_cum",
          "attention_context"]
TRIAL = "pau HH AH0 L OW1 , DH IH1 S IH1 Z AH0 V OY1 S . ~".split()


def load(path, network):
    saved = torch.load(path, weights_only=False)
    network.load_state_dict(saved["model"])
    return network.eval(), saved["record"]


def write(network, inputs, names, outputs, axes, path):
    torch.onnx.export(network, inputs, path, input_names=names, output_names=outputs, dynamic_axes=axes, opset_version=17,
                      dynamo=False,
                      do_constant_folding=False)
    model = onnx.load(path)
    _eight_bits(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _eight_bits(graph):
    """Large weights become int8 with a scale per row. Cast and Mul, which the runtime folds once when it loads the file:
    DequantizeLinear would run again at every frame."""
    nodes = []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != numpy.float32 or values.size < SMALLEST or values.ndim < 2:
            continue
        others = tuple(range(1, values.ndim))
        scale = numpy.maximum(numpy.abs(values).max(others, keepdims=True), 1e-8) / 127
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(numpy.round(values / scale).astype(numpy.int8), name + "_q"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(numpy.float32), name + "_s"))
        nodes.append(helper.make_node("Cast", [name + "_q"], [name + "_f"], to=onnx.TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [name + "_f", name + "_s"], [name]))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes + rest)


def export_acoustic(model, out):
    ids = torch.tensor([[INDEX[symbol] for symbol in TRIAL]])
    length = torch.tensor([ids.shape[1]])
    encoder, step = EncoderPorts(model.encoder).eval(), DecoderStep(model.decoder).eval()
    write(encoder, (ids, length, torch.zeros(1, dtype=torch.long)), ["sequences", "sequence_lengths", "speaker"],
          ["memory", "processed_memory", "lens"],
          {"sequences": {1: "symbols"}, "memory": {1: "symbols"}, "processed_memory": {1: "symbols"}}, str(out / "encoder.onnx"))
    with torch.no_grad():
        memory, timing, _ = encoder(ids, length, torch.zeros(1, dtype=torch.long))
    names = ["decoder_input", *STATES, "memory", "processed_memory", "mask"]
    outputs = ["decoder_output", "gate_prediction", *["out_" + name for name in STATES]]
    symbols = {name: {1: "symbols"} for name in
               ("attention_weights", "attention_weights_cum", "out_attention_weights", "out_attention_weights_cum", "memory",
                "processed_memory", "mask")}
    mask = torch.zeros(1, ids.shape[1], dtype=torch.bool)
    write(step, (*first_state(memory), memory, timing, mask), names, outputs, symbols, str(out / "decoder_iter.onnx"))
    write(model.postnet, (torch.randn(1, MELS, 40) - 5,), ["mel_outputs"], ["mel_outputs_postnet"],
          {"mel_outputs": {2: "frames"}, "mel_outputs_postnet": {2: "frames"}}, str(out / "postnet.onnx"))


def export_vocoder(model, out):
    frames = 90
    write(model, (torch.randn(1, MELS, frames) - 5, torch.randn(1, frames * HOP), torch.zeros(1, 1)), ["mel", "z", "phase"],
          ["audio", "phase_out"], {"mel": {2: "frames"}, "z": {1: "samples"}, "audio": {1: "samples"}}, str(out / "vocoder.onnx"))


class Product:
    """The exported files run as the product runs them."""

    def __init__(self, folder, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.encoder, self.step, self.postnet, self.vocoder = [
            onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
            for name in ("encoder", "decoder_iter", "postnet", "vocoder")]

    def mel(self, symbols, speaker, longest=2000):
        """Mel [1, MELS, T] and attention weights [T, L]."""
        ids = numpy.array([[INDEX[symbol] for symbol in symbols]])
        memory, timing, _ = self.encoder.run(None, {"sequences": ids, "sequence_lengths": numpy.array([ids.shape[1]]),
                                                    "speaker": numpy.array([speaker])})
        feed = dict(zip(["decoder_input", *STATES], [part.numpy() for part in first_state(torch.from_numpy(memory))]))
        feed.update(memory=memory, processed_memory=timing, mask=numpy.zeros(ids.shape, bool))
        frames, alignment = [], []
        for _ in range(longest):
            frame, gate, *rest = self.step.run(None, feed)
            frames.append(frame)
            alignment.append(rest[4][0])
            feed.update(decoder_input=frame, **dict(zip(STATES, rest)))
            if gate[0, 0] > 0:
                break
        return self.postnet.run(None, {"mel_outputs": numpy.stack(frames, 2)})[0], numpy.stack(alignment)

    def sound(self, mel, seed=1):
        z = SIGMA * numpy.random.default_rng(seed).standard_normal((1, mel.shape[2] * HOP)).astype(numpy.float32)
        return self.vocoder.run(None, {"mel": mel, "z": z, "phase": numpy.zeros((1, 1), numpy.float32)})[0][0]


def windowed(product, mel, z, context, inner):
    """The vocoder in windows, joined without a crossfade, as the product's engine may do it."""
    total, done, phase, parts = mel.shape[2], 0, numpy.zeros((1, 1), numpy.float32), []
    begin = 0
    while done < total:
        end = min(total, begin + inner + 2 * context)
        audio, phase = product.vocoder.run(None, {"mel": mel[:, :, begin:end], "z": z[:, begin * HOP:end * HOP], "phase": phase})
        upto = end if end == total else end - context
        parts.append(audio[0, (done - begin) * HOP:(upto - begin) * HOP])
        done, begin = upto, end - 2 * context
    return numpy.concatenate(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acoustic", type=pathlib.Path, required=True)
    parser.add_argument("--vocoder", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    speakers = len(torch.load(options.acoustic, weights_only=False)["record"]["speakers"])
    acoustic, _ = load(options.acoustic, Acoustic(speakers))
    vocoder, _ = load(options.vocoder, Vocoder())
    export_acoustic(acoustic, options.out)
    export_vocoder(vocoder, options.out)
    product = Product(options.out)
    mel, _ = product.mel(TRIAL, 0)
    wanted, _ = speak(acoustic.encoder, acoustic.decoder, acoustic.postnet, [INDEX[symbol] for symbol in TRIAL], 0)
    same = min(mel.shape[2], wanted.shape[1])
    print("frames", mel.shape[2], wanted.shape[1], "mean mel difference",
          float(numpy.abs(mel[0, :, :same] - wanted[:, :same].numpy()).mean()))
    long = numpy.tile(mel, (1, 1, 1 + 700 // mel.shape[2]))
    z = numpy.random.default_rng(1).standard_normal((1, long.shape[2] * HOP)).astype(numpy.float32)
    whole = product.vocoder.run(None, {"mel": long, "z": z, "phase": numpy.zeros((1, 1), numpy.float32)})[0][0]
    pieces = windowed(product, long, z, CONTEXT, 100)
    print("vocoder in windows: largest difference", float(numpy.abs(whole - pieces).max()), "of", float(numpy.abs(whole).max()))
    for path in sorted(options.out.glob("*.onnx")):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
