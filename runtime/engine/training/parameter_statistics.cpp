#include "runtime/engine/training/parameter_statistics.h"

#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

namespace orrery {
namespace {

// Unlike std::min and std::max they keep a NaN of either side.
double lesser(double a, double b) { return std::isnan(a) || a < b ? a : b; }
double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

// `features/conv` belongs to itself, to `features`, and to the whole graph.
std::vector<std::string> parts_of_block(std::string path) {
  std::vector<std::string> parts = {""};
  while (!path.empty()) {
    parts.push_back(path);
    const size_t slash = path.rfind('/');
    path = slash == std::string::npos ? "" : path.substr(0, slash);
  }
  return parts;
}

}  // namespace

ParameterStatistics::ParameterStatistics(const Graph& graph, std::string what, bool by_block)
    : what_(std::move(what)) {
  for (const Graph::Entry& entry : graph.state_of_run()) {
    if (parts_.contains(entry.parameter.get())) continue;
    std::vector<std::string> parts = {"", entry.key};
    if (by_block) parts = parts_of_block(entry.block ? entry.block->path() : "");
    parts_.emplace(entry.parameter.get(), std::move(parts));
  }
}

void ParameterStatistics::Look::add(const Look& other) {
  least = count == 0 ? other.least : lesser(least, other.least);
  greatest = count == 0 ? other.greatest : larger(greatest, other.greatest);
  squares += other.squares;
  zeros += other.zeros;
  nonfinite += other.nonfinite;
  count += other.count;
}

void ParameterStatistics::Sum::add(const Look& look) {
  least = looks == 0 ? look.least : lesser(least, look.least);
  greatest = looks == 0 ? look.greatest : larger(greatest, look.greatest);
  norms += std::sqrt(look.squares);
  zeros += look.zeros / look.count;
  nonfinite += look.nonfinite;
  ++looks;
}

// One copy from the device for all five.
ParameterStatistics::Look ParameterStatistics::looked(const at::Tensor& tensor) {
  const at::Tensor real = tensor.is_complex() ? at::view_as_real(tensor.detach()) : tensor.detach();
  const at::Tensor flat = real.reshape({-1}).to(at::kDouble);
  const auto [least, greatest] = at::aminmax(flat);
  const at::Tensor numbers = at::stack({flat.dot(flat), least, greatest, (flat == 0).sum().to(at::kDouble),
                                        flat.isfinite().logical_not().sum().to(at::kDouble)})
                                 .to(at::kCPU);
  const double* all = numbers.const_data_ptr<double>();
  return {all[0], all[1], all[2], all[3], all[4], static_cast<double>(flat.numel())};
}

void ParameterStatistics::see(const std::vector<ParameterPtr>& parameters,
                              const std::vector<at::Tensor>& tensors) {
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto known = parts_.find(parameters[i].get());
    if (known == parts_.end() || !tensors[i].defined() || tensors[i].numel() == 0) continue;
    const Look look = looked(tensors[i]);
    for (const std::string& part : known->second) looks_[part].add(look);
  }
}

void ParameterStatistics::end_look() {
  for (const auto& [part, look] : looks_) sums_[part].add(look);
  looks_.clear();
}

std::vector<NamedNumber> ParameterStatistics::take_epoch() {
  end_look();
  std::vector<NamedNumber> numbers;
  for (const auto& [part, sum] : sums_) {
    const std::string begin = part.empty() ? what_ + "/" : what_ + "/" + part + "/";
    numbers.push_back({begin + "norm", sum.norms / sum.looks});
    numbers.push_back({begin + "min", sum.least});
    numbers.push_back({begin + "max", sum.greatest});
    numbers.push_back({begin + "zeros", sum.zeros / sum.looks});
    numbers.push_back({begin + "nonfinite", sum.nonfinite});
  }
  sums_.clear();
  return numbers;
}

void ParameterStatistics::save(Checkpoint& to) const {
  for (const auto& [part, sum] : sums_) {
    const std::pair<const char*, double> fields[] = {{"looks", sum.looks}, {"norms", sum.norms},
                                                     {"least", sum.least}, {"greatest", sum.greatest},
                                                     {"zeros", sum.zeros}, {"nonfinite", sum.nonfinite}};
    for (const auto& [field, value] : fields)
      to.numbers[fmt::format("statistics.{}.{}.{}", what_, part, field)] = value;
  }
}

void ParameterStatistics::load(const Checkpoint& from) {
  const std::string begin = fmt::format("statistics.{}.", what_), end = ".looks";
  sums_.clear();
  for (const auto& [key, looks] : from.numbers) {
    if (!key.starts_with(begin) || !key.ends_with(end)) continue;
    const std::string part = key.substr(begin.size(), key.size() - begin.size() - end.size());
    const auto field = [&](const char* name) { return from.number(begin + part + "." + name); };
    sums_[part] = {looks,          field("norms"),    field("least"), field("greatest"),
                   field("zeros"), field("nonfinite")};
  }
}

}  // namespace orrery
