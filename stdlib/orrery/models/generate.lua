--- Goes on with sequences of tokens, one token after the other.
---
---     local model = orrery.models.gpt2 {}
---     local tokens = orrery.tensor({ { 464, 3797 } }, { dtype = "int64" })
---     tokens = orrery.models.generate(model, tokens, { max_new_tokens = 20, do_sample = true, top_k = 50 })
---
--- Without `do_sample` the most likely token follows. Draws come from the runtime's generator: orrery.seed.

local core = require "orrery.core"
local arguments = require "orrery.nn.arguments"
local new_cache = require("orrery.models.cache").new

local schema = {
  { "max_new_tokens", "integer", default = 20, min = 1 },
  { "do_sample", "boolean", default = false },
  { "temperature", "number", default = 1 },
  { "top_k", "integer", default = 0, min = 0 },
  { "top_p", "number", default = 1, min = 0, max = 1 },
  { "eos_token", "integer" },
  { "use_cache", "boolean", default = true },
}

local function keep_top_k(scores, k)
  local best = scores:topk(math.min(k, scores:size(-1)), { dim = -1 })
  return scores:masked_fill(scores:lt(best:narrow(-1, best:size(-1) - 1, 1)), -math.huge)
end

-- Of the most likely tokens, as many as it takes to reach the probability p; at least one.
local function keep_top_p(scores, p)
  local sorted, order = scores:sort(-1, true)
  local before = sorted:softmax(-1):cumsum(-1) - sorted:softmax(-1)
  local kept = sorted:masked_fill(before:ge(p):logical_and(before:gt(0)), -math.huge)
  return scores:scatter(-1, order, kept)
end

local function chosen(scores, o)
  if not o.do_sample then return scores:argmax(-1, true) end
  scores = scores / o.temperature
  if o.top_k > 0 then scores = keep_top_k(scores, o.top_k) end
  if o.top_p < 1 then scores = keep_top_p(scores, o.top_p) end
  return scores:softmax(-1):multinomial(1)
end

-- Rows that reached the last token stay there.
local function ended(next_token, done, o)
  if not o.eos_token then return next_token, done end
  if done then next_token = next_token:masked_fill(done, o.eos_token) end
  return next_token, next_token:eq(o.eos_token)
end

local function go_on(model, tokens, o, cache)
  local cat = core.transform "cat"
  local all, input, done = tokens, tokens, nil
  for _ = 1, o.max_new_tokens do
    local logits = model(input, cache)
    local scores = logits:select(1, logits:size(1) - 1)
    local next_token
    next_token, done = ended(chosen(scores, o), done, o)
    all = cat({ all, next_token }, { dim = 1 })
    if done and done:all():item() then break end
    input = cache and next_token or all
  end
  return all
end

--- Goes on with each row of tokens. A model of the zoo computes as after training meanwhile.
---@param model orrery.Model|fun(tokens: orrery.Tensor, cache?: orrery.Cache): orrery.Tensor scores per place
---@param tokens orrery.Tensor int64, (batch, length)
---@param options? orrery.GenerateOptions
---@return orrery.Tensor tokens with the new ones behind
return function(model, tokens, options)
  local o = arguments.read("models.generate", schema, options or {})
  if o.temperature <= 0 then
    core.fail("usage", "models.generate: temperature must be above 0",
      "Without do_sample the most likely token follows.")
  end
  if getmetatable(tokens) ~= "Tensor" or tokens:dim() ~= 2 then
    core.fail("usage", "models.generate: tokens must be a tensor (batch, length)")
  end
  local of_zoo = getmetatable(model) == "Model"
  local cache = of_zoo and model.facts.caches and o.use_cache and new_cache() or nil
  local evaluated = of_zoo and model.evaluates
  if of_zoo then model:eval() end
  local all = core.engine().no_grad(go_on, model, tokens, o, cache)
  if of_zoo and not evaluated then model:train() end
  return all
end
