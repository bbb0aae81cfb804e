#include "runtime/formats/weights_difference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "runtime/formats/element_values.h"

namespace orrery {
namespace {

constexpr std::size_t kElementsAtOnce = 1 << 16;

double distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double apart = std::fabs(a - b);
  return std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart;
}

bool same_bytes(const Bytes& a, const Bytes& b) { return std::ranges::equal(a.span(), b.span()); }

// Part by part, so that values take no more room than the tensors.
void measure(WeightDifference& difference, const Bytes& a, const Bytes& b) {
  const auto width_a = static_cast<std::size_t>(difference.first->dtype.bits / 8),
             width_b = static_cast<std::size_t>(difference.second->dtype.bits / 8);
  const std::size_t count = a.size() / width_a;
  double sum = 0, largest = 0;
  std::size_t values = 0;
  for (std::size_t start = 0; start < count; start += kElementsAtOnce) {
    const std::size_t part = std::min(kElementsAtOnce, count - start);
    const auto of_a =
        values_of_elements(difference.first->dtype, a.span().subspan(start * width_a, part * width_a));
    const auto of_b =
        values_of_elements(difference.second->dtype, b.span().subspan(start * width_b, part * width_b));
    for (std::size_t i = 0; i < of_a.size(); ++i) {
      const double apart = distance(of_a[i], of_b[i]);
      largest = std::max(largest, apart);
      sum += apart;
      difference.differing += apart > 0;
    }
    values += of_a.size();
  }
  difference.largest = largest;
  difference.mean = values == 0 ? 0 : sum / static_cast<double>(values);
}

bool is_complex_type(const SafetensorsDType& dtype) { return dtype.dtype && is_complex(*dtype.dtype); }

void compare_values(WeightDifference& difference, const Bytes& a, const Bytes& b) {
  const SafetensorsDType &type_a = difference.first->dtype, &type_b = difference.second->dtype;
  const bool one_type = type_a.name == type_b.name;
  const bool comparable =
      has_values(type_a) && has_values(type_b) && is_complex_type(type_a) == is_complex_type(type_b);
  if (comparable) measure(difference, a, b);
  const bool same = comparable ? difference.differing == 0 : one_type && same_bytes(a, b);
  difference.how = same ? WeightDifference::How::same : WeightDifference::How::values;
}

}  // namespace

std::vector<WeightDifference> compare_weights(const WeightsFile& first, const WeightsFile& second) {
  std::unordered_map<std::string_view, const WeightTensor*> others;
  for (const WeightTensor& tensor : second.listing().tensors) others[tensor.name] = &tensor;
  std::vector<WeightDifference> differences;
  for (const WeightTensor& tensor : first.listing().tensors) {
    const auto found = others.find(tensor.name);
    WeightDifference difference{
        .name = tensor.name, .how = WeightDifference::How::first_only, .first = &tensor};
    if (found != others.end()) {
      difference.second = found->second;
      if (tensor.shape == found->second->shape)
        compare_values(difference, first.read(tensor), second.read(*found->second));
      else
        difference.how = WeightDifference::How::shape;
      others.erase(found);
    }
    differences.push_back(std::move(difference));
  }
  for (const WeightTensor& tensor : second.listing().tensors)
    if (others.contains(tensor.name))
      differences.push_back(
          {.name = tensor.name, .how = WeightDifference::How::second_only, .second = &tensor});
  return differences;
}

}  // namespace orrery
