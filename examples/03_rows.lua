-- Reads handwritten digits as one reads a page, row by row, with a recurrent cell that is written here: a
-- loop over time whose gradients flow through all its steps. Then shows on tensors what the net takes a
-- digit for after each of its rows.
-- Leaves rows.pdf: the network, with its loop over the rows.
-- Try: orrery run examples/03_rows.lua width=64 epochs=30

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local config = orrery.config { width = 48, epochs = 15, lr = 5e-3, seed = 0 }
orrery.manual_seed(config.seed)

-- A minimal gated unit: the gate tells how much of what is remembered gives way to what was read.
local gate = nn.Linear(8 + config.width, config.width)
local candidate = nn.Linear(8 + config.width, config.width)
local head = nn.Linear(config.width, 10)

local function read(memory, row)
  local open = gate(orrery.cat({ row, memory }, { dim = -1 })):sigmoid()
  local new = candidate(orrery.cat({ row, open * memory }, { dim = -1 })):tanh()
  memory = memory + open * (new - memory)
  return memory, memory
end

local g = orrery.graph "rows"
local image, label = g:input(data.digits { batch = 64, shuffle = true, seed = config.seed })

-- (N, 1, 8, 8) → (8, N, 8): the loop runs over the first dimension.
local rows = image:squeeze(1):transpose(0, 1)
local last = orrery.scan(read, g:zeros(image:size(0), config.width), rows, { name = "reader" })
local logits = head(last)
local loss = nn.CrossEntropyLoss()(logits, label)

local result = orrery.manager(g, {
  optimizer = optim.AdamW(g:parameters(), { lr = config.lr, loss = loss }),
  metrics = { accuracy = metrics.accuracy(logits, label) },
  validate = data.digits { batch = 256, split = "test" },
  epochs = config.epochs,
  threads = 1, -- so small a net has no work for more
}):run()
print(("accuracy %.3f after %d epochs"):format(result.validation.accuracy, result.epochs))
orrery.render(g, "rows.pdf")

-- The same loop on tensors, over the rows of one digit.
local three = orrery.tensor {
  { 0, 0, 8, 15, 16, 9, 0, 0 }, { 0, 0, 12, 8, 8, 16, 0, 0 }, { 0, 0, 0, 0, 10, 14, 0, 0 },
  { 0, 0, 0, 10, 16, 7, 0, 0 }, { 0, 0, 0, 2, 8, 15, 3, 0 }, { 0, 0, 0, 0, 0, 12, 8, 0 },
  { 0, 1, 8, 4, 6, 16, 4, 0 }, { 0, 0, 10, 16, 14, 6, 0, 0 },
} / 16
orrery.no_grad(function()
  local _, memories = orrery.scan(read, orrery.zeros(config.width), three)
  for at, guess in ipairs(head(memories):argmax(1):tolist()) do print(("row %d: %d"):format(at, guess)) end
end)
print "left here: rows.pdf"
