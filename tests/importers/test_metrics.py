"""What a metric's name and values say: its direction, the value of a perfect score, its unit, and what is asked back."""

import numpy as np
import pytest

import kleiber
from kleiber.errors import KleiberError
from kleiber.importers import read
from kleiber.importers._metrics import is_score, metric_of, says_lower

SIZES = (100, 200, 400, 800, 1600)
RISING = (0.30, 0.42, 0.51, 0.58, 0.63)


def table(name, values=RISING):
    return [{"n": n, name: value} for n, value in zip(SIZES, values, strict=True)]


def metric(table):
    ((_, found),) = table.metrics.items()
    return found


@pytest.mark.parametrize(
    "name",
    ["accuracy", "val_acc", "Accuracy", "top1", "top-1 accuracy", "test/top5_acc", "balanced_accuracy", "accuracy_score",
     "auc", "roc_auc_ovr", "mean_roc_auc", "AUROC", "auprc", "average_precision", "AP", "ap50", "mAP", "map50", "mAP@50",
     "metrics/mAP50-95(B)", "f1", "macro_f1", "F1-score", "f1_score", "precision", "recall", "mIoU", "mean_iou", "jaccard",
     "dice", "exact_match", "em", "pass@1", "hits@10", "ndcg@10", "mrr", "win_rate", "BLEU", "bleu4", "sacrebleu", "rouge1",
     "rougeL", "rouge-L", "meteor", "chrF", "chrF++", "bertscore", "Accuracy (%)"],
)  # fmt: skip
def test_a_rate_is_1_at_best_or_100_where_it_comes_in_percent(name) -> None:
    fraction, percent = (metric_of(name, np.array(values)) for values in ([0.2, 0.848], [20.0, 84.8]))
    assert fraction.higher_is_better and (fraction.best, fraction.per_loss) == (1.0, 1.0)
    assert percent.higher_is_better and (percent.best, percent.per_loss) == (100.0, 100.0)
    assert percent.loss_of(84.8) == pytest.approx(0.152) and fraction.loss_of(0.848) == pytest.approx(0.152)
    assert fraction.name == percent.name == name  # the user's own


def test_the_end_of_a_scale_that_nobody_reaches_is_known_as_one() -> None:
    for name in ("BLEU", "sacrebleu", "rouge1", "rougeLsum", "rouge-L", "mAP", "mAP@50", "val/mAP50-95(B)", "meteor"):
        assert metric_of(name, np.array([20.0, 31.0])).nominal, name
    for name in ("accuracy", "auc", "macro_f1", "exact_match", "mIoU", "recall", "top1"):
        assert not metric_of(name, np.array([20.0, 31.0])).nominal, name
    assert not metric_of("r2", np.array([0.2, 0.3])).nominal and not metric_of("neg_log_loss", np.array([-0.2])).nominal
    assert not metric_of("bleu", np.array([20.0, 31.0]), best=45).nominal  # somebody knows how far it goes
    assert metric_of("quality", np.array([20.0, 31.0]), higher=True).nominal  # 100 is only what its values allow
    assert metric_of("mAP", np.array([0.2, 0.3])).nominal and not metric_of("loss", np.array([0.2])).nominal


@pytest.mark.parametrize(
    "name",
    ["R2", "r2_score", "test_r2", "R^2", "mcc", "matthews_corrcoef", "cohen_kappa", "spearman", "pearsonr", "kendall",
     "explained_variance", "explained_variance_score", "correlation"],
)  # fmt: skip
def test_a_score_that_may_be_negative_is_1_at_best(name) -> None:
    found = metric_of(name, np.array([-0.2, 0.4]))
    assert found.higher_is_better and found.loss_of(0.4) == pytest.approx(0.6) and found.loss_of(-0.2) == pytest.approx(1.2)
    with pytest.raises(KleiberError, match="above 1, so it is no rate"):
        metric_of(name, np.array([0.2, 1.4]))


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("neg_log_loss", "log_loss"),
        ("test_neg_log_loss", "test_log_loss"),
        ("neg_mean_squared_error", "mean_squared_error"),
        ("mean_test_neg_brier_score", "mean_test_brier_score"),
    ],
)
def test_a_negated_loss_is_minus_its_values(name, loss) -> None:
    found = metric_of(name, np.array([-0.9, -0.4]))
    assert (found.loss, found.higher_is_better) == (loss, True) and found.loss_of(-0.4) == 0.4 and found.value(0.4) == -0.4
    with pytest.raises(KleiberError, match="leave the 'neg_' out of its name"):
        metric_of(name, np.array([0.9, 0.4]))


@pytest.mark.parametrize(
    "name",
    ["loss", "val_loss", "brier_score", "Brier", "perplexity", "cross_entropy", "log_loss", "mean_squared_error", "rmse",
     "mae", "wer", "cer", "fid", "error", "top5_error", "error_rate", "map_loss", "dice_loss", "accuracy_loss", "f1_error",
     "1 - accuracy", "1-auc", "1 - map_50", "one_minus_bleu"],
)  # fmt: skip
def test_a_loss_is_taken_as_it_is(name) -> None:
    found = metric_of(name, np.array([0.9, 0.4]))
    assert not found.higher_is_better and found.value(0.4) == 0.4 and found.name == found.loss == name
    assert says_lower(name) and not is_score(name)


def test_the_loss_that_a_score_became_is_read_back_as_one() -> None:
    for name in ("map50", "bleu", "R2", "roc_auc_ovr", "val_acc"):
        assert not is_score(metric_of(name, np.array([0.2, 0.4])).loss)


@pytest.mark.parametrize("name", ["psnr", "PSNR", "val_psnr", "reward", "mean_return", "elo"])
def test_a_score_without_a_best_value_is_refused_with_a_remedy_that_works(name) -> None:
    for values in ((20.0, 25.0, 28.0, 30.0, 31.0), RISING):
        with pytest.raises(KleiberError, match=rf"{name!r} is higher-is-better .*best=50 \(--best 50\)"):
            read(table(name, values), column={"loss": name})
    found = metric(read(table(name, (20.0, 25.0, 28.0, 30.0, 31.0)), column={"loss": name}, best=50))
    assert (found.name, found.best, found.loss_of(30.0)) == (name, 50.0, pytest.approx(0.4))


def test_what_lies_above_a_perfect_score_is_named_and_the_remedy_works() -> None:
    with pytest.raises(KleiberError, match=r"has the value 31, above 30, .* best=62 \(--best 62\)"):
        read(table("psnr", (20.0, 25.0, 28.0, 30.0, 31.0)), column={"loss": "psnr"}, best=30)
    read(table("psnr", (20.0, 25.0, 28.0, 30.0, 31.0)), column={"loss": "psnr"}, best=62)


@pytest.mark.parametrize("name", ["score", "metric", "quality"])
def test_what_rises_and_has_no_direction_is_asked_for_it(name) -> None:
    rows, columns = table(name), {"loss": name}
    with pytest.raises(KleiberError, match=rf"{name!r} rises with the size.*--higher-is-better.*--lower-is-better"):
        read(rows, column=columns)
    up = read(rows, column=columns, higher_is_better=True)
    assert metric(up).higher_is_better and [row.loss for row in up.rows] == pytest.approx([1 - v for v in RISING])
    down = read(rows, column=columns, higher_is_better=False)
    assert [row.loss for row in down.rows] == list(RISING)
    best = read(rows, column=columns, best=0.9)
    assert [row.loss for row in best.rows] == pytest.approx([(0.9 - v) / 0.9 for v in RISING])
    falling = read(table(name, RISING[::-1]), column=columns)
    assert [row.loss for row in falling.rows] == list(RISING[::-1])


def test_higher_is_better_of_values_above_100_asks_for_the_best() -> None:
    with pytest.raises(KleiberError, match="Name the value of a perfect score"):
        read(table("score", (120.0, 150.0, 170.0, 180.0, 185.0)), column={"loss": "score"}, higher_is_better=True)


def test_a_column_negative_in_every_row_is_asked_for_its_sign_with_a_line_that_works() -> None:
    rows, columns = table("score", [-1.9, -1.4, -1.5, -1.1, -1.2]), {"loss": "score"}
    for said in ({"higher_is_better": False}, {}):  # it rises, too, and that direction alone would not do
        with pytest.raises(KleiberError, match=r"negative in every row.*--higher-is-better --best 0"):
            read(rows, column=columns, **said)
    with pytest.raises(KleiberError, match=r"negative in every row.*--best 0 too"):
        read(rows, column=columns, higher_is_better=True)
    found = read(rows, column=columns, higher_is_better=True, best=0)
    assert [row.loss for row in found.rows] == pytest.approx([1.9, 1.4, 1.5, 1.1, 1.2])


def test_a_score_given_for_the_loss_column_keeps_its_own_name_and_direction() -> None:
    found = read(table("mean_roc_auc"), column={"loss": "mean_roc_auc"})
    assert metric(found).name == "mean_roc_auc" and metric(found).higher_is_better
    assert [row.loss for row in found.rows] == pytest.approx([1 - value for value in RISING])
    said = kleiber.analyse(found).sentences[0]
    assert said.startswith("At 3,200 examples expect mean_roc_auc 0.6") and " more than the 0." in said


def test_rates_that_mix_units_name_the_option_that_says_which() -> None:
    with pytest.raises(KleiberError, match=r"percent or fraction\?.*--unit percent"):
        metric_of("val_acc", np.array([0.9, 84.8]))
    assert metric_of("val_acc", np.array([0.9, 84.8]), unit="percent").loss_of(0.9) == pytest.approx(0.991)
    with pytest.raises(KleiberError, match="it is 'fraction' or 'percent'"):
        metric_of("val_acc", np.array([0.9]), unit="per cent")


@pytest.mark.parametrize("name", ["loss", "val_loss", "nll"])
def test_who_says_that_higher_is_better_is_believed_whatever_the_name(name) -> None:
    negative = [-1.9, -1.4, -1.5, -1.1, -1.2]
    found = read(table(name, negative), column={"loss": name}, higher_is_better=True, best=0)
    assert [row.loss for row in found.rows] == pytest.approx([-value for value in negative])
    (note,) = [note for note in found.notes if "negated" in note]
    assert "the loss is minus its values" in note and "1 - " not in note
    up = read(table(name), column={"loss": name}, higher_is_better=True)
    assert [row.loss for row in up.rows] == pytest.approx([1 - value for value in RISING])


def test_a_direction_is_of_the_score_where_a_loss_stands_beside_it() -> None:
    given = {"n": SIZES, "metric": ["quality"] * 5 + ["val_loss"] * 5}
    given = {"n": SIZES * 2, "metric": given["metric"], "loss": [*RISING, *RISING[::-1]]}
    found = read(given, higher_is_better=True)
    assert found.metrics["val_loss"].higher_is_better is False
    assert [each.higher_is_better for name, each in found.metrics.items() if name != "val_loss"] == [True]


@pytest.mark.parametrize("sign", [1, -1])
def test_an_error_in_numbers_is_no_rate_under_whichever_column(sign) -> None:
    name = "mean_squared_error" if sign > 0 else "test_neg_mean_squared_error"
    rows = table(name, [sign * value for value in (1.9, 1.4, 1.5, 1.1, 1.2)])
    with pytest.raises(KleiberError, match=f"--column loss={name} "):
        read(rows)
    for column in ("loss", "error"):
        found = read(rows, column={column: name})
        assert [row.loss for row in found.rows] == pytest.approx([1.9, 1.4, 1.5, 1.1, 1.2])
        assert metric(found).name == name


def test_the_best_value_that_a_message_proposes_is_above_the_values() -> None:
    rows = table("reward", (120.0, 150.0, 170.0, 180.0, 185.0))
    with pytest.raises(KleiberError, match=r"such as best=370 \(--best 370\)"):
        read(rows, column={"loss": "reward"})
    assert read(rows, column={"loss": "reward"}, best=370).rows
