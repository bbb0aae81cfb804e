#include "runtime/core/mkl_override.h"

#include <cstdlib>
#include <string_view>

namespace orrery {
namespace {

bool made_by_intel(const Processor& processor) { return processor.vendor == "GenuineIntel"; }

}  // namespace

MklOverride wanted_mkl_override(const Processor& processor, const char* setting) {
  if (made_by_intel(processor)) return MklOverride::not_needed;
  if (!processor.avx2 || !processor.fma) return MklOverride::unsuitable;
  if (setting && std::string_view(setting) == "0") return MklOverride::turned_off;
  return MklOverride::in_force;
}

int mkl_answer(const Processor& processor, const char* setting) {
  const bool told = wanted_mkl_override(processor, setting) == MklOverride::in_force;
  return told || made_by_intel(processor) ? 1 : 0;
}

int mkl_answer_here() {
  static const int kAnswer = mkl_answer(processor_here(), std::getenv("ORRERY_MKL_OVERRIDE"));
  return kAnswer;
}

}  // namespace orrery
