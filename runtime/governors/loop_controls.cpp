#include "runtime/governors/loop_controls.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

Attribute share(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::number, .doc = std::move(doc), .min = 0};
}

Attribute share_above_zero(std::string name, std::string doc) {
  Attribute attribute = share(std::move(name), std::move(doc));
  attribute.above_min = true;
  return attribute;
}

void refuse_loop(const std::string& what, const SourceSite& site, const std::string& remedy) {
  throw Error(Fault::usage, what, site, remedy);
}

}  // namespace

std::vector<Attribute> loop_attributes() {
  return {
      share_above_zero("limit_train_batches", "batches of each epoch; below 1: a share of them; none: all"),
      share("limit_val_batches", "batches of each validation; below 1: a share; 0: no validation"),
      share_above_zero("overfit_batches",
                       "the first so many batches, or share below 1, for training and for validation, "
                       "not shuffled; none: all data"),
      {.name = "fast_dev_run",
       .doc = "tries out the script with so many batches (true: 1) of training and of validation; no "
              "savers, checkpoints, early stopping or history",
       .value = std::int64_t{0},
       .min = 0,
       .or_boolean = true},
      share_above_zero("val_check_interval",
                       "batches of an epoch from one validation to the next; below 1: a share of the epoch; "
                       "none: validation at its end"),
      {.name = "num_sanity_val_steps",
       .doc = "batches of validation that are tried before the first epoch; -1: all; 0: none",
       .value = std::int64_t{2},
       .min = -1}};
}

void check_loop_options(const Attributes& options, const SourceSite& site) {
  for (const char* option :
       {"limit_train_batches", "limit_val_batches", "overfit_batches", "val_check_interval"}) {
    if (!options.has(option) || options.is_integer(option) || options.real(option) < 1) continue;
    refuse_loop(fmt::format("{} must be a share below 1 or a whole number of batches, got {}", option,
                            options.real(option)),
                site, "");
  }
  for (const char* option : {"limit_train_batches", "limit_val_batches"})
    if (options.has("overfit_batches") && options.has(option))
      refuse_loop(fmt::format("both overfit_batches and {} are given", option), site,
                  "overfit_batches is the limit of training and of validation.");
  if (options.integer("fast_dev_run") > 0 && options.has("resume"))
    refuse_loop("both fast_dev_run and resume are given", site,
                "fast_dev_run tries a script from its beginning: leave one of them out.");
}

std::int64_t limited_batches(const Attributes& options, const std::string& option, std::int64_t batches,
                             const SourceSite& site) {
  if (!options.has(option)) return batches;
  if (options.is_integer(option)) return std::min(options.integer(option), batches);
  const double share = options.real(option);
  const auto limited = static_cast<std::int64_t>(std::floor(share * static_cast<double>(batches)));
  if (limited == 0)
    refuse_loop(fmt::format("{} = {} of {} batch{} is less than one batch", option, share, batches,
                            batches == 1 ? "" : "es"),
                site, "Give a larger share, or a whole number of batches.");
  return limited;
}

std::int64_t validation_interval(const Attributes& options, std::int64_t batches, const SourceSite& site) {
  const std::string option = "val_check_interval";
  if (!options.has(option)) return 0;
  if (!options.is_integer(option))
    return std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::floor(options.real(option) * static_cast<double>(batches))));
  const std::int64_t interval = options.integer(option);
  if (interval > batches)
    refuse_loop(fmt::format("{} is {} batches, and an epoch has {}", option, interval, batches), site,
                "Leave it out for a validation at the end of each epoch, or say every how many epochs with "
                "validate_every.");
  return interval;
}

void shorten_to_fast_dev_run(Attributes& options) {
  const std::int64_t batches = options.integer("fast_dev_run");
  options.set("epochs", std::int64_t{1});
  options.set("validate_every", std::int64_t{1});
  options.set("val_check_interval", {});
  options.set("limit_train_batches", batches);
  options.set("limit_val_batches", batches);
  options.set("overfit_batches", {});
  options.set("num_sanity_val_steps", std::int64_t{0});
  options.set("history", "");
}

}  // namespace orrery
