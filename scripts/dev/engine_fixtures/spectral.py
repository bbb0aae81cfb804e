import torch

from .cases import normal, transform

fft = torch.fft
C64 = torch.complex64
REAL_IN = ("rfft", "ihfft", "rfft2", "rfftn")


def with_options(name, options, x):
    compute = getattr(fft, name)
    return transform(f"fft_{name}", options, [x], lambda x: compute(x, **options))


def signal(name, *shape):
    return normal(*shape) if name in REAL_IN else normal(*shape, dtype=C64)


def cases():
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        yield with_options(name, {}, signal(name, 2, 4))
        yield with_options(name, {"n": 3, "dim": 0, "norm": "ortho"}, signal(name, 4, 1))
    yield with_options("fft", {"n": 5, "norm": "forward"}, normal(3))
    for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"):
        yield with_options(name, {}, signal(name, 2, 3))
        yield with_options(name, {"s": [2, 4], "dim": [0, 1], "norm": "ortho"}, signal(name, 2, 3, 1))
    for name in ("fftshift", "ifftshift"):
        yield with_options(name, {}, normal(2, 3))
        yield with_options(name, {"dim": [1]}, normal(2, 3))
    yield from windows()
    for name in ("fftfreq", "rfftfreq"):
        yield transform(f"fft_{name}", {"n": [5]}, [], lambda name=name: getattr(fft, name)(5))
        yield transform(f"fft_{name}", {"n": [4], "d": 0.5, "dtype": "float64"}, [],
                        lambda name=name: getattr(fft, name)(4, 0.5, dtype=torch.float64))


def windows():
    def stft(x, window, **options):
        return torch.stft(x, window=window, return_complex=True, **options)

    yield transform("stft", {"n_fft": 4}, [normal(8), None], lambda x, w: stft(x, w, n_fft=4))
    whole = {"n_fft": 4, "hop_length": 2, "win_length": 3, "center": False, "normalized": True, "onesided": False}
    yield transform("stft", whole, [normal(2, 6), torch.hann_window(3)], lambda x, w: stft(x, w, **whole))
    yield transform("stft", {"n_fft": 4, "pad_mode": "constant", "return_complex": False}, [normal(6), None],
                    lambda x, w: torch.view_as_real(stft(x, w, n_fft=4, pad_mode="constant")))
    yield transform("istft", {"n_fft": 4}, [normal(3, 3, dtype=C64), None], lambda x, w: torch.istft(x, 4, window=w))
    longer = {"hop_length": 2, "win_length": 4, "normalized": True, "length": 5}
    yield transform("istft", {"n_fft": 4, **longer}, [normal(3, 4, dtype=C64), torch.hann_window(4)],
                    lambda x, w: torch.istft(x, 4, window=w, **longer))
    both = {"onesided": False, "return_complex": True, "center": False}
    yield transform("istft", {"n_fft": 4, **both}, [normal(4, 3, dtype=C64), None],
                    lambda x, w: torch.istft(x, 4, window=w, **both))
