---@meta

--- What `orrery history` changes a history with. Runs are given by number.
---@class orrery.HistoryKeeper
local HistoryKeeper = {}

---@param run string
---@return integer
function HistoryKeeper:resolve(run) end

--- A run in the trash, by number or whole name.
---@param run string
---@return integer
function HistoryKeeper:resolve_trashed(run) end

---@param run integer
---@param tag string
---@return boolean new
function HistoryKeeper:add_tag(run, tag) end

---@param run integer
---@param tag string
---@return boolean was_there
function HistoryKeeper:remove_tag(run, tag) end

---@param run integer
---@param text string
function HistoryKeeper:add_note(run, text) end

--- Refuses a name that another run has, and a run that is going on.
---@param run integer
---@param name string
function HistoryKeeper:rename(run, name) end

---@param run integer
function HistoryKeeper:trash(run) end

---@param run integer
function HistoryKeeper:restore(run) end

--- Asks the run's process to end, as Ctrl-C would.
---@param run integer
---@return integer process
function HistoryKeeper:stop(run) end

--- Copies runs of another history into this one; those that are here are not doubled.
---@param file string
---@param runs integer[] by their numbers there
---@return { from_id: integer, into_id: integer, name: string, how: "added"|"completed"|"known" }[]
function HistoryKeeper:merge(file, runs) end

--- Removes runs for good.
---@param runs integer[]
---@return { runs: integer, bytes: integer, given_back: boolean }
function HistoryKeeper:purge(runs) end
