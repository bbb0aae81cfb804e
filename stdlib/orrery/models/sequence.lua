--- Parts one after the other, named by their positions from 0 as torch.nn.Sequential names them.

--- A block of layers and of functions `part(x, name)`, which make blocks of their own under the name.
---@param g orrery.Graph
---@param name string
---@param parts (orrery.Layer|fun(x: orrery.Value, name: string): orrery.Value)[]
---@param title? string the paper's name of the block
---@return orrery.BlockFunction
return function(g, name, parts, title)
  return g:block(name, function(x)
    for at, part in ipairs(parts) do
      local position = tostring(at - 1)
      if type(part) == "function" then
        x = part(x, position)
      else
        x = part:named(position)(x)
      end
    end
    return x
  end, { title = title })
end
