#pragma once

namespace orrery {

/// The shortest decimal number that is that float when it is rounded to one: 0.1 for 0.100000001490116….
/// What somebody wrote as 0.1 is shown, and written into generated code, as 0.1 again.
double decimal_of(float number);

}  // namespace orrery
