#pragma once

#include <string>

#include "renderers/html/view_model.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// The colours of a theme as CSS variables: `--convolution-fill: #fbdcb8; …`.
std::string view_variables(const Theme& theme);
/// What tells kinds apart beside colour (width and dashes of outlines), and each kind's variables, as rules
/// for the classes `role-…`.
std::string view_role_rules(const Theme& theme);
/// The roles' names and meanings, and the palettes of amounts: `{"roles": …, "heat": …}`.
ViewJson view_palette(const Theme& light, const Theme& dark);

}  // namespace orrery
