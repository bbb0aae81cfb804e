local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local keeping = require "orrery.cli.history_keeping"
local stream = require "orrery.cli.stream"

-- Words with a sign are tags, the others runs; without any sign the first is the run, the others its tags.
local function sorted(words, remove)
  local runs, changes = {}, {}
  for _, word in ipairs(words) do
    local sign, tag = word:match "^([+-])(.*)$"
    if sign then
      changes[#changes + 1] = { tag = tag, add = sign == "+" }
    else
      runs[#runs + 1] = word
    end
  end
  if changes[1] and remove then
    core.fail("usage", "--remove is for tags without a sign", "Say -word for each that shall go.")
  end
  if changes[1] then return runs, changes end
  for at = 2, #runs do changes[at - 1] = { tag = runs[at], add = not remove } end
  return { runs[1] }, changes
end

local function tags_of(given, id)
  local history, tags = history_file.open(given), {}
  history:sql(("SELECT tag FROM tags WHERE run_id = %d ORDER BY tag"):format(id), function(row)
    tags[#tags + 1] = row[1]
  end)
  history:release()
  return tags
end

local function change(keeper, run, changes)
  for _, each in ipairs(changes) do
    if each.add then
      keeper:add_tag(run.run_id, each.tag)
    elseif not keeper:remove_tag(run.run_id, each.tag) then
      stream.say(("%s had no tag '%s'"):format(run.name, each.tag))
    end
  end
end

return {
  group = "keep",
  summary = "Gives tags to runs, and takes them away.",
  usage = "orrery history tag RUN… +WORD… -WORD… | RUN WORD… [--remove] [--json]",
  operands = {
    { name = "RUN", doc = "number or name of a run, last, last~2; several only with signs before the tags" },
    { name = "WORD", optional = true, repeated = true,
      doc = "a tag: +good gives it, -bad takes it; without a sign gives it, with --remove takes it" },
  },
  options = {
    history_file.option,
    { name = "remove", doc = "takes the tags away" },
    { name = "json", doc = "one JSON object a run, with the tags that it has now" },
  },
  takes_signed = true,
  examples = { "orrery history tag last baseline", "orrery history tag last last~1 +good -bad",
    "orrery history list --tag good" },
  main = function(given)
    local words, changes = sorted(given, given.options.remove)
    if not (words[1] and changes[1]) then
      core.fail("usage", words[1] and "there is no tag" or "there is no run to tag",
        "Name runs, and behind them the tags: last +good.")
    end
    local keeper = keeping.open(given)
    for _, run in ipairs(keeping.facts(given, keeping.ids(keeper, words))) do
      change(keeper, run, changes)
      local tags = tags_of(given, run.run_id)
      if given.options.json then
        json.line("orrery.history.tag/1", { run_id = run.run_id, run = run.name, tags = json.array(tags) })
      else
        local has = tags[1] and "tagged " .. table.concat(tags, ", ") or "without tags"
        stream.say(("%s is now %s"):format(run.name, has))
      end
    end
  end,
}
