"""Epochs of 784-128-64-10 on Fashion-MNIST, the twin of fashion.lua. Prints one line of JSON: `seconds` and
`steps` of an epoch and `peak_kib` of the process, or with losses=N the `losses` of the first N steps, on
batches that are not shuffled. How samples come is the variant: `loader` makes each on its own, as a dataset of
torchvision and a DataLoader do, `tensors` takes shuffled batches of tensors in memory, and `lightning` lets
Lightning's Trainer run the loader."""

import gzip
import logging
import pathlib
import time
import warnings

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import peer

FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")  # of Debian's package dataset-fashion-mnist
MEAN, DEVIATION, BATCH = 0.286, 0.353, 64


def idx(name, header):
    path = FOLDER / f"{name}.gz"
    if not path.exists():
        peer.skip(f"Fashion-MNIST is not there ({path}): ./dev setup --data installs it")
    return torch.frombuffer(bytearray(gzip.decompress(path.read_bytes())[header:]), dtype=torch.uint8)


def images_and_labels():
    return idx("train-images-idx3-ubyte", 16).view(-1, 28, 28), idx("train-labels-idx1-ubyte", 8).long()


def normalised(image):
    """What ToTensor and Normalize of torchvision do."""
    return image.float().div(255).sub_(MEAN).div_(DEVIATION)


class Photographs(Dataset):
    """As torchvision.datasets.FashionMNIST gives samples, without its detour through PIL's images."""

    def __init__(self):
        self.images, self.labels = images_and_labels()

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return normalised(self.images[index].unsqueeze(0)), int(self.labels[index])


def photographs():
    """torchvision's own where it is installed."""
    try:
        from torchvision import datasets, transforms
    except ImportError:
        return Photographs()

    class Installed(datasets.FashionMNIST):
        def __init__(self):  # reads the installed files, where torchvision would look for downloaded ones
            self.data, self.targets = images_and_labels()
            self.transform = transforms.Compose(
                [transforms.ToTensor(), transforms.Normalize((MEAN,), (DEVIATION,))])
            self.target_transform = None

    return Installed()


def loader(config):
    return DataLoader(photographs(), batch_size=BATCH, shuffle=not config.losses)


def tensors(config):
    images, labels = images_and_labels()
    images = normalised(images.unsqueeze(1))

    def batches():
        order = torch.arange(len(labels)) if config.losses else torch.randperm(len(labels))
        for chosen in order.split(BATCH):
            yield images[chosen], labels[chosen]

    return batches


def perceptron():
    torch.manual_seed(2)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(),
                         nn.Linear(64, 10))


def train(batches, config):
    net = perceptron()
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, fused=True)

    def step(image, label):
        optimizer.zero_grad()
        loss = loss_of(net(image), label)
        loss.backward()
        optimizer.step()
        return loss

    peer.train(batches, step, config)


def train_with_lightning(config):
    try:
        import lightning
    except ImportError:
        peer.skip("Lightning is not installed")
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    losses, times = [], []

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = perceptron()

        def training_step(self, batch, _):
            image, label = batch
            loss = nn.functional.cross_entropy(self.net(image), label)
            if config.losses:
                losses.append(loss.item())
            return loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.01, fused=True)

        def on_train_epoch_end(self):
            times.append(time.perf_counter())

    trainer = lightning.Trainer(
        max_epochs=config.epochs + 1, max_steps=config.losses or -1, accelerator="cpu", logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    batches = loader(config)
    trainer.fit(Module(), batches)
    if config.losses:
        peer.report_losses(losses)
    else:
        peer.report((times[-1] - times[0]) / config.epochs, len(batches))


def main():
    config = peer.settings(variant="loader", epochs=1, threads=1, losses=0)
    torch.set_num_threads(config.threads)
    if config.variant == "lightning":
        train_with_lightning(config)
    elif config.variant == "tensors":
        train(tensors(config), config)
    else:
        batches = loader(config)
        train(lambda: batches, config)


main()
