#include "bindings/engine/tensor_parts.h"

#include <ATen/ATen.h>

#include "bindings/engine/in_turn.h"
#include "bindings/index_key.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"

namespace orrery::lua {
namespace {

using Kind = IndexPart::Kind;

// What elements and slices leave of a tensor, and the tensors that choose from it by its dimensions.
struct Place {
  at::Tensor view;
  c10::List<std::optional<at::Tensor>> chosen = c10::List<std::optional<at::Tensor>>();
};

// How many dimensions of the tensor an entry takes.
int dims_of(lua_State* L, const IndexPart& part) {
  if (part.kind == Kind::ellipsis || part.kind == Kind::new_axis) return 0;
  if (part.kind != Kind::chosen) return 1;
  const at::Tensor chosen = read_tensor(L, part.operand, "indexing");
  return chosen.scalar_type() == at::kBool ? static_cast<int>(chosen.dim()) : 1;
}

at::Tensor element_of(const at::Tensor& view, std::int64_t dim, std::int64_t element) {
  const std::int64_t size = view.size(dim);
  check(element >= -size && element < size, Fault::run,
        "indexing: element {} is outside of dimension {} of {}", element, dim, str(type_of(view).shape));
  return view.select(dim, element);
}

// The place, entry by entry, from the first dimension on.
class PlaceReader {
 public:
  PlaceReader(lua_State* L, const at::Tensor& tensor, const std::vector<IndexPart>& parts) : L_(L) {
    place_.view = tensor;
    int taken = 0;
    for (const IndexPart& part : parts) taken += dims_of(L, part);
    left_out_ = ellipsis_length(type_of(tensor).shape, taken);
    for (const IndexPart& part : parts) add(part);
  }

  Place place() { return std::move(place_); }

 private:
  void add(const IndexPart& part) {
    at::Tensor& view = place_.view;
    switch (part.kind) {
      case Kind::element: view = element_of(view, dim_, *part.numbers[0]); return;
      case Kind::slice:
        view = view.slice(dim_, part.numbers[0], part.numbers[1], part.numbers[2].value_or(1));
        break;
      case Kind::ellipsis: dim_ += left_out_; return;
      case Kind::new_axis: view = view.unsqueeze(dim_); break;
      case Kind::chosen:
        while (static_cast<std::int64_t>(place_.chosen.size()) < dim_) place_.chosen.push_back(std::nullopt);
        choose(read_tensor(L_, part.operand, "indexing"));
        return;
    }
    ++dim_;
  }

  // A mask stands for one list of indices per dimension.
  void choose(const at::Tensor& chosen) {
    if (chosen.scalar_type() != at::kBool) {
      place_.chosen.push_back(chosen);
    } else {
      for (std::int64_t d = 0; d < chosen.dim(); ++d)
        check(chosen.size(d) == place_.view.size(dim_ + d), Fault::run,
              "indexing: a mask of shape {} does not fit dimension {} of {}", str(type_of(chosen).shape),
              dim_, str(type_of(place_.view).shape));
      for (const at::Tensor& each : chosen.nonzero_numpy()) place_.chosen.push_back(each);
    }
    dim_ = static_cast<std::int64_t>(place_.chosen.size());
  }

  lua_State* L_;
  Place place_;
  std::int64_t dim_ = 0;
  int left_out_ = 0;
};

// The tensor becomes a constant of the graph that the chosen values belong to.
int take_part_in_graph(lua_State* L, const std::shared_ptr<Graph>& graph) {
  push_graph_value(L, graph, value_of(L, 1, graph));
  lua_replace(L, 1);
  return index_graph_value(L);
}

}  // namespace

int take_part(lua_State* L) {
  const at::Tensor tensor = read_tensor(L, 1, "indexing");
  if (lua_type(L, 2) == LUA_TNUMBER && tensor.dim() > 0) {
    const std::int64_t element = read_integer(L, 2, "indexing", "an element");
    if (element >= -tensor.size(0) && element < tensor.size(0))
      return push_tensor(L, in_turn(L, "indexing", [&] { return tensor.select(0, element); })), 1;
  }
  const std::vector<IndexPart> parts = read_key(L, 2);
  for (const IndexPart& part : parts)
    if (part.operand && is<GraphValue>(L, part.operand))
      return take_part_in_graph(L, get<GraphValue>(L, part.operand).graph);
  return push_tensor(L, in_turn(L, "indexing",
                                [&] {
                                  const Place place = PlaceReader(L, tensor, parts).place();
                                  return place.chosen.empty() ? place.view
                                                              : at::index(place.view, place.chosen);
                                })),
         1;
}

int set_part(lua_State* L) {
  const at::Tensor tensor = read_tensor(L, 1, "indexing");
  const std::vector<IndexPart> parts = read_key(L, 2);
  const bool number = lua_type(L, 3) == LUA_TNUMBER || lua_isboolean(L, 3);
  const double plain = lua_isboolean(L, 3) ? lua_toboolean(L, 3) : lua_tonumber(L, 3);
  const at::Tensor given = number ? at::Tensor() : read_tensor(L, 3, "assigning to a part");
  in_turn(L, "assigning to a part", [&] {
    Place place = PlaceReader(L, tensor, parts).place();
    const at::Tensor value = number ? at::full({}, plain, place.view.options()) : given;
    if (place.chosen.empty())
      place.view.copy_(value);
    else
      at::index_put_(place.view, place.chosen, value.to(place.view.options()));
  });
  return 0;
}

}  // namespace orrery::lua
