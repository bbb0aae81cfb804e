#!/usr/bin/env python3
"""Writes tests/engine/training/fixtures/metrics.json: what torchmetrics (1.9) gives.

    python3 scripts/dev/make_metric_fixtures.py

Each case is a metric with options, batches of unequal sizes, and the numbers after all of them. `options` are
Orrery's, which are torchmetrics' (functional) under the same names. Where torchmetrics counts a class that
has no curve as an area of 0, the fixture leaves the class out, as Orrery does.
"""

import json
import pathlib
import warnings

import torch
import torchmetrics as tm
from torchmetrics.functional.classification import binary_auroc

warnings.filterwarnings("ignore")
torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
SIZES = [7, 5, 1]
CLASSES = 4
FOLDER = pathlib.Path(__file__).parents[2] / "tests/engine/training/fixtures"


def rounded(tensor):
    """To few digits, so that the file is small; in the middle of float32's."""
    return (tensor * 1000).round() / 1000


def batches(make):
    return [make(size) for size in SIZES]


def scored(*places, last=0):
    """Logits of four classes that lean towards the labels; the last class is never a label. `last` is added to it."""

    def make(n):
        labels = torch.randint(0, CLASSES - 1, (n, *places))
        scores = torch.randn(n, CLASSES, *places) + torch.nn.functional.one_hot(labels, CLASSES).movedim(-1, 1)
        scores[:, -1] += last
        return rounded(scores * 2), labels

    return batches(make)


def probabilities():
    return batches(lambda n: (rounded(torch.rand(n)), torch.randint(0, 2, (n,))))


def logits():
    # The first is outside of 0 … 1 in every batch, so that each is taken for logits.
    def make(n):
        scores = rounded(torch.randn(n))
        scores[0] = 1.5
        return scores, torch.randint(0, 2, (n,))

    return batches(make)


def pairs(*shape):
    def make(n):
        target = rounded(torch.rand(n, *shape))
        return rounded((target + 0.1 * torch.randn(n, *shape))), target

    return batches(make)


def computed(metric, given):
    for prediction, target in given:
        metric.update(prediction, target)
    return metric.compute().flatten().double().tolist()


CASES, DATA = [], []


def case(kind, options, given, numbers):
    """`data`: which of the lists of batches."""
    known = [i for i, one in enumerate(DATA) if one is given]
    if not known:
        DATA.append(given)
    CASES.append({"kind": kind, "options": options, "numbers": numbers, "data": known[0] if known else len(DATA) - 1})


def described(values):
    return {"shape": list(values.shape), "integers": not values.is_floating_point(), "values": values.flatten().tolist()}


def multiclass(name, make, given, options):
    metric = make(task="multiclass", num_classes=CLASSES, **options)
    case(name, options, given, computed(metric, given))


def areas(given, ignored=None):
    """One-vs-rest areas of the classes that have a curve, and their samples."""
    scores, labels = (torch.cat(parts) for parts in zip(*given))
    if ignored is not None:
        scores, labels = scores[labels != ignored], labels[labels != ignored]
    found = []
    for k in range(CLASSES):
        mine = (labels == k).long()
        curve = 0 < mine.sum() < len(mine)
        found.append((binary_auroc(scores.softmax(1)[:, k], mine).item() if curve else float("nan"), mine.sum().item()))
    return found


def averaged(found, weighted):
    kept = [(area, count if weighted else 1) for area, count in found if area == area]
    return [sum(area * weight for area, weight in kept) / sum(weight for _, weight in kept)]


def nan_as_null(numbers):
    return [None if number != number else number for number in numbers]


flat, maps, absent = scored(), scored(3, 2), scored(last=-20)
binary, binary_logits = probabilities(), logits()
for name, make in (("accuracy", tm.Accuracy), ("precision", tm.Precision), ("recall", tm.Recall), ("f1_score", tm.F1Score)):
    for average in ("micro", "macro", "weighted", "none"):
        multiclass(name, make, flat, {"average": average})
        multiclass(name, make, flat, {"average": average, "top_k": 2})
        multiclass(name, make, flat, {"average": average, "ignore_index": 1})
        multiclass(name, make, absent, {"average": average})
    multiclass(name, make, maps, {"average": "macro"})
    for given in (binary, binary_logits):
        for options in ({}, {"threshold": 0.6}, {"ignore_index": 0}):
            case(name, options, given, computed(make(task="binary", **options), given))
multiclass("accuracy", tm.Accuracy, maps, {"top_k": 3})

for normalize in ("none", "true", "pred", "all"):
    multiclass("confusion_matrix", tm.ConfusionMatrix, flat, {"normalize": normalize})
multiclass("confusion_matrix", tm.ConfusionMatrix, flat, {"ignore_index": 1})
given = binary
case("confusion_matrix", {}, given, computed(tm.ConfusionMatrix(task="binary"), given))

for options in ({}, {"ignore_index": 1}):
    found = areas(flat, options.get("ignore_index"))
    case("auroc", options, flat, averaged(found, False))
    case("auroc", {**options, "average": "weighted"}, flat, averaged(found, True))
    case("auroc", {**options, "average": "none"}, flat, nan_as_null([area for area, _ in found]))
for given in (binary, binary_logits, batches(lambda n: (torch.randint(0, 3, (n,)) / 2, torch.randint(0, 2, (n,))))):
    case("auroc", {}, given, computed(tm.AUROC(task="binary"), given))

numbers, outputs = pairs(), pairs(3)
for given in (numbers, outputs, pairs(2, 3)):
    case("mean_squared_error", {}, given, computed(tm.MeanSquaredError(), given))
    case("mean_squared_error", {"squared": False}, given, computed(tm.MeanSquaredError(squared=False), given))
    case("mean_absolute_error", {}, given, computed(tm.MeanAbsoluteError(), given))
case("r2_score", {}, numbers, computed(tm.R2Score(), numbers))
for multioutput in ("uniform_average", "variance_weighted"):
    options = {"multioutput": multioutput}
    case("r2_score", options, outputs, computed(tm.R2Score(**options), outputs))

texts = batches(lambda n: (rounded(torch.randn(n, 3, 5)), torch.randint(0, 5, (n, 3))))
for options in ({}, {"ignore_index": 2}, {"ignore_index": -100}):
    case("perplexity", options, texts, computed(tm.text.Perplexity(**options), texts))

pictures = pairs(1, 4, 5)
noise = tm.image.PeakSignalNoiseRatio
case("peak_signal_noise_ratio", {"data_range": 1.0}, pictures, computed(noise(data_range=1.0), pictures))
case("peak_signal_noise_ratio", {"data_range": 2.0, "base": 2.0}, pictures, computed(noise(data_range=2.0, base=2.0), pictures))
case("peak_signal_noise_ratio", {"data_range": 1.0, "dim": [1, 2, 3]}, pictures,
     computed(noise(data_range=1.0, dim=(1, 2, 3)), pictures))

SIZES = [2, 1]
similarity = tm.image.StructuralSimilarityIndexMeasure
wide, small = pairs(2, 13, 12), pairs(1, 6, 7)
for options, given in (
    ({"data_range": 1.0}, wide),
    ({"data_range": 1.0, "sigma": 0.5, "k1": 0.02, "k2": 0.05}, small),
    ({"data_range": 1.0, "gaussian_kernel": False, "kernel_size": 5}, small),
):
    case("structural_similarity_index_measure", options, given, computed(similarity(**options), given))

def lines(entries):
    return ",\n".join(json.dumps(one, separators=(",", ":")) for one in entries)


data = [[[described(values) for values in batch] for batch in given] for given in DATA]
(FOLDER / "metrics.json").write_text(f'{{"cases":[\n{lines(CASES)}\n],"data":[\n{lines(data)}\n]}}\n')
