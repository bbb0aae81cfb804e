"""Makes the files that data sources are tested with, by the programs that users have: NumPy, Pillow, torchvision.

    python scripts/dev/make_data_fixtures.py        (numpy==2.2.6 pillow==13.0.0 torch==2.11.0 torchvision==0.26.0)

tests/formats/fixtures/data/: arrays, and images with what Pillow makes of them in images.npz (`name.rgb`, `name.grey`).
tests/engine/data/fixtures/transforms.npz: an image, and what torchvision.transforms.v2.functional makes of it.
"""

import pathlib
import struct
import zlib

import numpy
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

ROOT = pathlib.Path(__file__).parents[2] / "tests"
FILES = ROOT / "formats/fixtures/data"
MODES = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR,
         "bicubic": InterpolationMode.BICUBIC}


def arrays():
    counted = numpy.arange(24).reshape(2, 3, 4)
    numpy.save(FILES / "float32.npy", (counted / 4).astype("<f4"))
    numpy.save(FILES / "fortran_big_endian.npy", numpy.asfortranarray(counted.astype(">f8")))
    numpy.save(FILES / "bool.npy", counted % 3 == 0)
    numpy.save(FILES / "complex64.npy", (counted + 1j).astype(">c8"))
    numpy.save(FILES / "scalar.npy", numpy.int64(7))
    numpy.save(FILES / "empty.npy", numpy.zeros((0, 5), "i4"))
    numpy.save(FILES / "uint16.npy", counted.astype("u2"))
    numpy.save(FILES / "text.npy", numpy.array(["a", "bc"]))
    numpy.save(FILES / "objects.npy", numpy.array([{"a": 1}], dtype=object), allow_pickle=True)
    numpy.save(FILES / "structured.npy", numpy.zeros(2, [("a", "f4"), ("b", "i4")]))
    for version in (2, 3):
        with open(FILES / f"version{version}.npy", "wb") as file:
            numpy.lib.format.write_array(file, counted.astype("i2"), version=(version, 0))
    image, label = (counted / 4).astype("f4"), numpy.array([1, 0], "i4")
    numpy.savez(FILES / "stored.npz", label=label, image=image)
    numpy.savez_compressed(FILES / "deflated.npz", label=label, image=image)


def picture(width, height, seed):
    """Smooth, with an edge, so that JPEG keeps it well."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [(x * 11 + y * 3 + seed) % 256, (x * 2 + y * 9 + 40) % 256, numpy.where(x > width // 2, 200, 30)]
    return Image.fromarray(numpy.stack(planes, -1).astype("u1"))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def interlaced_png(image):
    """Adam7, which Pillow reads and does not write."""
    pixels = numpy.asarray(image)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, across, down in passes:
        part = pixels[y::down, x::across]
        if part.shape[0] and part.shape[1]:
            rows += b"".join(b"\0" + row.tobytes() for row in part)
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def images():
    rgb = picture(9, 6, 0)
    transparent = rgb.copy()
    transparent.putalpha(Image.fromarray(numpy.arange(54, dtype="u1").reshape(6, 9)))
    made = {
        "rgb.png": rgb,
        "grey.png": rgb.convert("L"),
        "bits.png": rgb.convert("1"),
        "palette.png": rgb.quantize(8),
        "transparent.png": transparent,
        "one.png": picture(1, 1, 3),
    }
    for name, image in made.items():
        image.save(FILES / name)
    clear = rgb.quantize(8)
    clear.save(FILES / "clear_colour.png", transparency=2)
    (FILES / "interlaced.png").write_bytes(interlaced_png(rgb))
    large = picture(40, 24, 0).resize((40, 24))
    orientation = Image.Exif()
    orientation[0x0112] = 6
    large.save(FILES / "rgb.jpg", quality=92)
    large.save(FILES / "progressive.jpg", quality=92, progressive=True)
    large.save(FILES / "turned.jpg", quality=92, exif=orientation)
    large.convert("L").save(FILES / "grey.jpg", quality=92)
    large.convert("CMYK").save(FILES / "cmyk.jpg", quality=92)
    expected = {}
    for path in sorted(FILES.glob("*.png")) + sorted(FILES.glob("*.jpg")):
        expected[f"{path.name}.rgb"] = numpy.asarray(Image.open(path).convert("RGB"))
        if path.name != "cmyk.jpg":
            expected[f"{path.name}.grey"] = numpy.asarray(Image.open(path).convert("RGB").convert("L"))
    deep = (numpy.arange(54).reshape(6, 9) * 1200).astype("u2")
    Image.fromarray(deep).save(FILES / "deep.png")  # Pillow cuts 16 bits of grey off at 255; colours it shifts
    expected["deep.png.rgb"] = numpy.stack([deep >> 8] * 3, -1).astype("u1")
    numpy.savez_compressed(FILES / "images.npz", **expected)


def geometry(image):
    made = {}
    for mode, value in MODES.items():
        for antialias in (False, True):
            if mode == "nearest" and antialias:
                continue
            for size in ([4, 5], [12, 11]):
                key = f"resize.{mode}.{int(antialias)}.{size[0]}"
                made[key] = functional.resize(image, size, interpolation=value, antialias=antialias)
    for mode in ("constant", "edge", "reflect", "symmetric"):
        made[f"pad.{mode}"] = functional.pad(image, [1, 2, 3, 4], fill=0.5 if mode == "constant" else 0, padding_mode=mode)
    made["center_crop.small"] = functional.center_crop(image, [4, 4])
    made["center_crop.large"] = functional.center_crop(image, [10, 6])
    for mode in ("nearest", "bilinear"):
        for fill in (0, 0.25):
            made[f"rotate.{mode}.{fill}"] = functional.rotate(image, 30.0, interpolation=MODES[mode], fill=fill)
            made[f"affine.{mode}.{fill}"] = functional.affine(
                image, 20.0, [2, -1], 1.25, [10.0, -5.0], interpolation=MODES[mode], fill=fill)
    return made


def colours(image):
    return {
        "grayscale": functional.rgb_to_grayscale(image, 1),
        "brightness": functional.adjust_brightness(image, 1.4),
        "contrast": functional.adjust_contrast(image, 0.6),
        "saturation": functional.adjust_saturation(image, 1.7),
        "hue": functional.adjust_hue(image, -0.2),
        "normalize": functional.normalize(image, [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]),
    }


def transforms():
    image = torch.rand(3, 7, 9, generator=torch.Generator().manual_seed(0))
    made = {"image": image, **geometry(image), **colours(image)}
    numpy.savez_compressed(ROOT / "engine/data/fixtures/transforms.npz", **{k: v.numpy() for k, v in made.items()})
    square = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))
    numpy.savez_compressed(ROOT / "engine/data/fixtures/square.npz", image=square.numpy(),
                           rotated=functional.rotate(square, 90.0).numpy())


def main():
    FILES.mkdir(parents=True, exist_ok=True)
    (ROOT / "engine/data/fixtures").mkdir(parents=True, exist_ok=True)
    arrays()
    images()
    transforms()


main()
