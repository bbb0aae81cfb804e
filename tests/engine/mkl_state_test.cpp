#include "runtime/engine/mkl_state.h"

#include <cstdlib>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/engine/engine.h"

namespace orrery {
namespace {

using testing::HasSubstr;

const Processor kOther{"AuthenticAMD", "", true, true, false};

MklAsks asked_in(const std::string& library, bool of_torch, int (*function)()) {
  return {library, of_torch, function};
}

MklState state_with(const MklAsks& asks) { return mkl_state(kOther, nullptr, asks); }

TEST(MklStateTest, LibTorchAsksOrrerysFunctionBeforeAndAfterItsFirstProduct) {
  if (!at::hasMKL()) GTEST_SKIP() << "this LibTorch has no MKL";
  for (int i = 0; i < 2; ++i) {
    const MklAsks asks = mkl_asks();
    EXPECT_THAT(asks.library, HasSubstr("liborrery_engine"));
    EXPECT_FALSE(asks.of_torch);
    ASSERT_NE(asks.function, nullptr);
    EXPECT_EQ(asks.function(), mkl_answer_here());
    const at::Tensor square = at::ones({64, 64});
    EXPECT_EQ(at::mm(square, square)[0][0].item<float>(), 64);
  }
}

TEST(MklStateTest, TheEngineKeepsIt) {
  Runtime runtime;
  const MklState& state = Engine::of(runtime).mkl();
  EXPECT_EQ(state.processor.vendor, processor_here().vendor);
  const MklState now = mkl_state(processor_here(), std::getenv("ORRERY_MKL_OVERRIDE"), mkl_asks());
  EXPECT_EQ(state.override, now.override);
  EXPECT_EQ(state.reason, now.reason);
  EXPECT_EQ(state.answered_by, mkl_asks().library);
}

TEST(MklStateTest, IsInForceWhereMklIsAnsweredYes) {
  const MklState state = state_with(asked_in("orrery", false, [] { return 1; }));
  EXPECT_EQ(state.override, MklOverride::in_force);
  EXPECT_EQ(state.reason, "");
}

TEST(MklStateTest, TellsWhyItIsNotPossible) {
  const MklState itself = state_with(asked_in("libtorch_cpu.so", true, [] { return 0; }));
  EXPECT_EQ(itself.override, MklOverride::not_possible);
  EXPECT_EQ(itself.reason, "LibTorch was opened before Orrery's engine, and its MKL asks itself");
  const MklState other = state_with(asked_in("/opt/other.so", false, [] { return 0; }));
  EXPECT_EQ(other.override, MklOverride::not_possible);
  EXPECT_EQ(other.reason, "/opt/other.so answers MKL in Orrery's place");
  EXPECT_EQ(state_with({}).override, MklOverride::not_possible);
  EXPECT_EQ(state_with({}).reason, "this LibTorch has no MKL");
}

TEST(MklStateTest, WhatIsNotWantedIsNotLookedFor) {
  EXPECT_EQ(mkl_state(kOther, "0", {}).override, MklOverride::turned_off);
  EXPECT_EQ(mkl_state({"GenuineIntel"}, nullptr, {}).override, MklOverride::not_needed);
  EXPECT_EQ(mkl_state({}, nullptr, {}).reason, "");
}

TEST(MklStateTest, OtherSettingsAreRefused) {
  for (const char* setting : {"", "1"})
    EXPECT_EQ(mkl_state(kOther, setting, asked_in("orrery", false, [] { return 1; })).override,
              MklOverride::in_force);
  try {
    mkl_state({"GenuineIntel"}, "off", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_THAT(error.what(),
                HasSubstr("ORRERY_MKL_OVERRIDE must be 0 (leave MKL to itself) or 1, got 'off'"));
  }
}

}  // namespace
}  // namespace orrery
