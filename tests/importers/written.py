"""Small files in the shapes that trackers write, made here byte by byte: no file of theirs is in the repository."""

import json
import sqlite3
import struct
import zlib

NAN = float("nan")


def varint(value):
    """Give a whole number as protocol buffers write it."""
    value %= 2**64
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def field(number, value):
    """Give a field: a whole number, bytes or text, or a double."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def number32(number, value):
    """Give a field of four bytes."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


def leveldb(path, magic, records):
    """Write a log of records in blocks of 32,768 bytes."""
    data = bytearray(magic)
    for record in records:
        kind_first = True
        while True:
            left = 32_768 - len(data) % 32_768
            if left < 7:
                data += b"\0" * left
                continue
            part, record = record[: left - 7], record[left - 7 :]
            kind = (1 if kind_first else 4) if not record else (2 if kind_first else 3)
            data += struct.pack("<IHB", zlib.crc32(bytes([kind]) + part), len(part), kind) + part
            kind_first = False
            if not record:
                break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(data))


def wandb(folder, identity, config, rows, *, name="", code=0, start=1, padding=0):
    """Write an offline run of W&B; `code` None is a run that never ended."""

    def items(pairs, key):
        return b"".join(field(1, field(key, k) + field(16, json.dumps(v))) for k, v in pairs)

    records = [
        field(17, field(1, identity) + field(8, name or identity) + field(17, field(1, start))),
        field(5, items(config.items(), 1)),
    ]
    for step, row in enumerate(rows):
        pairs = {"_step": step, **row}
        nested = b"".join(
            field(1, b"".join(field(2, part) for part in k.split(".")) + field(16, json.dumps(v))) for k, v in pairs.items()
        )
        records.append(field(2, nested) + (field(99, b"x" * padding) if padding else b""))
    if code is not None:
        records.append(field(18, field(1, code) if code else b""))
    leveldb(folder / f"run-{identity}.wandb", b":W&B\xe1\xbe\x00", records)


def event(step, *, summary=b"", session=b""):
    """Give an event of TensorBoard."""
    parts = field(1, 1.5) + (field(2, step) if step else b"")
    return parts + (field(5, summary) if summary else b"") + (field(7, session) if session else b"")


def scalar(tag, value):
    """Give the summary of a plain scalar."""
    return field(1, field(1, tag) + number32(2, value))


def tensor(tag, value):
    """Give the summary of a scalar as TensorFlow 2 writes it."""
    held = field(1, 1) + field(2, b"") + field(4, struct.pack("<f", value))
    return field(1, field(1, tag) + field(8, held) + field(9, field(1, field(1, "scalars"))))


def hparams(values):
    """Give the summary in which add_hparams keeps numbers and texts."""
    entries = b"".join(
        field(1, field(1, k) + field(2, field(3, v) if isinstance(v, str) else field(2, float(v))))
        for k, v in values.items()
    )
    plugin = field(1, field(1, "hparams") + field(2, field(3, entries)))
    return field(1, field(1, "_hparams_/session_start_info") + field(9, plugin))


def events(path, records, crc=lambda data: 0):
    """Write an event file; our reader asks for no check sum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for data in records:
            head = struct.pack("<Q", len(data))
            file.write(head + struct.pack("<I", crc(head)) + data + struct.pack("<I", crc(data)))


def mlflow(path, runs):
    """Write MLflow's tables; a run is (name, params, {metric: [(step, value)]}, status, lifecycle_stage)."""
    base = sqlite3.connect(path)
    base.executescript(
        """
        CREATE TABLE experiments(experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
        CREATE TABLE runs(run_uuid TEXT, name TEXT, status TEXT, start_time INT, lifecycle_stage TEXT, experiment_id INT);
        CREATE TABLE metrics(key TEXT, value REAL, timestamp INT, run_uuid TEXT, step INT, is_nan BOOLEAN);
        CREATE TABLE params(key TEXT, value TEXT, run_uuid TEXT);
        CREATE TABLE tags(key TEXT, value TEXT, run_uuid TEXT);
        CREATE TABLE inputs(input_uuid TEXT, source_type TEXT, source_id TEXT, destination_id TEXT);
        CREATE TABLE input_tags(input_uuid TEXT, name TEXT, value TEXT);
        CREATE TABLE datasets(dataset_uuid TEXT, dataset_profile TEXT);
        INSERT INTO experiments VALUES (1, 'curve', 'active');
        """
    )
    for i, (name, params, metrics, status, stage) in enumerate(runs):
        base.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, 1)", (f"u{i}", name, status, i, stage))
        for key, value in params.items():
            base.execute("INSERT INTO params VALUES (?, ?, ?)", (key, str(value), f"u{i}"))
        for key, history in metrics.items():
            for t, (step, value) in enumerate(history):
                nan = value != value
                row = (
                    key,
                    0.0 if nan else max(min(value, 1.7976931348623157e308), -1.7976931348623157e308),
                    t,
                    f"u{i}",
                    step,
                    nan,
                )
                base.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", row)
    base.commit()
    return base


def lightning_log(folder, values, first=0, hparams="{}\n"):
    """Write a version of Lightning's CSVLogger: validation losses of epochs from the first on, and hyper-parameters."""
    folder.mkdir(parents=True)
    rows = [f"{e},{4 * e + 3},0.5,\n{e},{4 * e + 3},,{value}\n" for e, value in enumerate(values, first)]
    (folder / "metrics.csv").write_text("epoch,step,train_loss,val_loss\n,0,,\n" + "".join(rows))
    (folder / "hparams.yaml").write_text(hparams)
