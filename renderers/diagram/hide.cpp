#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "renderers/diagram/merge_boxes.h"
#include "renderers/diagram/passes.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/core/pattern.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;
using Choice = std::function<bool(const DiagramBox&)>;

Choice of_category(Category one) {
  return [=](const DiagramBox& box) { return box.category == one; };
}

Choice of_kind(Kind one) {
  return [=](const DiagramBox& box) { return box.kind == one; };
}

const std::map<std::string, Choice>& words() {
  static const std::map<std::string, Choice> known = {
      {"activations", of_category(Category::activation)},
      {"constants", of_kind(Kind::constant)},
      {"dropout", of_category(Category::dropout)},
      {"labels", of_kind(Kind::label)},
      {"losses", of_category(Category::loss)},
      {"norms", of_category(Category::normalization)},
      {"outputs", of_kind(Kind::output)},
  };
  return known;
}

[[noreturn]] void refuse_hiding(const Diagram& diagram, const std::string& pattern) {
  std::vector<std::string> names;
  for (const auto& [word, choice] : words()) names.push_back(word);
  for (size_t i = 1; i < diagram.boxes.size(); ++i) names.push_back(diagram.boxes[i].path);
  throw Error(
      Fault::usage, "hide: nothing fits '" + pattern + "'" + did_you_mean(pattern, names), {},
      "Give a path, a pattern in which * stands for any characters, or one of activations, constants, "
      "dropout, labels, losses, norms and outputs.");
}

bool is_meant(const DiagramBox& box, const std::string& what) {
  const auto word = words().find(what);
  return word != words().end() ? word->second(box) : fits_pattern(box.path, what);
}

// What bears a finding stays, and what has changed. A hidden block takes along what is inside.
std::vector<bool> chosen(const Diagram& diagram, const std::vector<std::string>& hidden) {
  std::vector<bool> away(diagram.boxes.size());
  for (const std::string& what : hidden) {
    for (size_t i = 1; i < away.size(); ++i) {
      const DiagramBox& box = diagram.boxes[i];
      away[i] = away[i] || (is_meant(box, what) && box.errors.empty() && box.warnings.empty() &&
                            box.change == GraphDiff::Kind::same);
    }
  }
  for (size_t i = 1; i < away.size(); ++i) {
    const DiagramBox& box = diagram.boxes[i];
    away[i] = away[i] || (box.hidden && box.errors.empty() && box.warnings.empty()) ||
              away[static_cast<size_t>(box.parent)];
  }
  return away;
}

/// Leads the lines past the boxes that go away: what read their results reads what they read.
class Bypass {
 public:
  Bypass(Diagram& diagram, std::vector<bool>& away)
      : diagram_(diagram), away_(away), read_by_(diagram.boxes.size()) {
    for (size_t i = 0; i < diagram.values.size(); ++i)
      for (const DiagramReader& reader : diagram.values[i].readers)
        read_by_[static_cast<size_t>(reader.box)].push_back(i);
  }

  void run() {
    const std::vector<bool> read = sources_read();
    for (size_t i = 0; i < diagram_.values.size(); ++i)
      if (is_away(diagram_.values[i].source)) lead_past(diagram_.values[i]);
    for (DiagramValue& value : diagram_.values)
      std::erase_if(value.readers, [&](const DiagramReader& reader) { return is_away(reader.box); });
    const std::vector<bool> still_read = sources_read();
    for (size_t i = 1; i < away_.size(); ++i)
      away_[i] = away_[i] || (is_data(diagram_.boxes[i].kind) && read[i] && !still_read[i]);
  }

 private:
  bool is_away(int box) const { return away_[static_cast<size_t>(box)]; }

  static bool is_data(Kind kind) {
    return kind == Kind::input || kind == Kind::label || kind == Kind::constant || kind == Kind::parameter;
  }

  std::vector<bool> sources_read() const {
    std::vector<bool> read(away_.size());
    for (const DiagramValue& value : diagram_.values)
      if (!value.readers.empty()) read[static_cast<size_t>(value.source)] = true;
    return read;
  }

  // The values of boxes that stay, from which a box that goes away computes.
  std::set<size_t> fed_by(int box) const {
    std::set<size_t> values;
    std::set<int> seen = {box};
    for (std::vector<int> open = {box}; !open.empty();) {
      const int at = open.back();
      open.pop_back();
      for (size_t value : read_by_[static_cast<size_t>(at)]) {
        const int source = diagram_.values[value].source;
        if (!is_away(source))
          values.insert(value);
        else if (seen.insert(source).second)
          open.push_back(source);
      }
    }
    return values;
  }

  void lead_past(const DiagramValue& hidden) {
    for (size_t value : fed_by(hidden.source))
      for (const DiagramReader& reader : hidden.readers)
        if (!is_away(reader.box)) add_reader(diagram_.values[value], reader);
  }

  static void add_reader(DiagramValue& value, const DiagramReader& reader) {
    const auto same = [&](const DiagramReader& other) {
      return other.box == reader.box && other.port == reader.port;
    };
    if (std::none_of(value.readers.begin(), value.readers.end(), same)) value.readers.push_back(reader);
  }

  Diagram& diagram_;
  std::vector<bool>& away_;
  std::vector<std::vector<size_t>> read_by_;  // by box: the values that it reads
};

}  // namespace

void check_hidden(const Diagram& diagram, const std::vector<std::string>& hidden) {
  for (const std::string& what : hidden)
    if (!words().contains(what) && std::none_of(diagram.boxes.begin() + 1, diagram.boxes.end(),
                                                [&](const DiagramBox& box) { return is_meant(box, what); }))
      refuse_hiding(diagram, what);
}

void hide(Diagram& diagram, const std::vector<std::string>& hidden) {
  std::vector<bool> away = chosen(diagram, hidden);
  if (std::find(away.begin(), away.end(), true) == away.end()) return;
  Bypass(diagram, away).run();
  take_away(diagram, std::move(away));
}

}  // namespace orrery
