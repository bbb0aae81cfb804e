"""What the families share: random inputs, and one case kept as JSON."""

import zlib

import torch

generator = torch.Generator()


def start(family):
    """Every family has its own random numbers: a case added to one changes no other's."""
    generator.manual_seed(zlib.crc32(family.encode()))


def normal(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=generator, dtype=dtype)


def positive(*shape):
    return torch.rand(shape, generator=generator) + 0.1


def integers(high, *shape, dtype=torch.int64):
    return torch.randint(0, high, shape, generator=generator).to(dtype)


def numbers(tensor):
    if tensor._is_zerotensor():
        tensor = torch.zeros(tensor.shape, dtype=tensor.dtype)
    flat = tensor.detach().resolve_conj().reshape(-1)
    if flat.is_complex():
        flat = torch.view_as_real(flat).reshape(-1)
    if flat.dtype == torch.float32:
        return [float(str(x)) for x in flat.numpy()]
    return flat.double().tolist() if flat.is_floating_point() else flat.long().tolist()


def kept(tensor):
    if tensor is None:
        return None
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch."), "values": numbers(tensor)}


def weighted(output):
    differentiable = output.is_floating_point() or output.is_complex()
    return normal(*output.shape).to(output.dtype) if differentiable else None


def gradients(outputs, weights, leaves):
    pairs = [(o, w) for o, w in zip(outputs, weights) if o.requires_grad]
    if not pairs or not leaves:
        return [None] * len(leaves)
    loss = sum((o * w).sum().abs() if o.is_complex() else (o * w).sum() for o, w in pairs)
    return [kept(g) for g in torch.autograd.grad(loss, leaves, allow_unused=True)]


def case(operation, options, inputs, compute, state=None, training=False, seed=None, redraw=True):
    """`compute(inputs)` is PyTorch's word for it, a tensor or several; `state` a module whose parameters are used."""
    if state is not None and redraw:
        with torch.no_grad():
            for parameter in state.parameters():
                parameter.copy_(normal(*parameter.shape).to(parameter.dtype))
    leaves = [x.requires_grad_() for x in inputs if x is not None and (x.is_floating_point() or x.is_complex())]
    before = {name: kept(t) for name, t in state.state_dict().items()} if state is not None else {}
    if seed is not None:
        torch.manual_seed(seed)
    result = compute(inputs)
    outputs = [result] if isinstance(result, torch.Tensor) else [x for x in result if x is not None]
    weights = [weighted(output) for output in outputs]
    names = [name for name, _ in state.named_parameters()] if state is not None else []
    tensors = leaves + ([p for _, p in state.named_parameters()] if state is not None else [])
    found = gradients(outputs, weights, tensors)
    buffers = {name: kept(t) for name, t in state.named_buffers()} if state is not None else {}
    return {
        "operation": operation,
        "options": options,
        "training": training,
        "seed": seed,
        "inputs": [kept(x) for x in inputs],
        "state": before,
        "outputs": [kept(x) for x in outputs],
        "weights": [kept(x) for x in weights],
        "input_gradients": found[: len(leaves)],
        "parameter_gradients": dict(zip(names, found[len(leaves):])),
        "buffers": buffers,
    }


def written(options):
    """A tensor is kept among the buffers; the option holds its shape."""
    return {name: list(x.shape) if isinstance(x, torch.Tensor) else x for name, x in options.items()}


def layer(name, options, *inputs, training=True, seed=None, ours=None):
    """A module of torch.nn of the same name, with the same options; `ours` are those with another value here."""
    module = getattr(torch.nn, name)(**options).train(training)
    return case(name, written(options | (ours or {})), list(inputs), lambda xs: module(*xs), state=module,
                training=training, seed=seed)


def transform(name, options, inputs, compute, seed=None):
    return case(name, options, list(inputs), lambda xs: compute(*xs), seed=seed)
