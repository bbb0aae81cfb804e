#include "runtime/governors/schedule.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/names.h"
#include "runtime/governors/schedule_forms.h"

namespace orrery {
namespace {

// A list of numbers is one a group.
void check_lists(const ScheduleKind& kind, const Attributes& options, size_t groups) {
  for (const Attribute& attribute : kind.attributes) {
    if (attribute.type != AttributeType::reals || !options.has(attribute.name)) continue;
    const size_t count = options.reals(attribute.name).size();
    check(count == 1 || count == groups, Fault::usage,
          "{}: {} must be one number or one for each of the {} {}, got {}", kind.name, attribute.name, groups,
          groups == 1 ? "group" : "groups", count);
  }
}

}  // namespace

double ScheduleMoment::of_group(const char* option) const {
  const std::vector<double>& values = options.reals(option);
  return values.size() == 1 ? values.front() : values.at(group);
}

std::shared_ptr<Schedule> Schedule::make(const ScheduleKind& kind, ScheduleParts parts, Attributes options,
                                         Origin origin) {
  const SourceSite site = origin.site;
  try {
    check(!kind.part_required || parts.function || !parts.schedules.empty(), Fault::usage, "{} needs {}",
          kind.name, kind.part);
    switch (kind.form) {
      case ScheduleKind::Form::rates: return make_rates(kind, std::move(parts), options, origin);
      case ScheduleKind::Form::plateau: return make_plateau(kind, std::move(parts), options, origin);
      case ScheduleKind::Form::chain: return make_chain(kind, std::move(parts), options, origin);
      case ScheduleKind::Form::sequence: return make_sequence(kind, std::move(parts), options, origin);
    }
  } catch (const Error& error) {
    if (error.site().known()) throw;
    throw Error(error.fault(), error.message(), site, error.remedy());
  }
  invariant(false, "a schedule has an unknown form");
  return nullptr;
}

Schedule::Schedule(const ScheduleKind& kind, std::shared_ptr<Optimizer> optimizer, Attributes options,
                   Origin origin)
    : Governor(std::move(origin)),
      kind_(kind),
      optimizer_(std::move(optimizer)),
      options_(std::move(options)) {
  const std::string conflict = kind.conflict ? kind.conflict(options_) : "";
  if (!conflict.empty()) throw Error(Fault::usage, kind.name + " " + conflict, this->origin().site);
  check_lists(kind, options_, groups());
  note_rates();
}

void Schedule::step() {
  fail(Fault::usage, "{} is stepped with the number that it watches: scheduler:step(loss)", kind_.name);
}

void Schedule::step(double) { fail(Fault::usage, "{} is stepped without a number", kind_.name); }

const std::vector<std::shared_ptr<Schedule>>& Schedule::parts() const {
  static const std::vector<std::shared_ptr<Schedule>> none;
  return none;
}

void Schedule::note_rates() {
  last_rates_.clear();
  for (size_t group = 0; group < groups(); ++group) last_rates_.push_back(rate(group));
}

std::vector<Schedule::Number> Schedule::state() const {
  std::vector<Number> state = {{"last_epoch", static_cast<double>(last_epoch_)}};
  add(state, "last_lr", last_rates_);
  return state;
}

void Schedule::load_state(const std::vector<Number>& state) {
  std::vector<Number> left = state;
  take_state(left);
  check(left.empty(), Fault::input_file, "{} keeps no '{}'", kind_.name,
        left.empty() ? "" : left.front().name);
  for (size_t group = 0; group < groups(); ++group) set_rate(group, last_rates_[group]);
}

void Schedule::take_state(std::vector<Number>& state) {
  last_epoch_ = static_cast<std::int64_t>(taken(state, "last_epoch"));
  take(state, "last_lr", last_rates_);
}

double Schedule::taken(std::vector<Number>& state, const std::string& name) {
  const auto found = std::ranges::find(state, name, &Number::name);
  check(found != state.end(), Fault::input_file, "the state of a schedule has no '{}'", name);
  const double value = found->value;
  state.erase(found);
  return value;
}

void Schedule::add(std::vector<Number>& state, const std::string& name, const std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) state.push_back({fmt::format("{}.{}", name, i), values[i]});
}

void Schedule::take(std::vector<Number>& state, const std::string& name, std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) values[i] = taken(state, fmt::format("{}.{}", name, i));
}

const ScheduleKind& schedule_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const ScheduleKind& kind : schedule_kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  throw Error(Fault::usage, fmt::format("there is no schedule '{}'{}", name, did_you_mean(name, names)), {},
              fmt::format("There are {}.", fmt::join(names, ", ")));
}

}  // namespace orrery
