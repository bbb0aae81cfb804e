#include "renderers/diagram/step_frames.h"

#include <algorithm>

#include "renderers/diagram/value_text.h"

namespace orrery {

bool reads_sequence(const Node& node) {
  if (!node.layer() || node.descriptor()->category != Category::recurrent) return false;
  const std::vector<Attribute>& options = node.descriptor()->attributes;
  return std::any_of(options.begin(), options.end(),
                     [](const Attribute& option) { return option.name == "num_layers"; });
}

std::vector<DrawnStep> drawn_steps(const Dim& count) {
  std::vector<DrawnStep> steps;
  if (count.known() && count.value() <= kMostSteps) {
    for (std::int64_t t = 1; t <= count.value(); ++t) steps.push_back({std::to_string(t)});
    return steps;
  }
  const std::string before = count.known() ? std::to_string(count.value() - 1) : "T−1";
  return {{"1"}, {"2"}, {"3 … " + before, true}, {last_step(count)}};
}

std::string last_step(const Dim& count) { return count.known() ? std::to_string(count.value()) : "T"; }

std::string with_index(const std::string& name, const std::string& step) {
  static const char* const digits[] = {"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"};
  std::string text = name;
  for (char c : step) {
    if (c >= '0' && c <= '9')
      text += digits[c - '0'];
    else if (c == 't')
      text += "ₜ";
    else
      text += "ᴛ";
  }
  return text;
}

DiagramBox step_frame(const std::string& name) {
  DiagramBox box{.kind = DiagramBox::Kind::frame, .title = "t = " + name};
  box.time = DiagramBox::Time::step;
  return box;
}

DiagramBox line_frame(const std::string& title) {
  DiagramBox box{.kind = DiagramBox::Kind::frame, .title = title};
  box.time = DiagramBox::Time::line;
  return box;
}

DiagramBox gap_box(const std::string& detail) {
  DiagramBox box{.kind = DiagramBox::Kind::operation, .title = "…", .detail = detail};
  box.time = DiagramBox::Time::gap;
  return box;
}

void carry_on(DiagramValue& value, int box, int port, const std::string& name) {
  DiagramReader reader{.box = box, .port = port};
  reader.later = true;
  reader.carried = name;
  value.readers.push_back(reader);
}

}  // namespace orrery
