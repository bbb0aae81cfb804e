---@meta

--- Histories for scripts; called as a function it opens one, too.
---@class orrery.HistoryModule
---@overload fun(path: string): orrery.OpenHistory
local HistoryModule = {}

--- Opens a history for reading.
---@param path string a file; one that is no history is refused
---@return orrery.OpenHistory
function HistoryModule.open(path) end

--- What `history:runs` chooses by. The names of columns, metrics and settings are those of `orrery history list`.
---@class orrery.RunFilter
---@field where? string runs that this holds for, such as "lr<0.01 and status=done"
---@field sort? string by columns, metrics or settings, separated by commas; - before one that falls
---@field status? "running"|"done"|"failed"|"interrupted"
---@field tag? string
---@field name? string part of the name
---@field hash? string the architecture's structural hash
---@field like? string runs of this run's architecture
---@field limit? integer at most so many

--- A history that a script has open.
---@class orrery.OpenHistory
---@field path string
local OpenHistory = {}

--- Iterates over runs, the newest first unless sorted. Runs in the trash are none.
---
---     for run in history:runs { where = "status=done", sort = "val_loss", limit = 3 } do print(run.name) end
---
---@param filter? orrery.RunFilter
---@return fun(): orrery.HistoryRun?
function OpenHistory:runs(filter) end

---@param run? string|integer a number, a name or its beginning, `last`, `last~2`, `best:val_loss`; none: the last
---@return orrery.HistoryRun
function OpenHistory:run(run) end

--- The number of a run in this file.
---@param run? string|integer
---@return integer
function OpenHistory:resolve(run) end

--- The rows of one SELECT as tables by the columns' names; NULL is nil.
---@param statement string
---@return table<string, string|number>[]
function OpenHistory:rows(statement) end

--- Runs one SELECT; `false` from `on_row` ends it.
---@param statement string
---@param on_row fun(row: any[], columns: string[]): boolean?
---@return string[] columns
function OpenHistory:sql(statement, on_row) end

--- A table of runs, as `orrery history list` shows it.
---@param filter? orrery.RunFilter
---@return { columns: string[], rows: any[][] }
function OpenHistory:list(filter) end

--- All that is known of a run, as `orrery history show --json` has it.
---@param run? string|integer
---@return table
function OpenHistory:show(run) end

--- What the blocks of a run cost, by themselves and with those inside: the view `block_cost`.
---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function OpenHistory:blocks(run) end

--- What the nodes of a run cost, where they were profiled: the view `node_cost`.
---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function OpenHistory:nodes(run) end

--- How the graph of a run differs from another's, by the paths of blocks and nodes.
---@param before string|integer
---@param after string|integer
---@return table[] as History:changes
function OpenHistory:changes(before, after) end

---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function OpenHistory:block_epochs(run) end

--- Writes runs for other tools, as `orrery history export` does.
---@param format "csv"|"tensorboard"|"mlflow"
---@param path string
---@param runs? string|integer|(string|integer)[] none: the last
---@return { files: string[], left_out: string[] } what was written, and artifacts that cannot be read any more
function OpenHistory:export(format, path, runs) end

--- Whether a metric is better the larger it is; of settings and columns no.
---@param name string `val_loss`, `best:val_accuracy`
---@return boolean
function OpenHistory:more_is_better(name) end

--- The runs of a sweep, the best first, with the settings that differ between them, the most important first,
--- as `orrery history sweep` shows them. Runs: some, or one of a sweep; none: the last sweep.
---
---     for _, setting in ipairs(history:sweep().settings) do print(setting.key, setting.importance) end
---
---@param asked? { runs?: (string|integer)[], where?: string, metric?: string }
---@return orrery.Sweep
function OpenHistory:sweep(asked) end

--- What `history:sweep` gives.
---@class orrery.Sweep
---@field metric string what the runs are judged by
---@field rising boolean it is better the larger it is
---@field runs { id: integer, name: string, status: string, value: number?, seconds: number, settings: table<string, string|number> }[]
---@field settings { key: string, values: (string|number)[], is_number: boolean, importance: number?, correlation: number? }[]
---@field labels string[] texts that are others in every run
---@field counted integer runs that are done and have a finite metric
---@field is_log boolean? the shares are those of the metric's logarithm: it spans two decades or more
---@field interactions number? the share that settings explain together
---@field explained number? what the forest tells of runs that it has not seen; below 0: less than the mean
---@field reason string? why there is no importance

--- Closes the file; again does nothing, any other use is an error.
function OpenHistory:close() end

--- A run of a history. Beside these fields it has its last metrics, as `validation_loss`.
---@class orrery.HistoryRun
---@field id integer its number in this file
---@field uid string 32 hexadecimal digits, the same in every file
---@field name string
---@field status "running"|"done"|"failed"|"interrupted"
---@field reason string why it ended; often empty
---@field started string 2026-11-21T08:00:00.000Z
---@field seconds number from its start to its end, or to its last heartbeat
---@field epochs integer that ended
---@field device string
---@field config table the script's settings
---@field command string[] the program's arguments, its own name first
---@field folder string where it was started
---@field script string the script's path
---@field tags string[]
---@field parent_uid? string of the run that it was made from, by `orrery history rerun`
---@field resumed_from? string
---@field history orrery.OpenHistory
local HistoryRun = {}

--- The values of its metrics over the epochs.
---@param metric? string only this one
---@param split? "train"|"validation"|"test" only of this one
---@return { epoch: integer, metric: string, split: string, value: number }[]
function HistoryRun:metrics(metric, split) end

--- Its values at steps; `seconds` since its start.
---@param metric? string
---@param split? "train"|"validation"|"test"
---@return { step: integer, epoch: integer, metric: string, split: string, value: number, seconds: number }[]
function HistoryRun:steps(metric, split) end

--- What its blocks cost over the whole run: the columns of the view `block_cost`, seconds and bytes.
---@return table<string, string|number>[]
function HistoryRun:blocks() end

--- Every quantity of every block and epoch: the columns of the view `block_epochs`.
---@return table<string, string|number>[]
function HistoryRun:block_epochs() end

--- What it printed, where that is kept.
---@return { line: integer, stream: "stdout"|"stderr", written: string, text: string }[]
function HistoryRun:logs() end

--- Warnings, checkpoints, signals and changes of the learning rate.
---@return { happened: string, kind: string, epoch?: integer, step?: integer, text: string }[]
function HistoryRun:events() end

--- The files that it left.
---@return { path: string, kind: string, bytes: integer, hash: string, name: string, step?: integer }[]
function HistoryRun:artifacts() end

--- The oldest first.
---@return string[]
function HistoryRun:notes() end
