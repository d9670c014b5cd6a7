"""The speaker network: log-mel bands without their mean, a time-delay network, statistics, a line.

After "X-vectors: robust DNN embeddings for speaker recognition" (Snyder et al., 2018), small enough to be trained on one
core and to ship.
"""

import torch
from torch import nn
from torch.nn import functional as F

from front_end import log_mel

MELS = 64
EMBEDDING = 128


class SpeakerNetwork(nn.Module):
    def __init__(self, channels=128, wide=320):
        super().__init__()
        self.layers = nn.ModuleList([
            nn.Conv1d(MELS, channels, 5, padding=2),
            nn.Conv1d(channels, channels, 3, stride=2, padding=1),
            nn.Conv1d(channels, channels, 3, dilation=2, padding=2),
            nn.Conv1d(channels, channels, 3, dilation=3, padding=3),
            nn.Conv1d(channels, wide, 1),
        ])
        self.norms = nn.ModuleList([nn.BatchNorm1d(layer.out_channels) for layer in self.layers])
        self.line = nn.Linear(2 * wide, EMBEDDING)
        self.line_norm = nn.BatchNorm1d(EMBEDDING)

    def forward(self, powers):
        """Mel powers [B, T, 64] to embeddings [B, 128], not of unit length."""
        x = log_mel(powers)
        x = x - x.mean(2, keepdim=True)
        for index, (layer, norm) in enumerate(zip(self.layers, self.norms)):
            y = norm(F.relu(layer(x)))
            x = x + y if y.shape == x.shape and index else y
        mean = x.mean(2)
        deviation = ((x * x).mean(2) - mean * mean).clamp(min=1e-5).sqrt()
        return self.line_norm(self.line(torch.cat([mean, deviation], 1)))


class AngularMargin(nn.Module):
    """ArcFace's loss (Deng et al., 2019) over the training speakers."""

    def __init__(self, speakers, scale=30):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(speakers, EMBEDDING) * 0.1)
        self.scale = scale

    def forward(self, embeddings, speakers, margin):
        cosine = F.normalize(embeddings) @ F.normalize(self.centres).T
        angle = cosine.gather(1, speakers[:, None]).clamp(-1 + 1e-6, 1 - 1e-6).acos()
        target = (angle + margin).clamp(max=3.14).cos()
        return F.cross_entropy(self.scale * cosine.scatter(1, speakers[:, None], target), speakers)
