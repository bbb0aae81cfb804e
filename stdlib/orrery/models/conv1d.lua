--- A linear layer whose weight is (inputs, outputs), as GPT-2 keeps it: Conv1D of Hugging Face.

--- A block of it.
---@param g orrery.Graph
---@param name string
---@param from integer
---@param to integer
---@param deviation number of the weight's first values
---@return orrery.BlockFunction
return function(g, name, from, to, deviation)
  return g:block(name, function(x)
    local weight = g:parameter("weight", { from, to }, { init = "normal", b = deviation })
    return x:matmul(weight) + g:parameter("bias", { to })
  end, { title = "Conv1D" })
end
