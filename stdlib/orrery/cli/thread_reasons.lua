--- Where a run's number of threads comes from: the history's words, and what they tell people.
return {
  asked = "asked for",
  resumed = "as in the checkpoint",
  deterministic = "deterministic runs try none",
  by_hand = "loops by hand try none",
  device = "the device computes",
  single = "it had one core",
  script = "not tried: the graph or the data call functions of the script, or of plug-ins",
  brief = "not tried: the run is short",
  failed = "not tried: the first step fails",
  cached = "the fastest in an earlier run",
  probed = "the fastest",
}
