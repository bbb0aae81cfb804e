--- Runs that go: to the trash of the history, or for good.

local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local numbers = require "orrery.cli.numbers"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"

local M = {}

--- The options of what removes runs.
M.options = {
  { name = "purge", doc = "removes them for good, with all that the history has of them" },
  { name = "files", doc = "with --purge: also the files that only they have written" },
  keeping.yes,
}

local function whole_path(folder, path)
  return path:sub(1, 1) == "/" and path or folder .. "/" .. path
end

-- The size of a file; nil where there is none.
local function size_of(path)
  if core.is_folder(path) then return nil end
  local file = io.open(path, "rb")
  if not file then return nil end
  local size = file:seek "end"
  file:close()
  return size
end

-- Files that the runs have written and no other run has, as they left them.
local function files_of(given, runs)
  local history, found, going, seen, others = history_file.open(given), {}, {}, {}, {}
  for _, run in ipairs(runs) do going[run.run_id] = true end
  local statement = "SELECT a.run_id, a.path, a.bytes, r.working_folder AS folder FROM artifacts a "
    .. "JOIN runs r USING (run_id)"
  local all = sql_rows.of(history, statement)
  history:release()
  for _, file in ipairs(all) do
    file.path = whole_path(file.folder, file.path)
    if not going[file.run_id] then others[file.path] = true end
  end
  for _, file in ipairs(all) do
    local mine = going[file.run_id] and not others[file.path] and not seen[file.path]
    if mine and size_of(file.path) == file.bytes then
      seen[file.path], found[#found + 1] = true, file.path
    end
  end
  return found
end

local function remove_files(paths)
  local removed = 0
  for _, path in ipairs(paths) do
    local done, reason = os.remove(path)
    if done then removed = removed + 1 else stream.say("left: " .. reason) end
  end
  stream.say("removed " .. numbers.count(removed, "file"))
end

-- A few small rows need not free a page of the file.
local function tell_room(purged, file)
  if purged.bytes <= 0 then return end
  stream.say(("%s of %s %s"):format(numbers.megabytes(purged.bytes), file,
    purged.given_back and "are given back" or "are free for new runs"))
end

local function purge(given, keeper, runs)
  local files = files_of(given, runs)
  local with_files = given.options.files and (" with %s"):format(numbers.count(#files, "file")) or ""
  if not keeping.agreed(keeping.sentence("Remove", runs, "for good" .. with_files) .. "?", given, true) then
    return
  end
  local ids = {}
  for at, run in ipairs(runs) do ids[at] = run.run_id end
  local purged = keeper:purge(ids)
  stream.say(keeping.sentence("removed", runs, "for good"))
  tell_room(purged, history_file.path(given))
  if given.options.files then return remove_files(files) end
  if files[1] then
    stream.say(("%s stay%s: %s%s"):format(numbers.count(#files, "file"), #files == 1 and "s" or "", files[1],
      #files > 1 and ", …" or ""))
  end
end

local function trash(given, keeper, runs)
  if not keeping.agreed(keeping.sentence("Move", runs, "to the trash") .. "?", given) then return end
  for _, run in ipairs(runs) do keeper:trash(run.run_id) end
  stream.say(keeping.sentence("moved", runs, "to the trash"))
  stream.say(("'orrery history restore %s' brings %s back"):format(#runs == 1 and runs[1].name or "RUN",
    #runs == 1 and "it" or "one"))
end

--- Removes runs as the options say; those that are going on are refused, before any goes.
---@param given table what options.read gives
---@param keeper table
---@param runs table[] as keeping.facts gives them
function M.remove(given, keeper, runs)
  if given.options.files and not given.options.purge then
    core.fail("usage", "--files goes with --purge", "Runs in the trash keep their files.")
  end
  keeping.require_ended(runs, "removed")
  if given.options.purge then return purge(given, keeper, runs) end
  trash(given, keeper, runs)
end

return M
