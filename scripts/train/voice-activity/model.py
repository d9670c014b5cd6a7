"""The voice-activity network: log-mel bands, three convolutions with 0.14 s of look-ahead, and a GRU.

It works on samples and needs no padding: an output every 512 samples, each of which sees 4864 of them, from 2176 before
its own to 2176 behind.
"""

from torch import nn
from torch.nn import functional as F

from front_end import log_mel, mel_matrix

FRAME = 512
BEFORE = 2176
AFTER = 2176
SEEN = BEFORE + FRAME + AFTER
MELS = 40


class VoiceActivity(nn.Module):
    def __init__(self, channels=56, hidden=64):
        super().__init__()
        self.hidden = hidden
        self.first = nn.Conv1d(MELS, channels, 5)
        self.second = nn.Conv1d(channels, channels, 6, stride=2)
        self.third = nn.Conv1d(channels, channels, 3, dilation=2)
        self.memory = nn.GRU(channels, hidden)
        self.head = nn.Linear(hidden, 1)
        self.register_buffer("mel", mel_matrix(MELS), persistent=False)

    def forward(self, power, state=None):
        """Powers [B, 2·T + 16, 257] to logits [T, B] and the state [1, B, hidden]."""
        x = F.relu(self.first(log_mel(power, self.mel)))
        x = F.relu(self.second(x))
        x = F.relu(self.third(x))
        x, state = self.memory(x.permute(2, 0, 1), state)
        return self.head(x).squeeze(-1), state
