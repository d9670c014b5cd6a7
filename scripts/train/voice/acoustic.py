"""A small Tacotron2 whose attention follows predicted durations (Non-Attentive Tacotron, Shen et al. 2020, arXiv:2010.04301).

The parts and their ports are those of NVIDIA's Tacotron2: encoder, decoder step (prenet, attention LSTM, attention, decoder
LSTM, projection, gate), postnet. What differs is how attention weights come about: the encoder predicts how many frames every
symbol lasts, and `processed_memory` holds (start, duration) of each symbol in frames. The weights of frame t are the share of
every symbol in it, with soft edges; the gate opens at the last frame. Attention cannot skip, repeat or run away, and since
the alignment of the training data is known, both LSTMs run over whole sequences in training.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mels import MELS
from symbols import INDEX, SYMBOLS

WIDTH, PRENET, ATTENTION, DECODER, POSTNET = 192, 128, 192, 256, 96
MEL_MEAN, MEL_SCALE = -5.0, 2.0
PITCH_MEAN, PITCH_SCALE = 5.0, 0.4
EDGE_FRAMES = 0.6
PLACES = 3


class Convolution(nn.Module):
    """Residual convolution over time with a norm per step; input and output [batch, channels, time]."""

    def __init__(self, channels, kernel, dilation=1):
        super().__init__()
        self.convolve = nn.Conv1d(channels, channels, kernel, padding=dilation * (kernel // 2), dilation=dilation)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        return x + F.relu(self.norm(self.convolve(x).transpose(1, 2)).transpose(1, 2))


class Predictor(nn.Module):
    """One number per symbol from its memory."""

    def __init__(self, channels=WIDTH, inner=128):
        super().__init__()
        self.first, self.second = nn.Conv1d(channels, inner, 3, padding=1), nn.Conv1d(inner, inner, 3, padding=1)
        self.norms = nn.ModuleList([nn.LayerNorm(inner), nn.LayerNorm(inner)])
        self.out = nn.Linear(inner, 1)

    def forward(self, memory):
        x = memory.transpose(1, 2)
        for convolve, norm in ((self.first, self.norms[0]), (self.second, self.norms[1])):
            x = norm(F.relu(convolve(x)).transpose(1, 2)).transpose(1, 2)
        return self.out(x.transpose(1, 2))[..., 0]


class Encoder(nn.Module):
    def __init__(self, speakers):
        super().__init__()
        self.embedding = nn.Embedding(len(SYMBOLS), WIDTH)
        self.speaker = nn.Embedding(speakers, WIDTH)
        self.convolutions = nn.ModuleList([Convolution(WIDTH, 5) for _ in range(3)])
        self.recurrent = nn.LSTM(WIDTH, WIDTH // 2, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.1)
        self.duration, self.pitch = Predictor(), Predictor()
        self.pitch_in = nn.Conv1d(1, WIDTH, 3, padding=1)

    def forward(self, symbols, speaker, lengths=None, pitch=None):
        """Memory [B, L, WIDTH], log(1 + frames) [B, L], normalised log pitch [B, L]. `pitch`: the true one, in training."""
        mask = (symbols != 0)[:, None].float()
        voice = self.speaker(speaker)[:, :, None]
        x = (self.embedding(symbols).transpose(1, 2) + voice) * mask
        for convolution in self.convolutions:
            x = self.dropout(convolution(x)) * mask
        x = x.transpose(1, 2)
        if lengths is None:
            x, _ = self.recurrent(x)
        else:
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            x, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=symbols.shape[1])
        memory = (self.dropout(x).transpose(1, 2) + voice) * mask
        memory = memory.transpose(1, 2)
        durations, pitches = self.duration(memory), self.pitch(memory)
        tone = pitches if pitch is None else pitch
        return memory + self.pitch_in(tone[:, None] * mask).transpose(1, 2), durations, pitches


def frames_of(durations, symbols):
    """Whole frames per symbol from the prediction; pad and end last none."""
    silent = (symbols == INDEX["_"]) | (symbols == INDEX["~"])
    frames = torch.clamp(torch.floor(torch.exp(durations) - 1 + 0.5), min=1, max=80)
    return torch.where(silent, torch.zeros_like(frames), frames)


def timing_of(frames):
    """`processed_memory` [B, L, 2]: start and duration of every symbol in frames."""
    return torch.stack([torch.cumsum(frames, 1) - frames, frames], 2)


def attend(time, timing):
    """Weights [B, T, L] of frames that begin at `time` [B, T]: each symbol's share, its edges blurred."""
    start, frames = timing[:, None, :, 0], timing[:, None, :, 1]
    centre = time[:, :, None] + 0.5
    weights = torch.sigmoid((centre - start) / EDGE_FRAMES) - torch.sigmoid((centre - start - frames) / EDGE_FRAMES)
    return weights / torch.clamp(weights.sum(2, keepdim=True), min=1e-6)


def places(time, weights, timing):
    """Where in its symbol a frame is: share, frames since its start, frames to its end [B, T, PLACES]."""
    where = torch.matmul(weights, timing)
    gone = torch.clamp(time + 0.5 - where[..., 0], min=0)
    left = torch.clamp(where[..., 0] + where[..., 1] - time - 0.5, min=0)
    share = gone / torch.clamp(gone + left, min=1)
    return torch.stack([share, torch.clamp(gone / 20, max=2), torch.clamp(left / 20, max=2)], -1)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.prenet = nn.ModuleList([nn.Linear(MELS, PRENET), nn.Linear(PRENET, PRENET)])
        self.attention = nn.LSTM(PRENET + WIDTH, ATTENTION, batch_first=True)
        self.recurrent = nn.LSTM(ATTENTION + WIDTH + PLACES, DECODER, batch_first=True)
        self.out = nn.Linear(DECODER + WIDTH, MELS)

    def before(self, frames, dropout):
        x = (frames - MEL_MEAN) / MEL_SCALE
        for layer in self.prenet:
            x = F.dropout(F.relu(layer(x)), dropout, self.training)
        return x

    def forward(self, memory, timing, previous, dropout=0.0):
        """Log-mels [B, T, MELS] of all frames at once; `previous`: the frame before each, zeros before the first."""
        time = torch.arange(previous.shape[1], dtype=memory.dtype)[None].expand(len(memory), -1)
        weights = attend(time, timing)
        context = torch.matmul(weights, memory)
        earlier = F.pad(context[:, :-1], (0, 0, 1, 0))
        hidden, _ = self.attention(torch.cat([self.before(previous, dropout), earlier], 2))
        hidden, _ = self.recurrent(torch.cat([hidden, context, places(time, weights, timing)], 2))
        return self.out(torch.cat([hidden, context], 2)) * MEL_SCALE + MEL_MEAN


class Postnet(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [MELS, POSTNET, POSTNET, POSTNET, MELS]
        self.layers = nn.ModuleList([nn.Conv1d(left, right, 5, padding=2) for left, right in zip(sizes, sizes[1:])])

    def forward(self, mels):
        """[B, MELS, T] → the same, with detail added."""
        x = (mels - MEL_MEAN) / MEL_SCALE
        for layer in self.layers[:-1]:
            x = torch.tanh(layer(x))
        return mels + self.layers[-1](x)


class EncoderPorts(nn.Module):
    """The encoder as NVIDIA's export has it: sequences, sequence_lengths, speaker → memory, processed_memory, lens."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, sequences, sequence_lengths, speaker):
        memory, durations, _ = self.encoder(sequences, speaker)
        return memory, timing_of(frames_of(durations, sequences)), sequence_lengths + 0


def _cell(lstm, x, hidden, cell):
    gates = F.linear(x, lstm.weight_ih_l0, lstm.bias_ih_l0 + lstm.bias_hh_l0) + F.linear(hidden, lstm.weight_hh_l0)
    inward, forget, update, outward = gates.chunk(4, 1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(inward) * torch.tanh(update)
    return torch.sigmoid(outward) * torch.tanh(cell), cell


class DecoderStep(nn.Module):
    """One frame with the ports of NVIDIA's decoder_iter. The time is what the cumulative weights add up to."""

    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, decoder_input, attention_hidden, attention_cell, decoder_hidden, decoder_cell, attention_weights,
                attention_weights_cum, attention_context, memory, processed_memory, mask):
        part = self.decoder
        before = torch.cat([part.before(decoder_input, 0.0), attention_context], 1)
        attention_hidden, attention_cell = _cell(part.attention, before, attention_hidden, attention_cell)
        time = torch.floor(attention_weights_cum.sum(1, keepdim=True) + 0.5)
        timing = torch.where(mask[:, :, None], torch.zeros_like(processed_memory), processed_memory)
        weights = attend(time, timing)
        context = torch.matmul(weights, memory)[:, 0]
        inner = torch.cat([attention_hidden, context, places(time, weights, timing)[:, 0]], 1)
        decoder_hidden, decoder_cell = _cell(part.recurrent, inner, decoder_hidden, decoder_cell)
        frame = part.out(torch.cat([decoder_hidden, context], 1)) * MEL_SCALE + MEL_MEAN
        gate = 8 * (time + 1.5 - timing[..., 1].sum(1, keepdim=True))
        weights = weights[:, 0] + 0 * attention_weights
        return (frame, gate, attention_hidden, attention_cell, decoder_hidden, decoder_cell, weights,
                attention_weights_cum + weights, context)


def first_state(memory):
    """The decoder's inputs before the first frame: previous frame, states, weights, context."""
    count = memory.shape[0]
    zeros = lambda size: torch.zeros(count, size)  # noqa: E731
    return [zeros(MELS), zeros(ATTENTION), zeros(ATTENTION), zeros(DECODER), zeros(DECODER),
            zeros(memory.shape[1]), zeros(memory.shape[1]), zeros(memory.shape[2])]


def speak(encoder, decoder, postnet, symbols, speaker, longest=2000):
    """Mel [MELS, T] and weights [T, L] of one sequence, frame by frame as the product does it."""
    ids = torch.tensor([symbols])
    step = DecoderStep(decoder)
    with torch.no_grad():
        memory, timing, _ = EncoderPorts(encoder)(ids, torch.tensor([len(symbols)]), torch.tensor([speaker]))
        mask, state, frames, alignment = torch.zeros(1, len(symbols), dtype=torch.bool), first_state(memory), [], []
        for _ in range(longest):
            frame, gate, *rest = step(*state, memory, timing, mask)
            frames.append(frame)
            alignment.append(rest[4][0])
            state = [frame, *rest]
            if gate.item() > 0:
                break
        return postnet(torch.stack(frames, 2))[0], torch.stack(alignment)
