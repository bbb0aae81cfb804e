#include "runtime/core/strict_json.h"

#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr int kDeepest = 512;

// Refuses what nlohmann's parser lets pass: duplicate keys (it keeps the last) and bottomless nesting.
class Guard {
 public:
  explicit Guard(const std::string& what) : what_(what) {}

  bool operator()(int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    check(depth <= kDeepest, Fault::input_file, "{}: JSON nested deeper than {}", what_, kDeepest);
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      check(keys_.back().insert(key).second, Fault::input_file, "{}: the key '{}' stands twice", what_, key);
    }
    return true;
  }

 private:
  const std::string& what_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

nlohmann::json parse_strict_json(std::string_view text, const std::string& what) {
  Guard guard(what);
  try {
    return nlohmann::json::parse(text, std::ref(guard));
  } catch (const nlohmann::json::exception& error) {
    fail(Fault::input_file, "{}: not valid JSON ({})", what, error.what());
  }
}

}  // namespace orrery
