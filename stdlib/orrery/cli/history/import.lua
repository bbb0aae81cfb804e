return require("orrery.cli.history_merging").action("import", "Takes in the runs of other histories.")
