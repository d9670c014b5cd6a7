"""Writes test/fixtures/engines/vosk: a tiny random Zipformer transducer in the layout that Vosk and sherpa-onnx use, and
what references make of it.

    pip install -r scripts/reference/vosk/requirements.txt
    git clone https://github.com/k2-fsa/icefall
    python scripts/reference/vosk/vosk_fixtures.py --icefall icefall

The network is icefall's own code (egs/librispeech/ASR/zipformer), exported as its export-onnx.py does. Features are
checked with kaldi-native-fbank and torchaudio, tokens with sherpa-onnx on the same files and audio.
"""

import argparse
import contextlib
import sys
import types
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import onnxruntime
import sherpa_onnx
import torch

sys.path.append(str(Path(__file__).resolve().parents[1] / "nemo"))
from nemo_fixtures import BOOST, PATHS, PIECES, RATE, ROOT, TERMS, excite, export, rounded, sherpa_decode, speech, spoken, tokens_of, write  # noqa: E402
from search import beam, greedy_rnnt  # noqa: E402

OUT = ROOT / "test/fixtures/engines/vosk"
TOKENS = ["<blk>", "<sos/eos>", "<unk>"] + PIECES[1:]
BLANK, CONTEXT, MELS = 0, 2, 80
STACKS = dict(downsampling_factor=(1, 2), encoder_dim=(16, 24), num_encoder_layers=(1, 1), encoder_unmasked_dim=(16, 16),
              query_head_dim=4, pos_head_dim=4, value_head_dim=4, num_heads=4, feedforward_dim=(24, 32), cnn_module_kernel=(9, 9), pos_dim=8)


def load_icefall(source: Path) -> types.SimpleNamespace:
    """icefall's modules; k2 and lhotse are imported by them but not needed for inference."""
    k2, icefall, utils = (types.ModuleType(name) for name in ("k2", "icefall", "icefall.utils"))
    for curve in ("swoosh_l", "swoosh_r"):
        for form in ("", "_forward", "_forward_and_deriv"):
            setattr(k2, curve + form, None)
    utils.torch_autocast = lambda **_: contextlib.nullcontext()
    sys.modules |= {"k2": k2, "icefall": icefall, "icefall.utils": utils}
    sys.path.insert(0, str(source / "egs/librispeech/ASR/zipformer"))
    sys.path.append(str(source / "egs/librispeech/ASR/transducer_stateless"))
    from decoder import Decoder
    from joiner import Joiner
    from scaling_converter import convert_scaled_to_non_scaled
    from subsampling import Conv2dSubsampling
    from zipformer import Zipformer2

    return types.SimpleNamespace(**{k: v for k, v in locals().items() if k[0].isupper() or k.startswith("convert")})


class Transducer(torch.nn.Module):
    def __init__(self, code):
        super().__init__()
        width = max(STACKS["encoder_dim"])
        self.encoder_embed = code.Conv2dSubsampling(MELS, STACKS["encoder_dim"][0], layer1_channels=4, layer2_channels=4, layer3_channels=8, dropout=0.0)
        self.encoder = code.Zipformer2(output_downsampling_factor=2, **STACKS)
        self.decoder = code.Decoder(len(TOKENS), 16, BLANK, CONTEXT)
        self.joiner = code.Joiner(width, 16, 24, len(TOKENS))


class OnnxEncoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.embed, self.encoder, self.proj = model.encoder_embed, model.encoder, model.joiner.encoder_proj

    def forward(self, x, x_lens):
        x, x_lens = self.embed(x, x_lens)
        mask = (torch.arange(x.shape[1]).unsqueeze(0).expand(x_lens.size(0), x.shape[1]) >= x_lens.unsqueeze(-1)).to(torch.int32)
        x, lengths = self.encoder(x.permute(1, 0, 2), x_lens, mask)
        return self.proj(x.permute(1, 0, 2)), lengths


class OnnxDecoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.decoder, self.proj = model.decoder, model.joiner.decoder_proj

    def forward(self, y):
        return self.proj(self.decoder(y, need_pad=False).squeeze(1))


class OnnxJoiner(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.output_linear = model.joiner.output_linear

    def forward(self, encoder_out, decoder_out):
        return self.output_linear(torch.tanh(encoder_out + decoder_out))


class Network:
    """For search.py; the state is the tokens so far."""

    def __init__(self, folder: Path):
        self.encoder, self.decoder, self.joiner = (onnxruntime.InferenceSession(folder / f"{name}.onnx") for name in ("encoder", "decoder", "joiner"))

    def encode(self, features):
        return self.encoder.run(None, dict(x=features[None], x_lens=np.array([len(features)], np.int64)))[0][0]

    def first(self):
        return [-1] * CONTEXT

    def predict(self, token, state):
        state = [*state[1:], token]
        return self.decoder.run(None, dict(y=np.array([state], np.int64)))[0], state

    def join(self, frame, output):
        return self.joiner.run(None, dict(encoder_out=frame[None], decoder_out=output))[0][0]


def features_of(samples: np.ndarray) -> np.ndarray:
    options = knf.FbankOptions()
    options.frame_opts.dither, options.frame_opts.snip_edges, options.frame_opts.samp_freq = 0, False, RATE
    options.mel_opts.num_bins, options.mel_opts.low_freq, options.mel_opts.high_freq = MELS, 20, -400
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(RATE, samples.tolist())
    fbank.input_finished()
    return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])


def check_with_torchaudio(samples: np.ndarray, features: np.ndarray) -> None:
    from torchaudio.compliance import kaldi

    other = kaldi.fbank(torch.from_numpy(samples)[None], num_mel_bins=MELS, dither=0, snip_edges=False, sample_frequency=RATE, high_freq=-400).numpy()
    print("features: kaldi-native-fbank against torchaudio", np.abs(other - features).max())


def export_all(model, folder: Path) -> None:
    (folder / "am-onnx").mkdir(parents=True, exist_ok=True)
    (folder / "lang").mkdir(parents=True, exist_ok=True)
    parts = folder / "am-onnx"
    example = (torch.zeros(1, 300, MELS), torch.tensor([300]))
    with torch.no_grad():
        export(torch.jit.trace(OnnxEncoder(model), example), example, parts / "encoder.onnx", ["x", "x_lens"], ["encoder_out", "encoder_out_lens"],
               {"x": {0: "N", 1: "T"}, "x_lens": {0: "N"}, "encoder_out": {0: "N", 1: "D"}, "encoder_out_lens": {0: "N"}},
               dict(model_type="zipformer2", version=1, model_author="k2-fsa", comment="non-streaming zipformer2"))
        export(torch.jit.script(OnnxDecoder(model)), torch.zeros(1, CONTEXT, dtype=torch.int64), parts / "decoder.onnx", ["y"], ["decoder_out"],
               {"y": {0: "N"}, "decoder_out": {0: "N"}}, dict(context_size=CONTEXT, vocab_size=len(TOKENS)))
        export(OnnxJoiner(model), (torch.zeros(1, 24), torch.zeros(1, 24)), parts / "joiner.onnx", ["encoder_out", "decoder_out"], ["logit"],
               {"encoder_out": {0: "N"}, "decoder_out": {0: "N"}, "logit": {0: "N"}}, dict(joiner_dim=24))
    (folder / "lang/tokens.txt").write_text("".join(f"{piece} {index}\n" for index, piece in enumerate(TOKENS)), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--icefall", type=Path, required=True, help="checkout of k2-fsa/icefall")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--blank-share", type=float, default=0.6)
    args = parser.parse_args()
    code = load_icefall(args.icefall)
    torch.manual_seed(args.seed)
    model = Transducer(code).eval()
    # Short relative positions: the table is a constant of the graph.
    for module in model.encoder.modules():
        if type(module).__name__ == "CompactRelPositionalEncoding":
            module.pe = None
            module.extend_pe(torch.zeros(160))
    for part, gain in ((model.decoder, 1.5), (model.joiner, 1.5)):
        excite(part, args.seed, gain)
    samples = speech().astype(np.float32) / 32768
    features = features_of(samples)
    check_with_torchaudio(samples, features)
    code.convert_scaled_to_non_scaled(model, inplace=True, is_onnx=True)
    with torch.no_grad():
        encoded = OnnxEncoder(model)(torch.from_numpy(features)[None], torch.tensor([len(features)]))[0][0]
        # Spread and centred, so that the frames of an untrained encoder differ.
        proj = model.joiner.encoder_proj
        spread = 1.2 / encoded.std(dim=0)
        proj.bias.copy_((proj.bias - encoded.mean(dim=0)) * spread)
        proj.weight *= spread.unsqueeze(1)
        encoded = OnnxEncoder(model)(torch.from_numpy(features)[None], torch.tensor([len(features)]))[0][0]
        nothing = OnnxDecoder(model)(torch.tensor([[-1, BLANK]]))
        joiner = OnnxJoiner(model)
        bias = model.joiner.output_linear.bias
        bias -= joiner(encoded, nothing).mean(dim=0)
        bias[1:3] = -30
        rows = joiner(encoded, nothing)
        bias[BLANK] += (rows[:, 3:].max(dim=1).values - rows[:, BLANK]).quantile(args.blank_share)
        logits = joiner(encoded[:1], nothing)[0]
    export_all(model, OUT)
    features.astype("<f4").tofile(OUT / "features.f32")

    network = Network(OUT / "am-onnx")
    heard = network.encode(features)
    print("encoder: onnx against torch", np.abs(heard - encoded.numpy()).max(), heard.shape)
    pieces = [""] + TOKENS[1:]
    plain = pieces[:1] + ["", ""] + pieces[3:]
    said, margin = greedy_rnnt(network, heard, BLANK, 1)
    wide, score = beam(network, heard, BLANK, PATHS, 1, CONTEXT, plain)
    preferred, preferred_score = beam(network, heard, BLANK, PATHS, 1, CONTEXT, plain, TERMS, BOOST)
    sherpa = {}
    for method, ours in (("greedy_search", said), ("modified_beam_search", wide)):
        recognizer = sherpa_onnx.OfflineRecognizer.from_transducer(*(str(OUT / f"am-onnx/{part}.onnx") for part in ("encoder", "decoder", "joiner")),
                                                                  str(OUT / "lang/tokens.txt"), decoding_method=method, max_active_paths=PATHS)
        result = sherpa_decode(recognizer, samples)
        assert "".join(result.tokens).replace(" ", "▁") == "".join(TOKENS[t] for t in tokens_of(ours)), (method, result.tokens, [TOKENS[t] for t in tokens_of(ours)])
        assert [round(t, 2) for t in result.timestamps] == [round(0.04 * t, 2) for _, t, *_ in ours], method
        print(method, "as sherpa-onnx:", result.text, "log-probabilities within", np.abs(np.array(result.ys_log_probs) - [s[2] for s in ours]).max())
        sherpa[method] = dict(text=result.text, timestamps=rounded(result.timestamps), logProbs=rounded(result.ys_log_probs))
    print("keyterms", "".join(TOKENS[t] for t in tokens_of(preferred)), "closest call", margin)
    write(OUT, dict(frames=len(heard), width=heard.shape[1], encoded=rounded(encoded), firstLogits=rounded(logits), greedy=spoken(said), beam=dict(spoken(wide), score=score),
                    keyterms=dict(spoken(preferred), score=preferred_score, terms=[term[1:].replace("▁", " ") for term in TERMS], boost=BOOST),
                    paths=PATHS, sherpa=dict(greedy=sherpa["greedy_search"], beam=sherpa["modified_beam_search"])))


if __name__ == "__main__":
    main()
