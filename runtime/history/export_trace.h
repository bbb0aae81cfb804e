#pragma once

#include <string>

#include "runtime/history/exported_run.h"

namespace orrery {

/// The pieces of a run's steps that were kept whole (`profile = "step:100-120"`), for viewers of traces. A
/// step holds its parts, a part the blocks and nodes that ran in it; what lies between is the step's or the
/// part's own. Empty when the run has no such steps.

/// For chrome://tracing and https://ui.perfetto.dev: the object form of the Trace Event Format, complete
/// events (`X`) with microseconds.
/// Source: Trace Event Format, docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
std::string chrome_trace(const ExportedRun& run);

/// For https://www.speedscope.app: one evented profile, in nanoseconds.
/// Source: github.com/jlfwong/speedscope, src/lib/file-format-spec.ts.
std::string speedscope_profile(const ExportedRun& run);

/// Folded stacks, `forward;encoder;attn;q 1250` a line: nanoseconds of all the steps together. For flame
/// graphs.
/// Source: github.com/brendangregg/FlameGraph, the input of flamegraph.pl.
std::string folded_stacks(const ExportedRun& run);

}  // namespace orrery
