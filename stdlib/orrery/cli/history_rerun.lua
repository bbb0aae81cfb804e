--- What a run was made of, and what has changed since: the work of `orrery history rerun`.

local core = require "orrery.core"
local options = require "orrery.cli.options"
local sql_rows = require "orrery.sql_rows"

local M = {}

-- Files and folders that a source of data reads, by the names of its options.
local data_of = [[
SELECT DISTINCT o.atom AS path
FROM runs r JOIN graphs g USING (graph_id), json_each(g.canonical_json, '$.nodes') n,
     json_tree(json_extract(n.value, '$.source'), '$.options') o
WHERE r.run_id = %d AND json_extract(n.value, '$.op') = 'input' AND o.type = 'text'
  AND o.key IN ('path', 'root', 'folder', 'file', 'images', 'labels')]]

local function whole_path(folder, path)
  return path:sub(1, 1) == "/" and path or folder .. "/" .. path
end

local function object_of(found)
  local object = {}
  for at, name in ipairs(found.columns) do object[name] = found.rows[1][at] end
  return object
end

--- All that is needed of a run: what `history:show` gives, its row of `run_summary` as `summary`, the missing
--- files of its data, and `file`, where its script lay.
---@param history orrery.History
---@param word string
---@return table
function M.read(history, word)
  local run = history:show(word)
  run.summary = object_of(run.summary)
  run.file = whole_path(run.working_folder, run.summary.script_path)
  run.missing = {}
  for _, row in ipairs(sql_rows.of(history, data_of:format(run.summary.run_id))) do
    if not core.exists(whole_path(run.working_folder, row.path)) then
      run.missing[#run.missing + 1] = row.path
    end
  end
  return run
end

local function script_change(run)
  if run.summary.script_path == "/dev/stdin" then return "its script came from stdin" end
  if not core.exists(run.file) then return run.summary.script_path .. " is gone" end
  if core.read_file(run.file) ~= run.script_text then return run.summary.script_path .. " has changed" end
end

local function commit_change(run)
  local folder = run.file:match "^(.*)/[^/]*$"
  if not (run.summary.git_commit and core.is_folder(folder)) then return nil end
  local commit, dirty = core.git_state(folder)
  if not commit then return "there is no repository any more" end
  if commit ~= run.summary.git_commit then
    local then_and_now = "the repository was at %s and is at %s"
    return then_and_now:format(run.summary.git_commit:sub(1, 8), commit:sub(1, 8))
  end
  if run.summary.git_dirty == 1 or dirty then return "files of the repository differ from its commit" end
end

--- What has changed since, in words; and whether it is the script.
---@param run table
---@return string[] changes
---@return boolean script_changed
function M.changes(run)
  local script = script_change(run)
  local changes = {}
  changes[1] = script
  changes[#changes + 1] = commit_change(run)
  local version = core.version().orrery
  if run.orrery_version ~= version then
    changes[#changes + 1] = ("Orrery was %s and is %s"):format(run.orrery_version, version)
  end
  for _, path in ipairs(run.missing) do changes[#changes + 1] = ("the data '%s' are missing"):format(path) end
  return changes, script ~= nil
end

-- The config as words, for runs that no `orrery run` began.
local function settings_of(run)
  local words = {}
  for _, row in ipairs(run.config.rows) do words[#words + 1] = row[1] .. "=" .. tostring(row[3]) end
  return words
end

-- An option's words: `--name value` or `--name=value`.
local function without(words, name, value)
  local kept, at = {}, 1
  while words[at] and words[at] ~= "--" do
    if words[at] == "--" .. name then
      at = at + (words[at + 1] == value and 1 or 0)
    elseif words[at]:sub(1, #name + 3) ~= "--" .. name .. "=" then
      kept[#kept + 1] = words[at]
    end
    at = at + 1
  end
  for i = at, #words do kept[#kept + 1] = words[i] end
  return kept
end

local function words_of(run, verb)
  if run.command[2] ~= "run" then return { run.file, unpack(settings_of(run)) } end
  local words = { unpack(run.command, 3) }
  local given = options.read(verb, words)
  for _, name in ipairs { "resume", "history", "name" } do
    words = without(words, name, given.options[name])
  end
  for at, word in ipairs(words) do
    if word == given[1] then
      words[at] = run.file
      break
    end
  end
  return words, given
end

--- The words behind `orrery run` that begin the run anew: in its folder, with its settings but those in
--- `set` and its options but those in `asked`, from the first step, into the history `file`.
---@param run table
---@param file string the history, absolute
---@param set string[] `key=value`
---@param asked string[] options of `orrery run`
---@param verb table the verb `run`
---@return string[]
function M.words(run, file, set, asked, verb)
  local words, given = words_of(run, verb)
  local changed, kept, at = {}, {}, 1
  for _, setting in ipairs(set) do changed[setting:match "^[^=]*="] = true end
  while words[at] and words[at] ~= "--" do
    if not changed[words[at]:match "^[%a_][%w_.]*="] then kept[#kept + 1] = words[at] end
    at = at + 1
  end
  for _, setting in ipairs(set) do kept[#kept + 1] = setting end
  if file ~= run.working_folder .. "/orrery.db" then kept[#kept + 1] = "--history=" .. file end
  if given and given.options.name then kept[#kept + 1] = "--name=" .. given.options.name end
  -- Of an option that is given twice the last one counts.
  for _, word in ipairs(asked) do kept[#kept + 1] = word end
  -- Older sweeps wrote one that nothing stands behind.
  if at < #words then
    for i = at, #words do kept[#kept + 1] = words[i] end
  end
  return kept
end

--- Puts the script's text of then into a file of its own; the modules beside the script are still found.
---@param run table
---@param file string the history, absolute
---@return string path
function M.write_script(run, file)
  local ending = run.file:match "%.json$" or ".lua"  -- a graph in JSON may have run in a script's place
  local path = ("%s/runs/%s/script%s"):format(file:match "^(.*)/[^/]*$", run.summary.run, ending)
  core.make_folder(path:match "^(.*)/[^/]*$")
  core.write_file(path, run.script_text)
  package.path = (run.file:match "^(.*)/[^/]*$" or ".") .. "/?.lua;" .. package.path
  return path
end

-- Where a run begins and what history it goes into is the work of rerun itself.
local of_rerun = { resume = true, history = true }

--- The options of `orrery run` that another command may take along, which its help need not list.
---@param verb table the verb `run`
---@return table[]
function M.options(verb)
  local taken = {}
  for _, option in ipairs(options.own(verb)) do
    if not of_rerun[option.name] then
      taken[#taken + 1] = setmetatable({ hidden = true }, { __index = option })
    end
  end
  return taken
end

--- Those of them that were given, as words.
---@param given table what options.read gives
---@param verb table the verb `run`
---@return string[]
function M.asked(given, verb)
  local words = {}
  for _, option in ipairs(M.options(verb)) do
    local value = given.options[option.name]
    if value == false then
      words[#words + 1] = "--no-" .. option.name
    elseif value ~= nil then
      words[#words + 1] = option.value and ("--%s=%s"):format(option.name, value) or "--" .. option.name
    end
  end
  return words
end

local function shell_word(word)
  return word:find "^[%w_./:=,@%%+-]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The command as a shell takes it.
---@param run table
---@param words string[]
---@return string
function M.shell(run, words)
  local quoted = {}
  for at, word in ipairs(words) do quoted[at] = shell_word(word) end
  return ("cd %s && orrery run %s"):format(shell_word(run.working_folder), table.concat(quoted, " "))
end

return M
