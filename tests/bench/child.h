#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/figure.h"

namespace orrery::bench {

/// A program and its arguments, as a shell would start it, but without a shell.
using Command = std::vector<std::string>;

/// Wall time of a whole process, from before it is started until it is gone, in a new empty folder with its
/// output read and dropped; once without counting it, then `repetitions` times. Throws an Error with the
/// output when it fails.
Times process_times(int repetitions, const Command& command);

/// The time from before a process is started until the first byte on its standard output; it is then killed.
double seconds_to_first_output(const Command& command);

/// The same, once without counting it, then `repetitions` times.
Times first_output_times(int repetitions, const Command& command);

/// The time from a change to a file until a process that watches it has said so often more what it says of
/// each, in a new folder in which `change` is made once before it starts; once without counting it, then
/// `repetitions` times.
Times answer_times(int repetitions, const Command& command, const std::string& says,
                   const std::function<void(const std::string& folder)>& change);

/// The most memory that a process has had when it ends, in bytes.
double peak_bytes(const Command& command);

/// What a process writes to its standard output until it ends.
std::string output_of(const Command& command);

}  // namespace orrery::bench
