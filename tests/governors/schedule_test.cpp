#include "runtime/governors/schedule.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using nlohmann::json;

const json& fixtures() {
  static const json parsed = json::parse(std::ifstream(in_source("tests/governors/fixtures/schedules.json")));
  return parsed;
}

std::vector<Attributes::Entry> entries(const json& given, const std::string& part) {
  std::vector<Attributes::Entry> entries;
  for (const auto& [key, value] : given.items()) {
    if (key == part) continue;
    if (value.is_boolean())
      entries.push_back({key, value.get<bool>()});
    else if (value.is_array())
      entries.push_back({key, value.get<std::vector<double>>()});
    else if (value.is_string())
      entries.push_back({key, value.get<std::string>()});
    else
      entries.push_back({key, value.get<double>()});
  }
  return entries;
}

std::shared_ptr<Optimizer> optimizer_of(const std::string& kind, std::vector<double> rates,
                                        std::vector<Attributes::Entry> given = {}) {
  std::vector<ParameterGroup> groups;
  for (const double rate : rates) {
    auto parameter = std::make_shared<Parameter>();
    parameter->shape = shape_of({1});
    std::vector<Attributes::Entry> own = given;
    own.push_back({"lr", rate});
    groups.push_back({{{.parameter = parameter}}, checked_attributes(optimizer_kind(kind).attributes, own)});
  }
  return std::make_shared<Optimizer>(optimizer_kind(kind), std::move(groups), Value(), Origin());
}

// As the script that makes the fixtures knows them.
double call(const std::string& function, double x) {
  if (function == "root") return 1 / std::sqrt(1 + x);
  return function == "shrinking" ? 1 - 0.1 / (1 + x) : std::pow(0.5, x / 7);
}

ScheduleFunction function_of(const json& options, const std::string& part) {
  if (part.empty() || !options.contains(part)) return {};
  const json given = options[part];
  return [given](size_t group, double x) {
    return call((given.is_array() ? given[group] : given).get<std::string>(), x);
  };
}

std::shared_ptr<Schedule> make(const std::shared_ptr<Optimizer>& optimizer, const std::string& name,
                               const json& options, const json& parts = json::array()) {
  const ScheduleKind& kind = schedule_kind(name);
  ScheduleParts made{optimizer, function_of(options, kind.part)};
  for (const json& part : parts) made.schedules.push_back(make(optimizer, part[0], part[1]));
  return Schedule::make(kind, std::move(made),
                        checked_attributes(kind.attributes, entries(options, kind.part)),
                        {{"train.lua", 42}, ""});
}

std::shared_ptr<Schedule> made(const json& one, const std::shared_ptr<Optimizer>& optimizer) {
  return make(optimizer, one["kind"], one["options"], one["parts"]);
}

std::shared_ptr<Optimizer> optimizer_for(const json& one) {
  if (one["optimizer"] == "SGD") return optimizer_of("SGD", {0.1, 0.5}, {{"momentum", 0.9}});
  return optimizer_of(one["optimizer"], {0.1, 0.5});
}

double momentum(const Attributes& options, const std::string& kind) {
  return kind == "SGD" ? options.real("momentum") : options.reals("betas")[0];
}

void expect_close(double found, double expected, size_t step) {
  EXPECT_NEAR(found, expected, 1e-6 * std::abs(expected) + 1e-15) << "step " << step;
}

void step(Schedule& schedule, size_t number) {
  if (schedule.watches())
    schedule.step(fixtures()["watched"][number].get<double>());
  else
    schedule.step();
}

void expect_step(const json& one, const Optimizer& optimizer, size_t step) {
  for (size_t group = 0; group < 2; ++group)
    expect_close(optimizer.groups()[group].options.real("lr"), one["rates"][group][step], step);
  if (one.contains("momenta"))
    expect_close(momentum(optimizer.groups()[0].options, one["optimizer"]), one["momenta"][step], step);
}

TEST(ScheduleTest, AHundredStepsEqualThoseOfTorchOptim) {
  for (const json& one : fixtures()["cases"]) {
    SCOPED_TRACE(one["kind"].get<std::string>() + " " + one["options"].dump() + " " + one["parts"].dump());
    const auto optimizer = optimizer_for(one);
    const auto schedule = made(one, optimizer);
    for (size_t i = 0; i <= 100; ++i) {
      expect_step(one, *optimizer, i);
      EXPECT_EQ(schedule->last_rates()[1], optimizer->groups()[1].options.real("lr"));
      if (i < 100) step(*schedule, i);
    }
  }
}

TEST(ScheduleTest, EveryKindHasAFixture) {
  std::vector<std::string> known;
  for (const json& one : fixtures()["cases"]) known.push_back(one["kind"]);
  for (const ScheduleKind& kind : schedule_kinds()) EXPECT_THAT(known, ::testing::Contains(kind.name));
}

// Whoever saves an optimizer saves its options; what a schedule computes from is in its state.
TEST(ScheduleTest, AStateTakenUpByANewScheduleGoesOnAsIfNothingHadBeen) {
  for (const json& one : fixtures()["cases"]) {
    SCOPED_TRACE(one["kind"].get<std::string>() + " " + one["options"].dump() + " " + one["parts"].dump());
    for (const size_t stop : {0u, 1u, 20u, 37u}) {
      const auto before = optimizer_for(one), after = optimizer_for(one);
      const auto first = made(one, before), second = made(one, after);
      for (size_t i = 0; i < stop; ++i) step(*first, i);
      second->load_state(first->state());
      EXPECT_EQ(second->state(), first->state());
      for (size_t i = stop; i < 50; ++i) {
        expect_step(one, *after, i);
        step(*second, i);
      }
    }
  }
}

TEST(ScheduleTest, RefusesAStateOfAnotherKind) {
  const auto schedule = make(optimizer_of("SGD", {0.1}), "StepLR", {{"step_size", 3}});
  auto state = schedule->state();
  EXPECT_EQ(state.size(), 3u);
  state.push_back({"best", 1});
  EXPECT_EQ(error_of(Fault::input_file, [&] { schedule->load_state(state); }), "StepLR keeps no 'best'");
  EXPECT_EQ(error_of(Fault::input_file,
                     [&] {
                       schedule->load_state({{"last_epoch", 3}});
                     }),
            "the state of a schedule has no 'last_lr.0'");
}

TEST(ScheduleTest, ARateThatIsSetInBetweenCounts) {
  const auto optimizer = optimizer_of("SGD", {0.1});
  const auto schedule = make(optimizer, "ExponentialLR", {{"gamma", 0.5}});
  optimizer->set_option("lr", 8.0);
  schedule->step();
  EXPECT_EQ(schedule->last_rates(), std::vector<double>{4});
}

TEST(ScheduleTest, GoesOnWhereAnotherStopped) {
  const auto optimizer = optimizer_of("SGD", {1});
  EXPECT_EQ(
      error_of(Fault::usage,
               [&] {
                 make(optimizer, "LambdaLR", {{"lr_lambda", "halving"}, {"last_epoch", 6}});
               }),
      "train.lua:42: LambdaLR: last_epoch = 6 goes on with an optimizer that had a schedule, and this one "
      "had none");
  make(optimizer, "LambdaLR", {{"lr_lambda", "halving"}});
  make(optimizer, "LambdaLR", {{"lr_lambda", "halving"}, {"last_epoch", 6}});
  EXPECT_NEAR(optimizer->groups()[0].options.real("lr"), 0.5, 1e-12);
}

std::string refusal(const std::string& kind, const json& options, const json& parts = json::array()) {
  return error_of(Fault::usage, [&] { make(optimizer_of("Adagrad", {0.1, 0.2}), kind, options, parts); });
}

TEST(ScheduleTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(refusal("LambdaLR", json::object()), "train.lua:42: LambdaLR needs lr_lambda");
  EXPECT_EQ(refusal("SequentialLR", {{"milestones", {3}}}), "train.lua:42: SequentialLR needs schedulers");
  EXPECT_EQ(refusal("StepLR", json::object()), "step_size is required: an integer ≥ 1");
  EXPECT_EQ(refusal("StepLR", {{"step_size", 0}}), "step_size must be an integer ≥ 1, got 0");
  EXPECT_EQ(refusal("LinearLR", {{"start_factor", 0}}), "start_factor must be a number > 0 and ≤ 1, got 0");
  EXPECT_EQ(refusal("ReduceLROnPlateau", {{"factor", 1}}), "factor must be a number ≥ 0 and < 1, got 1");
  EXPECT_EQ(refusal("OneCycleLR", {{"max_lr", 1}, {"epochs", 3}}),
            "train.lua:42: OneCycleLR needs total_steps, or epochs and steps_per_epoch");
  EXPECT_EQ(refusal("OneCycleLR", {{"max_lr", {1, 2, 3}}, {"total_steps", 9}}),
            "train.lua:42: OneCycleLR: max_lr must be one number or one for each of the 2 groups, got 3");
  EXPECT_EQ(refusal("CyclicLR", {{"max_lr", 1}, {"base_lr", 0.1}}),
            "train.lua:42: CyclicLR cycles momentum or betas, and Adagrad has neither\n"
            "  Leave them alone: cycle_momentum = false.");
}

TEST(ScheduleTest, CompoundsHoldSchedulesOfTheirOwnOptimizer) {
  const json plateau = {"ReduceLROnPlateau", json::object()}, step = {"StepLR", {{"step_size", 3}}};
  EXPECT_EQ(refusal("ChainedScheduler", json::object(), json::array({step, plateau})),
            "train.lua:42: ChainedScheduler cannot hold ReduceLROnPlateau (entry 2), which is stepped with a "
            "number");
  EXPECT_EQ(refusal("SequentialLR", {{"milestones", {3, 5}}}, json::array({step, step})),
            "train.lua:42: SequentialLR expects one milestone less than schedules, got 2 and 2");
  EXPECT_EQ(refusal("SequentialLR", {{"milestones", {5, 3}}}, json::array({step, step, step})),
            "train.lua:42: SequentialLR: milestones must rise, got {5, 3}");
  const auto chain = make(optimizer_of("SGD", {1}), "ChainedScheduler", json::object(), json::array({step}));
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       Schedule::make(schedule_kind("SequentialLR"), {chain->optimizer(), {}, {chain}},
                                      checked_attributes(schedule_kind("SequentialLR").attributes,
                                                         {{"milestones", std::vector<double>{}}}),
                                      {});
                     }),
            "SequentialLR cannot begin a ChainedScheduler anew; a ChainedScheduler may hold a SequentialLR");
  EXPECT_EQ(
      error_of(Fault::usage,
               [&] {
                 Schedule::make(schedule_kind("ChainedScheduler"), {optimizer_of("SGD", {1}), {}, {chain}},
                                {}, {});
               }),
      "ChainedScheduler holds schedules of one optimizer, and ChainedScheduler (entry 1) is of another");
}

TEST(ScheduleTest, IsSteppedWithANumberOnlyWhereItWatchesOne) {
  const auto optimizer = optimizer_of("SGD", {1});
  EXPECT_EQ(error_of(Fault::usage, [&] { make(optimizer, "ReduceLROnPlateau", json::object())->step(); }),
            "ReduceLROnPlateau is stepped with the number that it watches: scheduler:step(loss)");
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       make(optimizer, "StepLR", {{"step_size", 3}})->step(1);
                     }),
            "StepLR is stepped without a number");
}

TEST(ScheduleTest, OneCycleEndsWithItsSteps) {
  const auto schedule = make(optimizer_of("Adam", {1}), "OneCycleLR", {{"max_lr", 1}, {"total_steps", 3}});
  for (int i = 0; i < 3; ++i) schedule->step();
  EXPECT_EQ(error_of(Fault::usage, [&] { schedule->step(); }),
            "OneCycleLR is stepped 4 times, and its total_steps are 3");
}

TEST(ScheduleKindTest, AnUnknownNameGetsTheNearest) {
  const std::string text = error_of(Fault::usage, [] { schedule_kind("StepLr"); });
  EXPECT_THAT(text, ::testing::HasSubstr("there is no schedule 'StepLr' (did you mean 'StepLR'?)"));
  EXPECT_THAT(text, ::testing::HasSubstr("There are LambdaLR, MultiplicativeLR, StepLR, "));
}

}  // namespace
}  // namespace orrery
