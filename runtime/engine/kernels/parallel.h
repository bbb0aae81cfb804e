#pragma once

#include <cstdint>
#include <functional>

namespace orrery {

/// at::parallel_for with threads: shares `begin` to `end` among LibTorch's threads, at least `grain` each,
/// and calls function(first, end of the share) in all of them; in the calling thread alone when there is but
/// one share or it is one of such threads already. LibTorch's template itself has threads only in files that
/// are compiled with OpenMP, as this one's are. Gradient mode is not passed on: functions compute on
/// pointers.
void parallel_shares(std::int64_t begin, std::int64_t end, std::int64_t grain,
                     const std::function<void(std::int64_t, std::int64_t)>& function);

}  // namespace orrery
