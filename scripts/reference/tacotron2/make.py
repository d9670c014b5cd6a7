"""A tiny Tacotron 2 with random weights, and what torchaudio computes with it.

    pip install -r requirements.txt     # torchaudio with --no-deps
    python make.py                      # writes test/fixtures/engines/tacotron2

The network is torchaudio's `Tacotron2` with small numbers, exported in the layout of NVIDIA's DeepLearningExamples
(encoder, one decoder iteration, post-net; inputs and outputs named alike). Reference: `Tacotron2.infer` with the decoder's
own loop, 48 frames. The pre-net's dropout, which both implementations keep at inference, is left out on both sides, as
nothing random can be compared.
"""

import gzip
import json
import pathlib

import torch

torch.version.cuda = "13.0"  # torchaudio is published for one CUDA version only and compares; nothing here runs on a GPU.
import torchaudio.models.tacotron2 as reference  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "test/fixtures/engines/tacotron2"
BANDS, SYMBOLS, LENGTH, FRAMES = 8, 40, 17, 48
STATES = ["attention_hidden", "attention_cell", "decoder_hidden", "decoder_cell",
          "attention_weights", "attention_weights_cum", "attention_context"]


def prenet_without_dropout(self, x):
    for linear in self.layers:
        x = torch.relu(linear(x))
    return x


reference._Prenet.forward = prenet_without_dropout


def make_model():
    torch.manual_seed(7)
    model = reference.Tacotron2(
        mask_padding=True, n_mels=BANDS, n_symbol=SYMBOLS, symbol_embedding_dim=16, encoder_embedding_dim=16,
        encoder_n_convolution=2, encoder_kernel_size=5, decoder_rnn_dim=20, decoder_max_step=FRAMES,
        attention_rnn_dim=24, attention_hidden_dim=12, attention_location_n_filter=4,
        attention_location_kernel_size=7, prenet_dim=12, postnet_n_convolution=3, postnet_kernel_size=5,
        postnet_embedding_dim=12, gate_threshold=1.1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.mul_(2.5 if "attention" in name else 1.5)
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.2)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
    return model.eval()


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, sequences, sequence_lengths):
        x = self.model.embedding(sequences).transpose(1, 2)
        for convolution in self.model.encoder.convolutions:
            x = torch.relu(convolution(x))
        memory, _ = self.model.encoder.lstm(x.transpose(1, 2))
        processed = self.model.decoder.attention_layer.memory_layer(memory)
        return memory, processed, sequence_lengths + 0


class DecoderIteration(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.decoder = model.decoder

    def forward(self, decoder_input, *rest):
        mel, gate, *states = self.decoder.decode(self.decoder.prenet(decoder_input), *rest)
        return (mel, gate, *states)


class Postnet(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.postnet = model.postnet

    def forward(self, mel):
        return mel + self.postnet(mel)


def export(module, name, arguments, inputs, outputs, axes):
    torch.onnx.export(module, arguments, FOLDER / name, input_names=inputs, output_names=outputs, dynamic_axes=axes,
                      opset_version=17, dynamo=False)


def export_all(model, tokens):
    lengths = torch.tensor([LENGTH])
    encoder = Encoder(model).eval()
    export(encoder, "encoder.onnx", (tokens, lengths), ["sequences", "sequence_lengths"],
           ["memory", "processed_memory", "lens"],
           {"sequences": {1: "text"}, "memory": {1: "text"}, "processed_memory": {1: "text"}})
    memory, processed, _ = encoder(tokens, lengths)
    states = model.decoder._initialize_decoder_states(memory)[:7]
    mask = torch.zeros(1, LENGTH, dtype=torch.bool)
    inputs = ["decoder_input", *STATES, "memory", "processed_memory", "mask"]
    outputs = ["decoder_output", "gate_prediction", *["out_" + state for state in STATES]]
    long = ["attention_weights", "attention_weights_cum", "memory", "processed_memory", "mask"]
    axes = {name: {1: "text"} for name in [*long, "out_attention_weights", "out_attention_weights_cum"]}
    export(DecoderIteration(model).eval(), "decoder_iter.onnx",
           (torch.zeros(1, BANDS), *states, memory, processed, mask), inputs, outputs, axes)
    export(Postnet(model).eval(), "postnet.onnx", (torch.zeros(1, BANDS, 20),), ["mel_outputs"],
           ["mel_outputs_postnet"], {"mel_outputs": {2: "time"}, "mel_outputs_postnet": {2: "time"}})


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = make_model()
    tokens = torch.randint(1, SYMBOLS, (1, LENGTH))
    lengths = torch.tensor([LENGTH])
    with torch.no_grad():
        export_all(model, tokens)
        memory = model.encoder(model.embedding(tokens).transpose(1, 2), lengths)
        mel, _, gates, _ = model.decoder.infer(memory, lengths)
        refined, _, alignments = model.infer(tokens, lengths)
    if float(mel.std()) < 0.05 or float(alignments[0].max()) < 0.2:
        raise SystemExit("the random network says nothing worth comparing: choose another seed")
    expected = {
        "tokens": tokens[0].tolist(),
        "mel": mel[0].tolist(),
        "postnet": refined[0].tolist(),
        "gates": gates[0].flatten().tolist(),
        "alignment": alignments[0].tolist(),
        "versions": {"torch": torch.__version__, "torchaudio": "2.11.0"},
    }
    with gzip.GzipFile(FOLDER / "expected.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(expected).encode())
    print("mel", mel.shape, float(mel.std()), "alignment", alignments.shape, float(alignments.max()))
    print({path.name: path.stat().st_size for path in FOLDER.iterdir()})


if __name__ == "__main__":
    main()
