#include "renderers/diagram/chain.h"

#include <algorithm>
#include <map>

#include "renderers/diagram/merge_boxes.h"

namespace orrery {
namespace {

bool can_repeat(const DiagramBox& box) {
  return box.time == DiagramBox::Time::none &&
         (box.kind == DiagramBox::Kind::frame || box.kind == DiagramBox::Kind::folded);
}

bool look_alike(const DiagramBox& a, const DiagramBox& b) {
  return a.kind == b.kind && a.structure == b.structure && a.direction == b.direction &&
         a.repeat == b.repeat && a.shared == b.shared && !a.alone && !b.alone && a.before == b.before &&
         a.after == b.after && a.governed == b.governed;
}

// The layers of a range of boxes, by the first node that applies each.
std::vector<int> layers_of(const Diagram& diagram, int first, int size) {
  std::vector<int> layers;
  for (int i = first; i < first + size; ++i) {
    const std::vector<int>& own = diagram.boxes[static_cast<size_t>(i)].layers;
    layers.insert(layers.end(), own.begin(), own.end());
  }
  return layers;
}

// Which of its layers are the same.
std::vector<size_t> pattern(const std::vector<int>& layers) {
  std::map<int, size_t> first;
  std::vector<size_t> result;
  for (int layer : layers) result.push_back(first.emplace(layer, first.size()).first->second);
  return result;
}

}  // namespace

Chains::Chains(const Diagram& diagram)
    : diagram_(diagram),
      ends_(ends_of(diagram)),
      children_(diagram.boxes.size()),
      in_(diagram.boxes.size()),
      out_(diagram.boxes.size()) {
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    if (can_repeat(diagram.boxes[i]))
      children_[static_cast<size_t>(diagram.boxes[i].parent)].push_back(static_cast<int>(i));
  for (size_t i = 0; i < diagram.values.size(); ++i)
    for (const DiagramReader& reader : diagram.values[i].readers) add_crossings(static_cast<int>(i), reader);
}

void Chains::add_crossings(int value, const DiagramReader& reader) {
  const int source = diagram_.values[static_cast<size_t>(value)].source;
  for (int block = source; block > 0 && !is_inside(reader.box, block); block = box(block).parent)
    if (can_repeat(box(block)))
      out_[static_cast<size_t>(block)].push_back(
          {value, source - block, reader.port, reader.count, reader.box});
  for (int block = reader.box; block > 0 && !is_inside(source, block); block = box(block).parent)
    if (can_repeat(box(block)))
      in_[static_cast<size_t>(block)].push_back(
          {value, reader.box - block, reader.port, reader.count, source});
}

// The block beside this one that alone reads its results; -1: none.
int Chains::next(int block) const {
  int result = -1;
  for (const Crossing& crossing : out_[static_cast<size_t>(block)]) {
    int reader = crossing.other;
    while (reader > 0 && box(reader).parent != box(block).parent) reader = box(reader).parent;
    if (reader <= block || (result >= 0 && result != reader)) return -1;
    result = reader;
  }
  return result;
}

bool Chains::equal(int a, int b) const {
  if (size(a) != size(b)) return false;
  for (int i = 0; i < size(a); ++i)
    if (!look_alike(box(a + i), box(b + i))) return false;
  return true;
}

bool Chains::marked(int block) const {
  for (int i = block; i < block + size(block); ++i)
    if (!box(i).errors.empty() || !box(i).warnings.empty()) return true;
  return false;
}

Chains::Step Chains::step(int from, int to) const {
  Step result;
  for (const Crossing& c : in_[static_cast<size_t>(to)]) {
    const DiagramValue& value = diagram_.values[static_cast<size_t>(c.value)];
    if (is_inside(c.other, from))
      result.carried.insert({value.source - from, value.output, c.box, c.port, c.count});
    else
      result.outer.insert({c.value, 0, c.box, c.port, c.count});
  }
  return result;
}

bool Chains::begins(int first, const Step& step) const {
  std::map<std::array<int, 3>, int> read;  // by place, port and count: the value
  for (const Crossing& c : in_[static_cast<size_t>(first)]) read[{c.box, c.port, c.count}] = c.value;
  if (read.size() != step.carried.size() + step.outer.size()) return false;
  for (const auto& [value, unused, box, port, count] : step.outer)
    if (const auto at = read.find({box, port, count}); at == read.end() || at->second != value) return false;
  std::map<std::pair<int, int>, int> carried;  // by what is carried: the value that stands for it
  for (const auto& [source, output, box, port, count] : step.carried) {
    const auto at = read.find({box, port, count});
    if (at == read.end()) return false;
    if (carried.emplace(std::pair(source, output), at->second).first->second != at->second) return false;
  }
  return true;
}

Chains::Weights Chains::weights(int first, int other) const {
  const std::vector<int> a = layers_of(diagram_, first, size(first));
  const std::vector<int> b = layers_of(diagram_, other, size(other));
  if (a.empty() && b.empty()) return Weights::none;
  if (a == b) return Weights::shared;
  if (pattern(a) != pattern(b)) return Weights::mixed;
  const std::set<int> before(a.begin(), a.end());
  const auto known = [&](int layer) { return before.contains(layer); };
  return std::none_of(b.begin(), b.end(), known) ? Weights::distinct : Weights::mixed;
}

Chain Chains::from(int first) const {
  Chain chain{.members = {first}, .size = size(first)};
  std::optional<Step> usual;
  std::optional<Weights> kind;
  for (int at = first, to = next(at); to >= 0; at = to, to = next(at)) {
    if (marked(at) || marked(to) || !equal(first, to)) break;
    const Step here = step(at, to);
    if (!usual && !begins(first, here)) break;
    if (here != usual.value_or(here)) break;
    // Each is compared with the first and with the one before it: these two tell shared from own weights.
    const Weights weights = this->weights(first, to);
    if (weights == Weights::mixed || weights != kind.value_or(weights)) break;
    if (this->weights(at, to) != weights) break;
    usual = here;
    kind = weights;
    chain.members.push_back(to);
  }
  chain.shared = kind == Weights::shared;
  return chain;
}

std::vector<Chain> Chains::in(int frame) const {
  std::vector<Chain> chains;
  std::set<int> used;
  for (int block : children_[static_cast<size_t>(frame)]) {
    if (used.contains(block)) continue;
    Chain chain = from(block);
    if (chain.members.size() < 2) continue;
    used.insert(chain.members.begin(), chain.members.end());
    chains.push_back(std::move(chain));
  }
  return chains;
}

}  // namespace orrery
