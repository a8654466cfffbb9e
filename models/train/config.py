"""The recipe of one model, read from a TOML file. Unknown or missing keys are errors."""

import dataclasses
import tomllib
from pathlib import Path

from .degrade import DAMAGES

DEGRADATIONS = ('bicubic', *DAMAGES)


class ConfigError(Exception):
    """A recipe that cannot be used; the message says what to change."""


@dataclasses.dataclass(frozen=True)
class NetConfig:
    channels: int  # width of the body
    body_layers: int  # 3x3 convolutions between the first and the last
    tail_kernel: int  # side of the last convolution's kernel: 3, or 1 to spend the bytes on depth
    expansion: int  # width of the training-time 3x3 that is collapsed with a 1x1; 0 for none


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    iterations: int
    cycles: int  # how often this and polishing are gone through, from the full learning rate each time
    batch: int
    patch: int  # side of a low-resolution patch in pixels
    luma: float  # 0..1: the part of the loss that is on luma; the rest is on the colours
    learning_rate: float  # from which a cosine falls to zero
    vector_rate: float  # rate of biases and slopes in units of that
    fall: float  # 0..1: the part of the iterations, at the end, in which it falls
    noise: float  # 0..1: the part of them, at the end, with noise like the rounding of 8-bit tensors
    warmup: int  # iterations in which the rate rises from zero to that
    tail: int  # the last iterations, with the loss of the tail (loss.py)
    start_from: str  # a trained model whose body to start from, "" for a random start
    ema_decay: float
    seed: int
    log_every: int
    checkpoint_every: int
    evaluate_every: int

    def check(self, where):
        if self.cycles < 1:
            raise ConfigError(f'{where}: "cycles" must be at least 1, got {self.cycles}')
        if not 0 <= self.luma <= 1:
            raise ConfigError(f'{where}: "luma" must be within 0..1, got {self.luma}')
        if not 0 < self.fall <= 1:
            raise ConfigError(f'{where}: "fall" must be above 0 and at most 1, got {self.fall}')
        if not 0 <= self.noise <= 1:
            raise ConfigError(f'{where}: "noise" must be within 0..1, got {self.noise}')
        if self.vector_rate <= 0:
            raise ConfigError(f'{where}: "vector_rate" must be above 0, got {self.vector_rate}')


@dataclasses.dataclass(frozen=True)
class PolishConfig:
    """What follows the main training: its last loss, with noise throughout."""

    iterations: int  # 0 for none
    learning_rate: float  # start of another cosine that ends at zero


@dataclasses.dataclass(frozen=True)
class PsnrConfig:
    """What follows polishing: PSNR itself as the loss (loss.py), whose best guess is the mean of what
    the original may be, where that of absolute errors is the median.
    """

    iterations: int  # 0 for none
    learning_rate: float  # start of another cosine that ends at zero
    noise: bool  # like that of 8-bit codes, as in polishing


@dataclasses.dataclass(frozen=True)
class AdversarialConfig:
    """What comes last: the loss of polishing and that of a discriminator (adversary.py)."""

    iterations: int  # 0 for none
    learning_rate: float  # start of another cosine that ends at zero
    discriminator_rate: float  # the same throughout
    opinion: float  # weight of being taken for true
    features: float  # weight of having the features of the true patch
    grid: float  # weight of errors that repeat with the pixel shuffle


@dataclasses.dataclass(frozen=True)
class DistillationConfig:
    """A larger trained model whose results are part of what is to be matched."""

    teacher: str  # of the same scale, "" for none
    weight: float  # 0..1: the part of the loss that is against the teacher's results

    def check(self, where):
        if not 0 <= self.weight <= 1:
            raise ConfigError(f'{where}: "weight" must be within 0..1, got {self.weight}')


@dataclasses.dataclass(frozen=True)
class QuantizeConfig:
    """What `tessera quantize` calibrates on."""

    crops: int  # parts of the training images
    crop_size: int  # their side in pixels


@dataclasses.dataclass(frozen=True)
class FinetuneConfig:
    """Quantization-aware training of the collapsed, quantized network."""

    iterations: int
    batch: int
    patch: int
    learning_rate: float  # in steps of the codes


@dataclasses.dataclass(frozen=True)
class DataConfig:
    folders: tuple  # below DATA/train
    degradation: str  # "bicubic", or blur, noise and JPEG: a name of DAMAGES (degrade.py)
    reduce_from: int  # photos with a side of at least this many pixels are reduced ...
    reduce_to: int  # ... by a whole factor of 2 or more, to about this many pixels
    candidates: int  # places that are tried for each patch; the one with the most detail is taken
    # The part of all patches that comes from a folder; the other folders share the rest.
    shares: dict = dataclasses.field(default_factory=dict)

    def check(self, where):
        if self.degradation not in DEGRADATIONS:
            raise ConfigError(
                f'{where}: "degradation" must be one of {", ".join(DEGRADATIONS)}, '
                f'got "{self.degradation}"')
        if self.candidates < 1:
            raise ConfigError(f'{where}: "candidates" must be at least 1, got {self.candidates}')
        for folder in self.shares.keys() - set(self.folders):
            raise ConfigError(f'{where}: "shares" names {folder}, which is not in "folders"')
        total = sum(self.shares.values())
        fits = total == 1 if len(self.shares) == len(self.folders) else total < 1
        if self.shares and not (min(self.shares.values()) > 0 and fits):
            raise ConfigError(f'{where}: "shares" must be above 0 and leave a rest for the folders '
                              'that have none')


@dataclasses.dataclass(frozen=True)
class Config:
    name: str
    aliases: tuple
    scale: int
    border: int  # pixels by which a picture is extended, its edges repeated: README.md, "Borders"
    licence: str
    data_statement: str
    net: NetConfig
    training: TrainingConfig
    polish: PolishConfig
    psnr: PsnrConfig
    adversarial: AdversarialConfig
    distillation: DistillationConfig
    quantize: QuantizeConfig
    finetune: FinetuneConfig
    data: DataConfig


def _parse(cls, values, where):
    fields = {field.name: field.type for field in dataclasses.fields(cls)}
    optional = {field.name for field in dataclasses.fields(cls)
                if field.default_factory is not dataclasses.MISSING}
    for key in values.keys() - fields.keys():
        raise ConfigError(f'{where}: unknown key "{key}"; known: {", ".join(fields)}')
    for key in fields.keys() - values.keys() - optional:
        raise ConfigError(f'{where}: key "{key}" is missing')
    parsed = {}
    for key, kind in fields.items():
        if key not in values:
            continue
        value = values[key]
        if dataclasses.is_dataclass(kind):
            value = _parse(kind, value, f'{where} [{key}]')
        elif kind is tuple:
            value = tuple(value)
        elif not isinstance(value, (int, float) if kind is float else kind):
            raise ConfigError(f'{where}: "{key}" must be of type {kind.__name__}, got {value!r}')
        parsed[key] = value
    config = cls(**parsed)
    if hasattr(config, 'check'):
        config.check(where)
    return config


def _read_toml(path):
    try:
        return tomllib.loads(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise ConfigError(f'cannot read {path}: {error.strerror}') from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f'{path} is not valid TOML: {error}') from error


def _read_recipe(path):
    """The keys of a file over those of its base, which can have a base of its own."""
    values = _read_toml(path)
    if 'base' not in values:
        return values
    return _merged(_read_recipe(path.parent / values.pop('base')), values)


def _merged(base, values):
    """`values` over `base`, table by table."""
    both = dict(base)
    for key, value in values.items():
        both[key] = _merged(base.get(key, {}), value) if isinstance(value, dict) else value
    return both


def load_config(path):
    """Reads a recipe; raises ConfigError with the file and key when something is wrong.

    A recipe with `base = "FILE"` (beside it) takes from there what it does not say itself.
    """
    path = Path(path)
    return _parse(Config, _read_recipe(path), str(path))
