"""A small study of every kind that is read: three sizes, two seeds and four epochs, in the shape that each tracker writes.

A new file in `importers/` gets a writer here, by its name.
"""

import base64
import json
import math
import sqlite3

import numpy as np
from tests.importers import written

SIZES, SEEDS = (100, 200, 400), (0, 1)
NAN = math.nan
RUNS = [(n, seed) for n in SIZES for seed in SEEDS]


def history(n, seed, epochs=4):
    return [round(10 / n + 1 / (1 + e) + seed / 100, 6) + (0.1 if e == epochs - 1 else 0) for e in range(epochs)]


def wandb(root):
    for n, s in RUNS:
        rows = [{"epoch": e, "val.loss": v, "val.acc": 1 - v} for e, v in enumerate(history(n, s))]
        written.wandb(
            root / f"offline-run-x-n{n}s{s}", f"n{n}s{s}", {"data": {"n_train": n}, "seed": s}, rows, padding=9000
        )
    crashed = [{"epoch": 0, "val.loss": 0.0001, "val.acc": 0.5}]
    written.wandb(root / "offline-run-x-bad", "bad", {"data": {"n_train": 100}, "seed": 7}, crashed, code=None)


def mlflow(root):
    runs = [
        (f"{n}/{s}", {"train_size": n, "seed": s}, {"val_loss": list(enumerate(history(n, s)))}, "FINISHED", "active")
        for n, s in RUNS
    ]
    runs.append(("gone", {"train_size": 100, "seed": 9}, {"val_loss": [(0, 0.001)]}, "FINISHED", "deleted"))
    runs.append(("killed", {"train_size": 100, "seed": 9}, {"val_loss": [(0, 0.001), (1, 0.001)]}, "KILLED", "active"))
    written.mlflow(root / "mlflow.db", runs).close()


def mlflow_files(root):
    for i, (n, s) in enumerate(RUNS):
        run = root / "mlruns" / "0" / f"run{i}"
        for kind in ("metrics/val", "params", "tags"):
            (run / kind).mkdir(parents=True)
        (run / "meta.yaml").write_text(f"run_name: r{i}\nstatus: 3\nlifecycle_stage: active\n")
        (run / "params" / "n").write_text(str(n))
        (run / "params" / "seed").write_text(str(s))
        lines = [f"{t} {v} {t}" + (" data 0ab1" if t else "") for t, v in enumerate(history(n, s))]
        (run / "metrics" / "val" / "loss").write_text("\n".join(lines) + "\n")


def tensorboard(root):
    for n, s in RUNS:
        make = written.tensor if s else written.scalar
        records = [written.event(e, summary=make("val/loss", v)) for e, v in enumerate(history(n, s))]
        records += [written.event(e, summary=written.scalar("train/loss", 0.1)) for e in range(300)]
        written.events(root / f"r{n}{s}" / "events.out.tfevents.1.h", records)
        given = [written.event(0, summary=written.hparams({"n": n, "seed": s, "net": "mlp"}))]
        written.events(root / f"r{n}{s}" / "1764000000.5" / "events.out.tfevents.2.h", given)


def lightning(root):
    for n, s in RUNS:
        folder = root / f"n{n}-s{s}" / "version_0"
        folder.mkdir(parents=True)
        lines = ["epoch,step,train_loss,val_loss"]
        for e, v in enumerate(history(n, s)):
            lines += [f"{e},{e * 4 + 3},0.5,", f"{e},{e * 4 + 3},,{v}"]
        (folder / "metrics.csv").write_text("\n".join([*lines, "4,16,,0.00001"]) + "\n")
        numpy = (
            f"n: !!python/object/apply:numpy._core.multiarray.scalar\n- !!python/object/apply:numpy.dtype\n  args:\n"
            f"  - i8\n  - false\n- !!binary |\n  {base64.b64encode(n.to_bytes(8, 'little')).decode()}\n"
        )
        (folder / "hparams.yaml").write_text(f"{numpy}seed: {s}\nwidths: !!python/tuple\n- 1\n- 2\n")


def keras(root):
    for n, s in RUNS:
        rows = [f"{e},0.5,{'NA' if e == 1 else v}" for e, v in enumerate(history(n, s))]
        (root / f"n{n}_seed{s}.csv").write_text("\n".join(["epoch,loss,val_loss", *rows]) + "\n")


def transformers(root):
    for n, s in RUNS:
        (root / f"out{n}{s}").mkdir(parents=True)
        log = [{"epoch": e + 1.0, "step": e + 1, "eval_loss": v, "eval_runtime": 1} for e, v in enumerate(history(n, s))]
        run = 2 if s else 4  # the second is resumed after two epochs, and its rates are of the others
        rates = {"train_samples_per_second": n * run / 2, "train_steps_per_second": run / 2}
        log.append({"epoch": 4.0, "step": 4, "train_loss": 0.1, "train_runtime": 2.0, **rates})
        state = {"log_history": log, "num_train_epochs": 4, "train_batch_size": 8}
        (root / f"out{n}{s}" / "trainer_state.json").write_text(json.dumps(state))


def optuna(root):
    lines = [{"op_code": 0, "worker_id": "w", "study_name": "curve", "directions": [1]}] * 2
    for i, (n, s) in enumerate(RUNS):
        kinds = json.dumps({"name": "CategoricalDistribution", "attributes": {"choices": list(SIZES)}})
        lines += [
            {"op_code": 4, "worker_id": "w", "study_id": 0},
            {"op_code": 5, "trial_id": i, "param_name": "n", "param_value_internal": SIZES.index(n), "distribution": kinds},
            {"op_code": 8, "trial_id": i, "user_attr": {"seed": s}},
            {"op_code": 7, "trial_id": i, "step": 0, "intermediate_value": NAN},
            {"op_code": 6, "trial_id": i, "state": 1, "values": [min(history(n, s))]},
            {"op_code": 6, "trial_id": i, "state": 1, "values": [0.0]},  # the library refuses it: the trial has ended
        ]
    (root / "journal.log").write_text("\n".join(map(json.dumps, lines)) + '\n{"op_code": 4, "stu')


def trackio(root):
    base = sqlite3.connect(root / "curve.db")
    base.execute(
        "CREATE TABLE metrics(id INTEGER PRIMARY KEY, run_id TEXT, timestamp TEXT, run_name TEXT, step INT, metrics BLOB)"
    )
    base.execute("CREATE TABLE configs(run_id TEXT, run_name TEXT, config BLOB)")
    for n, s in RUNS:
        config = json.dumps({"data": {"n": n}, "seed": s, "_Username": "me"}).encode()
        base.execute("INSERT INTO configs VALUES (?, 'same', ?)", (f"id{n}{s}", config))
        for e, v in enumerate(history(n, s)):
            row = json.dumps({"val": {"loss": v}, "acc": "NaN"}).encode()
            base.execute(
                "INSERT INTO metrics(run_id, run_name, step, metrics) VALUES (?, 'same', ?, ?)", (f"id{n}{s}", e, row)
            )
    base.commit()
    base.close()


def dvclive(root):
    for n, s in RUNS:
        folder = root / f"r{n}{s}"
        (folder / "plots" / "metrics" / "val").mkdir(parents=True)
        rows = [f"{e}\t{v}" for e, v in enumerate(history(n, s))]
        (folder / "plots" / "metrics" / "val" / "loss.tsv").write_text("\n".join(["step\tloss", *rows]) + "\n")
        (folder / "params.yaml").write_text(f"data:\n  n: {n}\nseed: {s}\n")
        (folder / "metrics.json").write_text(json.dumps({"val": {"loss": 9.0}, "step": 3}))


def swanlab(root):
    for n, s in RUNS:
        folder = root / f"run-x-{n}{s}"
        records = [written.field(10, written.field(4, f"r{n}{s}"))]
        for e, v in enumerate(history(n, s)):
            scalar = written.field(1, "val/loss") + (written.field(2, e) if e else b"")
            records.append(written.field(13, scalar + written.field(5, written.field(1, float(v)))))
        records.append(written.field(11, written.field(1, 1)))
        written.leveldb(folder / "run-x.swanlab", b":SWL\xd6\xe1\x02", records)
        (folder / "files").mkdir()
        (folder / "files" / "config.yaml").write_text(
            f"n:\n  desc: ''\n  sort: 0\n  value: {n}\nseed:\n  sort: 1\n  value: {s}\n"
        )


def sacred(root):
    for i, (n, s) in enumerate(RUNS):
        folder = root / str(i + 1)
        folder.mkdir()
        values = history(n, s)
        (folder / "config.json").write_text(json.dumps({"data": {"n": n}, "seed": s}))
        (folder / "run.json").write_text(json.dumps({"status": "COMPLETED", "result": 5, "experiment": {"name": "curve"}}))
        held = {"steps": list(range(4)), "values": values, "timestamps": []}
        (folder / "metrics.json").write_text(json.dumps({"val.loss": held}))


def clearml(root):
    for n, s in RUNS:
        folder = root / f"offline-{n}{s}"
        folder.mkdir()
        given = {"General": {"data/n": {"value": str(n)}, "seed": {"value": str(s)}}}
        (folder / "task.json").write_text(json.dumps({"name": f"r{n}{s}", "hyperparams": given}))
        events = [[{"metric": "val", "variant": "loss", "iter": e, "value": v}] for e, v in enumerate(history(n, s))]
        events[1][0]["value"] = 0.0  # which stands for NaN
        (folder / "metrics.jsonl").write_text("\n".join(map(json.dumps, events)) + "\n")


def ray(root):
    for n, s in RUNS:
        folder = root / f"train_{n}_{s}"
        folder.mkdir()
        config = {"data": {"n": n}, "seed": s}
        (folder / "params.json").write_text(json.dumps(config))
        rows = [
            {"val": {"loss": v}, "training_iteration": e, "config": config, "pid": 1} for e, v in enumerate(history(n, s))
        ]
        (folder / "result.json").write_text(
            "\n".join(map(json.dumps, [*rows, {"done": True, "training_iteration": 3}])) + "\n"
        )


def fastai(root):
    for n, s in RUNS:
        head = "epoch,train_loss,valid_loss,time"
        rows = [f"{e},0.5,{v},00:0{e}" for e, v in enumerate(history(n, s))]
        (root / f"n{n}_seed{s}.csv").write_text("\n".join([head, "0,0.5,0.0001,00:00", head, *rows]) + "\n")


def skorch(root):
    for n, s in RUNS:
        batches = [{"train_loss": 0.1, "train_batch_size": n - 10}, {"train_loss": 0.2, "train_batch_size": 10}]
        epochs = [
            {
                "epoch": e + 1,
                "batches": [*batches, {"valid_loss": v}],
                "valid_loss": v,
                "valid_loss_best": v == min(history(n, s)[: e + 1]),
            }
            for e, v in enumerate(history(n, s))
        ]
        (root / f"h{n}{s}.json").write_text(json.dumps(epochs))


def ultralytics(root):
    for n, s in RUNS:
        folder = root / f"train{n}{s}"
        folder.mkdir()
        rows = [f"{e + 1},{e},0.5,{1 - v / 10}" for e, v in enumerate(history(n, s))]
        (folder / "results.csv").write_text(
            "\n".join(["epoch,time,train/loss,metrics/accuracy_top1", "0,0,0.5,0", *rows]) + "\n"
        )
        (folder / "args.yaml").write_text(f"model: yolo.pt\nseed: {s}\nfraction: {n / 400}\nepochs: 5\n")


def sklearn(root):
    scores = np.array([[1 - value for value in (min(history(n, 0)), min(history(n, 1)))] for n in SIZES])
    np.savez(root / "curve.npz", train_sizes=np.array(SIZES), train_scores=scores, test_scores=scores)


WRITERS = {
    write.__name__: write
    for write in (
        *(clearml, dvclive, fastai, keras, lightning, mlflow, optuna, ray, sacred, sklearn, skorch, swanlab, tensorboard),
        *(trackio, transformers, ultralytics, wandb),
    )
}
NAMED = r"name:n(\d+)_"
HOW = {"keras": {"n": NAMED}, "fastai": {"n": NAMED}, "wandb": {"metric": "val.loss"}, "ultralytics": {"pool": 400}}
"""What is said besides the folder, as of `kleiber.read`."""
