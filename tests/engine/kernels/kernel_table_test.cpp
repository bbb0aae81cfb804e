#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/kernel.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

TEST(KernelTableTest, EveryOperationHasOneKernelAndEveryKernelAnOperation) {
  std::set<std::string> described, computed;
  for (const auto& descriptor : operations().all()) described.insert(descriptor->name);
  for (const KernelEntry& entry : all_kernels())
    EXPECT_TRUE(computed.insert(entry.operation).second) << entry.operation;
  EXPECT_EQ(described, computed);
}

TEST(KernelTableTest, AnOperationWithoutKernelIsOurOwnFault) {
  Descriptor unknown;
  unknown.name = "Unheard";
  EXPECT_THROW(kernel_of(unknown), InvariantFailure);
}

TEST(KernelTableTest, AMissingParameterIsUndefined) {
  const Attributes none;
  const std::vector<std::string> names = {"weight"};
  const std::vector<at::Tensor> tensors = {at::ones({1})};
  const KernelContext context{.attributes = none, .parameters = tensors, .parameter_names = names};
  EXPECT_TRUE(context.parameter("weight").defined());
  EXPECT_FALSE(context.parameter("bias").defined());
}

}  // namespace
}  // namespace orrery
