--- Names that files of other libraries have for tensors of the same network: how they become a graph's.
---
---     local plan = weight_names.plan(g:state(), core.read_weights(path))
---     if plan then core.engine().load_weights(g, path, plan) end
---
--- A name of the file is only ever taken for a key that the file lacks under its own name, so that nothing
--- that fits by itself is moved. Sources: torchvision 0.26, models/densenet.py `_load_state_dict` and
--- models/vision_transformer.py `MLPBlock`; transformers, `base_model_prefix`, and the buffers that its
--- models gpt2, bert and llama once saved; PyTorch 2.11, nn/modules/batchnorm.py `_load_from_state_dict`.

local M = {}

-- Older spellings, as patterns of Lua.
local spellings = {
  { "(denselayer%d+%.%a+)%.([12]%.)", "%1%2" },    -- torchvision's DenseNets of 2017
  { "(%.mlp%.)linear_1%.", "%10." },               -- and vision transformers of 2021
  { "(%.mlp%.)linear_2%.", "%13." },
  { "(LayerNorm%.)gamma$", "%1weight" },           -- BERT as TensorFlow had it
  { "(LayerNorm%.)beta$", "%1bias" },
}

-- What Hugging Face puts before the names of a network that a head stands on; the network alone has them
-- without.
local bases = { "transformer.", "model.", "bert." }

-- Checkpoints keep a whole model as their part `model`, which is not to be taken for a name.
local kept = { ["model."] = true }

local function respelled(name)
  local names = { name }
  for _, rule in ipairs(spellings) do
    local other, count = name:gsub(rule[1], rule[2])
    if count > 0 then names[#names + 1] = other end
  end
  return names
end

-- Other names that a tensor may have, the likeliest first.
local function others_of(name)
  local names = respelled(name)
  for at = 1, #names do
    for _, base in ipairs(bases) do
      names[#names + 1] = base .. names[at]
      local bare = not kept[base] and names[at]:sub(1, #base) == base and names[at]:sub(#base + 1)
      if bare then names[#names + 1] = bare end
    end
  end
  table.remove(names, 1)
  return names
end

-- Buffers that files have and that are computed: the mask of GPT-2, the places of BERT, Llama's angles.
local computed = {
  { "%.attn%.bias$", rank = 4 }, { "%.attn%.masked_bias$", rank = 0 }, { "%f[%w]position_ids$", rank = 2 },
  { "%.rotary_emb%.inv_freq$", rank = 1 },
}

local function is_computed(tensor)
  for _, rule in ipairs(computed) do
    if tensor.name:find(rule[1]) and #tensor.shape == rule.rank then return true end
  end
  return false
end

-- PyTorch before 0.4.1 did not count batches; what counts them keeps its number then. A tied tensor needs one
-- of its keys.
local function may_lack(entry, has, filled)
  local norm = entry.key:match "^(.*)num_batches_tracked$"
  return norm ~= nil and has[norm .. "running_mean"] or filled[entry.parameter]
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- Key of the graph for each name of the file that has another one.
local function renamed(names, wanted)
  local has, taken, found = set_of(names), {}, {}
  for _, name in ipairs(names) do
    for _, other in ipairs(wanted[name] and {} or others_of(name)) do
      if wanted[other] and not has[other] and not taken[other] then
        found[name], taken[other] = other, true
        break
      end
    end
  end
  return found
end

-- Every name of the file by itself or by its other one: whole names are never the beginnings of others then.
local function map_of(names, found)
  local map = {}
  for _, name in ipairs(names) do map[name] = found[name] or name end
  return map
end

-- Which keys are to be looked at; nil for all. What a file may have beside them, or lack, is left out.
local function match_of(state, listing, map, wanted)
  local match, has, filled, all = {}, {}, {}, true
  for _, tensor in ipairs(listing.tensors) do
    local key = map[tensor.name]
    has[key] = true
    if wanted[key] or not is_computed(tensor) then match[#match + 1] = key else all = false end
  end
  for _, entry in ipairs(state) do
    if has[entry.key] then filled[entry.parameter] = true end
  end
  for _, entry in ipairs(state) do
    if not has[entry.key] then
      if may_lack(entry, has, filled) then all = false else match[#match + 1] = entry.key end
    end
  end
  return not all and match or nil
end

--- How a file's names become those of a graph.
---@param state { key: string, parameter: orrery.Parameter }[] of the graph
---@param listing table what `core.read_weights` gives
---@return { map: table<string, string>, match?: string[] }? plan options of `load_weights`; nil where all is
---as it would be without
function M.plan(state, listing)
  local wanted, names = {}, {}
  for _, entry in ipairs(state) do wanted[entry.key] = true end
  for at, tensor in ipairs(listing.tensors) do names[at] = tensor.name end
  local found = renamed(names, wanted)
  local map = map_of(names, found)
  local match = match_of(state, listing, map, wanted)
  if next(found) == nil and not match then return nil end
  return { map = map, match = match }
end

return M
