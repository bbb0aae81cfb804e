#pragma once

#include <cmath>
#include <random>

#include "tests/graph/builder.h"

namespace orrery {

/// A random network of images: convolutions, sums and other operations of earlier values, some of whose
/// layers are shared, tied or frozen, in blocks inside blocks, with cues, constants, a state and results. The
/// same seed gives the same.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : b_("random"), draws_(seed) {
    const Dim n = Dim::symbol("N");
    values_.push_back(b_.graph.input({{{"image", {{n, 4, 8, 8}}}, {"label", {{n}, DType::int64}, true}}},
                                     b_.next_line())[0]);
    const int nodes = below(30) + 1;
    for (int i = 0; i < nodes; ++i) step();
    while (depth_ > 0) leave();
    b_.graph.use({Use::Kind::output, values_.back(), below(2) ? "result" : ""});
  }

  const Graph& graph() const { return b_.graph; }

 private:
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(draws_); }
  Value any() { return values_[static_cast<size_t>(below(static_cast<int>(values_.size())))]; }

  void step() {
    if (below(6) == 0) enter();
    if (depth_ > 0 && below(6) == 0) leave();
    values_.push_back(make());
    if (below(8) == 0) values_.back().node->cue() = {below(2) == 0, {{0, "h \"quoted\" — ∑"}}};
    if (below(8) == 0) b_.graph.current_block().add_tick(static_cast<int>(b_.graph.nodes().size()));
  }

  void enter() {
    Block& block = b_.graph.begin_block(below(2) ? "part" : "Ebene 2", b_.next_line());
    ++depth_;
    if (below(2)) block.set_title("A \\ title\n");
    if (below(2)) block.cue() = {"east", true, "a note", "#ffd0a0"};
    block.set_hidden(below(4) == 0);
  }
  void leave() {
    b_.graph.end_block();
    --depth_;
  }

  LayerPtr convolution() {
    LayerPtr made = b_.conv(4, 4);
    if (layers_.empty() || below(3) > 0) {
      layers_.push_back(made);
      return made;
    }
    const LayerPtr& other = layers_[static_cast<size_t>(below(static_cast<int>(layers_.size())))];
    if (below(2)) return other;
    if (below(2)) made->tie("weight", other->parameter("weight"));
    if (below(2)) made->parameter("bias")->trainable = false;
    layers_.push_back(made);
    return made;
  }

  Value constant() {
    auto tensor = std::make_shared<Parameter>();
    tensor->name = "table";
    tensor->shape = {4, 1, 1};
    tensor->trainable = below(2) == 0;
    return b_.graph.constant(tensor, b_.next_line());
  }

  Value state() {
    auto tensor = std::make_shared<Parameter>();
    tensor->name = "kept";
    tensor->shape = {4, 8, 8};
    tensor->trainable = false;
    const auto reset = below(2) ? StateSpec::Reset::pass : StateSpec::Reset::never;
    const Value kept =
        b_.graph.carried(tensor, reset, b_.next_line(), "kept_" + std::to_string(below(1 << 30)));
    if (below(2)) b_.graph.carry(kept, b_.transform("relu", {kept}));
    return kept;
  }

  Value make() {
    switch (below(8)) {
      case 0:
      case 1: return b_.apply(convolution(), {any()});
      case 2: return b_.transform("add", {any(), any()}, {{"alpha", 0.1}});
      case 3: return b_.transform("add", {any(), below(2) ? constant() : state()});
      case 4:
        return below(2) ? b_.transform("mul", {any(), {}}, {{"other", -HUGE_VAL}})
                        : b_.transform("full_like", {any()}, {{"fill_value", std::nan("")}});
      case 5: return b_.transform("clamp", {any(), {}, {}}, {{"min", -1e-300}});
      case 6: return b_.apply("BatchNorm2d", {{"num_features", std::int64_t{4}}}, {any()});
      default: return b_.transform("relu", {any()});
    }
  }

  Builder b_;
  std::mt19937 draws_;
  std::vector<Value> values_;
  std::vector<LayerPtr> layers_;
  int depth_ = 0;
};

}  // namespace orrery
