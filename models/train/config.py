"""The recipe of one model, read from a TOML file. Unknown or missing keys are errors."""

import dataclasses
import tomllib
from pathlib import Path


class ConfigError(Exception):
    """A recipe that cannot be used; the message says what to change."""


@dataclasses.dataclass(frozen=True)
class NetConfig:
    channels: int  # width of the body
    body_layers: int  # 3x3 convolutions between the first and the last
    expansion: int  # width of the training-time 3x3 that is collapsed with a 1x1


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    iterations: int
    batch: int
    patch: int  # side of a low-resolution patch in pixels
    learning_rate: float  # start of the cosine that ends at zero
    ema_decay: float
    seed: int
    log_every: int
    checkpoint_every: int
    evaluate_every: int


@dataclasses.dataclass(frozen=True)
class DataConfig:
    folders: tuple  # below DATA/train
    reduce_from: int  # photos with a side of at least this many pixels are reduced ...
    reduce_to: int  # ... by a whole factor of 2 or more, to about this many pixels


@dataclasses.dataclass(frozen=True)
class Config:
    name: str
    aliases: tuple
    scale: int
    licence: str
    data_statement: str
    net: NetConfig
    training: TrainingConfig
    data: DataConfig


def _parse(cls, values, where):
    fields = {field.name: field.type for field in dataclasses.fields(cls)}
    for key in values.keys() - fields.keys():
        raise ConfigError(f'{where}: unknown key "{key}"; known: {", ".join(fields)}')
    for key in fields.keys() - values.keys():
        raise ConfigError(f'{where}: key "{key}" is missing')
    parsed = {}
    for key, kind in fields.items():
        value = values[key]
        if dataclasses.is_dataclass(kind):
            value = _parse(kind, value, f'{where} [{key}]')
        elif kind is tuple:
            value = tuple(value)
        elif not isinstance(value, (int, float) if kind is float else kind):
            raise ConfigError(f'{where}: "{key}" must be of type {kind.__name__}, got {value!r}')
        parsed[key] = value
    return cls(**parsed)


def load_config(path):
    """Reads a recipe; raises ConfigError with the file and key when something is wrong."""
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise ConfigError(f'cannot read {path}: {error.strerror}') from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f'{path} is not valid TOML: {error}') from error
    return _parse(Config, values, str(path))
