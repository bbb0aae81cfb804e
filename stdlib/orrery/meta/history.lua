---@meta

--- An SQLite history of runs.
---@class orrery.History
local History = {}

---@param filter? { status?: string, tag?: string, name?: string, hash?: string, limit?: integer }
---@return { columns: string[], rows: any[][] }
function History:list(filter) end

---@param run? string|integer a name, an id, `last`, `last~2`
---@return table
function History:show(run) end

--- The number of a run in this file.
---@param run? string|integer
---@return integer
function History:resolve(run) end

---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function History:block_epochs(run) end

--- Runs one SELECT; `false` from `on_row` ends it.
---@param statement string
---@param on_row fun(row: any[], columns: string[]): boolean?
---@return string[] columns
function History:sql(statement, on_row) end

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
