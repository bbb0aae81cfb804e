-- Recurrent layers and attention, in graphs and at once.
local lu = require "luaunit"
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local function near(left, right)
  return (left - right):abs():max():item() < 1e-5
end

TestRecurrent = {}

function TestRecurrent:test_gives_output_and_states()
  local lstm = nn.LSTM(4, 6, { num_layers = 2, batch_first = true })
  local output, h, c = lstm(orrery.randn(3, 5, 4))
  lu.assertEquals(output.shape, { 3, 5, 6 })
  lu.assertEquals(h.shape, { 2, 3, 6 })
  lu.assertEquals(c.shape, { 2, 3, 6 })
  local further = lstm(orrery.randn(3, 1, 4), h, c)
  lu.assertEquals(further.shape, { 3, 1, 6 })
  lu.assertTrue(near(lstm(orrery.ones(3, 1, 4), { h, c }), lstm(orrery.ones(3, 1, 4), h, c)))
end

function TestRecurrent:test_step_by_step_is_the_whole_sequence()
  local gru, cell = nn.GRU(3, 4), nn.GRUCell(3, 4)
  for _, name in ipairs { "weight_ih", "weight_hh", "bias_ih", "bias_hh" } do
    orrery.no_grad(function() cell[name]:copy_(gru[name .. "_l0"]) end)
  end
  local x = orrery.randn(5, 2, 3)
  local output = gru(x)
  local h
  for t = 0, 4 do h = cell(x[t], h) end
  lu.assertTrue(near(output[4], h))
end

-- The mean of each sequence.
function TestRecurrent:test_learns_in_a_graph()
  orrery.manual_seed(1)
  local g = orrery.graph "means"
  local rows = orrery.randn(64, 6, 1)
  local x, target = g:input(data.tensors { x = rows, target = rows:mean(1), batch = 16 })
  local _, h = nn.LSTM { hidden_size = 12, batch_first = true } (x)
  local loss = nn.MSELoss()(nn.Linear(12, 1)(h:select(0, 0)), target)
  local adam = optim.Adam(g:parameters(), { lr = 0.03, loss = loss })
  local manager = orrery.manager(g, { optimizer = adam, epochs = 60, history = false, progress = false })
  local summary = manager:run()
  lu.assertTrue(summary.train.loss < 0.02)
end

TestAttention = {}

function TestAttention:test_gives_output_and_weights()
  local attention = nn.MultiheadAttention(8, 2, { batch_first = true })
  local x = orrery.randn(3, 5, 8)
  local output, weights = attention(x, x, x)
  lu.assertEquals(output.shape, { 3, 5, 8 })
  lu.assertTrue(near(weights:sum(-1), orrery.ones(3, 5)))
end

function TestAttention:test_names_its_parameters_as_pytorch_does()
  local attention = nn.MultiheadAttention(8, 2)
  lu.assertEquals(attention.out_proj.weight.shape, { 8, 8 })
  lu.assertEquals(attention.in_proj_bias:abs():sum():item(), 0)
  lu.assertEquals(attention.out_proj.bias:abs():sum():item(), 0)
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 8 } } }
  attention(x, x, x)
  local keys = {}
  for i, entry in ipairs(g:state()) do keys[i] = entry.key end
  lu.assertEquals(keys, {
    "multihead_attention.in_proj_weight", "multihead_attention.in_proj_bias",
    "multihead_attention.out_proj.weight", "multihead_attention.out_proj.bias" })
end

function TestAttention:test_no_query_sees_a_later_key_when_causal()
  local attention = nn.MultiheadAttention(4, 1, { is_causal = true })
  local x = orrery.randn(3, 1, 4)
  local _, weights = attention(x, x, x)
  lu.assertEquals(weights[0]:tolist()[1][2], 0)
  lu.assertEquals(weights[0]:tolist()[2][3], 0)
end

function TestAttention:test_is_the_transform_on_each_head()
  local q, k = orrery.randn(2, 3, 4), orrery.randn(2, 5, 4)
  local wanted = (q:matmul(k:transpose(1, 2)) / 2):softmax(-1):matmul(k)
  lu.assertTrue(near(q:scaled_dot_product_attention(k, k), wanted))
end

function TestAttention:test_as_a_layer_drops_while_training_only()
  local q, k = orrery.randn(2, 3, 4), orrery.randn(2, 5, 4)
  local wanted = q:scaled_dot_product_attention(k, k)
  local attention = nn.ScaledDotProductAttention(0.5)
  lu.assertFalse(near(attention(q, k, k), wanted))
  lu.assertTrue(near(attention:eval()(q, k, k), wanted))
  lu.assertTrue(near(nn.ScaledDotProductAttention()(q, k, k), wanted))
  lu.assertEquals(#attention:state(), 0)
end

function TestAttention:test_says_what_does_not_fit_at_once_too()
  local attention = nn.MultiheadAttention(8, 2)
  local x = orrery.randn(3, 2, 8)
  local done, text = pcall(function() return attention(x, x, orrery.randn(4, 2, 8)) end)
  lu.assertFalse(done)
  lu.assertStrContains(text, "expects one value for each key, a length of 3, got (4, 2, 8)")
end

os.exit(lu.LuaUnit.run())
