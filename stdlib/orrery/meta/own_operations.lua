---@meta

--- A shape as a function's `shape` gets and gives it: sizes, and a dtype that is the first input's unless told.
---@class orrery.DeclaredShape
---@field [integer] integer|orrery.Dim
---@field dtype? orrery.DType

--- What a function with an own backward keeps from one call for its gradients.
---@class orrery.TransformContext
---@field saved_tensors orrery.Tensor[] in `backward`: what was saved
---@field needs_input_grad boolean[]
---@field save_for_backward fun(ctx: orrery.TransformContext, ...: orrery.Tensor)
---@field mark_non_differentiable fun(ctx: orrery.TransformContext, ...: orrery.Tensor)

--- `backward` gives a gradient per tensor, nil for none; the function then gets the context first.
---@class orrery.TransformOptions
---@field outputs? integer|string[] how many, or their names
---@field shape? fun(...): orrery.DeclaredShape ... of the inputs' shapes and the extra arguments; unless given, dry runs tell
---@field backward? fun(ctx: orrery.TransformContext, ...: orrery.Tensor): orrery.Tensor?, ...
