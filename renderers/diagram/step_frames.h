#pragma once

#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// The most steps that are drawn without a gap.
inline constexpr int kMostSteps = 4;

/// A step that is drawn: `1`, `2`, `35`, `T`; a gap where it stands for several.
struct DrawnStep {
  std::string name;
  bool gap = false;
};

/// Is it a recurrent layer over a sequence (nn.RNN, nn.LSTM, nn.GRU), not a cell?
bool reads_sequence(const Node& node);

/// Which steps are drawn of so many; `T` where their number is not known.
std::vector<DrawnStep> drawn_steps(const Dim& count);

/// `T`, where it is not known; else the number.
std::string last_step(const Dim& count);

/// `x₁`, `x₃₅`, `xᴛ`.
std::string with_index(const std::string& name, const std::string& step);

/// The frame of one step: `t = 1`.
DiagramBox step_frame(const std::string& name);
/// The frame around steps that stand beside each other.
DiagramBox line_frame(const std::string& title);
/// The box for steps that are left out.
DiagramBox gap_box(const std::string& detail);

/// Lets a box read a value in a later step.
void carry_on(DiagramValue& value, int box, int port, const std::string& name);

}  // namespace orrery
