#include <cmath>
#include <numbers>

#include "runtime/governors/optimizer_kinds.h"
#include "runtime/governors/schedule_forms.h"

namespace orrery {
namespace {

using std::numbers::pi;

Attribute lowest_rate() { return amount("eta_min", 0, "least learning rate"); }

// One number, or one for each group.
Attribute of_groups(std::string name, AttributeValue value, std::string doc) {
  const bool required = std::holds_alternative<std::monostate>(value);
  return {.name = std::move(name),
          .type = AttributeType::reals,
          .doc = std::move(doc),
          .value = std::move(value),
          .required = required,
          .min = 0,
          .count = 0};
}

double number(std::int64_t integer) { return static_cast<double>(integer); }

double of_group(const Attributes& options, const char* name, size_t group) {
  const std::vector<double>& values = options.reals(name);
  return values[values.size() == 1 ? 0 : group];
}

// Cosine.

double cosine_rate(const ScheduleMoment& now) {
  if (now.initial) return now.rate;
  const std::int64_t half = now.options.integer("T_max");
  const double least = now.options.real("eta_min");
  if ((now.step - 1 - half) % (2 * half) == 0)
    return now.rate + (now.base - least) * (1 - std::cos(pi / number(half))) / 2;
  const auto height = [&](std::int64_t step) { return 1 + std::cos(pi * number(step) / number(half)); };
  return height(now.step) / height(now.step - 1) * (now.rate - least) + least;
}

double restarting_rate(const ScheduleMoment& now) {
  std::int64_t length = now.options.integer("T_0"), step = now.step;
  const std::int64_t growth = now.options.integer("T_mult");
  if (growth == 1) step %= length;
  while (step >= length) {
    step -= length;
    length *= growth;
  }
  const double least = now.options.real("eta_min");
  return least + (now.base - least) * (1 + std::cos(pi * number(step) / number(length))) / 2;
}

// One cycle: up to the highest rate, down to the lowest; with a third phase back to the first in between.

double annealed(const Attributes& options, double from, double to, double share) {
  if (options.text("anneal_strategy") == "linear") return (to - from) * share + from;
  return to + (from - to) / 2 * (std::cos(pi * share) + 1);
}

std::int64_t total_steps(const Attributes& options) {
  if (options.has("total_steps")) return options.integer("total_steps");
  return options.integer("epochs") * options.integer("steps_per_epoch");
}

std::string conflict_of_total(const Attributes& options) {
  if (options.has("total_steps") || (options.has("epochs") && options.has("steps_per_epoch"))) return {};
  return "needs total_steps, or epochs and steps_per_epoch";
}

struct Levels {
  double first;
  double highest;
  double lowest;
};

double on_cycle(const ScheduleMoment& now, const Levels& levels) {
  const double total = number(total_steps(now.options)), step = number(now.step);
  check(step <= total, Fault::usage, "OneCycleLR is stepped {} times, and its total_steps are {}", step,
        total);
  const double top = now.options.real("pct_start") * total - 1;
  if (step <= top) return annealed(now.options, levels.first, levels.highest, step / top);
  if (!now.options.boolean("three_phase"))
    return annealed(now.options, levels.highest, levels.lowest, (step - top) / (total - 1 - top));
  const double back = 2 * now.options.real("pct_start") * total - 2;
  if (step <= back) return annealed(now.options, levels.highest, levels.first, (step - top) / (back - top));
  return annealed(now.options, levels.first, levels.lowest, (step - back) / (total - 1 - back));
}

double one_cycle_base(const Attributes& options, size_t group) {
  return of_group(options, "max_lr", group) / options.real("div_factor");
}

double one_cycle_rate(const ScheduleMoment& now) {
  const double first = one_cycle_base(now.options, now.group);
  return on_cycle(now, {first, now.of_group("max_lr"), first / now.options.real("final_div_factor")});
}

// The momentum is high where the rate is low.
double one_cycle_momentum(const ScheduleMoment& now) {
  const double high = now.of_group("max_momentum");
  return on_cycle(now, {high, now.of_group("base_momentum"), high});
}

ScheduleKind one_cycle() {
  const auto divisor = [](std::string name, double value, std::string doc) {
    Attribute option = amount(std::move(name), value, std::move(doc));
    option.above_min = true;
    return option;
  };
  Attribute share = amount("pct_start", 0.3, "share of the steps in which the rate rises");
  share.max = 1;
  return {.name = "OneCycleLR",
          .doc = "Rises to the highest learning rate, then falls far below the first.",
          .attributes = {of_groups("max_lr", {}, "highest learning rate"),
                         whole_number("total_steps", {}, "steps of the cycle"),
                         whole_number("epochs", {}, "epochs, where total_steps is not given"),
                         whole_number("steps_per_epoch", {}, "steps of each"),
                         std::move(share),
                         {.name = "anneal_strategy",
                          .type = AttributeType::text,
                          .doc = "how it goes from one rate to the next",
                          .value = "cos",
                          .choices = {"cos", "linear"}},
                         switch_option("cycle_momentum", true, "lowers the momentum while the rate is high"),
                         of_groups("base_momentum", std::vector<double>{0.85}, "lowest momentum"),
                         of_groups("max_momentum", std::vector<double>{0.95}, "highest momentum"),
                         divisor("div_factor", 25, "the highest rate divided by the first"),
                         divisor("final_div_factor", 1e4, "the first rate divided by the last"),
                         switch_option("three_phase", false, "falls as it rose, then to the last rate"),
                         last_epoch()},
          .rate = one_cycle_rate,
          .momentum = one_cycle_momentum,
          .base = one_cycle_base,
          .replaces_initial = true,
          .conflict = conflict_of_total};
}

// Cyclic: up and down between two rates, again and again.

/// Where in its cycle a schedule is.
struct Phase {
  double cycle;   ///< from 1
  double height;  ///< 0 at the ends of the cycle, 1 where the rate is highest
};

Phase phase_of(const ScheduleMoment& now) {
  const double up = number(now.options.integer("step_size_up"));
  const double down = now.options.has("step_size_down") ? number(now.options.integer("step_size_down")) : up;
  const double cycles = number(now.step) / (up + down), turn = up / (up + down);
  const double cycle = std::floor(1 + cycles), place = 1 + cycles - cycle;
  return {cycle, place <= turn ? place / turn : (place - 1) / (turn - 1)};
}

double scale_of(const ScheduleMoment& now, const Phase& phase) {
  const std::string& mode = now.options.text("mode");
  if (now.function)
    return now.function(now.group,
                        now.options.text("scale_mode") == "cycle" ? phase.cycle : number(now.step));
  if (mode == "triangular2") return 1 / std::pow(2.0, phase.cycle - 1);
  return mode == "exp_range" ? std::pow(now.options.real("gamma"), number(now.step)) : 1;
}

double cyclic_rate(const ScheduleMoment& now) {
  const Phase phase = phase_of(now);
  return now.base + (now.of_group("max_lr") - now.base) * phase.height * scale_of(now, phase);
}

double cyclic_momentum(const ScheduleMoment& now) {
  const Phase phase = phase_of(now);
  const double high = now.of_group("max_momentum");
  return high - (high - now.of_group("base_momentum")) * phase.height * scale_of(now, phase);
}

double cyclic_base(const Attributes& options, size_t group) { return of_group(options, "base_lr", group); }

ScheduleKind cyclic() {
  return {.name = "CyclicLR",
          .doc = "Goes up and down between two learning rates; for steps, not epochs.",
          .attributes = {of_groups("base_lr", {}, "lowest learning rate"),
                         of_groups("max_lr", {}, "highest learning rate"),
                         whole_number("step_size_up", std::int64_t{2000}, "steps upwards"),
                         whole_number("step_size_down", {}, "steps downwards; none: as upwards"),
                         {.name = "mode",
                          .type = AttributeType::text,
                          .doc = "all cycles equal, each half the one before, or less by gamma at each step",
                          .value = "triangular",
                          .choices = {"triangular", "triangular2", "exp_range"}},
                         amount("gamma", 1, "factor of exp_range"),
                         {.name = "scale_mode",
                          .type = AttributeType::text,
                          .doc = "what scale_fn is called with",
                          .value = "cycle",
                          .choices = {"cycle", "iterations"}},
                         switch_option("cycle_momentum", true, "lowers the momentum while the rate is high"),
                         of_groups("base_momentum", std::vector<double>{0.8}, "lowest momentum"),
                         of_groups("max_momentum", std::vector<double>{0.9}, "highest momentum"),
                         last_epoch()},
          .part = "scale_fn",
          .rate = cyclic_rate,
          .momentum = cyclic_momentum,
          .base = cyclic_base};
}

}  // namespace

std::vector<ScheduleKind> cyclic_schedules() {
  return {{.name = "CosineAnnealingLR",
           .doc = "Falls along half a cosine; after T_max steps it rises again.",
           .attributes = {required_whole("T_max", "steps from the highest rate to the lowest"), lowest_rate(),
                          last_epoch()},
           .rate = cosine_rate,
           .restarts_at_base = true},
          {.name = "CosineAnnealingWarmRestarts",
           .doc = "Falls along half a cosine, then begins anew.",
           .attributes = {required_whole("T_0", "steps until the first restart"),
                          whole_number("T_mult", std::int64_t{1}, "factor of the steps after each restart"),
                          lowest_rate(), last_epoch()},
           .rate = restarting_rate},
          one_cycle(),
          cyclic()};
}

}  // namespace orrery
