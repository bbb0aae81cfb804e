-- What nn.utils has besides gradients and parametrizations: sequences of several lengths, and its refusals.
local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").here
local utils = orrery.nn.utils

TestSequences = {}

local function whole(list) return orrery.tensor(list, { dtype = "int64" }) end

function TestSequences:test_are_padded_to_the_longest()
  local padded = utils.rnn.pad_sequence { whole { 1, 2, 3 }, whole { 4 } }
  lu.assertEquals(padded:tolist(), { { 1, 4 }, { 2, 0 }, { 3, 0 } })
  lu.assertEquals(padded.dtype, "int64")
  padded = utils.rnn.pad_sequence({ whole { 1, 2, 3 }, whole { 4 } },
    { batch_first = true, padding_value = -1 })
  lu.assertEquals(padded:tolist(), { { 1, 2, 3 }, { 4, -1, -1 } })
end

function TestSequences:test_of_vectors_are_padded_along_the_first_dimension()
  local padded = utils.rnn.pad_sequence({ orrery.ones(1, 2), orrery.ones(2, 2) }, true)
  lu.assertEquals(padded:tolist(), { { { 1, 1 }, { 0, 0 } }, { { 1, 1 }, { 1, 1 } } })
end

TestUnknownNames = {}

function TestUnknownNames:test_are_refused_with_the_nearest_or_what_there_is_instead()
  lu.assertStrContains(refusal(function() return utils.clip_grad_nrm_, 0 end),
    "did you mean 'clip_grad_norm_'?")
  lu.assertStrContains(refusal(function() return utils.weight_norm, 0 end),
    "nn.utils.parametrizations.weight_norm")
  lu.assertStrContains(refusal(function() return utils.parametrizations.weigt_norm, 0 end),
    "did you mean 'weight_norm'?")
  lu.assertStrContains(refusal(function() return utils.rnn.pack_padded_sequence, 0 end),
    "There are no packed sequences")
end

os.exit(lu.LuaUnit.run())
