#include "bindings/border.h"

#include <algorithm>

namespace orrery::lua {
namespace {

constexpr const char* kKey = "orrery.border";
constexpr size_t kErrorsKept = 16;

int forget_border(lua_State* L) {
  auto held = static_cast<Border**>(lua_touserdata(L, 1));
  delete *held;
  *held = nullptr;
  return 0;
}

Border& make_border(lua_State* L) {
  luaL_checkstack(L, 4, "no room for Orrery");
  auto held = static_cast<Border**>(lua_newuserdata(L, sizeof(Border*)));
  *held = nullptr;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, forget_border);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_setfield(L, LUA_REGISTRYINDEX, kKey);
  *held = new Border(L);
  if (lua_pushthread(L)) (*held)->sites.set_main(L);
  lua_pop(L, 1);
  return **held;
}

}  // namespace

Border::Border(lua_State* L) : runtime(std::make_shared<Runtime>()), kept(std::make_shared<KeptValues>(L)) {}

Border::~Border() { kept->close(); }

void Border::set_mode(Mode mode) {
  mode_ = mode;
  ended_at_.reset();
  graphs_.clear();
  kept_graphs_.clear();
}

void Border::end_script_if_checking(const std::string& call) {
  if (mode_ == Mode::run) return;
  ended_at_ = call;
  throw Error(Fault::run, "the script ends here, at " + call + ": it is only checked");
}

void Border::add_graph(const std::shared_ptr<Graph>& graph) {
  std::erase_if(graphs_, [](const auto& weak) { return weak.expired(); });
  graphs_.push_back(graph);
  graph->set_witness(witness);
  if (mode_ == Mode::check) kept_graphs_.push_back(graph);
}

std::vector<std::shared_ptr<Graph>> Border::graphs() const {
  std::vector<std::shared_ptr<Graph>> living;
  for (const auto& weak : graphs_)
    if (auto graph = weak.lock()) living.push_back(std::move(graph));
  return living;
}

void Border::remember(ErrorRecord record) {
  errors_.push_back(std::move(record));
  if (errors_.size() > kErrorsKept) errors_.pop_front();
}

const ErrorRecord* Border::find_error(const std::string& text) const {
  auto found = std::find_if(errors_.rbegin(), errors_.rend(),
                            [&](const ErrorRecord& record) { return text.ends_with(record.text); });
  return found == errors_.rend() ? nullptr : &*found;
}

Border& border(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, kKey);
  auto held = static_cast<Border**>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return held && *held ? **held : make_border(L);
}

}  // namespace orrery::lua
