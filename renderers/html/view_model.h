#pragma once

#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "renderers/diagram/diagram.h"
#include "renderers/html/view.h"
#include "renderers/layout/sketch.h"
#include "renderers/styles/box_lines.h"
#include "renderers/styles/theme.h"

namespace orrery {

using ViewJson = nlohmann::ordered_json;

/// Everything that a page knows, as its script model.js reads it. docs/html_view.md lists the members.
ViewJson view_model(const Graph& graph, const ViewOptions& options, const Theme& theme, TextMeasure& measure);

/// How the boxes of a diagram look: lists of which each box names one, since many look alike. `letters`
/// gathers all that is to be read.
class ViewLooks {
 public:
  ViewLooks(const Theme& theme, TextMeasure& measure) : theme_(theme), measure_(measure) {}

  /// The number of a box's look, of a frame that of its title. Room for a note beside a box is not part of
  /// its size: the page makes it, since a reader may turn the flow.
  int of(const DiagramBox& box);
  /// `[number of a size, …]`: which of the type sizes; `[points, 1 for bold]`.
  int style(const TextStyle& style);
  ViewJson looks() const { return looks_; }
  ViewJson styles() const { return styles_; }
  /// Widths of single letters at size 1, regular and bold, for titles that the page itself writes.
  ViewJson advances() const;
  const std::set<std::string>& letters() const { return letters_; }
  void add_letters(const std::string& text);

 private:
  int number_of(ViewJson look);
  ViewJson lines_json(const std::vector<TextLine>& lines, Color text);
  void tell_frame(const DiagramBox& box, ViewJson& look);
  void tell_leaf(const DiagramBox& box, const layout::SketchBox& place, ViewJson& look);
  void tell_insets(const DiagramBox& box, const BoxLook& drawn, ViewJson& look);
  static void tell_paint(const Paint& paint, ViewJson& look);

  const Theme& theme_;
  TextMeasure& measure_;
  ViewJson looks_ = ViewJson::array(), styles_ = ViewJson::array();
  std::map<std::string, int> known_, known_styles_;
  std::set<std::string> letters_;
};

/// What is to be told of nodes: operation, options, types, parameters, cost. As `ViewLooks`, each box names
/// one.
class ViewFacts {
 public:
  int of(const Node& node);
  ViewJson facts() const { return facts_; }

 private:
  ViewJson facts_ = ViewJson::array();
  std::map<std::string, int> known_;
};

/// The script lines behind nodes and blocks.
class ViewSources {
 public:
  /// `[file, line]`, or null where none is known.
  ViewJson of(const Origin& origin);
  /// The files with their texts; without one where the file cannot be read.
  ViewJson files() const;

 private:
  std::vector<std::string> files_;
  std::map<std::string, int> known_;
};

}  // namespace orrery
