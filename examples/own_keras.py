"""A Keras model, searched and scored at every size.

pip install 'kleiber[keras]' and then: KERAS_BACKEND=torch kleiber run examples/own_keras.py
"""

import kleiber


def make_model(width=64, learning_rate=0.003):
    """Give a compiled net of one hidden layer."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="sparse_categorical_crossentropy")
    return model


study = kleiber.Study(
    name="keras-on-digits",
    data="digits",
    trainer="keras",
    module=make_model,
    sizes=[40, 80, 160, 320],
    replicates=2,
    search={"trials": 2, "space": {"learning_rate": {"low": 0.001, "high": 0.01, "log": True}}},
    training={"epochs": 12},
)
