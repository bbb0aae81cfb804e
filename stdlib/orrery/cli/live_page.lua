--- Pages that load themselves again when `orrery watch` has drawn anew.
---
--- A page that was opened from a file may not ask for another file, but it may run one as a script. So
--- beside `view.html` stands `view.version.js`, which tells the newest revision; the page runs it again and
--- again, and loads itself when it is another than its own. What the reader sees stays as it was.

local core = require "orrery.core"

local M = {}

local place = "<!-- orrery:watch -->"

local script = [[
<script>
(() => {
  const FILE = %s, EVERY = 300;
  window.orreryRevision = (newest) => {
    const ready = document.documentElement.dataset.ready !== undefined;
    if (ready && newest !== window.orreryView.revision) window.orreryView.reload();
  };
  setInterval(() => {
    const asked = document.createElement("script");
    asked.src = FILE + "?" + Date.now();
    asked.onload = asked.onerror = () => asked.remove();
    document.head.append(asked);
  }, EVERY);
})();
</script>]]

local function version_file(file) return (file:gsub("%.html?$", "")) .. ".version.js" end

-- A text as a script has it inside of a page.
local function quoted(text) return (core.json { text }:sub(2, -2):gsub("<", "\\u003c")) end

--- Makes a page that was just drawn look for newer ones, and tells those that are open that it is there.
--- Other files stay as they are.
---@param file string
function M.announce(file)
  local stream = io.open(file, "rb")
  if not stream then return end
  local page = stream:read "*a"
  stream:close()
  local from, to = page:find(place, 1, true)
  local revision = page:match 'data%-revision="([^"]*)"'
  if not from or not revision then return end
  local version = version_file(file)
  local live = script:format(quoted((version:match "[^/]*$"):gsub("[%%#?]", function(letter)
    return ("%%%02X"):format(letter:byte())
  end)))
  core.write_file(file, page:sub(1, from - 1) .. live .. page:sub(to + 1))
  core.write_file(version, ("orreryRevision(%s)\n"):format(quoted(revision)))
end

--- Takes away what tells of newer ones: nobody watches any more.
---@param file string
function M.forget(file)
  if file:find "%.html?$" then os.remove(version_file(file)) end
end

return M
