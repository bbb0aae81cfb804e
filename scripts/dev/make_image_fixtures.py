"""Writes the images of tests/fixtures/images: what torchvision's save_image makes of tensors that
tests/stdlib/image_saver_spec.lua makes, too. Needs torch, torchvision and Pillow.

    python scripts/dev/make_image_fixtures.py
"""

import pathlib

import torch
from torchvision.utils import save_image

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "fixtures" / "images"


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    batch = torch.arange(360, dtype=torch.float32).view(5, 3, 4, 6) / 360 * 1.4 - 0.2
    save_image(batch, FOLDER / "grid.png", nrow=2, padding=1, pad_value=0.5)
    save_image(batch, FOLDER / "normalized.png", normalize=True, scale_each=True)
    save_image(batch, FOLDER / "ranged.png", nrow=5, padding=0, normalize=True, value_range=(-0.1, 0.9))
    save_image(batch[0, 0], FOLDER / "grey.png")


if __name__ == "__main__":
    main()
