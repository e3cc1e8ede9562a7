"""TensorBoard through PyTorch's SummaryWriter: plain and tensor scalars, add_hparams, and a resume with purge_step."""

from torch.utils.tensorboard import SummaryWriter

from study import RESUMED, folder, planned_truth, runs

out = folder() / "logs"
for run in runs():
    where = str(out / f"n{run.n}-s{run.seed}")
    parts = [run.history]
    if (run.n, run.seed) == RESUMED:
        parts = [run.history[:4], run.history[4:]]
    for part in parts:
        writer = SummaryWriter(where, purge_step=None if part is run.history or part is parts[0] else part[0][0])
        for epoch, loss in part:
            writer.add_scalar("loss/val", loss, epoch, new_style=bool(run.seed))
            for step in range(20):
                writer.add_scalar("loss/train", loss / 2, 20 * epoch + step)
        if part is parts[-1]:
            writer.add_hparams({"n": run.n, "seed": run.seed, "net": "mlp"}, {"hparam/val": part[-1][1]})
        writer.close()
planned_truth(folder(), single=True)
