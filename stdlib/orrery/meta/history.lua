---@meta

--- An SQLite history of runs.
---@class orrery.History
local History = {}

--- Runs, the newest first unless sorted; NaN is a NaN, what a run lacks nil. docs/history.md tells of conditions
--- and names. `columns` (names, separated by commas) takes the place of the usual columns; `settings` adds those
--- of the configs that differ between the runs.
---@param filter? { where?: string, sort?: string, columns?: string, settings?: boolean, status?: string, tag?: string, name?: string, like?: string, hash?: string, limit?: integer }
---@return { columns: string[], rows: any[][] }
function History:list(filter) end

---@param run? string|integer a number, a name or its beginning, `last`, `last~2`, `best:val_loss`
---@return table
function History:show(run) end

--- What the blocks of a run cost, by themselves and with those inside: the view `block_cost`.
---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function History:blocks(run) end

--- What the nodes of a run cost, where they were profiled: the view `node_cost`.
---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function History:nodes(run) end

--- How the graph of a run differs from another's, by the paths of blocks and nodes.
---@param before string|integer
---@param after string|integer
---@return { kind: "added"|"removed"|"changed", what: "block"|"node"|"output", path: string, item: string, before: string, after: string }[]
function History:changes(before, after) end

--- The number of a run in this file.
---@param run? string|integer
---@return integer
function History:resolve(run) end

--- Whether runs are the better the more they have of what a name stands for: of metrics alone.
---@param name string
---@return boolean
function History:more_is_better(name) end

---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function History:block_epochs(run) end

--- Runs one SELECT; `false` from `on_row` ends it. Whole numbers beyond 2^53 come as text.
---@param statement string
---@param on_row fun(row: any[], columns: string[]): boolean?
---@param options? { timeout?: number } seconds that SQLite may take; 60 unless told
---@return string[] columns
function History:sql(statement, on_row, options) end

--- Writes runs for other tools, as `orrery history export` does: into a CSV file or a folder of them, a folder
--- of TensorBoard's event files, or an SQLite file of MLflow's; or the steps of a profile, for viewers of
--- traces (`chrome`: Perfetto, too) and flame graphs (`folded`).
---@param format "csv"|"tensorboard"|"mlflow"|"chrome"|"speedscope"|"folded"
---@param path string
---@param runs? string|integer|(string|integer)[] none: the last
---@return { files: string[], left_out: string[] } what was written, and artifacts that cannot be read any more
function History:export(format, path, runs) end

---@class orrery.RunOptions
---@field name? string of the run in the history; none: made up
---@field config? table kept with it; none: that of `orrery.config`
---@field tags? string[]
---@field history? string|false the SQLite file that keeps the run, "orrery.db" unless told; false: none
---@field device? string what computes, in words: "cpu" unless told
---@field seed? integer for the history

--- A run that no manager trains.
---@class orrery.Run
---@field name string
local Run = {}

--- Logs a number, or several by name. A name's steps count from 1 unless given.
---@param name string|table<string, number|orrery.Tensor>
---@param value? number|orrery.Tensor|table
---@param options? { step?: integer, split?: "train"|"validation"|"test" } "train" unless told
function Run:log(name, value, options) end

--- Lists a file that lies on the disk among its artifacts.
---@param path string
---@param options? { name?: string, kind?: string, step?: integer }
function Run:artifact(path, options) end

---@param text string
function Run:note(text) end

---@param tag string
function Run:tag(tag) end

--- Ends it; again does nothing. A run that is left open ends as its script does.
---@param options? { status?: "done"|"failed"|"interrupted", reason?: string }
function Run:finish(options) end
