#include "runtime/engine/training/run_log.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/ScalarType.h>

namespace orrery {
namespace {

using LogPoint = RunLog::Moment::Point;

constexpr std::string_view kLogPrefix = "log.";

// log.3.train.grad_norm
std::string log_key(std::int64_t epoch, Split split, const std::string& name) {
  return fmt::format("{}{}.{}.{}", kLogPrefix, epoch, orrery::name(split), name);
}

}  // namespace

std::shared_ptr<RunLog> RunLog::of_run(std::shared_ptr<RunLog> given) {
  const auto log = given ? std::move(given) : std::make_shared<RunLog>();
  return {log.get(), [log](RunLog*) { log->at({.point = LogPoint::over}); }};
}

void RunLog::begin(std::vector<std::string> own, std::int64_t every) {
  own_ = std::move(own);
  every_ = every;
  begun_ = true;
}

void RunLog::set_run(std::string name, std::string folder) {
  run_name_ = std::move(name);
  folder_ = std::move(folder);
}

void RunLog::log(const std::string& name, const at::Tensor& value, const Use& use) {
  check(open(), Fault::usage, "manager:log: no run of this manager is going on");
  check(std::ranges::find(own_, name) == own_.end(), Fault::usage,
        "manager:log: the run has a number '{}' of its own: choose another name", name);
  check(value.numel() == 1 && !value.is_complex(), Fault::usage,
        "manager:log: '{}' must be one real number, got a tensor of {} elements of {}", name, value.numel(),
        c10::toString(value.scalar_type()));
  const bool training = moment_.point == LogPoint::training;
  check(training || use.step || !use.on_step.value_or(false), Fault::usage,
        "manager:log: on_step is for batches that are trained on: give a step, or leave on_step out");
  const Split split =
      use.split.value_or(moment_.point == LogPoint::validation ? Split::validation : Split::train);
  if (use.step)
    keep(split, name, *use.step, value);
  else if (use.on_step.value_or(training) && is_due())
    keep(split, name, moment_.step, value);
  if (use.on_epoch.value_or(!training && !use.step))
    add({moment_.epoch, split, name}, value,
        static_cast<double>(use.batch_size.value_or(moment_.batch_size)));
}

void RunLog::losses(const std::vector<at::Tensor>& values) {
  if (!is_due()) return;
  for (size_t i = 0; i < values.size(); ++i) keep(Split::train, own_.at(i), moment_.step, values[i]);
}

void RunLog::validated(std::int64_t epoch, std::int64_t step, const std::vector<NamedNumber>& numbers) {
  for (const NamedNumber& number : numbers)
    steps_.push_back({{Split::validation, number.name, step, epoch, number.value, machine_clock()}, {}});
}

// A tensor that a step may change in place is copied; reading a number of a device stops its queue.
void RunLog::keep(Split split, const std::string& name, std::int64_t step, const at::Tensor& value) {
  const c10::NoGradGuard no_grad;
  StepValue kept{{split, name, step, moment_.epoch, 0, machine_clock()}, {}};
  if (value.is_cpu())
    kept.row.value = value.item<double>();
  else
    kept.on_device = value.to(at::kDouble, /*non_blocking=*/false, /*copy=*/true);
  steps_.push_back(std::move(kept));
}

void RunLog::add(const Key& key, const at::Tensor& value, double weight) {
  const c10::NoGradGuard no_grad;
  Mean& mean = means_[key];
  mean.weight += weight;
  if (value.is_cpu())
    mean.sum += value.item<double>() * weight;
  else if (mean.on_device.defined())
    mean.on_device.add_(value.to(at::kDouble), weight);
  else
    mean.on_device = value.to(at::kDouble).mul(weight);
}

double RunLog::Mean::total() const { return sum + (on_device.defined() ? on_device.item<double>() : 0); }

std::vector<StepRecord> RunLog::take_steps() {
  std::vector<StepRecord> rows;
  for (StepValue& kept : std::exchange(steps_, {})) {
    if (kept.on_device.defined()) kept.row.value = kept.on_device.item<double>();
    rows.push_back(std::move(kept.row));
  }
  return rows;
}

MetricRecord RunLog::record_of(const Key& key, const Mean& mean) {
  const auto& [epoch, split, name] = key;
  return {epoch, split, name, mean.total() / mean.weight};
}

std::vector<MetricRecord> RunLog::take_means() {
  std::vector<MetricRecord> rows;
  for (const auto& [key, mean] : std::exchange(means_, {})) rows.push_back(record_of(key, mean));
  return rows;
}

std::vector<MetricRecord> RunLog::means_of(std::int64_t epoch) const {
  std::vector<MetricRecord> rows;
  for (const auto& [key, mean] : means_)
    if (std::get<0>(key) == epoch) rows.push_back(record_of(key, mean));
  return rows;
}

void RunLog::forget_validation_of(std::int64_t epoch) {
  std::erase_if(means_, [&](const auto& each) {
    return std::get<0>(each.first) == epoch && std::get<1>(each.first) == Split::validation;
  });
}

void RunLog::forget_means_after(std::int64_t epoch) {
  std::erase_if(means_, [&](const auto& each) { return std::get<0>(each.first) > epoch; });
}

void RunLog::save(Checkpoint& to) const {
  for (const auto& [key, mean] : means_) {
    const auto& [epoch, split, name] = key;
    if (moment_.point == LogPoint::validation && split == Split::validation) continue;
    const std::string begin = log_key(epoch, split, name);
    to.numbers[begin + ".sum"] = mean.total();
    to.numbers[begin + ".weight"] = mean.weight;
  }
}

void RunLog::load(const Checkpoint& from) {
  means_.clear();
  constexpr std::string_view kEnd = ".weight";
  for (const auto& [key, weight] : from.numbers) {
    if (!key.starts_with(kLogPrefix) || !key.ends_with(kEnd)) continue;
    const std::string whole = key.substr(0, key.size() - kEnd.size());
    const size_t first = whole.find('.', kLogPrefix.size()), second = whole.find('.', first + 1);
    invariant(second != std::string::npos, "a checkpoint's logged number has no name");
    const auto split = split_from_name(whole.substr(first + 1, second - first - 1));
    const std::int64_t epoch = std::stoll(whole.substr(kLogPrefix.size()));
    means_[{epoch, split.value(), whole.substr(second + 1)}] = {from.number(whole + ".sum"), {}, weight};
  }
}

}  // namespace orrery
