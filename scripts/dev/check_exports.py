"""What TensorBoard and MLflow themselves read of exported runs, as JSON for tests/stdlib/export_spec.lua.

    check_exports.py FOLDER [mlflow.db]

FOLDER holds a folder of event files for each run (orrery history export … --tensorboard FOLDER).
"""

import json
import logging
import os
import sys


def read_tensorboard(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0, "images": 0})
    events.Reload()
    tags = events.Tags()
    return {
        "scalars": {tag: [[each.step, each.value] for each in events.Scalars(tag)] for tag in tags["scalars"]},
        "texts": {
            tag: [[each.step, each.tensor_proto.string_val[0].decode()] for each in events.Tensors(tag)]
            for tag in tags["tensors"]
        },
        "images": {
            tag: [[each.step, each.width, each.height] for each in events.Images(tag)] for tag in tags["images"]
        },
    }


def read_mlflow(path):
    logging.disable(logging.INFO)
    from mlflow import MlflowClient

    client = MlflowClient("sqlite:///" + os.path.abspath(path))
    experiment = client.get_experiment_by_name("orrery")
    runs = {}
    for run in client.search_runs([experiment.experiment_id]):
        history = {key: client.get_metric_history(run.info.run_id, key) for key in run.data.metrics}
        runs[run.info.run_name] = {
            "status": run.info.status,
            "params": run.data.params,
            "tags": run.data.tags,
            "metrics": {key: [[each.step, each.value] for each in points] for key, points in history.items()},
        }
    return runs


def main():
    folder = sys.argv[1]
    found = {name: read_tensorboard(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}
    answer = {"tensorboard": found}
    if len(sys.argv) > 2:
        answer["mlflow"] = read_mlflow(sys.argv[2])
    print(json.dumps(answer, sort_keys=True))


if __name__ == "__main__":
    main()
