--- Which files of Lua a script loads: by `require`, `dofile` or `loadfile`.

local core = require "orrery.core"

local M = {}

local library = debug.getinfo(1, "S").source:match "^@(.*)/orrery/cli/[^/]*$"

--- Begins to note them; gives the table that grows: by whole path the stamp of the file as it was read,
--- without Orrery's own. Of a module that is not found, all places where it was looked for: it may be written
--- there.
---@return table<string, string>
function M.record()
  local files = {}
  local function note(file)
    local path = core.absolute_path(file)
    if files[path] or path:sub(1, #library + 1) == library .. "/" then return end
    files[path] = core.file_stamp(path)
  end

  local search = package.loaders[2]
  package.loaders[2] = function(name)
    local found, tried = package.searchpath(name, package.path)
    if found then
      note(found)
    else
      for place in tried:gmatch "no file '([^'\n]*)'" do note(place) end
    end
    return search(name)
  end

  local load, run = loadfile, dofile
  function _G.loadfile(file, ...)
    if file then note(file) end
    return load(file, ...)
  end
  function _G.dofile(file)
    if file then note(file) end
    return run(file)
  end
  return files
end

return M
