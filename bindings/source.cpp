#include "bindings/source.h"

#include <algorithm>
#include <cstring>

namespace orrery::lua {
namespace {

constexpr size_t kNotesKept = 64;

// Number of frames on a thread's stack, C frames included. The API has no way to ask, and each probe
// walks, so the end is found by doubling and halving.
int frame_count(lua_State* L) {
  lua_Debug frame;
  int low = 0, high = 1;
  while (lua_getstack(L, high, &frame)) {
    low = high;
    high *= 2;
  }
  while (low + 1 < high) {
    const int middle = (low + high) / 2;
    (lua_getstack(L, middle, &frame) ? low : high) = middle;
  }
  return high;
}

// `train.lua` of `@train.lua`; chunks made from text show their beginning.
std::string file_of(const lua_Debug& frame) {
  return frame.source[0] == '@' || frame.source[0] == '=' ? frame.source + 1 : frame.short_src;
}

}  // namespace

void SiteTracker::add_library(const std::string& prefix) {
  if (std::find(libraries_.begin(), libraries_.end(), prefix) == libraries_.end())
    libraries_.push_back(prefix);
}

bool SiteTracker::in_library(const char* chunk) const {
  return std::any_of(libraries_.begin(), libraries_.end(), [&](const std::string& prefix) {
    return std::strncmp(chunk, prefix.c_str(), prefix.size()) == 0;
  });
}

SiteTracker::Place SiteTracker::user_frame(lua_State* L) const {
  lua_Debug frame;
  for (int level = 0; lua_getstack(L, level, &frame); ++level) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline < 1 || in_library(frame.source)) continue;
    return {frame.source, {file_of(frame), frame.currentline}, frame_count(L) - level};
  }
  return {};
}

SiteTracker::Place SiteTracker::or_resumed(lua_State* L, Place place) const {
  const bool resumed = main_ && main_ != L && std::ranges::find(apart_, L) == apart_.end();
  return place.site.known() || !resumed ? place : user_frame(main_);
}

void SiteTracker::forget_left_frames(lua_State* L, int depth) {
  std::erase_if(notes_, [&](const Note& note) { return note.thread == L && note.place.depth > depth; });
}

void SiteTracker::note(lua_State* L, const void* object) {
  Place place = user_frame(L);
  if (!place.site.known()) return;
  forget_left_frames(L, place.depth);
  std::erase_if(notes_, [&](const Note& note) { return note.thread == L && note.object == object; });
  if (notes_.size() == kNotesKept) notes_.erase(notes_.begin());
  notes_.push_back({L, object, std::move(place)});
}

SiteTracker::Place SiteTracker::place(lua_State* L, const void* object) {
  Place place = user_frame(L);
  const auto noted = std::find_if(notes_.rbegin(), notes_.rend(), [&](const Note& note) {
    return object && note.thread == L && note.object == object && note.place.depth > place.depth;
  });
  if (noted != notes_.rend()) return noted->place;
  forget_left_frames(L, place.depth);
  return or_resumed(L, std::move(place));
}

Origin SiteTracker::origin(lua_State* L, const void* object, const Expression& expression) {
  const Place place = this->place(L, object);
  Origin origin{place.site, ""};
  if (!place.site.known()) return origin;
  const Assignment assignment = assignment_at(texts_.lines(place.chunk), place.site.line);
  if (!assignment.names.empty() && matches(assignment.value, expression))
    origin.label = assignment.names.front();
  return origin;
}

SourceSite SiteTracker::site(lua_State* L, const void* object) { return place(L, object).site; }

std::string SiteTracker::text(const std::string& chunk, int first, int last) {
  const std::vector<std::string>& lines = texts_.lines(chunk);
  std::string text;
  for (int line = first; line <= last && line <= static_cast<int>(lines.size()); ++line)
    if (line > 0) text += lines[static_cast<size_t>(line) - 1] + "\n";
  return text;
}

SourceSite SiteTracker::here(lua_State* L) const { return or_resumed(L, user_frame(L)).site; }

}  // namespace orrery::lua
