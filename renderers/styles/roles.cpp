#include <map>

#include "renderers/styles/theme.h"

namespace orrery {
namespace {

struct Words {
  std::string name, meaning;
};

const Words& words_of(BoxRole role) {
  static const std::map<BoxRole, Words> words = {
      {BoxRole::input, {"input", "input"}},
      {BoxRole::label, {"label", "label"}},
      {BoxRole::convolution, {"convolution", "convolution"}},
      {BoxRole::linear, {"linear", "linear, recurrent, attention"}},
      {BoxRole::matrix, {"matrix", "matrix product"}},
      {BoxRole::normalization, {"normalization", "normalization"}},
      {BoxRole::activation, {"activation", "activation"}},
      {BoxRole::pooling, {"pooling", "pooling"}},
      {BoxRole::reduction, {"reduction", "reduction"}},
      {BoxRole::dropout, {"dropout", "dropout, random"}},
      {BoxRole::arithmetic, {"arithmetic", "element by element"}},
      {BoxRole::shape, {"shape", "shape, indexing"}},
      {BoxRole::loss, {"loss", "loss"}},
      {BoxRole::parameter, {"parameter", "trained constant"}},
      {BoxRole::constant, {"constant", "constant"}},
      {BoxRole::folded, {"folded", "block, its inside not shown"}},
      {BoxRole::output, {"output", "output"}},
      {BoxRole::governor, {"governor", "optimizer, saver"}},
  };
  return words.at(role);
}

}  // namespace

const std::string& role_name(BoxRole role) { return words_of(role).name; }
const std::string& role_meaning(BoxRole role) { return words_of(role).meaning; }

}  // namespace orrery
