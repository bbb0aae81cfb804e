// `value[key]`.
#include "bindings/border.h"
#include "bindings/index_key.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

using Kind = IndexPart::Kind;

/// Builds the nodes entry by entry, from the first dimension on.
class Indexing {
 public:
  Indexing(const GraphValue& from, Origin origin)
      : from_(from), value_(from.value), origin_(std::move(origin)) {}

  Value apply(lua_State* L, const std::vector<IndexPart>& parts) {
    std::vector<Value> choosers;
    int taken = 0;
    for (const IndexPart& part : parts) {
      choosers.push_back(part.operand ? value_of(L, part.operand, from_.graph) : Value());
      taken += dims_of(part, choosers.back());
    }
    const int left_out = ellipsis_length(value_.shape(), taken);
    for (size_t i = 0; i < parts.size(); ++i) add(parts[i], choosers[i], left_out);
    return chosen_.empty() ? value_ : index();
  }

 private:
  // How many dimensions of the value an entry takes.
  static int dims_of(const IndexPart& part, const Value& chooser) {
    if (part.kind == Kind::ellipsis || part.kind == Kind::new_axis) return 0;
    return chooser && chooser.dtype() == DType::boolean ? static_cast<int>(chooser.shape().size()) : 1;
  }

  void add(const IndexPart& part, const Value& chooser, int left_out) {
    switch (part.kind) {
      case Kind::element: return make("select", {{"index", *part.numbers[0]}});
      case Kind::slice: slice(part); break;
      case Kind::ellipsis: dim_ += left_out; return;
      case Kind::new_axis: make("unsqueeze", {}); break;
      case Kind::chosen:
        chosen_.push_back(chooser);
        dims_.push_back(dim_);
        dim_ += dims_of(part, chooser) - 1;
        break;
    }
    ++dim_;
  }

  void slice(const IndexPart& part) {
    static constexpr const char* kOptions[] = {"start", "end", "step"};
    std::vector<Attributes::Entry> given;
    for (int i = 0; i < 3; ++i)
      if (part.numbers[i]) given.push_back({kOptions[i], *part.numbers[i]});
    if (!given.empty()) make("slice", std::move(given));
  }

  void make(const char* name, std::vector<Attributes::Entry> given) {
    given.push_back({"dim", std::int64_t{dim_}});
    const Descriptor& operation = operations().get(name);
    value_ =
        from_.graph->apply(operation, checked_attributes(operation.attributes, given), {value_}, origin_)[0];
  }

  Value index() {
    const Descriptor& operation = operations().get("index");
    std::vector<Value> inputs = {value_};
    inputs.insert(inputs.end(), chosen_.begin(), chosen_.end());
    return from_.graph->apply(operation, checked_attributes(operation.attributes, {{"dims", dims_}}), inputs,
                              origin_)[0];
  }

  const GraphValue& from_;
  Value value_;
  Origin origin_;
  int dim_ = 0;
  std::vector<Value> chosen_;
  std::vector<std::int64_t> dims_;
};

}  // namespace

int index_graph_value(lua_State* L) {
  const GraphValue from = get<GraphValue>(L, 1);
  const Origin origin = border(L).sites.origin(L, nullptr, Expression::indexing());
  const std::vector<IndexPart> parts = read_key(L, 2);
  return push_graph_value(L, from.graph, Indexing(from, origin).apply(L, parts)), 1;
}

}  // namespace orrery::lua
