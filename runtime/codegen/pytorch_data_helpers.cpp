#include "runtime/codegen/pytorch_data_helpers.h"

#include <algorithm>

#include "runtime/core/error.h"

namespace orrery {
namespace {

const char* const kDigitsSet = R"(def digits(split):
    """The 1,797 digits of scikit-learn, 0 to 1; every fifth of a class is for testing."""
    pixels, labels = map(torch.from_numpy, load_digits(return_X_y=True))
    images = pixels.float().reshape(-1, 1, 8, 8) / 16
    places = nn.functional.one_hot(labels).cumsum(0).gather(1, labels[:, None])[:, 0]
    test = places % 5 == 0
    chosen = {"train": ~test, "test": test, "all": test | ~test}[split]
    return TensorDataset(images[chosen], labels[chosen])
)";

const char* const kReadIdx = R"(def read_idx(path):
    """The array of an IDX file as of MNIST, gzip or plain."""
    data = Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    dtype = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[data[2]]
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    array = np.frombuffer(data, dtype, offset=4 + 4 * data[3]).reshape(shape)
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))
)";

const char* const kIdxImages = R"(def idx_images(images, labels=None, scale=True):
    """Images with one channel, their bytes brought to 0 to 1, and their labels."""
    pixels = read_idx(images)
    if pixels.dim() == 3:
        pixels = pixels[:, None]
    if pixels.dtype == torch.uint8 and scale:
        pixels = pixels.float() / 255
    elif pixels.dtype != torch.float64:
        pixels = pixels.float()
    if labels is None:
        return TensorDataset(pixels)
    return TensorDataset(pixels, read_idx(labels).long())
)";

const char* const kReadCsv = R"(def read_csv(path, delimiter=",", header=True):
    """The rows of a table, gzip or plain, without the names of its columns."""
    data = Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    lines = data.decode("utf-8-sig").splitlines()
    rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    return rows[1:] if header else rows
)";

const char* const kShare = R"(def share(dataset, first, last, seed, others=False):
    """Samples of a random order, which is the same for all shares of a seed."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(dataset), generator=generator).tolist()
    chosen = order[:first] + order[last:] if others else order[first:last]
    return Subset(dataset, chosen)
)";

const char* const kTransformed = R"(class Transformed(Dataset):
    """Samples whose first field is changed."""

    def __init__(self, dataset, transform):
        self.dataset = dataset
        self.transform = transform

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        first, *others = self.dataset[index]
        return self.transform(first), *others
)";

std::string from_data(const char* name) { return std::string("from torch.utils.data import ") + name; }

const std::vector<PytorchDataHelper>& helpers() {
  static const std::vector<PytorchDataHelper> all = {
      {"digits", {"from sklearn.datasets import load_digits", from_data("TensorDataset")}, {}, kDigitsSet},
      {"read_idx", {"import gzip", "import numpy as np", "from pathlib import Path"}, {}, kReadIdx},
      {"idx_images", {from_data("TensorDataset")}, {"read_idx"}, kIdxImages},
      {"read_csv", {"import csv", "import gzip", "from pathlib import Path"}, {}, kReadCsv},
      {"share", {from_data("Subset")}, {}, kShare},
      {"Transformed", {from_data("Dataset")}, {}, kTransformed}};
  return all;
}

}  // namespace

const PytorchDataHelper& pytorch_data_helper(const std::string& name) {
  const auto found =
      std::ranges::find_if(helpers(), [&](const PytorchDataHelper& helper) { return helper.name == name; });
  invariant(found != helpers().end(), "there is no such helper");
  return *found;
}

}  // namespace orrery
