#include "runtime/engine/kernels/own_kernel.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/graph/json.h"
#include "runtime/ops/operations.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::HasSubstr;

// `times(input, factor)`, whose kernel may give something else than its shape rule says.
Descriptor times(const std::string& name = "times") {
  Descriptor d;
  d.name = name;
  d.category = Category::own;
  d.doc = "Multiplies.";
  d.inputs = {{.name = "input", .doc = "any"}};
  d.attributes = {{.name = "factor", .type = AttributeType::real, .doc = "by what", .value = 2.0}};
  d.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
  return d;
}

std::vector<at::Tensor> compute_times(const KernelContext& k) {
  return {k.input() * k.attributes.real("factor")};
}

std::vector<at::Tensor> compute_flat(const KernelContext& k) { return {k.input().flatten()}; }
std::vector<at::Tensor> compute_twice(const KernelContext& k) { return {k.input(), k.input()}; }

class OwnKernelTest : public testing::Test {
 protected:
  const Descriptor& added(Kernel kernel) {
    add_operation(runtime_, times(), kernel);
    return operations(runtime_).get("times");
  }

  // What a graph of one node of the operation gives for ones of (2, 3).
  at::Tensor run(const Descriptor& descriptor) {
    Graph graph("net");
    const Value x = graph.input({{{"x", {{Dim::symbol("N"), 3}, DType::float32}, false}}, {}, "{}"})[0];
    const Value y = graph.apply(descriptor, Attributes(descriptor.attributes), {x}, {{"net.lua", 7}, ""})[0];
    graph.use({Use::Kind::output, y, ""});
    graph.finalize();
    return Executor(engine_, graph, {y}).forward({{"x", at::ones({2, 3})}}, {}).at(0);
  }

  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_);
};

TEST_F(OwnKernelTest, ComputesAtOnceAndInAGraph) {
  const Descriptor& descriptor = added(compute_times);
  const Attributes options(descriptor.attributes);
  const at::Tensor x = at::ones({2}).requires_grad_();
  const at::Tensor y = compute(engine_, descriptor, options, {x})[0];
  y.sum().backward();
  EXPECT_TRUE(at::equal(y, at::full({2}, 2.0)));
  EXPECT_TRUE(at::equal(x.grad(), at::full({2}, 2.0)));
  EXPECT_TRUE(at::equal(run(descriptor), at::full({2, 3}, 2.0)));
}

TEST_F(OwnKernelTest, BelongsToOneRuntime) {
  added(compute_times);
  Runtime other;
  EXPECT_EQ(operations(other).find("times"), nullptr);
  EXPECT_EQ(operations().find("times"), nullptr);
  EXPECT_EQ(operations(other).find("relu"), operations(runtime_).find("relu"));
}

TEST_F(OwnKernelTest, IsHeldToItsShapeRule) {
  EXPECT_THAT(
      error_of(Fault::run, [&] { run(added(compute_flat)); }),
      HasSubstr("net.lua:7: times (times) failed on (2, 3) float32: its output is (6) float32 where its "
                "shape rule promised (N, 3) float32"));
  Runtime other;
  add_operation(other, times("twice"), compute_twice);
  EXPECT_THAT(error_of(Fault::run, [&] { run(operations(other).get("twice")); }),
              HasSubstr("it gave 2 outputs where its shape rule promised 1"));
}

TEST_F(OwnKernelTest, NeedsANewNameAndAWholeDescription) {
  added(compute_times);
  EXPECT_EQ(error_of(Fault::usage, [&] { added(compute_times); }), "there is an operation 'times' already");
  EXPECT_EQ(error_of(Fault::usage, [&] { add_operation(runtime_, times("relu"), compute_times); }),
            "there is an operation 'relu' already");
  Descriptor silent = times("silent");
  silent.doc.clear();
  EXPECT_EQ(error_of(Fault::usage, [&] { add_operation(runtime_, silent, compute_times); }),
            "the operation 'silent' cannot be added: an operation needs a name and a doc line");
}

TEST_F(OwnKernelTest, IsWrittenAsOneOfItsOwnAndReadWhereItIsKnown) {
  const Descriptor& descriptor = added(compute_times);
  Graph graph("net");
  const Value x = graph.input({{{"x", {{Dim::symbol("N"), 3}, DType::float32}, false}}, {}, "{}"})[0];
  graph.apply(descriptor, Attributes(descriptor.attributes), {x});
  const std::string text = to_json(graph);
  EXPECT_THAT(text, HasSubstr("\"own\":true"));
  EXPECT_EQ(to_json(*graph_from_json(text, operations(runtime_), runtime_, "net.json")), text);
  EXPECT_THAT(error_of(Fault::input_file, [&] { graph_from_json(text, operations(), runtime_, "net.json"); }),
              HasSubstr("net.json: the operation 'times' was made at run time"));
}

}  // namespace
}  // namespace orrery
