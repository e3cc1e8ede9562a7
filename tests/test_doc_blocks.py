"""What the pages give to type works as typed: their study files, and their lines on runs of trackers."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.importers.written import event, events, hparams, scalar, wandb

from kleiber.command.cli import main

ROOT = Path(__file__).resolve().parents[1]
SIZES = (100, 200, 400, 800)


def blocks(page, kind=""):
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / page).read_text(), re.S)


def typed(line):
    """Run a command line; it must end with 0."""
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(line.partition("  #")[0])[1:])
    assert ended.value.code == 0, line


def loss_of(n):
    return 2.0 * n**-0.3


def test_the_lines_on_runs_of_trackers_read_such_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("yaml", reason="the extra import is not installed, so no YAML is read")
    monkeypatch.chdir(tmp_path)
    for n in SIZES:
        rows = [{"val_loss": 1.2 * loss_of(n)}, {"val_loss": loss_of(n)}]
        wandb(tmp_path / "wandb" / f"offline-run-{n}", f"id{n}", {"n": n}, rows)
        version = tmp_path / "lightning_logs" / f"version_{n}"
        version.mkdir(parents=True)
        (version / "hparams.yaml").write_text(f"n_train: {n}\n")
        (version / "metrics.csv").write_text(f"epoch,step,val_acc,val_loss\n0,9,{1 - loss_of(n) / 2},{loss_of(n)}\n")
        (tmp_path / "logs").mkdir(exist_ok=True)
        (tmp_path / "logs" / f"n{n}.csv").write_text(f"epoch,loss,val_loss\n0,1.5,1.2\n1,1.1,{loss_of(n)}\n")
    page = blocks("docs/import.md")[0]
    lines = [line for line in page.splitlines() if line.startswith("kleiber ")]
    assert len(lines) == 5
    table = "\n".join(["run,n", *(f"n{n},{n}" for n in SIZES)])
    (tmp_path / "sizes.csv").write_text(table)
    for line in lines[:4]:
        typed(line)
        assert "forecast" in capsys.readouterr().out, line
    for n in SIZES:
        found = [event(0, summary=hparams({"n": n}))]
        found += [event(step, summary=scalar("val_loss", (2 - step) * loss_of(n))) for step in range(2)]
        events(tmp_path / "boards" / f"run{n}" / "events.out.tfevents.1", found)
    monkeypatch.chdir(tmp_path / "boards")
    typed(lines[4])
    capsys.readouterr()
    typed("kleiber forecast runs.csv")
    assert "forecast" in capsys.readouterr().out


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of as many small pictures as the tutorial has, each unlike the others."""
    np, image = pytest.importorskip("numpy"), pytest.importorskip("PIL.Image", reason="pillow is not installed")
    folder, rng = tmp_path_factory.mktemp("tutorial"), np.random.default_rng(0)
    for name in ("airplane", "automobile", "ship", "truck"):
        place = folder / "photos" / "train" / name
        place.mkdir(parents=True)
        for i, pixels in enumerate(rng.integers(0, 256, (1500, 32, 32, 3), dtype=np.uint8)):
            image.fromarray(pixels).save(place / f"{i:04}.bmp")
    return folder


def test_the_tutorials_study_is_what_the_page_says_before_it_runs(photos, monkeypatch, capsys, run_half):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    monkeypatch.chdir(photos)
    Path("study.toml").write_text(blocks("docs/tutorial.md", "toml")[0])
    typed("kleiber run study.toml --dry-run")
    said = capsys.readouterr().out.splitlines()
    shown = blocks("docs/tutorial.md", "text")[0].splitlines()
    assert said[:-1] == shown[:-1]
    assert shown[-1].startswith("time: about ") and said[-1].startswith("time: about ")


@pytest.mark.parametrize("page", ["README.md", "docs/how-many.md", "docs/trainers.md"])
def test_the_keys_of_the_studies_are_those_that_there_are(page, tmp_path, run_half):
    from kleiber.study.study import Study

    for block in blocks(page, "toml"):
        whole = block if "data = " in block else f'data = "photos"\n{block}'
        (tmp_path / "study.toml").write_text(whole)
        assert Study.from_toml(tmp_path / "study.toml").data.source


@pytest.mark.parametrize(("page", "i"), [("docs/study.md", 0), ("docs/trainers.md", 0), ("docs/trainers.md", 6)])
def test_the_studies_of_the_pages_can_run(page, i, tmp_path, monkeypatch, capsys, run_half):
    for package in ("torch", "sklearn"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n\n\n"
        "def make_model():\n"
        f"    first = {'TfidfVectorizer()' if 'reviews' in blocks(page, 'toml')[i] else 'StandardScaler()'}\n"
        "    return make_pipeline(first, LogisticRegression(max_iter=200))\n"
    )
    rows = [f'"the {i}th film was {("bad", "good")[i % 2]}",{i % 2}' for i in range(4000)]
    Path("reviews.csv").write_text("\n".join(["sentence,stars", *rows]))
    Path("own.toml").write_text(blocks(page, "toml")[i])
    typed("kleiber run own.toml --dry-run --json")
    assert json.loads(capsys.readouterr().out)["rungs"]


def test_the_net_of_the_page_on_trainers_can_run(tmp_path, monkeypatch, capsys, run_half):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(next(each for each in blocks("docs/trainers.md", "python") if "LazyLinear" in each))
    Path("own.toml").write_text(blocks("docs/trainers.md", "toml")[1])
    typed("kleiber run own.toml --dry-run --json")
    assert json.loads(capsys.readouterr().out)["rungs"]
