#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/graph/layer.h"

namespace orrery {

/// Draws of random numbers made while a script constructs layers, kept until the engine opens, so that
/// the same seed and the same order give the weights that PyTorch would give.
class DrawLog {
 public:
  struct Seed {
    std::uint64_t seed;
  };
  /// A parameter gets its first values, or others, drawn in the dtype that it had then.
  struct Fill {
    ParameterPtr parameter;
    Init init;
    DType dtype;
  };
  /// A parameter gets the values that another has then.
  struct Copy {
    ParameterPtr from, to;
  };
  /// The parts of a computed tensor get values that give the tensor as it is.
  using Entry = std::variant<Seed, Fill, Copy, Parametrization>;

  void seed(std::uint64_t seed) { entries_.emplace_back(Seed{seed}); }
  void initialise(const ParameterPtr& parameter) { initialise(parameter, parameter->init); }
  void initialise(ParameterPtr parameter, const Init& init) {
    parameter->init = init;
    const DType dtype = parameter->dtype;
    if (!muted_) entries_.emplace_back(Fill{std::move(parameter), init, dtype});
  }
  void copy(ParameterPtr from, ParameterPtr to) {
    entries_.emplace_back(Copy{std::move(from), std::move(to)});
  }
  /// While muted nothing is drawn for what is made: copies follow.
  void mute(bool muted) { muted_ = muted; }
  void parametrize(Parametrization made) { entries_.emplace_back(std::move(made)); }
  /// The pending entries in order; the log is empty afterwards.
  std::vector<Entry> take() { return std::exchange(entries_, {}); }
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<Entry> entries_;
  bool muted_ = false;
};

/// Where warnings and information go: the host decides (stderr for the program). Never prints itself.
struct Log {
  enum class Level { info, warning };
  std::function<void(Level, const std::string&)> sink;

  void info(const std::string& text) const {
    if (sink) sink(Level::info, text);
  }
  void warning(const std::string& text) const {
    if (sink) sink(Level::warning, text);
  }
};

/// Repeats a recorded construction: while a block is called again with shared layers, the layers of
/// its first call are handed out in the same order instead of new ones; so are the parameters that
/// belong to no layer.
struct LayerTrace {
  std::vector<LayerPtr> layers;
  std::vector<ParameterPtr> free;
  std::optional<DType> dtype = {};  ///< what is made is converted to
  bool on_tensors = false;
  bool replay = false;
  size_t next = 0;
  size_t next_free = 0;
};

/// Everything that belongs to one use of Orrery. Two may live in one process. Used by one thread, but
/// for `stop`, which any thread or signal handler may set.
class Runtime {
 public:
  Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  Log log;
  DrawLog draws;
  /// 0 while running; else the number of the signal that asks to stop.
  std::atomic<int> stop{0};
  /// Whatever the engine keeps per runtime; null until it is opened.
  std::shared_ptr<void> engine;
  /// The operations that this runtime knows; null until ops/operations.h is asked for them.
  std::unique_ptr<Registry> operations;

  /// Makes a layer and logs its draws; while a trace replays, hands out the recorded one (an Error
  /// when the operation or its options differ from the first call).
  LayerPtr make_layer(const Descriptor& descriptor, Attributes attributes, Origin origin);

  /// The same for a parameter that belongs to no layer.
  ParameterPtr make_free(ParameterPtr made);
  /// Converts a tensor that was just made, if the blocks being called ask for a dtype.
  void convert_made(Parameter& made) const;
  /// Gives a parameter other first values, after its own. Nothing happens while a trace replays: the first
  /// call has done it.
  void initialise(const ParameterPtr& parameter, const Init& init);
  /// Gives a parameter the values of another, which is like it; nothing happens while a trace replays.
  void copy(const ParameterPtr& from, const ParameterPtr& to);
  /// Computes a layer's slot from other tensors from now on, and logs their draws. Nothing happens when
  /// the layer was handed out by a replay and has the very parametrization.
  void parametrize(Layer& layer, Parametrization parametrization);

  /// While a trace is pushed, layers made are recorded in it or, in replay, taken from it.
  void push_trace(LayerTrace* trace) { traces_.push_back(trace); }
  void pop_trace() { traces_.pop_back(); }
  /// How many blocks are being called inside each other.
  size_t depth() const { return traces_.size(); }

  /// The innermost block is called on tensors, so that nothing it makes becomes a node.
  bool on_tensors() const { return !traces_.empty() && traces_.back()->on_tensors; }

 private:
  size_t first_recording() const;
  std::optional<DType> wanted_dtype() const;

  std::vector<LayerTrace*> traces_;
  std::int64_t made_ = 0;  ///< layers and free parameters
};

}  // namespace orrery
