#include "runtime/core/mkl_override.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

Processor made_by(const std::string& vendor) { return {vendor, "", true, true, true}; }

TEST(MklOverrideTest, IsWantedOnFastProcessorsOfOtherMakers) {
  for (const char* setting : {static_cast<const char*>(nullptr), "", "1"}) {
    EXPECT_EQ(wanted_mkl_override(made_by("AuthenticAMD"), setting), MklOverride::in_force);
    EXPECT_EQ(mkl_answer(made_by("AuthenticAMD"), setting), 1);
  }
  EXPECT_EQ(mkl_answer(made_by("HygonGenuine"), nullptr), 1);
}

TEST(MklOverrideTest, AnswersAsMklItselfWhereItIsTurnedOff) {
  EXPECT_EQ(wanted_mkl_override(made_by("AuthenticAMD"), "0"), MklOverride::turned_off);
  EXPECT_EQ(mkl_answer(made_by("AuthenticAMD"), "0"), 0);
  EXPECT_EQ(mkl_answer(made_by("GenuineIntel"), "0"), 1);
}

TEST(MklOverrideTest, IsNotNeededOnIntels) {
  EXPECT_EQ(wanted_mkl_override(made_by("GenuineIntel"), nullptr), MklOverride::not_needed);
  EXPECT_EQ(mkl_answer(made_by("GenuineIntel"), nullptr), 1);
  EXPECT_EQ(mkl_answer({"GenuineIntel"}, nullptr), 1);
}

TEST(MklOverrideTest, ProcessorsWithoutTheInstructionsAreLeftAlone) {
  Processor no_avx2 = made_by("AuthenticAMD"), no_fma = no_avx2;
  no_avx2.avx2 = false;
  no_fma.fma = false;
  for (const Processor& processor : {no_avx2, no_fma, Processor{}}) {
    EXPECT_EQ(wanted_mkl_override(processor, "1"), MklOverride::unsuitable);
    EXPECT_EQ(mkl_answer(processor, "1"), 0);
  }
}

TEST(MklOverrideTest, NeedsNoAvx512) {
  Processor processor = made_by("AuthenticAMD");
  processor.avx512 = false;
  EXPECT_EQ(wanted_mkl_override(processor, nullptr), MklOverride::in_force);
}

}  // namespace
}  // namespace orrery
