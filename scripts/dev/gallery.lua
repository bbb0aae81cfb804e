--- Makes the pictures of docs/gallery.md, and the page.
---
---     ./dev gallery            # all of them
---     ./dev gallery lenet gan  # these, and the page
---
--- Each picture is what one command leaves in docs/gallery, as it stands under the picture. Loaded by other
--- code it returns the list and what makes the page, which tests/stdlib/gallery_spec.lua compares with the
--- file.

local core = require "orrery.core"

local M = {}

--- In the order of the page. `file`: what the command leaves. `exits`: the command's exit code, 0 unless
--- told. `measured`: the picture shows times, which no other run repeats.
M.entries = {
  { file = "lenet.svg", title = "LeNet-5",
    command = "orrery render lenet5 --style lenet --width-mm 170 -o lenet.svg",
    text = "Planes as large as the maps and as many as they have channels (in proportion), the kernel of "
      .. "each convolution and pooling, slanted bars for linear layers." },
  { file = "vgg16.png", title = "VGG-16 in a column of a paper",
    command = "orrery render vgg16 --style volume --image ../../data/flower.jpg --width-mm 84 --no-names"
      .. " --dpi 150 -o vgg16.png",
    text = "Solids as thick as the channels are many, in rows that fit 84 mm with text of 6 points, and a "
      .. "picture on the input." },
  { file = "unet.png", title = "U-Net",
    command = "orrery render unet --style volume --image ../../data/china.jpg --dpi 110 -o unet.png",
    text = "What skips layers goes over the tops, and past the ends of the rows to others; blocks are told "
      .. "under their part of a row." },
  { file = "resnet50.svg", title = "ResNet-50, one bottleneck open",
    command = "orrery render resnet50 --depth 1 --expand layer1/0 --fuse -o resnet50.svg",
    text = "Equal blocks stand on a stack with their number; one is open, activations and norms are told "
      .. "on their layers." },
  { file = "googlenet.png", title = "Inception",
    command = "orrery render googlenet --depth 0 --expand inception3a --expand 'inception3a/*' --fuse"
      .. " --dpi 110 -o googlenet.png",
    text = "The branches of one module beside each other; the other modules are folded." },
  { file = "densenet.png", title = "A dense block",
    command = "orrery render densenet121 --depth 0 --expand features/denseblock1 --collapse"
      .. " 'features/denseblock1/*' --dpi 110 -o densenet.png",
    text = "Each layer reads all those before it; each value is one line." },
  { file = "transformer.png", title = "A transformer's encoder and decoder",
    command = "orrery render transformer.lua --fuse --dpi 110 -o transformer.png",
    text = "Six equal layers are drawn once on each side; the inputs of attention are named." },
  { file = "gpt2.png", title = "GPT-2",
    command = "orrery render gpt2 --fuse --hide dropout --parameters --dpi 110 -o gpt2.png",
    text = "Twelve equal blocks are one, with the parameters of all of them." },
  { file = "unrolled.png", title = "An LSTM, its steps beside each other",
    command = "orrery run ../../examples/22_time.lua ending=png",
    text = "What goes from one step to the next is led apart and named; all steps share their weights." },
  { file = "rolled.png", title = "The same LSTM, rolled up",
    command = "orrery run ../../examples/22_time.lua ending=png",
    text = "The steps are equal, so one stands for all, with loops for what it leaves to the next." },
  { file = "style_transfer.png", title = "Style transfer with its losses",
    command = "orrery render style_transfer.lua --depth 1 --dpi 90 -o style_transfer.png",
    text = "The pixels of an image are what is trained; one branch asks for content, four for style." },
  { file = "gan.svg", title = "A GAN with two optimizers",
    command = "orrery render gan.lua --governors -o gan.svg",
    text = "Each optimizer follows a loss of its own, and its letter stands at the network that it updates; "
      .. "three uses of the discriminator share its weights." },
  { file = "heat.svg", title = "Where the time goes", measured = true,
    command = "orrery run measured.lua",
    text = "A script trains for a moment and draws itself in the colours of what each operation took." },
  { file = "trained.svg", title = "How it learned", measured = true,
    command = "orrery run trained.lua",
    text = "A script trains and draws itself with the curves of its loss and metric, dashed on other data, "
      .. "where their values are made." },
  { file = "diff.svg", title = "What VGG-13 has that VGG-11 has not",
    command = "orrery diff vgg11 vgg13 -o diff.svg",
    text = "Both in one drawing: what is the same is grey and shut, what was added green." },
  { file = "wrong.svg", title = "A mistake", exits = 3,
    command = "orrery check wrong.lua --render wrong.svg",
    text = "What a check finds is marked, with the shapes that do not go together." },
  { file = "page.svg", title = "A network on a page",
    command = "orrery render resnet50 --fuse --fit ieee-column -o page.svg",
    text = "A long chain is broken into columns, and as many blocks are open as a column of a paper has room "
      .. "for, with text of 6 points." },
}

local preface = [[
# Gallery

Each picture is what the one command under it leaves, run in [docs/gallery](gallery), where the scripts stand.
`./dev gallery` makes them and this page anew from [a list](../scripts/dev/gallery.lua).
[drawing.md](drawing.md) and [feature_maps.md](feature_maps.md) tell all that the commands can do.
]]

--- The page. `libraries`: what the pictures were drawn with, as `libraries()` of the drawing module gives it.
function M.page(libraries)
  local lines = { preface }
  for _, entry in ipairs(M.entries) do
    lines[#lines + 1] = ("## %s\n\n%s\n\n![%s](gallery/%s)\n\n    %s\n"):format(entry.title, entry.text,
      entry.title, entry.file, entry.command)
  end
  lines[#lines + 1] = "Drawn with " .. libraries .. ".\n"
  return table.concat(lines, "\n")
end

--- Runs the command of an entry in a folder that holds what it reads; returns its exit code and what it says.
function M.make(entry, program, folder)
  local command = entry.command:gsub("^orrery", function() return program end)
  local pipe = assert(io.popen(("cd '%s' && %s 2>&1; echo \"exit $?\""):format(folder, command)))
  local said = pipe:read "*a"
  pipe:close()
  return tonumber(said:match "exit (%d+)\n$"), (said:gsub("exit %d+\n$", ""))
end

local function chosen(names)
  local wanted = {}
  for _, name in ipairs(names) do wanted[name] = true end
  local entries = {}
  for _, entry in ipairs(M.entries) do
    local name = entry.file:match "^[%w_]+"
    if #names == 0 or wanted[name] then entries[#entries + 1] = entry end
    wanted[name] = nil
  end
  for name in pairs(wanted) do core.fail("usage", "the gallery has no picture '" .. name .. "'") end
  return entries
end

local function main(root, program, names)
  local folder = root .. "docs/gallery"
  for _, entry in ipairs(chosen(names)) do
    local code, said = M.make(entry, program, folder)
    if code ~= (entry.exits or 0) then core.fail("run", entry.command .. "\n" .. said) end
    print(entry.file)
  end
  core.write_file(root .. "docs/gallery.md", M.page(require("orrery.render_core").libraries()))
end

local words = { ... }
if words[1] == "make" then
  main(debug.getinfo(1, "S").source:match "^@(.*)scripts/dev/gallery%.lua$", words[2], { unpack(words, 3) })
end

return M
