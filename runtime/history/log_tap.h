#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/graph/runtime.h"
#include "runtime/history/writer.h"

namespace orrery {

/// What remains to be seen of a line on a terminal: neither what was drawn over nor its colours.
std::string seen_on_terminal(std::string line);

/// From now on, for as long as the writer lives, what the runtime's log tells goes to its run as well:
/// warnings as events, all of it as lines of stderr. The runtime's sink must be there already, and still gets
/// everything.
void listen(Runtime& runtime, const std::shared_ptr<HistoryWriter>& writer);

/// Something was printed: whole lines of it go to the runs that listen to this runtime, the rest when its
/// line ends. On the thread that uses the runtime.
void printed(Runtime& runtime, LogLine::Stream stream, std::string_view text);

}  // namespace orrery
