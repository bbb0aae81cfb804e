-- A model of the zoo, as a script: resnet152, or gpt2 with its 48 layers of size xl.
local orrery = require "orrery"
local config = orrery.config { name = "resnet152" }
local options = { gpt2 = { size = "xl" } }
orrery.models.graph(config.name, options[config.name])
