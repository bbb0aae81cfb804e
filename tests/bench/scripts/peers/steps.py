"""Training steps of small nets, the twin of steps.lua: the same layers with the same first weights on the same
batches. Prints one line of JSON: `seconds` and `steps` of an epoch and `peak_kib` of the process, or with
losses=N the `losses` of the first N steps, with precision=64-true in double precision. variant=channels_last
and variant=compile run it in these ways."""

import torch
from torch import nn
from torch.nn import functional as F

import peer


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def deep_narrow():
    return nn.Sequential(*[layer for _ in range(20) for layer in (nn.Linear(32, 32), nn.ReLU())])


def small_cnn():
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(1568, 10))


def convolution(channels, width, kernel, stride):
    return nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)


class ResidualBlock(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = convolution(channels, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = convolution(width, width, 3, 1)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Identity()
        if stride > 1:
            self.downsample = nn.Sequential(convolution(channels, width, 1, stride), nn.BatchNorm2d(width))

    def forward(self, x):
        h = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(h)) + self.downsample(x))


def resnet18():
    """With torchvision's stem, as models.resnet18 has it."""
    layers = [convolution(3, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    for channels, width, stride in [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]:
        layers += [ResidualBlock(channels, width, stride), ResidualBlock(width, width, 1)]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return net


class GptLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(128)
        self.heads = nn.Linear(128, 384)
        self.out = nn.Linear(128, 128)
        self.norm2 = nn.LayerNorm(128)
        self.wide = nn.Linear(128, 512)
        self.narrow = nn.Linear(512, 128)

    def forward(self, x):
        heads = self.heads(self.norm1(x)).unflatten(2, (3, 4, 32)).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
        x = x + self.out(seen.transpose(1, 2).flatten(2))
        return x + self.narrow(F.gelu(self.wide(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(65, 128)
        self.places = nn.Embedding(64, 128)
        self.layers = nn.Sequential(*[GptLayer() for _ in range(4)])
        self.norm = nn.LayerNorm(128)
        self.head = nn.Linear(128, 65)
        self.register_buffer("place", torch.arange(64))

    def forward(self, tokens):
        x = self.tokens(tokens) + self.places(self.place)
        return self.head(self.norm(self.layers(x))).flatten(0, 1)


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(64, 128, 2, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


def pictures(*shape):
    """Samples with a class each."""
    return lambda samples: (torch.randn(samples, *shape), torch.randint(0, 10, (samples,)))


def vectors(samples):
    return torch.randn(samples, 32), torch.randn(samples, 32)


def texts(samples):
    return torch.randint(0, 65, (samples, 64)), torch.randint(0, 65, (samples, 64))


# Net, batch, data, and what the optimizer is.
NETS = {
    "mlp_sgd": (mlp, 64, pictures(784), torch.optim.SGD, 0.01),
    "mlp_adam": (mlp, 64, pictures(784), torch.optim.Adam, 1e-3),
    "deep_narrow": (deep_narrow, 16, vectors, torch.optim.SGD, 0.01),
    "small_cnn": (small_cnn, 64, pictures(1, 28, 28), torch.optim.SGD, 0.01),
    "resnet18": (resnet18, 32, pictures(3, 32, 32), torch.optim.SGD, 0.01),
    "gpt": (Gpt, 16, texts, torch.optim.AdamW, 1e-3),
    "lstm": (Lstm, 32, pictures(32, 64), torch.optim.SGD, 0.01),
}


def widened(tensor):
    return tensor.double() if tensor.is_floating_point() else tensor


def main():
    config = peer.settings(model="mlp_sgd", batches=10, epochs=1, threads=1, losses=0, variant="eager",
                           precision="32-true")
    torch.set_num_threads(config.threads)
    build, batch, data, optimizer_of, lr = NETS[config.model]
    torch.manual_seed(1)
    inputs, target = data(batch * config.batches)
    torch.manual_seed(2)
    net = build()
    if config.precision == "64-true":
        net, inputs, target = net.double(), widened(inputs), widened(target)
    if config.variant == "channels_last":
        net = net.to(memory_format=torch.channels_last)
        inputs = inputs.to(memory_format=torch.channels_last)
    run = torch.compile(net) if config.variant == "compile" else net
    loss_of = nn.MSELoss() if config.model == "deep_narrow" else nn.CrossEntropyLoss()
    optimizer = optimizer_of(net.parameters(), lr=lr, fused=True)
    batches = [(x, y.flatten() if config.model == "gpt" else y) for x, y in zip(inputs.split(batch), target.split(batch))]

    def step(x, y):
        optimizer.zero_grad()
        loss = loss_of(run(x), y)
        loss.backward()
        optimizer.step()
        return loss

    peer.train(lambda: batches, step, config)


main()
