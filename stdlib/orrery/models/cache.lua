--- What a decoder has seen: the keys and values of its layers, so that each new token is computed alone.

local core = require "orrery.core"

---@class orrery.Cache
---@field length integer how many tokens were seen
local Cache = {}
Cache.__index = Cache

local M = {}

--- An empty cache.
---@return orrery.Cache
function M.new() return setmetatable({ length = 0, layers = {} }, Cache) end

--- Adds the newest keys and values of a layer, (batch, heads, length, features), and gives all of them.
---@param layer integer
---@param key orrery.Tensor
---@param value orrery.Tensor
function Cache:extend(layer, key, value)
  local seen = self.layers[layer]
  if seen then
    local cat = core.transform "cat"
    key, value = cat({ seen.key, key }, { dim = 2 }), cat({ seen.value, value }, { dim = 2 })
  end
  self.layers[layer] = { key = key, value = value }
  return key, value
end

--- Refuses what a cache cannot take: several tokens behind others would need a mask.
---@param cache? orrery.Cache
---@param tokens orrery.Tensor
function M.check(cache, tokens)
  if not cache then return end
  if getmetatable(tokens) == "Value" then
    core.fail("usage", "a cache holds tensors: in a graph a decoder sees the whole sequence")
  end
  if cache.length > 0 and tokens:size(1) ~= 1 then
    core.fail("usage", ("behind a cache of %d tokens a decoder takes one token, got %d"):format(
      cache.length, tokens:size(1)))
  end
end

--- Counts the tokens that were seen.
---@param cache? orrery.Cache
---@param tokens orrery.Tensor
function M.advance(cache, tokens)
  if cache then cache.length = cache.length + tokens:size(1) end
end

return M
