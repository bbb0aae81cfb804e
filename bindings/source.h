#pragma once

#include <string>
#include <vector>

#include <lua.hpp>

#include "bindings/statement.h"
#include "runtime/core/source_site.h"

namespace orrery::lua {

/// Finds the line of the user's script behind a bound call, and the label of the local that its
/// statement assigns to.
///
/// The user's frame is the first Lua frame outside Orrery's own Lua files. A tail call
/// (`return nn.MaxPool2d(2)(x)`) loses that frame, so the place is also noted when a layer is made and
/// when a method is looked up: if the frame that did so is gone at the call, and nothing happened
/// outside it since, the noted place is the right one.
class SiteTracker {
 public:
  /// The thread that the state began with: where a coroutine has no frame of the user's left, the line that
  /// resumed it counts.
  void set_main(lua_State* L) { main_ = L; }
  /// A thread in which Orrery itself calls functions of the script: who resumed it tells nothing.
  void keep_apart(const lua_State* L) { apart_.push_back(L); }

  /// Frames of chunks whose name begins so (`@/usr/share/lua/5.1/orrery/`) are not the user's.
  void add_library(const std::string& prefix);
  bool in_library(const char* chunk) const;

  /// Notes that an object was made, or a method of it looked up, at the current user line.
  void note(lua_State* L, const void* object);

  /// Where the current bound call stands. `object`: what was noted for it, null for nothing.
  /// `expression`: what the call looks like in the script, to find out if the statement's local is
  /// its result.
  Origin origin(lua_State* L, const void* object, const Expression& expression);
  /// The same without a label.
  SourceSite site(lua_State* L, const void* object = nullptr);

  /// Lines of a chunk, from 1, as they are written; empty where its text is not to be had.
  std::string text(const std::string& chunk, int first, int last);

  /// The user's line now, without regard to notes; changes nothing. Never raises.
  SourceSite here(lua_State* L) const;

 private:
  struct Place {
    std::string chunk;
    SourceSite site;
    int depth = 0;  ///< Lua frames from the bottom of the thread
  };
  struct Note {
    lua_State* thread;
    const void* object;
    Place place;
  };

  Place user_frame(lua_State* L) const;
  Place or_resumed(lua_State* L, Place place) const;
  Place place(lua_State* L, const void* object);
  void forget_left_frames(lua_State* L, int depth);

  lua_State* main_ = nullptr;
  std::vector<const lua_State*> apart_;
  std::vector<std::string> libraries_;
  std::vector<Note> notes_;
  SourceTexts texts_;
};

}  // namespace orrery::lua
