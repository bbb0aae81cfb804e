#include "renderers/plots/plot_theme.h"

#include <array>

namespace orrery::plots {
namespace {

template <typename Things>
const auto& counted_on(const Things& things, int index) {
  return things[static_cast<size_t>(index) % things.size()];
}

}  // namespace

Color PlotTheme::color(const Look& look) const {
  static constexpr std::array kColors = {rgb(0x0072b2), rgb(0xd55e00), rgb(0x009e73), rgb(0xcc79a7),
                                         rgb(0xe69f00), rgb(0x56b4e9), rgb(0x000000)};
  return counted_on(kColors, look.color);
}

std::vector<double> PlotTheme::dashes(const Look& look) const {
  static const std::array<std::vector<double>, 5> kDashes = {
      {{}, {4.5, 1.8}, {1.2, 1.4}, {5.5, 1.5, 1.2, 1.5}, {8, 2.2}}};
  return counted_on(kDashes, look.dashes);
}

Symbol PlotTheme::symbol(const Look& look) const {
  static constexpr std::array kSymbols = {Symbol::circle, Symbol::square, Symbol::triangle, Symbol::diamond,
                                          Symbol::cross,  Symbol::nabla,  Symbol::plus};
  return counted_on(kSymbols, look.mark);
}

}  // namespace orrery::plots
