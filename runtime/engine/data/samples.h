#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/governors/data_source.h"

namespace orrery {

struct Dataset;

/// A set whose samples can be had one at a time. Const functions may run on several threads at once unless
/// `on_any_thread` says otherwise. Hosts derive from it for data of their own, see `OwnSamples`.
class Samples {
 public:
  virtual ~Samples() = default;

  virtual std::int64_t length() const = 0;
  /// A sample's fields, in the source's order and without a batch dimension. Samples count from 0,
  /// epochs from 1; the epoch matters where something is drawn at random. Throws `Error`.
  virtual std::vector<at::Tensor> at(std::int64_t index, std::int64_t epoch) const = 0;

  /// The file that a sample is in, as messages show it; empty where there is none.
  virtual std::string place(std::int64_t) const { return {}; }
  /// A whole number that is a sample's field, where that is known without reading the sample.
  virtual std::optional<std::int64_t> number(std::int64_t, size_t) const { return std::nullopt; }
  /// False for samples that only the thread of the script can make.
  virtual bool on_any_thread() const { return true; }
  /// The whole set, where it is in memory as it is; else null.
  virtual const Dataset* in_memory() const { return nullptr; }
};

/// Samples that a host or a script gives, for `data_source_of_own`.
class OwnSamples : public OwnData {
 public:
  explicit OwnSamples(std::shared_ptr<const Samples> given) : given_(std::move(given)) {}
  std::shared_ptr<const Samples> samples() override { return given_; }

 private:
  std::shared_ptr<const Samples> given_;
};

/// The samples of a source, after the transforms that change single samples. Sets that are in memory are
/// read now, others only their headers. Faults as `load` (dataset.h). The values of a source with random
/// parts follow from `seed`, where the source has no seed of its own, from the epoch and from the sample's
/// number alone.
std::shared_ptr<const Samples> open_samples(const DataSource& source, std::uint64_t seed);

/// A field of whole numbers of every sample, such as the labels; `name` is the field's. Reads the samples
/// where it must. Throws `Error(Fault::usage)` when a sample has several numbers there, or a fraction.
std::vector<std::int64_t> numbers_of(const Samples& samples, size_t field, const std::string& name);

/// Throws what is being handled with the sample's number, its file and the script's line.
[[noreturn]] void rethrow_for_sample(const Samples& samples, std::int64_t index, const SourceSite& site);

}  // namespace orrery
