#include "tests/layering/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::layering {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Arrow {
  const char* file;
  const char* allowed;
  const char* refused;
};

class ArrowTest : public testing::TestWithParam<Arrow> {};

TEST_P(ArrowTest, IsAllowedOneWayAndRefusedTheOther) {
  EXPECT_THAT(fault_of_include(GetParam().file, GetParam().allowed), IsEmpty());
  EXPECT_THAT(fault_of_include(GetParam().file, GetParam().refused), Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(
    Layers, ArrowTest,
    testing::Values(
        Arrow{"runtime/core/a.cpp", "runtime/core/error.h", "runtime/files/read_file.h"},
        Arrow{"runtime/files/a.cpp", "runtime/core/error.h", "runtime/graph/graph.h"},
        Arrow{"runtime/graph/a.cpp", "runtime/files/read_file.h", "runtime/ops/operations.h"},
        Arrow{"runtime/graph/invariants/a.cpp", "runtime/graph/graph.h", "runtime/governors/manager.h"},
        Arrow{"runtime/ops/a.cpp", "runtime/graph/node.h", "runtime/governors/optimizer.h"},
        Arrow{"runtime/governors/a.cpp", "runtime/formats/csv.h", "runtime/history/database.h"},
        Arrow{"runtime/formats/a.cpp", "runtime/graph/graph.h", "runtime/governors/data_source.h"},
        Arrow{"runtime/codegen/a.cpp", "runtime/ops/operations.h", "runtime/history/database.h"},
        Arrow{"runtime/history/a.cpp", "runtime/graph/graph.h", "runtime/ops/operations.h"},
        Arrow{"runtime/engine/engine.cpp", "runtime/engine/training/manager.h", "renderers/layout/layout.h"},
        Arrow{"runtime/engine/kernels/a.cpp", "runtime/engine/device.h", "runtime/engine/execution/plan.h"},
        Arrow{"runtime/engine/kernels/a.cpp", "runtime/ops/operations.h",
              "runtime/engine/profile/profile_sink.h"},
        Arrow{"runtime/engine/execution/a.cpp", "runtime/engine/kernels/kernel.h",
              "runtime/engine/training/sgd.h"},
        Arrow{"runtime/engine/execution/a.cpp", "runtime/engine/profile/profile_sink.h",
              "runtime/engine/profile/recorder.h"},
        Arrow{"runtime/engine/training/a.cpp", "runtime/engine/profile/recorder.h", "runtime/codegen/lua.h"},
        Arrow{"runtime/engine/data/a.cpp", "runtime/formats/csv.h", "runtime/engine/training/sgd.h"},
        Arrow{"runtime/engine/profile/a.cpp", "runtime/history/database.h",
              "runtime/engine/execution/plan.h"},
        Arrow{"renderers/layout/a.cpp", "runtime/graph/graph.h", "runtime/engine/engine.h"},
        Arrow{"bindings/a.cpp", "renderers/layout/layout.h", "runtime/engine/engine.h"},
        Arrow{"bindings/engine/a.cpp", "runtime/engine/engine.h", "torch/torch.h"},
        Arrow{"runtime/engine/a.cpp", "ATen/core/Tensor.h", "lua.hpp"},
        Arrow{"runtime/engine/a.cpp", "ATen/ATen.h", "torch/torch.h"},
        Arrow{"runtime/engine/a.h", "ATen/core/Tensor.h", "ATen/ATen.h"},
        Arrow{"runtime/core/a.h", "sqlite3.h", "c10/core/Device.h"},
        Arrow{"runtime/history/a.cpp", "sqlite3.h", "lauxlib.h"},
        Arrow{"renderers/a.cpp", "cairo-pdf.h", "lua.hpp"},
        Arrow{"renderers/a.cpp", "pango/pangocairo.h", "ATen/ATen.h"},
        Arrow{"bindings/a.cpp", "lua.hpp", "cairo.h"},
        Arrow{"bindings/a.cpp", "lauxlib.h", "ATen/core/Tensor.h"}));

TEST(LayersTest, LetTestsIncludeAnything) {
  EXPECT_THAT(fault_of_include("tests/core/a_test.cpp", "runtime/engine/engine.h"), IsEmpty());
  EXPECT_THAT(fault_of_include("tests/core/a_test.cpp", "lua.hpp"), IsEmpty());
}

TEST(LayersTest, TakeAFolderForWhatItsNameBeginsWithOnlyAtASlash) {
  EXPECT_THAT(fault_of_include("runtime/corelike/a.cpp", "runtime/files/read_file.h"), IsEmpty());
}

TEST(LayersTest, SayWhoMayIncludeALibrary) {
  EXPECT_THAT(fault_of_include("renderers/a.cpp", "lua.hpp"), HasSubstr("only bindings may include Lua"));
}

}  // namespace
}  // namespace orrery::layering
