"""Makes tests/fixtures/pt2: programs of torch.export, and what PyTorch computes with them.

    python scripts/dev/make_pt2_fixtures.py

Needs PyTorch 2.9 or newer. All but `convnet` are packed anew, smaller: PyTorch's own archives are not deflated,
and a line of Python stands behind every node.
"""

import json
import os
import warnings
import zipfile

import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
FOLDER = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/pt2/")


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Linear(64, 10)

    def forward(self, image):
        return self.classifier(self.features(image).flatten(1))


class Block(nn.Module):
    def __init__(self, inside, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.layer1 = nn.Sequential(Block(8, 8, 1))
        self.layer2 = nn.Sequential(Block(8, 12, 2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(12, 5)

    def forward(self, image):
        return self.fc(torch.flatten(self.pool(self.layer2(self.layer1(self.stem(image)))), 1))


class Encoder(nn.Module):
    """A table that is used twice, a parameter of the module itself, attention."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(20, 16)
        self.position = nn.Parameter(torch.randn(10, 16) * 0.1)
        self.layers = nn.ModuleList([nn.TransformerEncoderLayer(16, 4, 32, batch_first=True) for _ in range(2)])
        self.norm = nn.LayerNorm(16)

    def forward(self, words):
        x = self.embed(words) + self.position[: words.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.norm(x).mean(1) @ self.embed.weight.t()


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, 6, num_layers=2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(12, 5, batch_first=True)
        self.head = nn.Linear(5, 4)

    def forward(self, words):
        h, _ = self.lstm(self.embedding(words))
        h, last = self.gru(h)
        return self.head(h), last[0]


class Mixed(nn.Module):
    """Functions of all kinds, two inputs and results, weights that no layer has."""

    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(6, 2, 3, 3))
        self.register_buffer("mask", torch.tensor([True, False, True, True]))
        self.norm = nn.GroupNorm(2, 6)
        self.slope = nn.PReLU(6)
        self.up = nn.ConvTranspose2d(6, 4, 2, stride=2)
        self.drop = nn.Dropout(0.3)

    def forward(self, image, scale):
        h = self.slope(self.norm(F.conv2d(image, self.kernel, padding=1, stride=2)))
        h = F.interpolate(h, scale_factor=2.0, mode="bilinear", align_corners=False)
        h = self.drop(self.up(h[:, :, ::2]).clamp(min=-2, max=2)) * scale[:, None, None, None]
        first, second = h.split([1, 3], dim=1)
        h = torch.cat([first.pow(2), torch.where(second > 0, second, 0.1 * second)], dim=1)
        h = h.masked_fill(self.mask[:, None, None], 0.5) - torch.arange(4)[:, None, None] / 4
        pairs = h.reshape(h.size(0) * 2, 2, -1)
        return h.softmax(dim=-1).sum(dim=(2, 3)), pairs.std(dim=-1, keepdim=True), h.max(dim=1)[0]


class Unknown(nn.Module):
    def forward(self, x):
        y = torch.special.i0(x) + torch.special.i1(x)
        x = x * 2
        x[:, 0].add_(1)
        return torch.special.i0(y) + x


def pack(path, smaller):
    """Deflates an archive and leaves out what no reader of graphs needs."""
    with zipfile.ZipFile(path) as archive:
        members = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            if "sample_inputs" in name:
                continue
            if name.endswith("models/model.json") and smaller:
                program = json.loads(content)
                for node in program["graph_module"]["graph"]["nodes"]:
                    kept = {"nn_module_stack"} & set(node["metadata"])
                    node["metadata"] = {key: node["metadata"][key] for key in kept}
                content = json.dumps(program, separators=(",", ":"))
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def make(name, model, inputs, dynamic, core=False, as_written=False):
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    program = torch.export.export(model, tuple(inputs.values()), dynamic_shapes=dynamic)
    if core:
        program = program.run_decompositions()
    path = FOLDER + name + ".pt2"
    torch.export.save(program, path)
    if not as_written:
        pack(path, True)
    with torch.no_grad():
        results = model(*inputs.values())
    results = results if isinstance(results, tuple) else (results,)
    values = dict(inputs) | {f"output_{at}": result.clone() for at, result in enumerate(results)}
    torch.save(values, FOLDER + name + "_values.pt")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    torch.manual_seed(1)
    batch = {0: torch.export.Dim("batch")}
    make("convnet", ConvNet(), {"image": torch.randn(3, 1, 8, 8)}, (batch,), as_written=True)
    make("convnet_core", ConvNet(), {"image": torch.randn(3, 1, 8, 8)}, (batch,), core=True)
    make("residual", Residual(), {"image": torch.randn(3, 3, 16, 16)}, (batch,))
    make("encoder", Encoder(), {"words": torch.randint(0, 20, (3, 7))}, (batch,))
    make("tagger", Tagger(), {"words": torch.randint(0, 20, (3, 7))}, (batch,))
    make("mixed", Mixed(), {"image": torch.randn(3, 2, 8, 8), "scale": torch.randn(3)}, (batch, batch))
    make("unknown", Unknown(), {"x": torch.randn(3, 4)}, (batch,))


if __name__ == "__main__":
    main()
