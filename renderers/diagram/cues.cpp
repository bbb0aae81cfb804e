#include "renderers/diagram/cues.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "renderers/diagram/diagram.h"
#include "renderers/diagram/plain_text.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/core/pattern.h"
#include "runtime/core/strict_json.h"

namespace orrery {
namespace {

using CuesJson = nlohmann::json;
using CueTexts = std::map<std::string, std::string>;

constexpr size_t kLongestCue = 200;  // letters of a title or tag

/// One member of a cues file, read into the place that it belongs to.
class CuesReader {
 public:
  explicit CuesReader(std::string what) : what_(std::move(what)) {}

  Cues read(const CuesJson& json) {
    if (!json.is_object()) refuse("a cues file holds one object with members such as collapse and titles");
    for (const auto& [key, value] : json.items()) read_member(key, value);
    return std::move(cues_);
  }

 private:
  [[noreturn]] void refuse(const std::string& message) const { fail(Fault::usage, "{}: {}", what_, message); }

  void read_member(const std::string& key, const CuesJson& value) {
    static const std::vector<std::string> kKeys = {"schema", "version",    "graph", "expand", "collapse",
                                                   "unfold", "directions", "order", "titles", "tags"};
    if (key == "expand") return read_list(key, value, cues_.expand);
    if (key == "collapse") return read_list(key, value, cues_.collapse);
    if (key == "unfold") return read_list(key, value, cues_.unfold);
    if (key == "directions") return read_texts(key, value, cues_.directions);
    if (key == "order") return read_orders(value);
    if (key == "titles") return read_texts(key, value, cues_.titles);
    if (key == "tags") return read_texts(key, value, cues_.tags);
    if (key == "schema" && value != "orrery.cues")
      refuse("schema is 'orrery.cues' in a cues file, got " + value.dump());
    if (key == "version" && value != 1)
      refuse("this Orrery reads version 1 of cues files, got " + value.dump());
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end())
      refuse("there is no cue '" + key + "'" + did_you_mean(key, kKeys));
  }

  void read_list(const std::string& key, const CuesJson& value, std::vector<std::string>& into) const {
    if (value.is_object() && value.empty()) return;  // an empty table of Lua
    if (!value.is_array()) refuse(key + " is a list of paths or patterns");
    for (const CuesJson& path : value) {
      if (!path.is_string()) refuse(key + " is a list of paths or patterns, got " + path.dump());
      into.push_back(path.get<std::string>());
    }
  }

  void read_orders(const CuesJson& value) {
    if (value.is_array() && value.empty()) return;
    if (!value.is_object()) refuse("order has a list of paths for each block");
    for (const auto& [path, list] : value.items()) read_list("order", list, cues_.order[path]);
  }

  void read_texts(const std::string& key, const CuesJson& value, CueTexts& into) const {
    if (value.is_array() && value.empty()) return;
    if (!value.is_object()) refuse(key + " has a text for each path");
    for (const auto& [path, text] : value.items()) {
      if (!text.is_string())
        refuse(key + " has a text for each path, got " + text.dump() + " for '" + path + "'");
      into[path] = plain_text(text.get<std::string>(), kLongestCue);
    }
  }

  std::string what_;
  Cues cues_;
};

bool is_cued_block(const DiagramBox& box) { return box.parent >= 0 && box.kind == DiagramBox::Kind::frame; }

/// The paths that cues may name.
class CuedPaths {
 public:
  explicit CuedPaths(const Diagram& diagram) {
    for (size_t i = 1; i < diagram.boxes.size(); ++i) {
      all_.push_back(diagram.boxes[i].path);
      if (is_cued_block(diagram.boxes[i])) blocks_.push_back(diagram.boxes[i].path);
    }
  }

  void check_blocks(const std::string& key, const std::vector<std::string>& patterns) const {
    for (const std::string& pattern : patterns)
      if (std::none_of(blocks_.begin(), blocks_.end(),
                       [&](const std::string& path) { return fits_pattern(path, pattern); }))
        refuse(key, "block", pattern, blocks_);
  }
  void check_order(const std::map<std::string, std::vector<std::string>>& order) const {
    for (const auto& [block, paths] : order) {
      if (!block.empty() && std::find(blocks_.begin(), blocks_.end(), block) == blocks_.end())
        refuse("order", "block", block, blocks_);
      for (const std::string& path : paths)
        if (std::find(all_.begin(), all_.end(), path) == all_.end())
          refuse("order", "block or node", path, all_);
    }
  }
  void check_texts(const std::string& key, const CueTexts& texts, bool blocks_alone) const {
    const std::vector<std::string>& known = blocks_alone ? blocks_ : all_;
    for (const auto& [path, text] : texts)
      if (std::find(known.begin(), known.end(), path) == known.end())
        refuse(key, blocks_alone ? "block" : "block or node", path, known);
  }

 private:
  [[noreturn]] static void refuse(const std::string& key, const std::string& what, const std::string& path,
                                  const std::vector<std::string>& known) {
    throw Error(Fault::usage,
                "cues: " + key + ": no " + what + " is called '" + path + "'" + did_you_mean(path, known), {},
                "Cues name blocks and nodes by their paths; orrery summary lists them.");
  }

  std::vector<std::string> all_, blocks_;
};

const std::string* text_for(const CueTexts& texts, const DiagramBox& box) {
  const auto at = texts.find(box.path);
  return at == texts.end() ? nullptr : &at->second;
}

void turn_blocks(Diagram& diagram, const CueTexts& directions) {
  if (directions.empty()) return;
  std::vector<Direction> before;
  for (const DiagramBox& box : diagram.boxes) before.push_back(box.direction);
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    DiagramBox& box = diagram.boxes[i];
    const auto around = static_cast<size_t>(box.parent);
    if (before[i] == before[around]) box.direction = diagram.boxes[around].direction;
    if (const std::string* word = is_cued_block(box) ? text_for(directions, box) : nullptr)
      box.direction = direction_from_name(*word);
  }
}

void order_boxes(Diagram& diagram, const Cues& cues) {
  if (cues.order.empty()) return;
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    DiagramBox& box = diagram.boxes[i];
    const auto list = cues.order.find(diagram.boxes[static_cast<size_t>(box.parent)].path);
    if (list == cues.order.end()) continue;
    const auto at = std::find(list->second.begin(), list->second.end(), box.path);
    if (at != list->second.end()) box.place = static_cast<int>(at - list->second.begin());
  }
}

void add_unless_named(std::vector<std::string>& to, const std::vector<std::string>& cued,
                      const std::vector<std::string>& otherwise) {
  for (const std::string& path : cued)
    if (std::find(otherwise.begin(), otherwise.end(), path) == otherwise.end()) to.push_back(path);
}

}  // namespace

Cues read_cues(const std::string& json, const std::string& what) {
  return CuesReader(what).read(parse_strict_json(json, what));
}

void check_cues(const Diagram& diagram, const Cues& cues) {
  const CuedPaths paths(diagram);
  paths.check_blocks("expand", cues.expand);
  paths.check_blocks("collapse", cues.collapse);
  paths.check_blocks("unfold", cues.unfold);
  paths.check_texts("directions", cues.directions, true);
  paths.check_order(cues.order);
  paths.check_texts("titles", cues.titles, false);
  paths.check_texts("tags", cues.tags, false);
  for (const auto& [path, word] : cues.directions) direction_from_name(word);
}

void apply_cues(Diagram& diagram, const Cues& cues) {
  if (cues == Cues{}) return;
  check_cues(diagram, cues);
  turn_blocks(diagram, cues.directions);
  order_boxes(diagram, cues);
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    DiagramBox& box = diagram.boxes[i];
    if (const std::string* title = text_for(cues.titles, box)) box.title = *title, box.symbol.clear();
    if (const std::string* tag = text_for(cues.tags, box)) box.tag = *tag;
    box.alone = is_cued_block(box) &&
                std::any_of(cues.unfold.begin(), cues.unfold.end(),
                            [&](const std::string& pattern) { return fits_pattern(box.path, pattern); });
  }
}

DiagramOptions with_cues(DiagramOptions options) {
  const std::vector<std::string> expand = options.expand, collapse = options.collapse;
  add_unless_named(options.expand, options.cues.expand, collapse);
  add_unless_named(options.collapse, options.cues.collapse, expand);
  return options;
}

}  // namespace orrery
