"""Models of other packages with scikit-learn's manners, which a study's `module` names."""


def lightgbm():
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=20, min_child_samples=2, subsample=0.8, subsample_freq=1)


def xgboost():
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=20, subsample=0.8)


def skorch(width=16):
    import torch
    from skorch import NeuralNetClassifier
    from torch import nn

    class Net(nn.Sequential):
        def __init__(self, width=width):
            super().__init__(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    return NeuralNetClassifier(
        Net, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, lr=0.01, max_epochs=20, train_split=None
    )


def split_skorch():
    from skorch.dataset import ValidSplit

    return skorch().set_params(train_split=ValidSplit(4))


def trained_skorch():
    from skorch import NeuralNetClassifier
    from torch import nn

    return NeuralNetClassifier(nn.Sequential(nn.Linear(64, 10), nn.Softmax(dim=1)))
