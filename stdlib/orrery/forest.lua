--- A small random forest of regression trees (Breiman, "Random Forests", Machine Learning 45, 2001), for
--- tables of a few hundred rows. It has a generator of its own: the same rows give the same forest.
---
--- A feature is a list of `levels`, its distinct values in their order; a row has the place of its level in
--- each feature, from 1. Features whose levels have no order are `categories`: they are split as by the mean
--- of the rows at each level, which is where the best split of a category lies (Breiman and others,
--- "Classification and Regression Trees", 1984).

local M = {}

local tree_count = 100
-- Of many rows a tree need not know each.
local most_leaves = 100

-- Numerical Recipes' linear congruential generator: whole numbers from 1 to `limit`.
local function generator(seed)
  local state = seed
  return function(limit)
    state = (state * 1664525 + 1013904223) % 4294967296
    return math.floor(state / 4294967296 * limit) + 1
  end
end

local function mean_of(places, targets)
  local sum = 0
  for _, place in ipairs(places) do sum = sum + targets[place] end
  return sum / #places
end

-- Rows of each level: how many, and the sum of what is to be told.
local function by_level(places, data, feature)
  local levels, seen = {}, {}
  for _, place in ipairs(places) do
    local level = data.rows[place][feature]
    local entry = seen[level]
    if not entry then
      entry = { level = level, count = 0, sum = 0 }
      seen[level], levels[#levels + 1] = entry, entry
    end
    entry.count, entry.sum = entry.count + 1, entry.sum + data.targets[place]
  end
  local categories = data.features[feature].categories
  table.sort(levels, function(a, b)
    local first, second = a.sum / a.count, b.sum / b.count
    if categories and first ~= second then return first < second end
    return a.level < b.level
  end)
  return levels
end

-- The split that takes most of the squared error away: the levels that go to the left.
local function split_of(places, data, feature)
  local levels, best = by_level(places, data, feature), nil
  local count, sum, all = 0, 0, 0
  for _, level in ipairs(levels) do all = all + level.sum end
  for at = 1, #levels - 1 do
    count, sum = count + levels[at].count, sum + levels[at].sum
    local rest = #places - count
    local gain = sum * sum / count + (all - sum) * (all - sum) / rest - all * all / #places
    if not best or gain > best.gain then best = { gain = gain, at = at } end
  end
  if not best then return nil end
  best.feature, best.left = feature, {}
  if data.features[feature].categories then
    for at = 1, best.at do best.left[levels[at].level] = true end
    return best
  end
  -- A threshold, so that levels between those of the rows have a side, too.
  local threshold = (levels[best.at].level + levels[best.at + 1].level) / 2
  for level = 1, data.features[feature].count do best.left[level] = level < threshold or nil end
  return best
end

-- As scikit-learn and Hutter's forests do for regression: 5/6 of the features are looked at.
local function chosen_features(data, draw)
  local order, count = {}, math.max(1, math.ceil(#data.features * 5 / 6))
  for feature = 1, #data.features do order[feature] = feature end
  for at = 1, count do
    local other = at + draw(#order - at + 1) - 1
    order[at], order[other] = order[other], order[at]
  end
  return order, count
end

local function best_split(places, data, draw)
  local best
  local order, count = chosen_features(data, draw)
  for at = 1, #order do
    if at > count and best then break end
    local split = split_of(places, data, order[at])
    if split and (not best or split.gain > best.gain) then best = split end
  end
  return best and best.gain > 1e-12 and best or nil
end

local function grown(places, data, draw)
  local split = #places >= data.least_rows and best_split(places, data, draw) or nil
  if not split then return { value = mean_of(places, data.targets) } end
  local left, right = {}, {}
  for _, place in ipairs(places) do
    local side = split.left[data.rows[place][split.feature]] and left or right
    side[#side + 1] = place
  end
  return { feature = split.feature, goes_left = split.left, left = grown(left, data, draw),
    right = grown(right, data, draw) }
end

--- What a tree says of a row.
---@param tree table
---@param row integer[]
---@return number
function M.told_by(tree, row)
  while tree.feature do tree = tree.goes_left[row[tree.feature]] and tree.left or tree.right end
  return tree.value
end

-- Each row is told by the trees that have not seen it.
local function out_of_bag(trees, data)
  local mean, error_sum, all_sum, count = mean_of(data.places, data.targets), 0, 0, 0
  for place, row in ipairs(data.rows) do
    local sum, told = 0, 0
    for _, tree in ipairs(trees) do
      if not tree.seen[place] then sum, told = sum + M.told_by(tree, row), told + 1 end
    end
    if told > 0 then
      local target = data.targets[place]
      error_sum, all_sum = error_sum + (target - sum / told) ^ 2, all_sum + (target - mean) ^ 2
      count = count + 1
    end
  end
  return count > 1 and all_sum > 0 and 1 - error_sum / all_sum or nil
end

--- Grows a forest.
---@param features { count: integer, categories: boolean? }[] `count` levels each
---@param rows integer[][] a level of each feature
---@param targets number[] finite, one a row
---@return table[] trees
---@return number? explained the share of the targets' variance that trees tell of rows that they have not
---  seen; below 0 where the mean would tell more
function M.grow(features, rows, targets)
  local draw, trees = generator(20140621), {}
  local data = { features = features, rows = rows, targets = targets, places = {} }
  data.least_rows = math.max(2, math.ceil(#rows / most_leaves))
  for place = 1, #rows do data.places[place] = place end
  for at = 1, tree_count do
    local places, seen = {}, {}
    for place = 1, #rows do
      places[place] = draw(#rows)
      seen[places[place]] = true
    end
    trees[at] = grown(places, data, draw)
    trees[at].seen = seen
  end
  return trees, out_of_bag(trees, data)
end

return M
