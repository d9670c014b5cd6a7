"""The network: letters to scores of the phone chunks that each of them stands for."""

import torch
from torch import nn

from dictionary import LETTERS


class Speller(nn.Module):
    """[B, T] letter numbers (0 is padding) to [B, T, chunks]."""

    def __init__(self, chunks, width=128):
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS) + 1, 64, padding_idx=0)
        self.near = nn.Conv1d(64, width, 5, padding=2)
        self.memory = nn.GRU(width, width, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * width, chunks)
        self.drop = nn.Dropout(0.15)

    def forward(self, letters):
        near = torch.relu(self.near(self.letters(letters).transpose(1, 2))).transpose(1, 2)
        hidden, _ = self.memory(self.drop(near))
        return self.head(self.drop(hidden))


def numbers(word):
    return [LETTERS.index(letter) + 1 for letter in word]


def spell(scores, chunks):
    """The best chunks with exactly one primary stress: scores [T, chunks] of log probabilities to a list of phones.

    A word without any vowel keeps none. This is what src/capabilities/text-to-speech/engines/letter-to-sound.ts does.
    """
    stressed = torch.tensor([chunk.count("1") for chunk in chunks])
    paths = {0: (0.0, [])}
    for row in scores:
        following = {}
        for accents, (score, path) in paths.items():
            for more in (0, 1):
                if accents + more > 1:
                    continue
                value, index = torch.where(stressed == more, row, -torch.inf).max(0)
                total = score + float(value)
                if total > following.get(accents + more, (-1e9,))[0]:
                    following[accents + more] = (total, path + [int(index)])
        paths = following
    best = paths[1][1] if 1 in paths and any(c.isdigit() for i in paths[1][1] for c in chunks[i]) else paths[0][1]
    return [phone for index in best for phone in chunks[index].split()]
