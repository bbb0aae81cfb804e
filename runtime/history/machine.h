#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "runtime/history/database.h"
#include "runtime/history/records.h"

namespace orrery {

/// `known` with what is empty in it asked of this machine.
MachineRecord machine_here(MachineRecord known = {});

/// The accelerators of a machine, whoever may use them, as the driver's folder names them: `NVIDIA H200`,
/// `4 × NVIDIA H200`, several kinds beside each other by commas. Empty where there is no driver. Asks no
/// library, so that telling of a machine opens none.
std::string accelerators_of(const std::filesystem::path& driver = "/proc/driver/nvidia/gpus");

/// The machine's id; it is added when it is not there. Inside the caller's transaction.
std::int64_t find_or_add_machine(const Database& db, const MachineRecord& machine);

/// Keeps what a device of a machine can do at the most, in place of what was kept. Throws as `open_history`,
/// which makes a missing file.
void keep_roof(const std::filesystem::path& history, const MachineRecord& machine, const RoofRecord& roof,
               UnixMilliseconds now);

/// Keeps what was measured beside what is known of that device with as many threads: the larger of each
/// number, for what a machine has done once it can do. With `again` it takes the place of what is known.
/// `disturbed`: the machine can do more than that, so that alone it is not kept, but with `again`. Gives what
/// the history has then.
std::optional<RoofRecord> keep_better_roof(const std::filesystem::path& history, const MachineRecord& machine,
                                           const RoofRecord& measured, bool disturbed, bool again,
                                           UnixMilliseconds now);

/// What was kept of a device of that machine, by host, processor and cores: the newest. Nothing when it was
/// never measured, or there is no history.
std::optional<RoofRecord> kept_roof(const std::filesystem::path& history, const MachineRecord& machine,
                                    const std::string& device, std::int64_t threads);

}  // namespace orrery
