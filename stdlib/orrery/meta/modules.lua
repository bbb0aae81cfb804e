---@meta

---@alias orrery.Child orrery.Layer|orrery.Module|fun(...): ...

---@class orrery.Children
---@field [integer] orrery.Child|{ [1]: string, [2]: orrery.Child } in order; `{ "fc1", layer }` names one
---@field name? string of the block; none: the container's kind
---@field title? string for drawings

---@class orrery.nn
local nn = {}

--- Applies its children in turn.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Sequential(...) end

--- n children in turn, each made by `make(i)`, i from 1.
---@param n integer
---@param make fun(i: integer): orrery.Child
---@param options? { name?: string, title?: string }
---@return orrery.Module
function nn.Repeat(n, make, options) end

--- Adds its input to what its children make of it in turn; the option `shortcut` changes the input before.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Residual(...) end

--- Applies its children side by side, to one input or to one each, and gives all their results.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Parallel(...) end

--- Joins the results of its children along the option `dim`: the channels unless told.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Concat(...) end

--- Children for a loop; the option `forward(list, …)` says what they do together.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.ModuleList(...) end

--- Named children and, as the option `forward(self, …)`, what they do together: PyTorch's class of nn.Module.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Module(...) end

return nn
