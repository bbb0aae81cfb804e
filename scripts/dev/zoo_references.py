"""The models of the zoo that torchvision lacks, written with torch.nn: what make_zoo_fixtures.py compares with.

Their modules bear the names that orrery.models gives to blocks and layers.
"""

from collections import OrderedDict

import torch
from torch import nn


def named(**modules):
    return nn.Sequential(OrderedDict(modules))


def lenet5():
    return named(
        features=named(
            conv1=nn.Conv2d(1, 6, 5), tanh1=nn.Tanh(), pool1=nn.AvgPool2d(2),
            conv2=nn.Conv2d(6, 16, 5), tanh2=nn.Tanh(), pool2=nn.AvgPool2d(2)),
        classifier=named(
            flatten=nn.Flatten(), fc1=nn.Linear(400, 120), tanh1=nn.Tanh(),
            fc2=nn.Linear(120, 84), tanh2=nn.Tanh(), fc3=nn.Linear(84, 10)))


def mlp():
    return named(linear=nn.Linear(784, 128), relu=nn.ReLU(), linear_2=nn.Linear(128, 64), relu_2=nn.ReLU(),
                 linear_3=nn.Linear(64, 10))


def keras_mnist_cnn():
    model = named(
        conv2d_1=nn.Conv2d(1, 32, 3), relu_1=nn.ReLU(), conv2d_2=nn.Conv2d(32, 64, 3), relu_2=nn.ReLU(),
        max_pooling2d_1=nn.MaxPool2d(2), dropout_1=nn.Dropout(0.25), flatten_1=nn.Flatten(),
        dense_1=nn.Linear(9216, 128), relu_3=nn.ReLU(), dropout_2=nn.Dropout(0.5), dense_2=nn.Linear(128, 10))
    for layer in model:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [784, 1000, 500, 250, 30]
        self.encoder = self.half(widths)
        self.decoder = self.half(widths[::-1]).append(nn.Sigmoid())

    @staticmethod
    def half(widths):
        layers = []
        for a, b in zip(widths, widths[1:]):
            layers += [nn.Linear(a, b), nn.Sigmoid()]
        return nn.Sequential(*layers[:-1])

    def forward(self, x):
        code = self.encoder(x)
        return self.decoder(code), code


def srcnn():
    return named(conv1=nn.Conv2d(1, 64, 9, padding=4), relu1=nn.ReLU(), conv2=nn.Conv2d(64, 32, 5, padding=2),
                 relu2=nn.ReLU(), conv3=nn.Conv2d(32, 1, 5, padding=2))


def espcn():
    return named(conv1=nn.Conv2d(1, 64, 5, padding=2), tanh1=nn.Tanh(), conv2=nn.Conv2d(64, 32, 3, padding=1),
                 tanh2=nn.Tanh(), conv3=nn.Conv2d(32, 9, 3, padding=1), shuffle=nn.PixelShuffle(3))


class Ddsrcnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1_1, self.conv1_2 = nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1)
        self.conv2_1, self.conv2_2 = nn.Conv2d(64, 128, 3, padding=1), nn.Conv2d(128, 128, 3, padding=1)
        self.conv3 = nn.Conv2d(128, 256, 3, padding=1)
        self.deconv2_1 = nn.ConvTranspose2d(256, 128, 2, stride=2)
        self.deconv2_2 = nn.ConvTranspose2d(128, 128, 3, padding=1)
        self.deconv1_1 = nn.ConvTranspose2d(128, 64, 2, stride=2)
        self.deconv1_2 = nn.ConvTranspose2d(64, 64, 3, padding=1)
        self.output = nn.Conv2d(64, 3, 5, padding=2)

    def forward(self, x):
        first = self.conv1_2(self.conv1_1(x).relu()).relu()
        second = self.conv2_2(self.conv2_1(nn.functional.max_pool2d(first, 2)).relu()).relu()
        x = self.conv3(nn.functional.max_pool2d(second, 2)).relu()
        x = self.deconv2_2(self.deconv2_1(x).relu()).relu() + second
        x = self.deconv1_2(self.deconv1_1(x).relu()).relu() + first
        return self.output(x)


def with_dcgans_weights(model):
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1, 0.02)
            nn.init.zeros_(layer.bias)
    return model


def dcgan_generator():
    layers, widths = [], [512, 256, 128, 64]
    for i, (a, b) in enumerate(zip([100] + widths, widths)):
        stride, padding = (1, 0) if i == 0 else (2, 1)
        layers += [nn.ConvTranspose2d(a, b, 4, stride, padding, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return named(main=nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()))


def dcgan_discriminator():
    layers, widths = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)], [64, 128, 256, 512]
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Conv2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)]
    return named(main=nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 0, bias=False), nn.Sigmoid()))


class Dcgan(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = dcgan_generator(), dcgan_discriminator()

    def forward(self, x):
        images = self.generator(x)
        return images, self.discriminator(images)


def double_conv(a, b):
    return named(double_conv=nn.Sequential(
        nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
        nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()))


class Up(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.up = nn.ConvTranspose2d(a, b, 2, stride=2)
        self.conv = double_conv(a, b)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], 1))


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.inc = double_conv(3, 64)
        for i in range(1, 5):
            a = 32 * 2**i
            setattr(self, f"down{i}", named(maxpool_conv=nn.Sequential(nn.MaxPool2d(2), double_conv(a, 2 * a))))
        for i in range(1, 5):
            a = 2048 // 2**i
            setattr(self, f"up{i}", Up(a, a // 2))
        self.outc = named(conv=nn.Conv2d(64, 2, 1))

    def forward(self, x):
        skips = [self.inc(x)]
        for i in range(1, 5):
            skips.append(getattr(self, f"down{i}")(skips[-1]))
        x = skips.pop()
        for i in range(1, 5):
            x = getattr(self, f"up{i}")(x, skips.pop())
        return self.outc(x)


MODELS = {
    "lenet5": lenet5, "mlp": mlp, "keras_mnist_cnn": keras_mnist_cnn, "autoencoder": Autoencoder, "srcnn": srcnn,
    "espcn": espcn, "ddsrcnn": Ddsrcnn, "dcgan": lambda: with_dcgans_weights(Dcgan()),
    "dcgan_generator": lambda: with_dcgans_weights(dcgan_generator()),
    "dcgan_discriminator": lambda: with_dcgans_weights(dcgan_discriminator()), "unet": Unet,
}
