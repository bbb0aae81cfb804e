#pragma once

#include <string>

#include "runtime/codegen/lua_functions.h"

namespace orrery {

/// The text of a script's functions and of its own lines, in that order; layers that all of them read stand
/// first. A function that one place calls stands there, another before all that call it; blocks in a row that
/// differ in their numbers at the most are made in a loop.
std::string lua_script(const LuaFile& file, const LuaFunctions& functions);

/// A statement at this depth (two blanks each); a long one goes on in the next line, deeper by one.
std::string lua_statement(const std::string& statement, int depth);

}  // namespace orrery
