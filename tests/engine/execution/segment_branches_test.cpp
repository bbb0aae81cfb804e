// Branches side by side give the same bits as one after the other.
#include "runtime/engine/execution/segment_branches.h"

#include <thread>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/execution/recomputed_blocks.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kWide = 64, kRows = 32;

struct BranchesBuilder : BlocksBuilder {
  using BlocksBuilder::BlocksBuilder;

  LayerPtr made(std::int64_t in, std::int64_t out) {
    return layer("Linear", {{"in_features", in},
                            {"out_features", out},
                            {"dtype", type == at::kDouble ? DType::float64 : DType::float32}});
  }
  Value wide(const Value& value) { return transform("relu", {apply(made(kWide, kWide), {value})}); }
  /// So many layers, one behind the other.
  Value tower(Value value, int layers = 3) {
    for (int i = 0; i < layers; ++i) value = wide(value);
    return value;
  }
  Value stem() { return transform("relu", {apply(made(4, kWide), {x})}); }
  Value joined(const std::vector<Value>& values) {
    return transform("cat", values, {{"dim", std::int64_t{1}}});
  }
  Value loss_of(const Value& value, std::int64_t width) {
    return cross_entropy(apply(made(width, 4), {value}));
  }
};

/// One graph, planned with branches side by side on two threads and one after the other.
class TwoWays {
 public:
  TwoWays(BranchesBuilder& b, const Value& loss)
      : b_(b),
        two_(b, {{loss, trained_of(b.graph)}}),
        beside_(engine(), b.graph, two_.targets),
        apart_(two_.planning) {
    engine().use_threads(2);
    beside_.set_objectives(two_.objectives, GradientEngine::plan);
    beside_.set_side_by_side(true);
    for (const Graph::Entry& entry : b.graph.state(nullptr, true))
      if (entry.parameter->buffer) buffers_.push_back(entry.parameter);
  }

  Executor& beside() { return beside_; }
  Engine& engine() { return Engine::of(b_.runtime); }

  /// Values, gradients, what the buffers are then, and the next random number.
  std::vector<at::Tensor> step(Executor& executor, const Batch& batch) {
    b_.runtime.draws.seed(7);
    std::vector<at::Tensor> before;
    for (const ParameterPtr& buffer : buffers_) before.push_back(engine().tensor(buffer).clone());
    std::vector<at::Tensor> seen = executor.forward(batch, kTrain);
    const auto gradients = executor.backward(std::vector{seen[0]}, 1);
    seen.insert(seen.end(), gradients[0].begin(), gradients[0].end());
    for (size_t i = 0; i < buffers_.size(); ++i) {
      at::Tensor buffer = engine().tensor(buffers_[i]);
      seen.push_back(buffer.clone());
      buffer.copy_(before[i]);
    }
    const Engine::Turn turn(engine());
    seen.push_back(at::rand({1}));
    return seen;
  }

  void expect_same_steps() {
    for (const std::int64_t rows : {kRows, kRows / 2, kRows, kRows + 5}) {
      const auto got = step(beside_, b_.rows(rows)), wanted = step(apart_, b_.rows(rows));
      EXPECT_FALSE(apart_.ran_side_by_side());
      ASSERT_EQ(got.size(), wanted.size());
      for (size_t i = 0; i < got.size(); ++i)
        EXPECT_TRUE(got[i].equal(wanted[i])) << "tensor " << i << " of " << rows << " rows";
    }
  }
  void expect_same_bits() {
    expect_same_steps();
    two_.expect_alike(b_.rows(kRows), b_.type == at::kDouble ? 1e-12 : 1e-4);
  }

  /// How many lanes each region has.
  std::vector<size_t> lanes(bool forward) {
    step(beside_, b_.rows(kRows));
    std::vector<size_t> counts;
    const auto losses = beside_.forward(b_.rows(kRows), kTrain);
    for (const auto& segment : beside_.tape()->lowered()->segments())
      for (const SegmentRegion& region : segment->regions(forward)) counts.push_back(region.lanes.size());
    beside_.backward(losses, 1);
    return counts;
  }

 private:
  BranchesBuilder& b_;
  TwoEngines two_;
  Executor beside_;
  Executor& apart_;
  std::vector<ParameterPtr> buffers_;
};

template <class Build>
void expect_same_bits_of(const Build& build, const std::vector<size_t>& forward,
                         const std::vector<size_t>& backward) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    SCOPED_TRACE(name(dtype));
    BranchesBuilder b(dtype);
    TwoWays two(b, build(b));
    two.expect_same_bits();
    EXPECT_EQ(two.lanes(true), forward);
    EXPECT_EQ(two.lanes(false), backward);
  }
}

TEST(SegmentBranchesTest, BranchesFromOneStemGiveTheSameBits) {
  expect_same_bits_of(
      [](BranchesBuilder& b) {
        const Value h = b.stem();
        return b.loss_of(b.joined({b.tower(h), b.tower(h), b.tower(h)}), 3 * kWide);
      },
      {2}, {2});
}

TEST(SegmentBranchesTest, HeadsOfTheirOwnLossGiveTheSameBits) {
  expect_same_bits_of(
      [](BranchesBuilder& b) {
        const Value h = b.stem();
        return b.transform("add", {b.loss_of(b.tower(h), kWide), b.loss_of(b.tower(h), kWide)});
      },
      {2}, {2});
}

// The gradient of what all three read is added up, query by query.
TEST(SegmentBranchesTest, QueryKeyAndValueGiveTheSameBits) {
  expect_same_bits_of(
      [](BranchesBuilder& b) {
        const Value h = b.stem();
        const Value q = b.tower(h, 2), k = b.tower(h, 2), v = b.tower(h, 2);
        return b.loss_of(b.transform("add", {b.transform("mul", {q, k}), v}), kWide);
      },
      {2}, {2});
}

// Both halves hand gradients to the same weights, which are added up in their order.
TEST(SegmentBranchesTest, HalvesThatShareLayersGiveTheSameBits) {
  expect_same_bits_of(
      [](BranchesBuilder& b) {
        const Value left = b.stem(), right = b.transform("tanh", {left});
        std::vector<LayerPtr> shared;
        for (int i = 0; i < 3; ++i) shared.push_back(b.made(kWide, kWide));
        const auto half = [&](Value value) {
          for (const LayerPtr& layer : shared) value = b.transform("relu", {b.apply(layer, {value})});
          return value;
        };
        const Value one = half(left), other = half(right);
        return b.loss_of(b.transform("sub", {one, other}), kWide);
      },
      {2}, {2});
}

TEST(SegmentBranchesTest, WhatDrawsDrawsInItsOrder) {
  expect_same_bits_of(
      [](BranchesBuilder& b) {
        const Value h = b.stem();
        const auto branch = [&] { return b.apply("Dropout", {{"p", 0.3}}, {b.tower(h)}); };
        const Value one = branch(), other = branch();
        return b.loss_of(b.joined({b.tower(one, 2), b.tower(other, 2)}), 2 * kWide);
      },
      {2, 2}, {2});
}

TEST(SegmentBranchesTest, BatchNormKeepsTheSameStatistics) {
  for (const bool shared : {false, true}) {
    SCOPED_TRACE(shared);
    BranchesBuilder b(DType::float64);
    const auto norm = [&] {
      return b.layer("BatchNorm1d", {{"num_features", kWide}, {"dtype", DType::float64}});
    };
    const LayerPtr one = norm();
    const Value h = b.stem();
    const auto branch = [&](const LayerPtr& layer) { return b.tower(b.apply(layer, {b.tower(h, 2)}), 2); };
    const Value left = branch(one), right = branch(shared ? one : norm());
    TwoWays two(b, b.loss_of(b.joined({left, right}), 2 * kWide));
    two.expect_same_bits();
    EXPECT_FALSE(two.lanes(true).empty());
  }
}

TEST(SegmentBranchesTest, AConstantThatIsANormsStatisticsIsReadWhenTheyAreWritten) {
  BranchesBuilder b(DType::float64);
  const LayerPtr norm = b.layer("BatchNorm1d", {{"num_features", kWide}, {"dtype", DType::float64}});
  const Value h = b.stem(), mean = b.graph.constant(norm->parameter("running_mean"), b.next_line());
  const Value left = b.tower(b.apply(norm, {b.tower(h, 2)}), 2);
  const Value right = b.tower(b.transform("mul", {b.tower(h, 2), mean}), 2);
  TwoWays two(b, b.loss_of(b.joined({left, right}), 2 * kWide));
  two.expect_same_steps();
}

TEST(SegmentBranchesTest, RecomputedBranchesGiveTheSameBits) {
  BranchesBuilder b(DType::float64);
  const Value out = b.block("branches", b.stem(), [&](const Value& in) {
    return b.joined({b.tower(in), b.apply("Dropout", {{"p", 0.3}}, {b.tower(in)})});
  });
  const Value loss = b.loss_of(out, 2 * kWide);
  b.mark();
  TwoWays two(b, loss);
  two.expect_same_bits();
  EXPECT_THAT(two.lanes(true), ElementsAre(2));
  EXPECT_THAT(two.lanes(false), ElementsAre(2));
}

// Weights of that size are kept in the order of MKL's products where they stay.
TEST(SegmentBranchesTest, EvaluationGivesTheSameBits) {
  constexpr std::int64_t kPacked = 128;
  BranchesBuilder b;
  const Value h = b.transform("relu", {b.apply(b.made(4, kPacked), {b.x})});
  const auto tower = [&] {
    Value value = h;
    for (int i = 0; i < 3; ++i) value = b.transform("relu", {b.apply(b.made(kPacked, kPacked), {value})});
    return value;
  };
  const Value left = tower(), out = b.joined({left, tower()});
  b.graph.use({Use::Kind::output, out, "out"});
  b.graph.finalize();
  Engine& engine = Engine::of(b.runtime);
  engine.use_threads(2);
  for (const bool keeps : {false, true}) {
    Executor beside(engine, b.graph, {out}), apart(engine, b.graph, {out});
    beside.set_keeps_weights(keeps), apart.set_keeps_weights(keeps);
    beside.set_side_by_side(true);
    for (int again = 0; again < 2; ++again)
      EXPECT_TRUE(
          beside.forward(b.rows(kRows), kEvaluate)[0].equal(apart.forward(b.rows(kRows), kEvaluate)[0]));
    EXPECT_TRUE(beside.ran_side_by_side());
    EXPECT_FALSE(apart.ran_side_by_side());
  }
}

TEST(SegmentBranchesTest, SmallBranchesStayOneAfterTheOther) {
  BranchesBuilder b;
  const Value h = b.stem();
  TwoWays two(b, b.loss_of(b.joined({b.tower(h, 1), b.tower(h, 1)}), 2 * kWide));
  EXPECT_THAT(two.lanes(true), IsEmpty());
}

// 2^20 multiplications, from which on a product has several threads by itself.
TEST(SegmentBranchesTest, LargeProductsStayOneAfterTheOther) {
  constexpr std::int64_t kLimit = (1 << 20) / (kWide * kWide);
  BranchesBuilder b;
  const Value h = b.stem();
  TwoWays two(b, b.loss_of(b.joined({b.tower(h), b.tower(h)}), 2 * kWide));
  const auto parted = [&](std::int64_t rows) {
    two.step(two.beside(), b.rows(rows));
    return two.beside().ran_side_by_side();
  };
  EXPECT_TRUE(parted(kLimit - 1));
  EXPECT_FALSE(parted(kLimit));
}

TEST(SegmentBranchesTest, NothingRunsSideBySideOnOneThreadOrWithoutThePass) {
  BranchesBuilder b;
  const Value h = b.stem();
  TwoWays two(b, b.loss_of(b.joined({b.tower(h), b.tower(h)}), 2 * kWide));
  EXPECT_THAT(two.lanes(true), ElementsAre(2));
  two.engine().use_threads(1);
  EXPECT_THAT(two.lanes(true), IsEmpty());
  two.engine().use_threads(2);
  two.beside().set_passes(PassSet().without(PlanPass::branches_side_by_side));
  EXPECT_THAT(two.lanes(true), IsEmpty());
}

// No buffer of one lane lies where one of another does, nor where something lies that is needed behind.
TEST(SegmentBranchesTest, BuffersOfARegionLiveAsLongAsAllOfIt) {
  const SegmentPart first{.step = 0, .instructions = {}, .shown = {}, .reads = {}, .writes = {0}},
      second{.step = 1, .instructions = {}, .shown = {}, .reads = {}, .writes = {1}},
      third{.step = 2, .instructions = {}, .shown = {}, .reads = {0, 1}, .writes = {2}};
  SegmentProgram program;
  program.computed_by = {0, 1, 2};
  program.forward = {first, second, third};
  for (size_t i = 0; i < 3; ++i) program.places.push_back({SegmentPlace::Kind::buffer, i, {}});
  program.lives = {{8, 0, 2}, {8, 1, 2}, {8, 2, 2}};
  program.forward_regions = {{.first = 0, .count = 2, .lanes = {{0}, {1}}, .behind = {}}};
  const auto lives = lives_in_regions(program);
  EXPECT_EQ(std::pair(lives[0].first, lives[0].last), std::pair(0, 2));
  EXPECT_EQ(std::pair(lives[1].first, lives[1].last), std::pair(0, 2));
  EXPECT_EQ(std::pair(lives[2].first, lives[2].last), std::pair(2, 2));
  program.backward = {third, second, first};
  program.backward_regions = {{.first = 1, .count = 2, .lanes = {{1}, {2}}, .behind = {}}};
  program.lives = {{8, 6, 6}, {8, 5, 5}, {8, 4, 4}};
  program.forward_regions.clear();
  const auto backward = lives_in_regions(program);
  EXPECT_EQ(std::pair(backward[0].first, backward[0].last), std::pair(5, 6));
  EXPECT_EQ(std::pair(backward[1].first, backward[1].last), std::pair(5, 6));
  EXPECT_EQ(std::pair(backward[2].first, backward[2].last), std::pair(4, 4));
}

// Labels are up to 3, so that both heads fail: the first is named, as if they came one after the other.
TEST(SegmentBranchesTest, AnErrorNamesTheFirstNodeThatFailed) {
  BranchesBuilder b;
  const Value h = b.stem();
  const auto head = [&](std::int64_t classes) {
    return b.cross_entropy(b.apply(b.made(kWide, classes), {b.tower(h)}));
  };
  const Value one = head(4), two_classes = head(2), three_classes = head(3);
  TwoWays two(b, b.transform("add", {b.transform("add", {one, two_classes}), three_classes}));
  for (int again = 0; again < 3; ++again) {
    EXPECT_THAT(error_of(Fault::run, [&] { two.beside().forward(b.rows(kRows), kTrain); }),
                HasSubstr("cross_entropy_loss_2 (CrossEntropyLoss) failed"));
    Batch fits = b.rows(kRows);
    fits["label"] = fits["label"].remainder(2);
    two.step(two.beside(), fits);
    EXPECT_TRUE(two.beside().ran_side_by_side());
  }
}

// What a sink is told, and on which thread.
struct ToldSink : ProfileSink {
  void tell(const std::string& what) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    told.push_back(what);
  }
  bool wants_tensors() const override { return true; }
  void begin_node(const Node& node) override { tell("begin " + (last = node.path())); }
  void end_node(const Node& node, std::span<const at::Tensor>, std::span<const at::Tensor> outputs,
                bool) override {
    tell("end " + node.path());
    for (const at::Tensor& output : outputs) EXPECT_TRUE(output.defined());
  }
  void begin_side_by_side() override { ++regions; }
  void took(double seconds) override { side_by_side[last] += seconds; }
  void gradients_arrive(const Node& node, std::span<const at::Tensor>) override {
    tell("back " + (last = node.path()));
  }
  void gradient_complete(const Parameter& parameter, const at::Tensor&) override {
    tell("complete " + parameter.name);
  }

  std::thread::id caller = std::this_thread::get_id();
  std::vector<std::string> told;
  std::string last;
  int regions = 0;
  std::map<std::string, double> side_by_side;
};

TEST(SegmentBranchesTest, ASinkIsToldTheNodesInTheirOrderOnTheCallersThread) {
  BranchesBuilder b;
  const Value h = b.stem();
  TwoWays two(b, b.loss_of(b.joined({b.tower(h), b.tower(h)}), 2 * kWide));
  std::vector<std::vector<std::string>> told;
  for (const bool beside : {true, false}) {
    ToldSink sink;
    two.beside().set_side_by_side(beside);
    two.beside().set_sink(&sink);
    two.step(two.beside(), b.rows(kRows));
    two.beside().set_sink(nullptr);
    told.push_back(sink.told);
    EXPECT_EQ(sink.regions, beside ? 2 : 0);
    EXPECT_EQ(sink.side_by_side.contains("linear_2"), beside);
    EXPECT_EQ(sink.side_by_side.contains("linear_5"), beside);
    for (const auto& [path, seconds] : sink.side_by_side)
      EXPECT_EQ(path.starts_with("linear"), seconds > 0) << path;
    EXPECT_FALSE(sink.side_by_side.contains("cat"));
  }
  EXPECT_EQ(told[0], told[1]);
}

// Updates come on the caller's thread, when what the region computes is there.
TEST(SegmentBranchesTest, ParametersAreUpdatedBehindTheLanes) {
  struct Updates : UpdateSink {
    bool takes(const Parameter&) const override { return true; }
    void update(const Parameter& parameter, const at::Tensor& gradient) override {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      gradients[&parameter] = gradient.clone();
    }
    std::thread::id caller = std::this_thread::get_id();
    std::map<const Parameter*, at::Tensor> gradients;
  };
  BranchesBuilder b;
  const Value h = b.stem();
  TwoWays two(b, b.loss_of(b.joined({b.tower(h), b.tower(h)}), 2 * kWide));
  std::vector<Updates> seen(2);
  for (const bool beside : {false, true}) {
    two.beside().set_side_by_side(beside);
    two.beside().set_updates(&seen[beside]);
    two.step(two.beside(), b.rows(kRows));
    EXPECT_EQ(two.beside().ran_side_by_side(), beside);
  }
  EXPECT_EQ(seen[0].gradients.size(), trained_of(b.graph).size());
  for (const auto& [parameter, gradient] : seen[0].gradients)
    EXPECT_TRUE(gradient.equal(seen[1].gradients.at(parameter))) << parameter->name;
}

}  // namespace
}  // namespace orrery
