"""The voice-activity network: log-mel bands, four convolutions with 0.33 s of look-ahead, and a GRU.

It works on samples and needs no padding: an output every 512 samples, each of which sees 11008 of them, from 5248 before
its own to 5248 behind.
"""

from torch import nn
from torch.nn import functional as F

from front_end import log_mel

FRAME = 512
BEFORE = 5248
AFTER = 5248
SEEN = BEFORE + FRAME + AFTER
MELS = 40
# Mel frames before the first that belongs to an output, and as many behind the last.
MARGIN = 20


class VoiceActivity(nn.Module):
    def __init__(self, channels=56, hidden=64):
        super().__init__()
        self.hidden = hidden
        self.first = nn.Conv1d(MELS, channels, 5)
        self.second = nn.Conv1d(channels, channels, 6, stride=2)
        self.third = nn.Conv1d(channels, channels, 3, dilation=2)
        # Each channel over a third of a second either way; it begins as nothing, so that stages of training can add it.
        self.wide = nn.Conv1d(channels, channels, 5, dilation=3, groups=channels)
        nn.init.zeros_(self.wide.weight)
        nn.init.zeros_(self.wide.bias)
        self.memory = nn.GRU(channels, hidden)
        self.head = nn.Linear(hidden, 1)

    def forward(self, powers, state=None):
        """Mel powers [B, 2·T + 40, 40] to logits [T, B] and the state [1, B, hidden]."""
        x = F.relu(self.first(log_mel(powers)))
        x = F.relu(self.second(x))
        x = F.relu(self.third(x))
        x = F.relu(x[:, :, 6:-6] + self.wide(x))
        x, state = self.memory(x.permute(2, 0, 1), state)
        return self.head(x).squeeze(-1), state
