import numpy as np

from kleiber.datasets import Dataset, load_dataset


def test_rows_lead_back_to_the_source_through_split_save_and_open(tmp_path):
    dataset = load_dataset("digits", seed=0, options={})
    from sklearn.datasets import load_digits

    images, targets = load_digits(return_X_y=True)
    assert not set(dataset.train.rows) & set(dataset.test.rows)
    opened = Dataset.open(dataset.save(tmp_path / "saved"))
    for part in (dataset.train, dataset.validation, dataset.test, opened.train):
        assert (targets[part.rows] == part.y).all()
        scaled = part.x.reshape(len(part), -1).astype(float)
        assert np.corrcoef(images[part.rows].ravel(), scaled.ravel())[0, 1] > 0.999
