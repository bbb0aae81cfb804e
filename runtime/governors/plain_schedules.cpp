#include <algorithm>
#include <cmath>

#include "runtime/governors/optimizer_kinds.h"
#include "runtime/governors/schedule_forms.h"

namespace orrery {
namespace {

// Where PyTorch goes from one rate to the next, so does this: rates that a script sets in between count.

Attribute gamma(bool required) {
  Attribute gamma = amount("gamma", 0.1, "factor of the learning rate");
  if (required) gamma.value = {};
  gamma.required = required;
  return gamma;
}

Attribute share(std::string name, double value, std::string doc, bool above_zero = false) {
  Attribute share = amount(std::move(name), value, std::move(doc));
  share.max = 1;
  share.above_min = above_zero;
  return share;
}

Attribute total_iters() {
  return {.name = "total_iters", .doc = "steps until the end", .value = std::int64_t{5}, .min = 0};
}

double step_rate(const ScheduleMoment& now) {
  const bool falls = now.step != 0 && now.step % now.options.integer("step_size") == 0;
  return falls ? now.rate * now.options.real("gamma") : now.rate;
}

double multi_step_rate(const ScheduleMoment& now) {
  const auto times = std::ranges::count(now.options.integers("milestones"), now.step);
  return times == 0 ? now.rate : now.rate * std::pow(now.options.real("gamma"), static_cast<double>(times));
}

double constant_rate(const ScheduleMoment& now) {
  const double factor = now.options.real("factor");
  if (now.step == 0) return now.rate * factor;
  if (now.step != now.options.integer("total_iters")) return now.rate;
  return factor == 0 ? now.base : now.rate * (1 / factor);
}

double linear_rate(const ScheduleMoment& now) {
  const double first = now.options.real("start_factor");
  const std::int64_t total = now.options.integer("total_iters");
  if (now.step == 0) return now.rate * first;
  if (now.initial || now.step > total) return now.rate;
  const double rise = now.options.real("end_factor") - first;
  return now.rate *
         (1 + rise / (static_cast<double>(total) * first + static_cast<double>(now.step - 1) * rise));
}

double exponential_rate(const ScheduleMoment& now) {
  return now.initial ? now.rate : now.rate * now.options.real("gamma");
}

double polynomial_rate(const ScheduleMoment& now) {
  const std::int64_t total = now.options.integer("total_iters");
  if (now.initial || now.step > total) return now.rate;
  const auto left = [&](std::int64_t step) {
    return 1 - static_cast<double>(step) / static_cast<double>(total);
  };
  return now.rate * std::pow(left(now.step) / left(now.step - 1), now.options.real("power"));
}

double lambda_rate(const ScheduleMoment& now) {
  return now.base * now.function(now.group, static_cast<double>(now.step));
}

double multiplicative_rate(const ScheduleMoment& now) {
  return now.initial ? now.rate : now.rate * now.function(now.group, static_cast<double>(now.step));
}

ScheduleKind plain(std::string name, std::string doc, std::vector<Attribute> attributes,
                   double (*rate)(const ScheduleMoment&)) {
  attributes.push_back(last_epoch());
  return {.name = std::move(name),
          .doc = std::move(doc),
          .attributes = std::move(attributes),
          .rate = rate,
          .restarts_at_base = true};
}

ScheduleKind of_function(std::string name, std::string doc, double (*rate)(const ScheduleMoment&)) {
  return {.name = std::move(name),
          .doc = std::move(doc),
          .attributes = {last_epoch()},
          .part = "lr_lambda",
          .part_required = true,
          .rate = rate};
}

Attribute required_integers(std::string name, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::integers,
          .doc = std::move(doc),
          .required = true,
          .min = 0};
}

}  // namespace

std::vector<ScheduleKind> plain_schedules() {
  return {of_function("LambdaLR", "The first learning rate times a function of the steps.", lambda_rate),
          of_function("MultiplicativeLR", "The learning rate times a function of the steps, at each step.",
                      multiplicative_rate),
          plain("StepLR", "Falls by a factor every so many steps.",
                {required_whole("step_size", "steps from one fall to the next"), gamma(false)}, step_rate),
          plain("MultiStepLR", "Falls by a factor at given steps.",
                {required_integers("milestones", "steps at which it falls"), gamma(false)}, multi_step_rate),
          plain("ConstantLR", "A share of the learning rate for so many steps.",
                {share("factor", 1.0 / 3, "share of the learning rate"), total_iters()}, constant_rate),
          plain("LinearLR", "Goes from one share of the learning rate to another along a line: a warm-up.",
                {share("start_factor", 1.0 / 3, "share to begin with", true),
                 share("end_factor", 1, "share to end with"), total_iters()},
                linear_rate),
          plain("ExponentialLR", "Falls by a factor at each step.", {gamma(true)}, exponential_rate),
          plain("PolynomialLR", "Falls to 0 along a power of the steps that are left.",
                {total_iters(), amount("power", 1, "power of the steps that are left")}, polynomial_rate)};
}

}  // namespace orrery
