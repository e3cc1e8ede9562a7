"""A Hugging Face model and its tokenizer, scored at every size: a small one, made from its configuration.

pip install 'kleiber[huggingface]' and then: kleiber run examples/own_huggingface.py
"""

from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, TrainingArguments

import kleiber

GOOD, BAD, SUBJECTS = ("good", "great", "fine"), ("bad", "dull", "poor", "long"), ("film", "plot", "acting")
WORDS = ["[PAD]", "[UNK]", "the", "a", "was", "is", "very", "not", *SUBJECTS, *GOOD, *BAD]


def make_model(hidden_size=32):
    """Give the model, its tokenizer and its arguments; with weights of your own, use from_pretrained in both places."""
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]")
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=hidden_size,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
        num_labels=2,
    )
    arguments = TrainingArguments(output_dir="unused", learning_rate=0.01, num_train_epochs=12)
    return BertForSequenceClassification(config), tokenizer, arguments


def load(path=None):
    """Give reviews of four words, good and bad ones, some of them negated."""
    rows = []
    for subject in SUBJECTS:
        for word in (*GOOD, *BAD):
            for start in ("the", "a"):
                for verb in ("was", "is", "was not", "is not", "was very", "is very", "was not very"):
                    good = (word in GOOD) != ("not" in verb)
                    rows.append((f"{start} {subject} {verb} {word}", int(good)))
    texts, labels = zip(*rows, strict=True)
    return list(texts), list(labels)


study = kleiber.Study(
    name="transformer-on-reviews",
    data=f"{Path(__file__).resolve()}:load",
    trainer="huggingface",
    module=make_model,
    sizes=[20, 40, 80, 160],
    replicates=2,
    training={"patience": 6},
)
