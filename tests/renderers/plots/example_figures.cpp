#include "tests/renderers/plots/example_figures.h"

#include <cmath>

#include <fmt/format.h>

#include "renderers/plots/smoothed.h"

namespace orrery::plots::test {

std::vector<double> falling(int count, int nth) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(2.3 * std::exp(-i / (8.0 + 3 * nth)) + 0.1 * (nth + 1) +
                     0.04 * std::sin(i * (2.1 + nth)));
  return values;
}

std::vector<double> epochs(size_t count) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i + 1));
  return values;
}

Series series(std::string name, std::vector<double> y) {
  return {.name = std::move(name), .x = epochs(y.size()), .y = std::move(y)};
}

Figure two_panels() {
  Figure figure{.x = {.label = "epoch", .whole = true}};
  std::vector<double> train = falling(40), validation = falling(40, 1);
  figure.panels.push_back({{.label = "loss"}, {series("train", train), series("validation", validation)}});
  for (double& value : train) value = 1 - value / 3;
  for (double& value : validation) value = 1 - value / 3;
  figure.panels.push_back(
      {{.label = "accuracy"}, {series("train", train), series("validation", validation)}});
  return figure;
}

Figure bands() {
  Figure figure{.title = "Three learning rates", .x = {.label = "epoch", .whole = true}};
  figure.panels.push_back({.y = {.label = "loss", .unit = "nats", .scale = Scale::log}});
  for (int nth = 0; nth < 3; ++nth) {
    Series one = series(fmt::format("lr = 0.{}", nth + 1), falling(30, nth));
    for (double value : one.y) one.lower.push_back(value * 0.8), one.upper.push_back(value * 1.3);
    figure.panels[0].series.push_back(one);
  }
  return figure;
}

Figure smoothed_with_gaps() {
  Series one = series("loss", falling(200));
  for (int i = 60; i < 80; ++i) one.y[static_cast<size_t>(i)] = std::nan("");
  one.y[70] = 1;
  one.faint = one.y;
  one.y = smoothed(one.faint, 15);
  Figure figure{.caption = "A moving average over 15 steps; no numbers between 60 and 80.",
                .x = {.label = "step"}};
  figure.panels.push_back({{.label = "loss"}, {one}});
  return figure;
}

Figure crowded() {
  Figure figure{.x = {.label = "step"}};
  figure.panels.emplace_back();
  for (int nth = 0; nth < 7; ++nth) {
    std::vector<double> y;
    for (int i = 0; i < 50; ++i) y.push_back(std::sin(i * 0.7 + nth) * (1 + nth));
    figure.panels[0].series.push_back(series(fmt::format("a run with a long name {}", nth), y));
  }
  return figure;
}

}  // namespace orrery::plots::test
