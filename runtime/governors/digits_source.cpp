// The digits that are part of Orrery: which samples are for training and which for testing.
#include <map>

#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

constexpr int kTestOneIn = 5;

// Known without unpacking them: loading compares.
constexpr std::int64_t kDigits = 1797, kTestDigits = 355;

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
  const std::string& split = source.options.text("split");
  const std::int64_t length = split == "all"    ? kDigits
                              : split == "test" ? kTestDigits
                                                : kDigits - kTestDigits;
  return {{{"image", {{1, 8, 8}, DType::float32}}, {"label", {{}, DType::int64}, true}},
          numbered_classes(10),
          length};
}

}  // namespace orrery
