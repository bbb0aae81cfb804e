return require("orrery.cli.history_merging").action("merge", "The same as import.")
