"""Ultralytics: a detector from scratch on squares of 32 pixels, a share of 80 images each; one stopped and resumed.

Where torchvision cannot be imported, as beside a torch for processors alone, Ultralytics' own operator takes its place.
"""

import os
import sys
import types
from pathlib import Path

out = Path(sys.argv[1])
os.environ |= {"YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(out / "settings"), "YOLO_AUTOINSTALL": "false"}

import numpy as np
import torch
from PIL import Image
from ultralytics import YOLO
from ultralytics.utils.nms import TorchNMS

from study import RESUMED, SEEDS, folder, write_truth

try:
    import torchvision  # noqa: F401
except RuntimeError:  # its operators are compiled for a torch with CUDA
    sys.modules["torchvision"] = types.ModuleType("torchvision")
    sys.modules["torchvision"].ops = types.SimpleNamespace(nms=TorchNMS.nms)
torch.set_num_threads(1)
POOL, EPOCHS, METRIC = 80, 3, "val/cls_loss"
SHARES = 0.0625, 0.125, 0.25, 0.5, 1.0
STOPPED = dict(zip((100, 200, 400, 800, 1600), SHARES, strict=True))[RESUMED[0]], RESUMED[1]


class StoppedError(Exception):
    """The run was stopped."""


def images(part, count):
    """Write grey squares on noise, each with its label."""
    chance = np.random.default_rng(len(part))
    for kind in ("images", "labels"):
        (out / "data" / kind / part).mkdir(parents=True)
    for i in range(count):
        pixels = chance.integers(0, 90, (32, 32, 3), dtype=np.uint8)
        left, top = chance.integers(2, 14, 2)
        pixels[top : top + 14, left : left + 14] = 220
        Image.fromarray(pixels).save(out / "data" / "images" / part / f"{i:03d}.png")
        box = f"0 {(left + 7) / 32} {(top + 7) / 32} {14 / 32} {14 / 32}\n"
        (out / "data" / "labels" / part / f"{i:03d}.txt").write_text(box)


folder()
images("train", POOL)
images("val", 16)
(out / "data.yaml").write_text(f"path: {out / 'data'}\ntrain: images/train\nval: images/val\nnames: [square]\n")
rows = []
for share in SHARES:
    for seed in SEEDS:
        seen = {}

        def keep(trainer, seen=seen):
            if METRIC in trainer.metrics:  # which the evaluation after the last epoch lacks
                seen[trainer.epoch] = float(trainer.metrics[METRIC])

        def stop(trainer):
            if trainer.epoch == 0:
                raise StoppedError

        name = f"share{share}-s{seed}"
        model = YOLO("yolov8n.yaml")
        model.add_callback("on_fit_epoch_end", keep)
        common = {"project": str(out / "runs"), "name": name, "imgsz": 32, "batch": 8, "epochs": EPOCHS, "workers": 0}
        common |= {"data": str(out / "data.yaml"), "plots": False, "device": "cpu", "amp": False, "verbose": False}
        common |= {"optimizer": "SGD", "lr0": 0.05, "warmup_epochs": 0}
        if (share, seed) == STOPPED:
            model.add_callback("on_fit_epoch_end", stop)
            try:
                model.train(fraction=share, seed=seed, **common)
            except StoppedError:
                model = YOLO(str(out / "runs" / name / "weights" / "last.pt"))
                model.add_callback("on_fit_epoch_end", keep)
                model.train(resume=True)
        else:
            model.train(fraction=share, seed=seed, **common)
        values = [seen[epoch] for epoch in range(EPOCHS)]
        rows.append({"n": round(share * POOL), "seed": seed, "best": min(values), "last": values[-1]})
write_truth(out, rows)
