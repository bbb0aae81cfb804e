--- The graph of the first value among the arguments of a call; nil where there is none, as on tensors.
---@param ... any
---@return orrery.Graph?
return function(...)
  for at = 1, select("#", ...) do
    local value = select(at, ...)
    if getmetatable(value) == "Value" then return value.graph end
  end
end
