-- Teaches a small GPT-2 the text of Orrery's licence, letter by letter, and lets it go on by itself: on
-- tensors, with the layers that were trained in a graph. Leaves characters.pdf, the model.
-- Try: orrery run examples/06_characters.lua temperature=1.5 prompt="Permission"

local orrery = require "orrery"
local nn, optim, data, models = orrery.nn, orrery.optim, orrery.data, orrery.models

local config = orrery.config { epochs = 6, length = 48, seed = 0, temperature = 0.7, prompt = "The Software" }
orrery.manual_seed(config.seed)

local folder = debug.getinfo(1, "S").source:match "^@(.*)examples/" or ""
local file = assert(io.open(folder .. "LICENSE"))
local text = file:read("*a"):gsub("%s+", " ")
file:close()

-- Letters get numbers in the order of their first appearance.
local letters, number_of = {}, {}
for letter in text:gmatch "." do
  if not number_of[letter] then
    letters[#letters + 1] = letter
    number_of[letter] = #letters - 1
  end
end

local function numbers(from, length)
  local list = {}
  for at = 1, length do list[at] = number_of[text:sub(from + at - 1, from + at - 1)] end
  return list
end

-- Every place of the text begins a sample: what stands there, and the same one letter later.
local inputs, targets = {}, {}
for from = 1, #text - config.length do
  inputs[from], targets[from] = numbers(from, config.length), numbers(from + 1, config.length)
end
local whole = { dtype = "int64" }

local g = orrery.graph "characters"
local tokens, label = g:input(data.tensors {
  tokens = orrery.tensor(inputs, whole), label = orrery.tensor(targets, whole), batch = 32, shuffle = true,
  seed = config.seed,
})
local gpt = models.gpt2 { tokens = #letters, positions = 128, width = 64, layers = 2, heads = 4, dropout = 0 }
local loss = nn.CrossEntropyLoss()(gpt(tokens):flatten(0, 1), label:flatten())

local result = orrery.manager(g, {
  optimizer = optim.AdamW(g:parameters(), { lr = 3e-3, loss = loss }), epochs = config.epochs,
}):run()
print(("loss %.3f after %d epochs"):format(result.train.loss, result.epochs))
orrery.render(g, "characters.pdf", { depth = 3 })

-- The same model on tensors.
local prompt = {}
for letter in config.prompt:gmatch "." do
  prompt[#prompt + 1] = assert(number_of[letter], "the licence has no such letter: " .. letter)
end
local written = models.generate(gpt, orrery.tensor({ prompt }, whole), {
  max_new_tokens = 100, do_sample = true, temperature = config.temperature,
})
for _, number in ipairs(written:tolist()[1]) do io.write(letters[number + 1]) end
print "\nleft here: characters.pdf"
