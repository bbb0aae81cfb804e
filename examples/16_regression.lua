-- Regression on a table: how a diabetes goes on within a year, from ten measurements of 442 patients
-- (data/README.md tells where they come from). Cross-validated in five parts.
--     orrery run examples/16_regression.lua
--     orrery run examples/16_regression.lua hidden=0,8,32 weight_decay=0.01,0.1 --jobs 2      a sweep
-- Prints R² on what was left out, about 0.50, and a patient, and leaves regression.pdf; seconds on two cores.

local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local folder = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$" .. "../data/"
local config = orrery.config { hidden = 8, epochs = 30, lr = 0.01, weight_decay = 0.1, folds = 5,
  seed = 0 }
orrery.manual_seed(config.seed)

-- A float32 label is a number to come near to.
local patients = data.csv { path = folder .. "diabetes.csv.gz", label = "progression",
  label_dtype = "float32", batch = 64 }

-- Means and deviations of the columns.
local features, progression = data.subset(patients, { batch = #patients }):epoch(1)()
local function facts(x) return x:mean(0), x:std(0) end
local middle, width = facts(features)
local goal, spread = facts(progression)

-- Trains on one part; gives the sum of squared errors on the other, and the model.
local function fit(train, test)
  local g = orrery.graph "regression"
  local x, y = g:input(train)
  local net = config.hidden > 0
      and nn.Sequential(nn.Linear(10, config.hidden), nn.Tanh(), nn.Linear(config.hidden, 1))
    or nn.Linear(10, 1)
  local function predict(values) return net((values - middle) / width):squeeze(1) * spread + goal end
  local loss = nn.MSELoss()((predict(x) - goal) / spread, (y - goal) / spread)
  orrery.manager(g, {
    optimizer = optim.AdamW(g:parameters(),
      { lr = config.lr, weight_decay = config.weight_decay, loss = loss }),
    validate = test, validate_every = config.epochs, epochs = config.epochs, threads = 1, progress = false,
  }):run()
  local error = 0
  for values, wanted in test:epoch(1) do
    error = error + orrery.no_grad(function() return (predict(values) - wanted):square():sum() end):item()
  end
  return error, predict, g
end

local errors, predict, g = 0, nil, nil
for train, test in data.kfold(patients, config.folds, { seed = config.seed }) do
  local error
  error, predict, g = fit(data.subset(train, { batch = 32, shuffle = true, seed = config.seed }), test)
  errors = errors + error
end
orrery.render(g, "regression.pdf")
local r2 = 1 - errors / (progression - goal):square():sum():item()
print(("R² %.3f on the patients that were left out"):format(r2))
local foretold = predict(features[{ { 0, 1 } }]):item()
print(("patient 1: %.0f, foretold %.0f"):format(progression[0]:item(), foretold))
