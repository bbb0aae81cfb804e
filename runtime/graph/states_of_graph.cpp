// The part of Graph that makes states and says what they become.
#include <fmt/format.h>

#include "runtime/graph/graph.h"

namespace orrery {
namespace {

std::string described(const TensorType& type) {
  return fmt::format("shape {} and dtype {}", str(type.shape), name(type.dtype));
}

std::string made_at(const Node& node) {
  const SourceSite& site = node.origin().site;
  return site.known() ? fmt::format("{} (State, {})", node.path(), site.str()) : node.path() + " (State)";
}

[[noreturn]] void refuse(std::string code, const Node& state, const Origin& origin, std::string expected,
                         std::string got, std::string remedy) {
  throw CheckError(
      {{.code = std::move(code),
        .site = origin.site,
        .path = state.path(),
        .message = fmt::format("{} expects to be carried on with {}, got {}", made_at(state), expected, got),
        .expected = expected,
        .got = got,
        .remedy = std::move(remedy)}});
}

}  // namespace

Value Graph::carried(ParameterPtr initial, StateSpec::Reset reset, Origin origin, const std::string& name) {
  invariant(!initial->trainable && known(initial->shape), "a state begins with a constant");
  Value made = constant(std::move(initial), std::move(origin), name);
  made.node->state_ = StateSpec{.reset = reset};
  return made;
}

void Graph::require_carriable(const Node& state, const Value& next, const Origin& origin) const {
  const std::string path = state.path();
  if (next.node->graph_ != this)
    refuse("foreign-value", state, origin, fmt::format("a value of graph '{}'", name_),
           fmt::format("one of graph '{}'", next.node->graph_->name_), "Build both in one graph.");
  if (const Value& known = state.state_->next)
    throw CheckError(
        {{.code = "state-carried-twice",
          .site = origin.site,
          .path = path,
          .message = fmt::format("{} is carried on already,{}", made_at(state), provenance(known)),
          .expected = "one value that the state becomes",
          .got = "a second",
          .remedy = "Call g:carry once a state; choose between values with x:where(…)."}});
}

void Graph::require_carried_dtype(const Node& state, const Value& next, const Origin& origin) {
  if (next.dtype() == state.outputs_[0].dtype) return;
  refuse("dtype-mismatch", state, origin, described(state.outputs_[0]),
         described(next.type()) + provenance(next), "Convert the value with to(dtype).");
}

void Graph::carry(Value state, Value next, const Origin& origin) {
  invariant(state && state.node->state_ && state.node->graph_ == this, "only a state can be carried on");
  require_open(origin);
  Node& node = *state.node;
  require_carriable(node, next, origin);
  const std::string got = described(next.type()) + provenance(next);
  require_carried_dtype(node, next, origin);
  const Attributes none;
  ShapeContext context({&next.type()}, none);
  try {
    if (next.shape().size() != state.shape().size()) ShapeContext::expects(-1, described(state.type()), got);
    for (size_t i = 0; i < state.shape().size(); ++i)
      context.expect_equal(-1, next.shape()[i], state.shape()[i],
                           "to be carried on with " + described(state.type()), got);
  } catch (const RuleBroken& broken) {
    refuse(broken.code, node, origin, described(state.type()), got,
           "Give g:state the shape of what it becomes, or reshape the value.");
  }
  node.guards_ = context.guards();
  node.state_->next = next;
}

}  // namespace orrery
