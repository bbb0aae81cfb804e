#pragma once

#include "runtime/core/processor.h"

namespace orrery {

/// Intel's MKL, which LibTorch computes matrix products with, takes slow paths on processors of other makers.
/// It asks a function of its own, `mkl_serv_intel_cpu_true`, by a symbol that the program or a library opened
/// before it can define: then MKL takes its AVX2 paths (on an AMD EPYC training steps took half to two thirds
/// of the time). Orrery's program and engine library define it.
enum class MklOverride {
  in_force,      ///< MKL is told to take its fast paths
  turned_off,    ///< by ORRERY_MKL_OVERRIDE=0
  not_needed,    ///< the processor is Intel's
  unsuitable,    ///< the processor lacks AVX2 or FMA, or is not x86-64
  not_possible,  ///< MKL asks somebody else's function, or LibTorch has no MKL
};

/// What is wanted for a processor and the text of ORRERY_MKL_OVERRIDE (nullptr where it is not set). Only
/// `0` turns the override off.
MklOverride wanted_mkl_override(const Processor& processor, const char* setting);

/// What MKL is answered: 1 where the override is wanted, else what MKL finds by itself (1 on Intel's).
int mkl_answer(const Processor& processor, const char* setting);

/// `mkl_answer` for this processor and environment, decided at the first call in the process: MKL asks often,
/// and a virtual machine takes long to answer what the processor is.
int mkl_answer_here();

}  // namespace orrery
