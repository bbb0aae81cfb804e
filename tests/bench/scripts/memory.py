"""The net of memory.lua as a PyTorch script, for 1,000 steps; prints the resident memory in KiB after them."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def resident():
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(line.split()[1] for line in lines if line.startswith("VmRSS:"))


torch.manual_seed(0)
samples = 64 * 200
images = TensorDataset(torch.rand(samples, 784), torch.randint(10, (samples,)))
loader = DataLoader(images, batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
loss_of = nn.CrossEntropyLoss()
for epoch in range(5):
    for image, label in loader:
        optimizer.zero_grad()
        loss_of(net(image), label).backward()
        optimizer.step()
print(resident())
