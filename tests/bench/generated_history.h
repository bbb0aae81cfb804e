#pragma once

#include <string>

namespace orrery::bench {

/// Makes a history with so many runs of 50 epochs each: three architectures of 30 blocks (a few nodes and
/// every quantity of each), losses and an accuracy, settings, tags, notes. The first runs are written as
/// training writes them; the others are their copies with settings and numbers of their own. The same file
/// each time, but for what tells of the machine. About 250 kB a run; 1,000 runs take some ten seconds.
void generate_history(const std::string& path, int runs);

}  // namespace orrery::bench
