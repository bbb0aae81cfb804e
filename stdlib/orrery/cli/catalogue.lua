--- What trains and feeds graphs, described as operations are: optimizers, schedules, metrics, data, the
--- manager.

local core = require "orrery.core"
local json = require "orrery.cli.json"

local M = {}

-- By the word that `kind` has for them.
local lists = {
  { "optimizer", core.optimizers },
  { "schedule", core.schedulers },
  { "metric", core.metrics },
  { "data", core.data_sources },
  { "data_transform", core.data_transforms },
  { "initialisation", core.initialisations },
  { "parametrization", core.parametrizations },
  { "manager", function()
    return { { name = "manager", doc = "Runs a graph: trains, validates, records.",
      options = core.manager_options() } }
  end },
  { "manager_table", core.manager_groups },
  { "saver", function()
    return { { name = "saver", doc = "Writes chosen tensors, or an image, when a run ends or is best.",
      options = core.saver_options() } }
  end },
}

--- Marks defaults that are lists as such, also empty ones.
---@param options table[]
function M.mark_arrays(options)
  for _, option in ipairs(options) do
    for _, key in ipairs { "default", "choices", "or_text" } do
      if type(option[key]) == "table" then json.array(option[key]) end
    end
  end
end

--- All of them, as `orrery ops --json` lists them.
---@return table[] each with kind, name, doc, options
function M.governors()
  local all = {}
  for _, list in ipairs(lists) do
    for _, each in ipairs(list[2]()) do
      each.kind, each.options = list[1], json.array(each.options or {})
      M.mark_arrays(each.options)
      for _, key in ipairs { "inputs", "lists" } do
        if each[key] then json.array(each[key]) end
      end
      if each.part == "" then each.part = nil end
      all[#all + 1] = each
    end
  end
  return all
end

--- The first of a name; nil where none has it.
---@param name string
---@return table?
function M.governor(name)
  for _, each in ipairs(M.governors()) do
    if each.name == name then return each end
  end
end

return M
