"""The nets and numbers of make_program_fixtures.py, as tests/stdlib/program_twins.lua and its specs have them."""

import torch
import torch.nn.functional as F
from torch import nn


def waves(shape, start=0.0):
    numel = torch.Size(shape).numel()
    values = torch.sin(torch.arange(numel, dtype=torch.float64) * 0.61 + start)
    return values.view(shape).to(torch.get_default_dtype())


def tokens(rows, length, step, known):
    return (torch.arange(rows * length, dtype=torch.int64) * step % known).view(rows, length)


class Perceptron(nn.Module):
    def __init__(self, wide, hidden, out):
        super().__init__()
        self.first, self.second = nn.Linear(wide, hidden), nn.Linear(hidden, out)

    def forward(self, x):
        return self.second(self.first(x).tanh())


def regression():
    """Three batches of four rows."""
    return list(zip(waves((12, 3)).split(4), waves((12, 1), 2).split(4)))


class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 2, 3, padding=1), nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(self.conv(x).relu().mean((2, 3)))


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(7, 4), nn.GRU(4, 5, batch_first=True)
        self.head = nn.Linear(5, 7)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.GRU(2, 3, batch_first=True), nn.Linear(3, 1)

    def forward(self, x, h):
        y, h = self.rnn(x, h)
        return self.head(y), h


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(6, 4), nn.GRU(4, 5, batch_first=True)

    def forward(self, x):
        return self.rnn(self.embed(x))[1]


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(6, 4), nn.GRU(4, 5, batch_first=True)
        self.head = nn.Linear(5, 6)

    def forward(self, x, h):
        y, h = self.rnn(self.embed(x), h)
        return self.head(y), h


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk, self.kind, self.size = nn.Linear(3, 4), nn.Linear(4, 3), nn.Linear(4, 1)

    def forward(self, x):
        h = self.trunk(x).tanh()
        return self.kind(h), self.size(h)


class GraphAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.project, self.of_source, self.of_target = nn.Linear(3, 4), nn.Linear(4, 1), nn.Linear(4, 1)

    def forward(self, x, source, target):
        h = self.project(x)
        score = F.leaky_relu(self.of_source(h)[source] + self.of_target(h)[target], 0.2).exp()
        total = torch.zeros(5, 1).index_add(0, target, score)
        return torch.zeros(5, 4).index_add(0, target, score / total[target] * h[source])
