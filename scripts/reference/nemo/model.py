"""FastConformer with CTC, RNN-T and TDT heads in plain PyTorch, following NeMo's modules.

Rekesh et al., "Fast Conformer with Linearly Scalable Attention for Efficient Speech Recognition", 2023;
Xu et al., "Efficient Sequence Transduction by Jointly Predicting Tokens and Durations", 2023.
Modules, tensor layouts and the inputs and outputs of the exported parts are those of NeMo's `ConformerEncoder`,
`ConvASRDecoder`, `RNNTDecoder` and `RNNTJoint` as its `export()` writes them; sizes are small.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Sizes:
    mels: int = 80
    width: int = 24
    layers: int = 2
    heads: int = 4
    kernel: int = 9
    channels: int = 12
    vocabulary: int = 48
    """Tokens without the blank, which comes last."""
    prediction: int = 20
    prediction_layers: int = 1
    joint: int = 24
    durations: int = 0


class Subsampling(nn.Module):
    """`dw_striding`, factor 8."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        channels = sizes.channels
        layers = [nn.Conv2d(1, channels, 3, 2, 1), nn.ReLU()]
        for _ in range(2):
            layers += [nn.Conv2d(channels, channels, 3, 2, 1, groups=channels), nn.Conv2d(channels, channels, 1), nn.ReLU()]
        self.conv = nn.Sequential(*layers)
        self.out = nn.Linear(channels * sizes.mels // 8, sizes.width)

    def forward(self, x: torch.Tensor, length: torch.Tensor):
        x = self.conv(x.unsqueeze(1))
        batch, channels, frames, mels = x.shape
        for _ in range(3):
            length = torch.div(length - 1, 2, rounding_mode="floor") + 1
        return self.out(x.transpose(1, 2).reshape(batch, frames, channels * mels)), length


class FeedForward(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.linear1 = nn.Linear(width, 2 * width)
        self.linear2 = nn.Linear(2 * width, width)

    def forward(self, x):
        return self.linear2(nn.functional.silu(self.linear1(x)))


class Convolution(nn.Module):
    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.pointwise_conv1 = nn.Conv1d(width, 2 * width, 1)
        self.depthwise_conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.batch_norm = nn.BatchNorm1d(width)
        self.pointwise_conv2 = nn.Conv1d(width, width, 1)

    def forward(self, x, padding):
        x = nn.functional.glu(self.pointwise_conv1(x.transpose(1, 2)), dim=1)
        x = self.depthwise_conv(x.masked_fill(padding.unsqueeze(1), 0.0))
        return self.pointwise_conv2(nn.functional.silu(self.batch_norm(x))).transpose(1, 2)


class RelativeAttention(nn.Module):
    """Transformer-XL attention: Dai et al., 2019, section 3.3."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads, self.head_width = heads, width // heads
        self.linear_q, self.linear_k, self.linear_v, self.linear_out = (nn.Linear(width, width) for _ in range(4))
        self.linear_pos = nn.Linear(width, width, bias=False)
        self.pos_bias_u = nn.Parameter(0.3 * torch.randn(heads, self.head_width))
        self.pos_bias_v = nn.Parameter(0.3 * torch.randn(heads, self.head_width))

    def split(self, x):
        return x.view(x.shape[0], -1, self.heads, self.head_width)

    def forward(self, x, positions, padding):
        q = self.split(self.linear_q(x))
        k, v = self.split(self.linear_k(x)).transpose(1, 2), self.split(self.linear_v(x)).transpose(1, 2)
        p = self.split(self.linear_pos(positions)).transpose(1, 2)
        content = torch.matmul((q + self.pos_bias_u).transpose(1, 2), k.transpose(-2, -1))
        place = self.shift(torch.matmul((q + self.pos_bias_v).transpose(1, 2), p.transpose(-2, -1)))
        scores = (content + place[:, :, :, : content.shape[-1]]) / math.sqrt(self.head_width)
        mask = padding[:, None, None, :] | padding[:, None, :, None]
        weights = torch.softmax(scores.masked_fill(mask, -10000.0), dim=-1).masked_fill(mask, 0.0)
        x = torch.matmul(weights, v).transpose(1, 2).reshape(x.shape[0], -1, self.heads * self.head_width)
        return self.linear_out(x)

    @staticmethod
    def shift(x):
        batch, heads, queries, places = x.shape
        x = nn.functional.pad(x, (1, 0)).view(batch, heads, -1, queries)
        return x[:, :, 1:].view(batch, heads, queries, places)


class ConformerLayer(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        width = sizes.width
        self.norm_feed_forward1, self.norm_self_att, self.norm_conv, self.norm_feed_forward2, self.norm_out = (
            nn.LayerNorm(width) for _ in range(5)
        )
        self.feed_forward1, self.feed_forward2 = FeedForward(width), FeedForward(width)
        self.self_attn = RelativeAttention(width, sizes.heads)
        self.conv = Convolution(width, sizes.kernel)

    def forward(self, x, positions, padding):
        x = x + 0.5 * self.feed_forward1(self.norm_feed_forward1(x))
        x = x + self.self_attn(self.norm_self_att(x), positions, padding)
        x = x + self.conv(self.norm_conv(x), padding)
        x = x + 0.5 * self.feed_forward2(self.norm_feed_forward2(x))
        return self.norm_out(x)


def relative_positions(frames: int, width: int) -> torch.Tensor:
    """Sinusoids of frames−1 … −(frames−1)."""
    places = torch.arange(frames - 1, -frames, -1, dtype=torch.float32).unsqueeze(1)
    rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * -(math.log(10000.0) / width))
    return torch.stack([torch.sin(places * rates), torch.cos(places * rates)], dim=-1).reshape(1, -1, width)


class Encoder(nn.Module):
    """audio_signal [B, mels, T], length [B] → outputs [B, width, T'], encoded_lengths [B]."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.width = sizes.width
        self.pre_encode = Subsampling(sizes)
        self.layers = nn.ModuleList(ConformerLayer(sizes) for _ in range(sizes.layers))

    def forward(self, audio_signal, length):
        x, length = self.pre_encode(audio_signal.transpose(1, 2), length)
        positions = relative_positions(x.shape[1], self.width)
        padding = torch.arange(x.shape[1]).unsqueeze(0) >= length.unsqueeze(1)
        x = x * math.sqrt(self.width)
        for layer in self.layers:
            x = layer(x, positions, padding)
        return x.transpose(1, 2), length


class CtcModel(nn.Module):
    """audio_signal, length → logprobs [B, T', vocabulary + 1]."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.encoder = Encoder(sizes)
        self.decoder_layers = nn.Conv1d(sizes.width, sizes.vocabulary + 1, 1)

    def forward(self, audio_signal, length):
        encoded, _ = self.encoder(audio_signal, length)
        return torch.log_softmax(self.decoder_layers(encoded).transpose(1, 2), dim=-1)


class Prediction(nn.Module):
    """targets [B, U] int32, target_length [B], two states [layers, B, hidden] → outputs [B, hidden, U], length, states."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.embed = nn.Embedding(sizes.vocabulary + 1, sizes.prediction, padding_idx=sizes.vocabulary)
        self.lstm = nn.LSTM(sizes.prediction, sizes.prediction, sizes.prediction_layers)

    def forward(self, targets, target_length, h, c):
        y, (h, c) = self.lstm(self.embed(targets.to(torch.int64)).transpose(0, 1), (h, c))
        return y.permute(1, 2, 0), target_length, h, c


class Joint(nn.Module):
    """encoder_outputs [B, width, T], decoder_outputs [B, hidden, U] → outputs [B, T, U, vocabulary + 1 + durations], logits."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.enc = nn.Linear(sizes.width, sizes.joint)
        self.pred = nn.Linear(sizes.prediction, sizes.joint)
        self.joint_net = nn.Linear(sizes.joint, sizes.vocabulary + 1 + sizes.durations)

    def forward(self, encoder_outputs, decoder_outputs):
        f = self.enc(encoder_outputs.transpose(1, 2)).unsqueeze(2)
        g = self.pred(decoder_outputs.transpose(1, 2)).unsqueeze(1)
        return self.joint_net(torch.relu(f + g))
