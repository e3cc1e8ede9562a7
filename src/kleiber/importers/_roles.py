"""What the name of a column says that a row is: an epoch, a run's status, a setting, a model, a repeat, a test set.

A name alone drops no row and makes no curve: the files that use a role look at the cells too.
"""

import re
from collections.abc import Mapping, Sequence

PROGRESS = "progress"
STATUS = "status"
SPLIT = "split"
MODEL = "model"
SEED = "seed"
REPLICATE = "replicate"
RUN = "run"
SETTING = "setting"
UNLIKE = "unlike"
ASIDE = "aside"
CHOOSER = "chooser"  # the validation loss beside a test loss: by it is chosen
OTHER = "other"

_NAMES: Mapping[str, str] = {
    PROGRESS: "epoch step global_step iteration iter it itr update round epoch_num epoch_idx current_epoch epoch_number "
    "training_step train_step trainstep step_num timestep time_step training_iteration batch_idx num_updates "
    "checkpoint ckpt checkpoint_step tokens_seen samples_seen examples_seen images_seen",
    STATUS: "status state run_status run_state trial_status trial_state finished completed success succeeded",
    SPLIT: "split subset set partition phase stage mode fold_type data_split dataset_split eval_split",
    MODEL: "model architecture arch model_name modelname net network algorithm algo classifier estimator learner method "
    "model_type model_id backbone regressor",
    SEED: "seed random_seed random_state rng_seed rng run_seed train_seed data_seed manual_seed seed_everything",
    REPLICATE: "replicate fold cv_fold rep repeat repetition trial replica bootstrap resample draw split_id run sample_id "
    "subsample_id fold_id cv kfold try attempt",
    RUN: "run_id id uuid run_name name trial_id trial_name trial_number number job_id job run_uuid experiment_tag guid",
    SETTING: "lr learning_rate base_lr max_lr init_lr initial_lr lr_init lr_max batch_size bs batchsize weight_decay wd "
    "l2_reg dropout dropout_rate momentum optimizer optim optimiser scheduler lr_schedule lr_scheduler schedule warmup "
    "warmup_steps warmup_ratio reg regularization regularisation beta1 beta2 "
    "max_epochs max_steps n_estimators num_trees max_depth num_leaves min_child_weight "
    "colsample_bytree grad_clip clip label_smoothing mixup patience hyperparameters config_id",
    UNLIKE: "dataset data corpus task domain test_set testset eval_set test_data eval_data benchmark study experiment "
    "experiment_name language lang n d size model_size width depth params n_params num_params parameters n_parameters "
    "param_count d_model layers n_layers num_layers hidden hidden_size pretrained pretraining augmentation augment variant "
    "data_version dataset_version model_version",
}
ROLE: Mapping[str, str] = {name: role for role, names in _NAMES.items() for name in names.split()}
"""The role of each whole name; one word of some other name never says it."""


def words(text: str) -> frozenset[str]:
    """Give the words of a text."""
    return frozenset(text.split())


_METRIC = words(
    "loss losses acc accuracy error err errors auc auroc f1 precision recall score ppl perplexity bleu rouge rmse mse mae "
    "r2 mcc map nll entropy metric metrics value se std stderr sem stdev sd var variance ci lower upper min max mean "
    "median cer wer iou dice brier logloss bpb bpc ece"
)
_NOISE = words(
    "time times seconds secs sec ms minutes hours duration runtime elapsed timestamp date datetime created updated "
    "started finished cost price memory mem gb mb flops gpu gpus device host hostname node machine worker cuda commit git "
    "sha version user author note notes comment comments description tag tags path file filename checkpoint ckpt url index "
    "idx row line unnamed hash key pid rank throughput speed count counts runs seeds repeats reps folds"
)
AMBIGUOUS = {"iteration", "iter", "it", "itr", "round", "update"}
"""Names that count a run's progress for some, and repeats for others: the losses tell."""
PARTS = ("test", "validation", "train")
TRAIN = {"train", "training", "tr", "fit"}
VALIDATION = {"val", "valid", "validation", "dev", "development", "eval", "evaluation"}
TEST = {"test", "testing", "te", "heldout", "held_out", "holdout"}


def plain(name: str) -> str:
    """Give a column's name without the tracker's part before it: params.learningRate and config/learning-rate are one."""
    last = re.split(r"[./:]", name.strip())[-1]
    apart = last if last.isupper() else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)
    simple = re.sub(r"\W+", "_", apart).strip("_").lower()
    return re.sub(r"^(params|param|config|hparams|hp|user_attrs)_(?=.)", "", simple)


def role_of(name: str) -> str:
    """Give the role that a column's name says, `OTHER` where it says none, `ASIDE` where it is no property of a run."""
    simple = plain(name)
    if simple in ROLE:
        return ROLE[simple]
    parts = set(simple.split("_"))
    return ASIDE if not simple or parts & (_METRIC | _NOISE) else OTHER


def of_role(names: Sequence[str], role: str) -> list[int]:
    """Give the places of the columns of a role, those that stand first in its list first."""
    order = _NAMES[role].split()
    found = [i for i, name in enumerate(names) if ROLE.get(plain(name)) == role]
    return sorted(found, key=lambda i: order.index(plain(names[i])))
