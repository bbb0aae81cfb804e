#!/usr/bin/env python3
"""Writes tests/fixtures/programs/programs.safetensors: what PyTorch 2.11 computes in float64 for programs that are no
plain supervised loop. tests/stdlib/programs_*_spec.lua has their twins, which draw the same first weights.

    python3 scripts/dev/make_program_fixtures.py

Of each program: NAME.losses, the loss of every step, and NAME.results, its trained tensors behind each other.
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn, optim

from program_references import (
    Decoder, Encoder, GraphAttention, Language, Perceptron, Pooled, Recurrent, TwoHeads, regression, tokens, waves,
)

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def minimise(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# ---- the same weights at several sizes -------------------------------------------------------------------------------


@program
def shapes():
    net, losses = Pooled(), []
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(2):
        for i, (height, width) in enumerate([(8, 8), (6, 10), (5, 5)]):
            x, target = waves((1, 1, height, width), i), waves((1, 2), i)
            losses.append(minimise(optimizer, F.mse_loss(net(x), target)))
    return losses, list(net.parameters())


@program
def lengths():
    net, losses = Language(), []
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    for _ in range(2):
        for length in (3, 6, 4):
            text = tokens(1, length + 1, 3, 7)
            loss = F.cross_entropy(net(text[:, :-1]).flatten(0, 1), text[:, 1:].flatten())
            losses.append(minimise(optimizer, loss))
    return losses, list(net.parameters())


@program
def other_sizes():
    net, losses = nn.Conv2d(1, 1, 3, padding=1), []
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for i in range(3):
        x = waves((2, 1, 6, 6), i)
        losses.append(minimise(optimizer, F.mse_loss(net(x).tanh(), x * 0.5)))
    with torch.no_grad():
        large = waves((1, 1, 9, 11))
        shown = net(large).tanh()
        return losses + [F.mse_loss(shown, large * 0.5).item()], [shown]


# ---- recurrent states, one word after the other ----------------------------------------------------------------------


@program
def truncated():
    net, losses = Recurrent(), []
    optimizer = optim.SGD(net.parameters(), lr=0.2)
    x, target = waves((2, 12, 2)), waves((2, 12, 1), 1)
    for _ in range(2):
        h = torch.zeros(1, 2, 3)
        for part, wanted in zip(x.split(4, 1), target.split(4, 1)):
            y, h = net(part, h.detach())
            losses.append(minimise(optimizer, F.mse_loss(y, wanted)))
    return losses, list(net.parameters())


@program
def encoder_decoder():
    encoder, decoder, losses = Encoder(), Decoder(), []
    optimizers = [optim.Adam(encoder.parameters(), lr=0.02), optim.SGD(decoder.parameters(), lr=0.5)]
    source, target = tokens(2, 4, 5, 6), tokens(2, 3, 7, 6)
    for _ in range(6):
        h, loss = encoder(source), 0
        word = torch.zeros(2, 1, dtype=torch.int64)
        for t in range(3):
            logits, h = decoder(word, h)
            loss = loss + F.cross_entropy(logits.squeeze(1), target[:, t]) / 3
            word = target[:, t : t + 1]
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        losses.append(loss.item())
    return losses, [*encoder.parameters(), *decoder.parameters(), greedy(encoder, decoder, source)]


def greedy(encoder, decoder, source):
    with torch.no_grad():
        h, word, words = encoder(source), torch.zeros(2, 1, dtype=torch.int64), []
        for _ in range(5):
            logits, h = decoder(word, h)
            word = logits.argmax(2)
            words.append(word)
        return torch.cat(words, 1)


# ---- what happens between backward and update ------------------------------------------------------------------------


@program
def clipped():
    net, losses = Perceptron(3, 4, 1), []
    optimizer = optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
    for x, target in regression() * 2:
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), target)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.1)
        optimizer.step()
        losses.append(loss.item())
    return losses, list(net.parameters())


@program
def handwritten():
    net, losses = Perceptron(3, 4, 1), []
    for x, target in regression():
        loss = F.mse_loss(net(x), target)
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p.sub_(0.3 * (p.grad + 0.01 * p))
        losses.append(loss.item())
    return losses, list(net.parameters())


@program
def summed():
    net, losses = Perceptron(3, 4, 1), []
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    for _ in range(2):
        optimizer.zero_grad()
        for x, target in regression():
            loss = F.mse_loss(net(x), target) / 3
            loss.backward()
            losses.append(loss.item() * 3)
        optimizer.step()
    return losses, list(net.parameters())


@program
def clamped():
    conv, losses = nn.Conv2d(1, 2, 3), []
    conv.requires_grad_(False)
    image, target = nn.Parameter(waves((1, 1, 6, 6))), waves((1, 2, 4, 4), 1)
    optimizer = optim.LBFGS([image], max_iter=5)

    def closure():
        with torch.no_grad():
            image.clamp_(-0.5, 0.5)
        optimizer.zero_grad()
        loss = F.mse_loss(conv(image), target)
        loss.backward()
        return loss

    for _ in range(3):
        losses.append(optimizer.step(closure).item())
    return losses, [image]


# ---- several nets ----------------------------------------------------------------------------------------------------


@program
def siamese():
    net, losses = Perceptron(3, 4, 2), []
    optimizer = optim.SGD(net.parameters(), lr=0.2)
    left, right, same = waves((6, 3)), waves((6, 3), 1), torch.tensor([1.0, 0, 0, 1, 1, 0])
    for _ in range(4):
        distance = (net(left) - net(right)).pow(2).sum(1).sqrt()
        loss = (same * distance.pow(2) + (1 - same) * (1 - distance).relu().pow(2)).mean()
        losses.append(minimise(optimizer, loss))
    return losses, list(net.parameters())


@program
def adversaries():
    generator, discriminator, losses = Perceptron(2, 4, 3), Perceptron(3, 4, 1), []
    of_generator = optim.Adam(generator.parameters(), lr=0.02, betas=(0.5, 0.999))
    of_discriminator = optim.Adam(discriminator.parameters(), lr=0.02, betas=(0.5, 0.999))
    for real, noise in zip(waves((12, 3)).split(4), waves((12, 2), 3).split(4)):
        fake = generator(noise)
        yes, no = discriminator(real), discriminator(fake.detach())
        loss = F.binary_cross_entropy_with_logits(yes, torch.ones_like(yes)) + F.binary_cross_entropy_with_logits(
            no, torch.zeros_like(no)
        )
        losses.append(minimise(of_discriminator, loss))
        judged = discriminator(fake)
        loss = F.binary_cross_entropy_with_logits(judged, torch.ones_like(judged))
        losses.append(minimise(of_generator, loss))
    return losses, [*generator.parameters(), *discriminator.parameters()]


@program
def adversaries_in_turn():
    generator, discriminator, losses = Perceptron(2, 4, 3), Perceptron(3, 4, 1), []
    of_generator = optim.Adam(generator.parameters(), lr=0.02, betas=(0.5, 0.999))
    of_discriminator = optim.Adam(discriminator.parameters(), lr=0.02, betas=(0.5, 0.999))
    scheduler = optim.lr_scheduler.ExponentialLR(of_generator, gamma=0.5)
    batches = list(zip(waves((16, 3)).split(4), waves((16, 2), 3).split(4)))
    for step, (real, noise) in enumerate(batches * 3):
        fake = generator(noise)
        judged, yes, no = discriminator(fake), discriminator(real), discriminator(fake.detach())
        loss_d = F.binary_cross_entropy_with_logits(yes, torch.ones_like(yes)) + F.binary_cross_entropy_with_logits(
            no, torch.zeros_like(no)
        )
        loss_g = F.binary_cross_entropy_with_logits(judged, torch.ones_like(judged))
        losses += [loss_d.item(), loss_g.item()]
        if step % 3 < 2:
            minimise(of_discriminator, loss_d)
        else:
            minimise(of_generator, loss_g)
            scheduler.step()
    return losses, [*generator.parameters(), *discriminator.parameters()]


@program
def forward_forward():
    layers, losses = [nn.Linear(3, 5), nn.Linear(5, 4)], []
    optimizers = [optim.Adam(layer.parameters(), lr=0.03) for layer in layers]
    positive, negative = waves((6, 3)), waves((6, 3), 2)
    for _ in range(4):
        good, bad = positive, negative
        for layer, optimizer in zip(layers, optimizers):
            good, bad = layer(F.normalize(good)).relu(), layer(F.normalize(bad)).relu()
            margin = torch.cat([1 - good.pow(2).sum(1), bad.pow(2).sum(1) - 1])
            losses.append(minimise(optimizer, F.softplus(margin).mean()))
            good, bad = good.detach(), bad.detach()
    return losses, [*layers[0].parameters(), *layers[1].parameters()]


# ---- gradients of inputs ---------------------------------------------------------------------------------------------


def gram(h):
    flat = h.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


@program
def style():
    conv, losses = nn.Conv2d(1, 3, 3), []
    conv.requires_grad_(False)
    image = nn.Parameter(waves((1, 1, 6, 6)))
    wanted, content = gram(conv(waves((1, 1, 6, 6), 1)).relu()), conv(waves((1, 1, 6, 6), 2)).relu()
    optimizer = optim.Adam([image], lr=0.05)
    for _ in range(4):
        h = conv(image).relu()
        losses.append(minimise(optimizer, F.mse_loss(h, content) + 3 * F.mse_loss(gram(h), wanted)))
    return losses, [image, *conv.parameters()]


@program
def moved_inputs():
    net, losses = Perceptron(3, 4, 1), []
    x, target = waves((12, 3)).requires_grad_(), waves((12, 1), 2)
    optimizers = [optim.Adam([x], lr=0.05), optim.SGD(net.parameters(), lr=0.1)]
    for _ in range(4):
        loss = F.mse_loss(net(x), target)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        losses.append(loss.item())
    return losses, [x, *net.parameters()]


@program
def shifted():
    net, losses = Perceptron(3, 4, 1), []
    net.requires_grad_(False)
    shift = waves((1, 3), 5).requires_grad_()
    optimizer = optim.SGD([shift], lr=0.1, momentum=0.9)
    for x, target in regression():
        losses.append(minimise(optimizer, F.mse_loss(net(x + shift) * shift.exp().sum(), target)))
    return losses, [shift]


@program
def adversarial():
    net, losses = Perceptron(3, 4, 1), []
    optimizer = optim.SGD(net.parameters(), lr=0.2)
    for x, target in regression():
        x = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(F.mse_loss(net(x), target), x)
        moved = (x + 0.1 * slope.sign()).detach()
        losses.append(minimise(optimizer, F.mse_loss(net(moved), target)))
    return losses, list(net.parameters())


@program
def penalty():
    critic, losses = Perceptron(3, 4, 1), []
    optimizer = optim.Adam(critic.parameters(), lr=0.02)
    for (x, _), y in zip(regression(), waves((12, 3), 4).split(4)):
        between = (x * 0.3 + y * 0.7).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        loss = critic(y).mean() - critic(x).mean() + 10 * (slope.norm(dim=1) - 1).pow(2).mean()
        losses.append(minimise(optimizer, loss))
    return losses, list(critic.parameters())


@program
def saliency():
    net = Pooled()
    x = waves((2, 1, 5, 5)).requires_grad_()
    scores = net(x)
    scores.gather(1, scores.argmax(1, keepdim=True)).sum().backward()
    return [], [x.grad.abs().amax(1)]


# ---- own losses and noise --------------------------------------------------------------------------------------------


@program
def terms():
    net, losses = TwoHeads(), []
    optimizer = optim.SGD(net.parameters(), lr=0.2)
    kinds = tokens(3, 4, 2, 3)
    for (x, target), kind in zip(regression(), kinds):
        scores, size = net(x)
        loss = F.cross_entropy(scores, kind) + 0.3 * F.mse_loss(size, target) + 0.01 * net.trunk.weight.abs().sum()
        losses.append(minimise(optimizer, loss))
    return losses, list(net.parameters())


@program
def noise():
    net, losses = Perceptron(3, 4, 3), []
    optimizer = optim.SGD(net.parameters(), lr=0.2)
    for x, _ in regression():
        losses.append(minimise(optimizer, F.mse_loss(net(x + 0.1 * torch.randn_like(x)), x)))
    return losses, list(net.parameters())


@program
def noise_as_data():
    net, losses = Perceptron(3, 4, 3), []
    optimizer = optim.SGD(net.parameters(), lr=0.2)
    for (x, _), noise in zip(regression(), waves((12, 3), 5).split(4)):
        losses.append(minimise(optimizer, F.mse_loss(net(x + 0.1 * noise), x)))
    return losses, list(net.parameters())


# ---- attention -------------------------------------------------------------------------------------------------------


@program
def masks():
    attend, losses = nn.MultiheadAttention(4, 2, batch_first=True), []
    optimizer = optim.SGD(attend.parameters(), lr=0.5)
    x, target = waves((3, 5, 4)), waves((3, 5, 4), 1)
    padding = torch.arange(5)[None, :] >= torch.tensor([5, 3, 4])[:, None]
    causal = torch.ones(5, 5, dtype=torch.bool).triu(1)
    for _ in range(4):
        y = attend(x, x, x, key_padding_mask=padding, attn_mask=causal, need_weights=False)[0]
        kept = (~padding)[:, :, None]
        losses.append(minimise(optimizer, ((y - target).pow(2) * kept).sum() / kept.sum()))
    return losses, list(attend.parameters())


@program
def graph_attention():
    net, losses = GraphAttention(), []
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    source, target = torch.tensor([0, 1, 2, 3, 4, 0, 2, 4]), torch.tensor([0, 0, 1, 2, 3, 3, 4, 4])
    x, rows, kinds = waves((5, 3)), torch.tensor([0, 2, 3]), torch.tensor([1, 3, 0])
    for _ in range(4):
        losses.append(minimise(optimizer, F.cross_entropy(net(x, source, target)[rows], kinds)))
    return losses, list(net.parameters())


# ---- policy gradients ------------------------------------------------------------------------------------------------


def rollout(policy):
    """A corridor of four places: 1 goes right, 0 left; the end gives 1, every step costs 0.1."""
    place, logs, rewards = 0, [], []
    while place < 3 and len(rewards) < 20:
        log = policy(F.one_hot(torch.tensor(place), 3).to(torch.float64)).log_softmax(0)
        action = log.exp().multinomial(1)
        logs.append(log[action])
        place = place + 1 if action.item() == 1 else max(place - 1, 0)
        rewards.append(1.0 if place == 3 else -0.1)
    return torch.cat(logs), rewards


@program
def reinforce():
    policy, losses = nn.Linear(3, 2), []
    optimizer = optim.Adam(policy.parameters(), lr=0.1)
    steps = []
    for _ in range(6):
        logs, rewards = rollout(policy)
        gains, gain = [], 0.0
        for reward in reversed(rewards):
            gain = reward + 0.9 * gain
            gains.insert(0, gain)
        losses.append(minimise(optimizer, -(logs * torch.tensor(gains)).sum()))
        steps.append(len(rewards))
    return losses, [*policy.parameters(), torch.tensor(steps)]


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    fixtures = {}
    for name, run in PROGRAMS.items():
        torch.manual_seed(1)
        losses, results = run()
        fixtures[f"{name}.losses"] = torch.tensor(losses)
        fixtures[f"{name}.results"] = torch.cat([r.detach().to(torch.float64).flatten() for r in results])
    root = pathlib.Path(__file__).resolve().parents[2]
    save_file(fixtures, root / "tests/fixtures/programs/programs.safetensors", {"torch": torch.__version__.split("+")[0]})


if __name__ == "__main__":
    main()
