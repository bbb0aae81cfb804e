// The digits that are part of Orrery: which samples are for training and which for testing.
#include <map>

#include "runtime/formats/digits.h"
#include "runtime/formats/gzip.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

constexpr int kTestOneIn = 5;

// The class is the last cell of each line.
std::vector<std::int64_t> digits_labels() {
  const Bytes content = gunzip(digits_csv_gz(), "the digits");
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  std::vector<std::int64_t> labels;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) {
    const size_t last = text.find_last_of("0123456789", end);
    labels.push_back(text[last] - '0');
  }
  return labels;
}

}  // namespace

std::vector<std::int64_t> digits_split(const std::vector<std::int64_t>& labels, const std::string& split) {
  std::map<std::int64_t, int> met;
  std::vector<std::int64_t> chosen;
  for (size_t i = 0; i < labels.size(); ++i) {
    const bool test = met[labels[i]]++ % kTestOneIn == kTestOneIn - 1;
    if (split == "all" || test == (split == "test")) chosen.push_back(static_cast<std::int64_t>(i));
  }
  return chosen;
}

SourceHeader open_digits(const DataSource& source) {
  const auto length =
      static_cast<std::int64_t>(digits_split(digits_labels(), source.options.text("split")).size());
  return {{{"image", {{1, 8, 8}, DType::float32}}, {"label", {{}, DType::int64}, true}},
          numbered_classes(10),
          length};
}

}  // namespace orrery
