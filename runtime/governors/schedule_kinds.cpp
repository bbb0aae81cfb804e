#include "runtime/governors/optimizer_kinds.h"
#include "runtime/governors/schedule_forms.h"

namespace orrery {
namespace {

std::vector<ScheduleKind> make_schedule_kinds() {
  std::vector<ScheduleKind> kinds = plain_schedules();
  for (const auto& more : {cyclic_schedules(), std::vector{plateau_schedule()}, compound_schedules()})
    kinds.insert(kinds.end(), more.begin(), more.end());
  return kinds;
}

}  // namespace

const std::vector<ScheduleKind>& schedule_kinds() {
  static const std::vector<ScheduleKind> kinds = make_schedule_kinds();
  return kinds;
}

Attribute last_epoch() {
  return {.name = "last_epoch",
          .doc = "steps that a schedule before this one took; -1: none",
          .value = std::int64_t{-1},
          .min = -1};
}

Attribute required_whole(std::string name, std::string doc) {
  Attribute whole = whole_number(std::move(name), {}, std::move(doc));
  whole.required = true;
  return whole;
}

}  // namespace orrery
