--- The examples at a small size, and what each must reach; for the specs that run them.

local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"

local M = { root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/" }

local fashion = "dataset-fashion-mnist"

--- By spec: file, settings that make it short, and
--- - `number`, a pattern for one of its last lines, with the bounds that the number must lie between;
--- - `more`, a pattern for two numbers, the first of which must be the larger;
--- - `leaves`, files that it writes; `needs`, a package without which it says so and ends.
M.of = {
  basics = {
    { "01_digits.lua", words = "epochs=6", number = "test accuracy ([%d.]+)", 0.9, 1,
      leaves = { "digits.pdf", "digits.png", "digits.safetensors" } },
    { "02_fashion.lua", words = "epochs=1 samples=2048 lr=0.02", number = "test accuracy ([%d.]+)", 0.4, 1,
      needs = fashion, leaves = { "fashion.pdf", "fashion.safetensors" } },
    { "03_rows.lua", words = "", number = "accuracy (%S+)", 0.9, 1, leaves = { "rows.pdf" } },
    { "04_as_in_pytorch.lua", words = "epochs=5", number = ".*accuracy ([%d.]+) %%", 90, 100,
      leaves = { "features.png" } },
  },
  texts = {
    { "05_recurrent.lua", words = "epochs=12", number = ".*perplexity ([%d.]+)", 1, 9,
      leaves = { "perplexity.pdf" } },
    { "06_characters.lua", words = "epochs=1", number = "loss ([%d.]+) after", 1, 3.3,
      leaves = { "characters.pdf" } },
    { "07_novel.lua", words = "epochs=1 stride=64 length=32 width=32 layers=1 letters=20 batch=8 lr=1e-2",
      number = "gpt: validation loss ([%d.]+)", 1, 2.9, leaves = { "gpt.pdf" } },
    { "07_novel.lua", words = "model=lstm epochs=1 stride=64 length=32 width=32 letters=20 batch=8 lr=1e-2",
      number = "lstm: validation loss ([%d.]+)", 1, 3, leaves = { "lstm.pdf" } },
    { "17_capitals.lua", words = "epochs=2 every=8 width=32 batch=8 lr=1e-2",
      number = "precision ([%d.]+)", 0.5, 1, leaves = { "capitals.pdf" } },
  },
  pictures = {
    { "08_style_features.lua", words = "height=32", number = "layer 5: (%d+) features", 255, 256,
      leaves = { "style.safetensors", "grams.png" } },
    { "09_style_transfer.lua", words = "steps=3", number = "style loss ([%d.]+)", 0, 0.2,
      leaves = { "stylised.png", "style.pdf" } },
    { "10_super_resolution.lua", words = "epochs=3 stride=24", more = "PSNR ([%d.]+) dB, ([%d.]+) before",
      leaves = { "enlarged.png", "espcn.png" } },
    { "21_ddsrcnn.lua", words = "epochs=4 stride=48 patch=16 batch=8",
      more = "PSNR ([%d.]+) dB, noisy ([%d.]+)", leaves = { "denoised.png", "ddsrcnn.pdf" } },
  },
  clothes = {
    { "11_gan.lua", words = "epochs=4 samples=1280 width=64",
      more = "real with ([%d.]+), drawn ones with ([%d.]+)",
      leaves = { "gan.png", "gan_graph.pdf", "gan.safetensors" }, needs = fashion },
    { "12_autoencoder.lua", words = "epochs=6 samples=2048 lr=3e-3", number = "grey value: ([%d.]+)", 0, 0.28,
      leaves = { "autoencoder.png", "autoencoder.pdf" }, needs = fashion },
    { "13_vae.lua", words = "epochs=2 samples=2560", number = "loss ([%d.]+)", 200, 350,
      leaves = { "vae.png", "vae.pdf" }, needs = fashion },
    { "14_block_memory.lua", words = "epochs=2 samples=2048", number = "\nweights +([%d.]+)", 427, 428,
      leaves = { "block_memory.pdf", "perceptron.pdf" }, needs = fashion },
    { "19_resnet.lua", words = "epochs=2 samples=512 tests=256 batch=32 lr=0.02",
      number = "([%d.]+) in training", 0.4, 1, needs = fashion,
      leaves = { "augmented.png", "resnet.pdf", "resnet.safetensors" } },
    { "20_keras_mnist_cnn.lua", words = "epochs=2 samples=1024 tests=500", number = "test accuracy ([%d.]+)",
      0.4, 1, leaves = { "keras_mnist_cnn.pdf", "keras_mnist_cnn.safetensors" }, needs = fashion },
  },
  methods = {
    { "15_transfer.lua", words = "epochs=5 head_epochs=20", number = "frozen trunk ([%d.]+)", 0.7, 1,
      leaves = { "transfer.pdf" } },
    { "22_time.lua", words = "", number = "(%d+) parameters", 1000, 2000,
      leaves = { "unrolled.pdf", "rolled.pdf" } },
    { "16_regression.lua", words = "", number = "R² ([%d.]+)", 0.4, 0.6, leaves = { "regression.pdf" } },
    { "16_regression.lua", words = "hidden=0,4 epochs=5", number = "\n +4 .- done +5 +([%d.]+)", 0.3, 0.8 },
    { "18_by_hand.lua", words = "epochs=6 target=0.95", number = "accuracy ([%d.]+) after", 0.95, 1,
      leaves = { "saliency.png", "by_hand.pdf" } },
  },
}

local function check_numbers(run, out)
  if run.more then
    local more, less = out:match(run.more)
    lu.assertTrue(more and tonumber(more) > tonumber(less), ("%s: %s"):format(run[1], out))
  else
    local number = tonumber(out:match(run.number))
    lu.assertTrue(number and number > run[2] and number <= run[3], ("%s: %s"):format(run[1], out))
  end
end

--- Runs the examples of a spec, one after the other, in the child's folder.
function M.check(spec)
  for _, run in ipairs(M.of[spec]) do
    local code, out, err = child.orrery(("run %sexamples/%s %s"):format(M.root, run[1], run.words))
    if run.needs and code ~= 0 then
      lu.assertStrContains(err, run.needs)
    else
      lu.assertEquals(code, 0, run[1] .. ": " .. err)
      check_numbers(run, out)
      for _, file in ipairs(run.leaves or {}) do
        lu.assertTrue(#(child.read(file) or "") > 100, run[1] .. " leaves no " .. file)
      end
    end
  end
end

--- All examples in the folder.
function M.files()
  local files = {}
  for _, file in ipairs(core.list_folder(M.root .. "examples")) do
    if file:find "%.lua$" then files[#files + 1] = file end
  end
  return files
end

return M
