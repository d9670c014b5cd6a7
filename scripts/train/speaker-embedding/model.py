"""The speaker network: statistics of cepstra over a window, and a small network on them.

What a voice's cepstra and their slopes are on average, how far they spread and which of them go together says much about
who speaks, and can be learned from few voices, where a network on frames ("x-vectors") needs thousands.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from front_end import FLOOR

MELS = 64
CEPSTRA = 24
EMBEDDING = 128
# Under the square root of variances, and what they become in silence.
SPREAD_FLOOR = 1e-3
PAIRS = np.triu_indices(CEPSTRA, 1)
STATISTICS = 3 * CEPSTRA + 2 * len(PAIRS[0])


def cosine_transform():
    """[CEPSTRA, MELS]"""
    order = np.arange(CEPSTRA)[:, None]
    return (np.cos(np.pi * order * (np.arange(MELS) + 0.5) / MELS) * np.sqrt(2 / MELS)).astype(np.float32)


TRANSFORM = cosine_transform()


def statistics(powers):
    """Mel powers [T, MELS] to means, logarithms of spreads and correlations: [STATISTICS]."""
    cepstra = np.log(powers + FLOOR) @ TRANSFORM.T
    slopes = (cepstra[4:] - cepstra[:-4]) / 4
    inner = cepstra[2:-2]
    mean = inner.mean(0)
    centred = inner - mean
    parts = [mean]
    correlations = []
    for values in (centred, slopes):
        spread = np.sqrt((values * values).mean(0) + SPREAD_FLOOR)
        scaled = values / spread
        parts.append(np.log(spread))
        correlations.append((scaled.T @ scaled / len(scaled))[PAIRS])
    return np.concatenate(parts + correlations).astype(np.float32)


class SpeakerNetwork(nn.Module):
    def __init__(self, hidden=384, size=EMBEDDING):
        super().__init__()
        self.register_buffer("mean", torch.zeros(STATISTICS))
        self.register_buffer("deviation", torch.ones(STATISTICS))
        self.wide = nn.Linear(STATISTICS, hidden)
        self.wide_norm = nn.BatchNorm1d(hidden)
        self.dropout = nn.Dropout(0.3)
        self.narrow = nn.Linear(hidden, size)
        self.straight = nn.Linear(STATISTICS, size, bias=False)
        self.norm = nn.BatchNorm1d(size)

    def forward(self, values):
        """Statistics [B, STATISTICS] to embeddings [B, size], not of unit length."""
        x = (values - self.mean) / self.deviation
        if self.training:
            x = x + 0.05 * torch.randn_like(x)
        return self.norm(self.narrow(self.dropout(self.wide_norm(F.relu(self.wide(x))))) + self.straight(x))


class AngularMargin(nn.Module):
    """ArcFace's loss (Deng et al., 2019) over the training speakers."""

    def __init__(self, speakers, scale=20):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(speakers, EMBEDDING) * 0.1)
        self.scale = scale

    def forward(self, embeddings, speakers, margin):
        cosine = F.normalize(embeddings) @ F.normalize(self.centres).T
        angle = cosine.gather(1, speakers[:, None]).clamp(-0.9999, 0.9999).acos()
        target = (angle + margin).clamp(max=3.14).cos()
        return F.cross_entropy(self.scale * cosine.scatter(1, speakers[:, None], target), speakers)
