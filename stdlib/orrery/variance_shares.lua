--- How much of a metric's variance each setting explains: functional ANOVA of a random forest, after Hutter,
--- Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014.
---
--- A tree is constant on boxes of the settings' values, so its mean over all other settings and the variance
--- of that mean are sums over its leaves, without sampling. Every value of a setting that was tried counts
--- alike, and settings count as independent: of a full grid the shares are those of classical ANOVA.

local forest = require "orrery.forest"

local M = {}

-- The leaves with the levels of each feature that lead to them; of features that no split asked for all.
local function leaves_of(tree, features)
  local leaves = {}
  local function descend(node, sets)
    if not node.feature then
      leaves[#leaves + 1] = { value = node.value, sets = sets }
      return
    end
    local sides = { left = {}, right = {} }
    for _, level in ipairs(sets[node.feature]) do
      local levels = sides[node.goes_left[level] and "left" or "right"]
      levels[#levels + 1] = level
    end
    for _, side in ipairs { "left", "right" } do
      if sides[side][1] then
        local inner = { unpack(sets, 1, #features) }
        inner[node.feature] = sides[side]
        descend(node[side], inner)
      end
    end
  end
  local all = {}
  for at, feature in ipairs(features) do
    all[at] = {}
    for level = 1, feature.count do all[at][level] = level end
  end
  descend(tree, all)
  return leaves
end

local function weigh(leaves, features)
  local mean, square = 0, 0
  for _, leaf in ipairs(leaves) do
    leaf.weight = 1
    for at, feature in ipairs(features) do leaf.weight = leaf.weight * #leaf.sets[at] / feature.count end
    mean, square = mean + leaf.weight * leaf.value, square + leaf.weight * leaf.value ^ 2
  end
  return mean, square - mean * mean
end

-- The variance over a feature's levels of the mean over all others.
local function variance_by(leaves, at, feature, mean)
  local marginal, variance = {}, 0
  for level = 1, feature.count do marginal[level] = 0 end
  for _, leaf in ipairs(leaves) do
    local part = leaf.weight * leaf.value * feature.count / #leaf.sets[at]
    for _, level in ipairs(leaf.sets[at]) do marginal[level] = marginal[level] + part end
  end
  for level = 1, feature.count do variance = variance + (marginal[level] - mean) ^ 2 / feature.count end
  return variance
end

--- The shares of the features' main effects, the mean over a forest's trees. What is left to 1 is what they
--- do together. Nothing when the trees tell all rows alike.
---@param features { count: integer, categories: boolean? }[]
---@param rows integer[][]
---@param targets number[]
---@return number[]? shares from 0 to 1
---@return number? explained as `forest.grow` gives it
function M.of(features, rows, targets)
  local trees, explained = forest.grow(features, rows, targets)
  local shares, counted = {}, 0
  for at = 1, #features do shares[at] = 0 end
  for _, tree in ipairs(trees) do
    local leaves = leaves_of(tree, features)
    local mean, variance = weigh(leaves, features)
    if variance > 0 then
      counted = counted + 1
      for at, feature in ipairs(features) do
        shares[at] = shares[at] + variance_by(leaves, at, feature, mean) / variance
      end
    end
  end
  if counted == 0 then return nil end
  for at = 1, #features do shares[at] = math.min(shares[at] / counted, 1) end
  return shares, explained
end

return M
