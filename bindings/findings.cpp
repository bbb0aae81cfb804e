#include "bindings/findings.h"

#include "bindings/lua_args.h"
#include "runtime/governors/invariants.h"
#include "runtime/graph/invariants.h"
#include "runtime/graph/rules.h"

namespace orrery::lua {
namespace {

void set_text(lua_State* L, const char* key, const std::string& text) {
  if (text.empty()) return;
  push_text(L, text);
  lua_setfield(L, -2, key);
}

void push_finding(lua_State* L, const Finding& finding) {
  lua_createtable(L, 0, 10);
  set_text(L, "code", finding.code);
  if (const Rule* rule = find_rule(finding.code)) set_text(L, "number", std::string(rule->number));
  set_text(L, "severity", finding.severity == Severity::error ? "error" : "warning");
  if (finding.site.known()) {
    set_text(L, "file", finding.site.file);
    lua_pushnumber(L, finding.site.line);
    lua_setfield(L, -2, "line");
  }
  set_text(L, "path", finding.path);
  set_text(L, "message", finding.message);
  set_text(L, "expected", finding.expected);
  set_text(L, "got", finding.got);
  set_text(L, "remedy", finding.remedy);
  set_text(L, "text", finding.str());
}

}  // namespace

void push_findings(lua_State* L, const std::vector<Finding>& findings) {
  luaL_checkstack(L, 4, "too many values");
  lua_createtable(L, static_cast<int>(findings.size()), 0);
  for (size_t i = 0; i < findings.size(); ++i) {
    push_finding(L, findings[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

std::vector<Finding> check_everything(Graph& graph) {
  if (!graph.finalized()) graph.update_gradients();
  std::vector<Finding> findings = check_graph(graph);
  const std::vector<Finding> governed = check_governors(graph);
  findings.insert(findings.end(), governed.begin(), governed.end());
  return graph.levelled(std::move(findings));
}

}  // namespace orrery::lua
