#include "renderers/styles/palettes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "renderers/viridis.h"

namespace orrery {
namespace {

// On paper more is darker.
std::vector<Color> darkening() { return {viridis().rbegin(), viridis().rend()}; }

// ColorBrewer's RdBu (Harrower and Brewer, 2003) from blue to red: the colour-blind can tell its ends apart.
std::vector<Color> blue_to_red(Color middle) {
  return {rgb(0x2166ac), rgb(0x67a9cf), middle, rgb(0xef8a62), rgb(0xb2182b)};
}

// Okabe and Ito's bluish green, vermilion and orange. Marks and dashes tell the same without colour.
void paint_changes(Theme& theme, const std::array<unsigned, 3>& fills, const std::array<unsigned, 3>& lines) {
  using Kind = GraphDiff::Kind;
  const std::array kinds = {Kind::added, Kind::removed, Kind::changed};
  for (size_t i = 0; i < kinds.size(); ++i)
    theme.changes[kinds[i]] = {rgb(fills[i]), rgb(lines[i]), theme.text};
}

Color of_hue(double hue, double saturation, double lightness) {
  const auto channel = [&](double n) {
    const double k = std::fmod(n + hue / 30, 12);
    const double a = saturation * std::min(lightness, 1 - lightness);
    return lightness - a * std::max(-1.0, std::min({k - 3, 9 - k, 1.0}));
  };
  return {channel(0), channel(8), channel(4)};
}

// The hues of TensorFlow's graph visualizer, in its order.
std::vector<Paint> tones_of(double saturation, double fill, double line, Color text) {
  std::vector<Paint> tones;
  for (double hue : {220, 100, 180, 40, 20, 340, 260, 300, 140, 60})
    tones.push_back({of_hue(hue, saturation, fill), of_hue(hue, saturation, line), text});
  return tones;
}

}  // namespace

void paint_light(Theme& theme) {
  const Color ink = rgb(0x1a1a1a), white = rgb(0xffffff), grey = rgb(0x6f6f6f);
  theme.paints = {
      {BoxRole::input, {white, ink, ink}},
      {BoxRole::label, {white, ink, ink}},
      {BoxRole::convolution, {rgb(0xfbdcb8), rgb(0xb35c00), ink}},
      {BoxRole::linear, {rgb(0xcfe3f5), rgb(0x1f669c), ink}},
      {BoxRole::matrix, {rgb(0xe4eff9), rgb(0x1f669c), ink}},
      {BoxRole::normalization, {rgb(0xd3ebe3), rgb(0x007a58), ink}},
      {BoxRole::activation, {rgb(0xfdf3c0), rgb(0x8f7d00), ink}},
      {BoxRole::pooling, {rgb(0xf3d6e3), rgb(0x9c4a75), ink}},
      {BoxRole::reduction, {rgb(0xefefef), rgb(0x5f5f5f), ink}},
      {BoxRole::dropout, {white, grey, ink}},
      {BoxRole::arithmetic, {white, rgb(0x3a3a3a), ink}},
      {BoxRole::shape, {rgb(0xf1f1f1), grey, ink}},
      {BoxRole::loss, {rgb(0x3b3f46), ink, white}},
      {BoxRole::parameter, {rgb(0xd3ebe3), rgb(0x007a58), ink}},
      {BoxRole::constant, {white, grey, ink}},
      {BoxRole::folded, {rgb(0xe9ecef), rgb(0x4a5058), ink}},
      {BoxRole::output, {white, ink, ink}},
      {BoxRole::governor, {rgb(0xebe6f7), rgb(0x5b4a91), ink}},
  };
  theme.tones = tones_of(0.55, 0.84, 0.36, ink);
  theme.heat = darkening();
  theme.delta = blue_to_red(rgb(0xf4f4f4));
  paint_changes(theme, {0xc9ecdd, 0xfbe0d6, 0xfdebbd}, {0x00795a, 0xb83c00, 0x9a6a00});
}

void paint_dark(Theme& theme) {
  const Color ink = rgb(0xeceff4), back = rgb(0x1b1d21), grey = rgb(0x9aa0a8);
  theme.background = back;
  theme.text = ink;
  theme.quiet = rgb(0xb4bac4);
  theme.line = rgb(0xc3c8d0);
  theme.frame_line = rgb(0x5d636d);
  theme.even_frame = rgb(0x23262b);
  theme.odd_frame = rgb(0x2b2f35);
  theme.error = rgb(0xff6b6b);
  theme.warning = rgb(0xffb454);
  theme.neutral = {rgb(0x33373d), grey, ink};
  theme.paints = {
      {BoxRole::input, {back, ink, ink}},
      {BoxRole::label, {back, ink, ink}},
      {BoxRole::convolution, {rgb(0x6a4012), rgb(0xe69f00), ink}},
      {BoxRole::linear, {rgb(0x1d4568), rgb(0x56b4e9), ink}},
      {BoxRole::matrix, {rgb(0x263746), rgb(0x56b4e9), ink}},
      {BoxRole::normalization, {rgb(0x0f4c3b), rgb(0x2fc79b), ink}},
      {BoxRole::activation, {rgb(0x575012), rgb(0xf0e442), ink}},
      {BoxRole::pooling, {rgb(0x5c2a45), rgb(0xe08fbb), ink}},
      {BoxRole::reduction, {rgb(0x3a3e44), grey, ink}},
      {BoxRole::dropout, {back, grey, ink}},
      {BoxRole::arithmetic, {back, rgb(0xc3c8d0), ink}},
      {BoxRole::shape, {rgb(0x33373d), grey, ink}},
      {BoxRole::loss, {rgb(0xdfe3ea), rgb(0xffffff), rgb(0x14161a)}},
      {BoxRole::parameter, {rgb(0x0f4c3b), rgb(0x2fc79b), ink}},
      {BoxRole::constant, {back, grey, ink}},
      {BoxRole::folded, {rgb(0x3a4049), rgb(0xb4bac4), ink}},
      {BoxRole::output, {back, ink, ink}},
      {BoxRole::governor, {rgb(0x352d52), rgb(0xb3a4e8), ink}},
  };
  theme.tones = tones_of(0.45, 0.27, 0.65, ink);
  theme.heat = viridis();
  theme.delta = blue_to_red(rgb(0x33373d));
  paint_changes(theme, {0x0f4c3b, 0x5c2a1a, 0x57430a}, {0x2fc79b, 0xff8a5c, 0xf0b429});
}

void paint_paper(Theme& theme) {
  const Color ink = rgb(0x000000), white = rgb(0xffffff), pale = rgb(0xececec), grey = rgb(0xd9d9d9);
  theme = Theme();
  theme.marks = true;
  theme.text = theme.line = ink;
  theme.quiet = rgb(0x404040);
  theme.frame_line = rgb(0x707070);
  theme.even_frame = rgb(0xf7f7f7);
  theme.error = theme.warning = ink;
  for (auto& [role, paint] : theme.paints) paint = {white, ink, ink};
  for (BoxRole role :
       {BoxRole::convolution, BoxRole::linear, BoxRole::normalization, BoxRole::activation, BoxRole::folded})
    theme.paints[role].fill = pale;
  for (BoxRole role : {BoxRole::pooling, BoxRole::reduction, BoxRole::parameter})
    theme.paints[role].fill = grey;
  theme.paints[BoxRole::loss] = {rgb(0x303030), ink, white};
  theme.neutral = {white, rgb(0x707070), ink};
  theme.tones.clear();
  for (unsigned hex : {0xd0d0d0u, 0xf0f0f0u, 0xb4b4b4u, 0xe0e0e0u, 0xc2c2c2u})
    theme.tones.push_back({rgb(hex), ink, ink});
  paint_changes(theme, {0xd0d0d0, 0xffffff, 0xe8e8e8}, {0x000000, 0x000000, 0x000000});
}

void paint_colour_blind(Theme& theme) {
  const Color ink = rgb(0x000000);
  theme = Theme();
  theme.marks = true;
  const auto set = [&](BoxRole role, unsigned fill, unsigned line) {
    theme.paints[role] = {rgb(fill), rgb(line), ink};
  };
  // Tints of Okabe and Ito's orange, sky blue, bluish green, yellow and reddish purple.
  set(BoxRole::convolution, 0xf3c66d, 0x8a5a00);
  set(BoxRole::linear, 0x8fcdf1, 0x005a8c);
  set(BoxRole::matrix, 0xcce8f8, 0x005a8c);
  set(BoxRole::normalization, 0x7fcdb4, 0x005c43);
  set(BoxRole::activation, 0xf5ee86, 0x6b6300);
  set(BoxRole::pooling, 0xe0a9c6, 0x7d3560);
  set(BoxRole::parameter, 0x7fcdb4, 0x005c43);
  theme.tones.clear();
  for (unsigned hex : {0x8fcdf1u, 0xf3c66du, 0x7fcdb4u, 0xe0a9c6u, 0xf5ee86u, 0x9fb8d9u, 0xea9e72u})
    theme.tones.push_back({rgb(hex), ink, ink});
}

}  // namespace orrery
