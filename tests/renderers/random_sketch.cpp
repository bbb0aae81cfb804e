#include "tests/renderers/random_sketch.h"

#include <map>
#include <random>

namespace orrery::test {
namespace {

using layout::Sketch;

class Maker {
 public:
  Maker(unsigned seed, const RandomSketchOptions& options) : random_(seed), options_(options) {}

  Sketch make() {
    sketch_.boxes.push_back({.frame = true, .direction = direction(Direction::south)});
    fill(0, 0);
    connect();
    return std::move(sketch_);
  }

 private:
  // The same numbers with every standard library.
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  Direction direction(Direction inherited) {
    return options_.any_direction ? static_cast<Direction>(below(4)) : inherited;
  }

  void fill(int frame, int depth) {
    const int children = 1 + below(depth == 0 ? 9 : 5);
    for (int i = 0; i < children; ++i) {
      const int box = static_cast<int>(sketch_.boxes.size());
      const bool nested = depth < 3 && below(4) == 0;
      if (nested) {
        sketch_.boxes.push_back(
            {.parent = frame,
             .frame = true,
             .direction = direction(sketch_.boxes[static_cast<size_t>(frame)].direction)});
        if (below(3) > 0) sketch_.boxes.back().title = {20.0 + below(60), 11};
        fill(box, depth + 1);
      } else {
        sketch_.boxes.push_back({.parent = options_.entangled ? some_frame() : frame,
                                 .size = {20.0 + below(80), 15.0 + below(25)},
                                 .side_entry = below(5) > 0});
        leaves_.push_back(box);
      }
    }
  }

  int some_frame() {
    int frame = below(static_cast<int>(sketch_.boxes.size()));
    while (!sketch_.boxes[static_cast<size_t>(frame)].frame) --frame;
    return frame;
  }

  // Mostly from the one before, sometimes from far above; some values are read more than once.
  void connect() {
    std::map<std::pair<int, int>, size_t> nets;
    for (size_t i = 1; i < leaves_.size(); ++i) {
      const int inputs = below(8) == 0 ? 0 : 1 + (below(3) == 0) + (below(6) == 0);
      for (int port = 0; port < inputs; ++port) {
        const int source =
            leaves_[port == 0 && below(4) > 0 ? i - 1 : static_cast<size_t>(below(static_cast<int>(i)))];
        const int output = below(6) == 0 ? 1 : 0;
        const auto [at, is_new] = nets.emplace(std::pair(source, output), sketch_.nets.size());
        if (is_new) {
          sketch_.nets.push_back({.source = source, .output = output});
          if (below(2)) sketch_.nets.back().label = {10.0 + below(50), 8};
        }
        sketch_.nets[at->second].sinks.push_back({.box = leaves_[i], .port = port});
      }
    }
  }

  std::mt19937 random_;
  RandomSketchOptions options_;
  Sketch sketch_;
  std::vector<int> leaves_;
};

}  // namespace

Sketch random_sketch(unsigned seed, const RandomSketchOptions& options) {
  return Maker(seed, options).make();
}

}  // namespace orrery::test
