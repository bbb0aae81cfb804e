-- Sequence labelling with padding masks: the lines of a novel in small letters, and a network that tells
-- which of them were capitals. Lines differ in length: batches are padded, and a mask keeps the padding out
-- of the recurrent network, of the loss and of the metrics.
--     orrery run examples/17_capitals.lua
-- Prints some lines, how many of the capitals are found, and how many of those found are capitals; half a
-- minute on two cores, then above 0.8 and 0.95. Leaves capitals.pdf.

local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local folder = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$" .. "../data/"
local config = orrery.config { epochs = 6, batch = 32, lr = 5e-3, width = 48, every = 1, seed = 0 }
orrery.manual_seed(config.seed)

-- Without a length each line is a sample.
local lines = data.text { path = folder .. "pride_and_prejudice.txt.gz", pad = 0 }
local chosen = {}
for line = 0, #lines - 1, config.every do chosen[#chosen + 1] = line end
local train, test = data.split(data.subset(lines, chosen), { 0.9, 0.1 }, { seed = config.seed })
train = data.subset(train, { batch = config.batch, shuffle = true, bucket = true, pad = 0,
  seed = config.seed })
test = data.subset(test, { batch = 128, pad = 0 })

-- For each letter the number of its small one, and whether it is a capital.
local number_of, small, capital = {}, {}, {}
for at, letter in ipairs(lines.classes) do number_of[letter] = at - 1 end
for at, letter in ipairs(lines.classes) do
  small[at], capital[at] = number_of[letter:lower()] or at - 1, letter:find "%u" and 1 or 0
end
small, capital = orrery.tensor(small, { dtype = "int64" }), orrery.tensor(capital)

-- Both directions: a line is read from its end, too. What lies behind a line's end is zero and stays zero.
local embed = nn.Embedding(#lines.classes, config.width)
local there = nn.GRU(config.width, config.width, { batch_first = true })
local back = nn.GRU(config.width, config.width, { batch_first = true })
local head = nn.Linear(2 * config.width, 1)
local function score(letters, mask)
  local x = embed(letters) * mask:unsqueeze(2)
  local left, right = there(x), back(x:flip(1)):flip(1)
  return head(orrery.cat({ left, right }, { dim = 2 })):squeeze(2)
end

local g = orrery.graph "capitals"
local tokens, mask = g:input(train)
local weight = mask:float()
local scores = score(g:constant(small)[tokens], weight)
local target = g:constant(capital)[tokens]
local loss = (nn.BCEWithLogitsLoss { reduction = "none" } (scores, target) * weight):sum() / weight:sum()

orrery.manager(g, {
  optimizer = optim.Adam(g:parameters(), { lr = config.lr, loss = loss }),
  gradient_clip_val = 1,
  validate = test, epochs = config.epochs,
}):run()
orrery.render(g, "capitals.pdf")

-- Recall and precision on the lines that were left out, and the first of them with its capitals put back.
local hits, wanted, said, shown = 0, 0, 0, {}
for letters, kept in test:epoch(1) do
  local plain = small[letters]
  local is = capital[letters] * kept
  local guess = orrery.no_grad(function() return score(plain, kept:float()) end):gt(0):float() * kept
  hits, wanted, said = hits + (guess * is):sum():item(), wanted + is:sum():item(), said + guess:sum():item()
  for row = 0, #shown == 0 and 4 or -1 do
    local text, upper = plain[row]:tolist(), guess[row]:tolist()
    for at, number in ipairs(text) do
      local letter = lines.classes[number + 1]
      text[at] = upper[at] == 1 and letter:upper() or letter
    end
    shown[#shown + 1] = table.concat(text, "", 1, kept[row]:sum():item())
  end
end
print(table.concat(shown, "\n"))
print(("capitals: recall %.3f, precision %.3f"):format(hits / wanted, hits / math.max(said, 1)))
