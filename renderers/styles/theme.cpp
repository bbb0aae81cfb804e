#include "renderers/styles/theme.h"

namespace orrery {
namespace {

BoxLook look_of(Category category) {
  const Color ink = rgb(0x1a1a1a);
  switch (category) {
    case Category::convolution: return {BoxShape::rounded, rgb(0xfbdcb8), rgb(0xb35c00), ink};
    case Category::linear:
    case Category::sparse:
    case Category::recurrent:
    case Category::attention: return {BoxShape::rounded, rgb(0xcfe3f5), rgb(0x1f669c), ink};
    case Category::matrix:
    case Category::linalg:
    case Category::spectral: return {BoxShape::rounded, rgb(0xe4eff9), rgb(0x1f669c), ink};
    case Category::normalization: return {BoxShape::rounded, rgb(0xd3ebe3), rgb(0x007a58), ink};
    case Category::pooling: return {BoxShape::funnel, rgb(0xf3d6e3), rgb(0x9c4a75), ink};
    case Category::reduction:
    case Category::sorting: return {BoxShape::funnel, rgb(0xefefef), rgb(0x5f5f5f), ink};
    case Category::activation: return {BoxShape::pill, rgb(0xfdf3c0), rgb(0x8f7d00), ink};
    case Category::dropout:
    case Category::random: return {BoxShape::pill, rgb(0xffffff), rgb(0x6f6f6f), ink, 0.8, {2, 1.5}};
    case Category::loss:
    case Category::distance: return {BoxShape::rounded, rgb(0x3b3f46), rgb(0x1a1a1a), rgb(0xffffff)};
    case Category::arithmetic:
    case Category::elementwise:
    case Category::comparison:
    case Category::own: return {BoxShape::pill, rgb(0xffffff), rgb(0x3a3a3a), ink};
    case Category::creation:
    case Category::shape:
    case Category::indexing:
    case Category::padding:
    case Category::vision: return {BoxShape::square, rgb(0xf1f1f1), rgb(0x6f6f6f), ink};
  }
  return {BoxShape::rounded, rgb(0xffffff), rgb(0x3a3a3a), ink};
}

}  // namespace

BoxLook Theme::look(const DiagramBox& box) const {
  using Kind = DiagramBox::Kind;
  switch (box.kind) {
    case Kind::folded: return {BoxShape::twofold, rgb(0xe9ecef), rgb(0x4a5058), text};
    case Kind::input: return {BoxShape::rounded, rgb(0xffffff), rgb(0x1a1a1a), text, 1.5};
    case Kind::label: return {BoxShape::rounded, rgb(0xffffff), rgb(0x1a1a1a), text, 1.2, {4, 2}};
    case Kind::output: return {BoxShape::pill, rgb(0xffffff), rgb(0x1a1a1a), text, 1.5};
    case Kind::constant: return {BoxShape::square, rgb(0xffffff), rgb(0x6f6f6f), text, 0.8, {1.2, 1.5}};
    case Kind::parameter: return {BoxShape::square, rgb(0xd3ebe3), rgb(0x007a58), text, 0.8, {1.2, 1.5}};
    default: break;
  }
  if (!box.category) return {BoxShape::rounded, rgb(0xffffff), rgb(0x3a3a3a), text};
  BoxLook look = look_of(*box.category);
  // A finding's code has no room in a circle.
  if (!box.symbol.empty() && box.errors.empty() && box.warnings.empty()) look.shape = BoxShape::circle;
  return look;
}

}  // namespace orrery
