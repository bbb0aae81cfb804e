#!/usr/bin/env python3
"""Writes tests/fixtures/programs/curves.safetensors: loss curves of PyTorch 2.11, 50 steps in float64 (NAME.float64) and
10 in float32 (NAME.float32). tests/stdlib/curve_models.lua has the same models.

    python3 scripts/dev/make_curve_fixtures.py
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn, optim
from torch.optim import lr_scheduler as schedules

from program_references import tokens, waves

BATCHES, ROWS = 5, 8


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.conv2, self.norm2 = nn.Conv2d(4, 8, 3), nn.BatchNorm2d(8)
        self.dropout, self.fc1, self.fc2 = nn.Dropout(0.0), nn.Linear(32, 16), nn.Linear(16, 10)

    def forward(self, x):
        x = F.max_pool2d(self.norm1(self.conv1(x)).relu(), 2)
        x = F.avg_pool2d(self.norm2(self.conv2(F.pad(x, (1, 1, 1, 1)))).relu(), 2)
        return self.fc2(self.fc1(self.dropout(x.flatten(1))).tanh())


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(11, 6), nn.LSTM(6, 8, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0][:, -1])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.places = nn.Embedding(11, 8), nn.Parameter(waves((6, 8)) * 0.1)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True, activation="gelu")
        self.encoder, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(8, 4)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x) + self.places).mean(1))


class Autoencoder(nn.Module):
    """Variational; its noise is given."""

    def __init__(self):
        super().__init__()
        self.hidden, self.mean, self.spread = nn.Linear(12, 8), nn.Linear(8, 3), nn.Linear(8, 3)
        self.back, self.shown = nn.Linear(3, 8), nn.Linear(8, 12)

    def forward(self, x, noise):
        h = self.hidden(x).relu()
        mean, spread = self.mean(h), self.spread(h)
        code = mean + (0.5 * spread).exp() * noise
        return self.shown(self.back(code).relu()), mean, spread


class Block(nn.Module):
    def __init__(self, wide, out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(wide, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.short = None
        if stride > 1:
            self.short = nn.Sequential(nn.Conv2d(wide, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (self.short(x) if self.short else x)).relu()


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.first, self.second = nn.Conv2d(1, 4, 3, 1, 1), Block(4, 4, 1), Block(4, 8, 2)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        return self.head(self.second(self.first(self.stem(x).relu())).mean((2, 3)))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.qkv, self.out = nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(8, 8)
        self.ln2, self.up, self.down = nn.LayerNorm(8), nn.Linear(8, 32), nn.Linear(32, 8)

    def forward(self, x):
        rows, length = x.shape[:2]
        q, k, v = (part.view(rows, length, 2, 4).transpose(1, 2) for part in self.qkv(self.ln1(x)).split(8, 2))
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.ln2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.places = nn.Embedding(11, 8), nn.Parameter(waves((6, 8)) * 0.1)
        self.layers, self.norm = nn.Sequential(Layer(), Layer()), nn.LayerNorm(8)

    def forward(self, x):
        h = self.norm(self.layers(self.embed(x) + self.places))
        return h @ self.embed.weight.t()


# ---- what they learn, and how ----------------------------------------------------------------------------------------


def classes(count):
    return tokens(1, BATCHES * ROWS, 7, count).flatten()


def images():
    return waves((BATCHES * ROWS, 1, 8, 8)), classes(10)


def texts():
    return tokens(BATCHES * ROWS, 6, 5, 11), classes(4)


def mlp():
    net = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    return (waves((BATCHES * ROWS, 12)), classes(10)), lambda x, y: F.cross_entropy(net(x), y), optimizer, None


def lenet():
    net = LeNet()
    return images(), lambda x, y: F.cross_entropy(net(x), y), optim.Adam(net.parameters(), lr=3e-3), None


def lstm():
    net = Classifier()
    optimizer = optim.AdamW(net.parameters(), lr=0.01)
    return texts(), lambda x, y: F.cross_entropy(net(x), y), optimizer, schedules.CosineAnnealingLR(optimizer, T_max=50)


def encoder():
    net = Encoder()
    optimizer = optim.AdamW(net.parameters(), lr=0.01, weight_decay=0.1)
    warm_up = schedules.LinearLR(optimizer, start_factor=0.1, total_iters=10)
    cosine = schedules.CosineAnnealingLR(optimizer, T_max=40)
    schedule = schedules.SequentialLR(optimizer, [warm_up, cosine], milestones=[10])
    return texts(), lambda x, y: F.cross_entropy(net(x), y), optimizer, schedule


def vae():
    net = Autoencoder()

    def loss_of(noise, x):
        shown, mean, spread = net(x, noise)
        likeness = F.binary_cross_entropy_with_logits(shown, x, reduction="sum")
        return (likeness - 0.5 * (1 + spread - mean.pow(2) - spread.exp()).sum()) / ROWS

    given = waves((BATCHES * ROWS, 3), 1), waves((BATCHES * ROWS, 12)) * 0.5 + 0.5
    return given, loss_of, optim.Adam(net.parameters(), lr=5e-3), None


def resnet():
    net = ResNet()
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    schedule = schedules.MultiStepLR(optimizer, milestones=[15, 35], gamma=0.3)
    return images(), lambda x, y: F.cross_entropy(net(x), y), optimizer, schedule


def gpt():
    net = Gpt()
    optimizer = optim.AdamW(net.parameters(), lr=5e-3, betas=(0.9, 0.95), weight_decay=0.1)
    whole = tokens(BATCHES * ROWS, 7, 5, 11)
    schedule = schedules.OneCycleLR(optimizer, max_lr=0.01, total_steps=51)
    return (
        (whole[:, :-1], whole[:, 1:]),
        lambda x, y: F.cross_entropy(net(x).flatten(0, 1), y.flatten()),
        optimizer,
        schedule,
    )


def curve(make, dtype, steps):
    torch.set_default_dtype(dtype)
    torch.manual_seed(1)
    given, loss_of, optimizer, schedule = make()
    batches = list(zip(*(tensor.split(ROWS) for tensor in given)))
    losses = []
    for step in range(steps):
        loss = loss_of(*batches[step % BATCHES])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if schedule:
            schedule.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def main():
    torch.set_num_threads(1)
    fixtures = {}
    for make in (mlp, lenet, lstm, encoder, vae, resnet, gpt):
        fixtures[f"{make.__name__}.float64"] = curve(make, torch.float64, 50)
        fixtures[f"{make.__name__}.float32"] = curve(make, torch.float32, 10)
    root = pathlib.Path(__file__).resolve().parents[2]
    save_file(fixtures, root / "tests/fixtures/programs/curves.safetensors", {"torch": torch.__version__.split("+")[0]})


if __name__ == "__main__":
    main()
