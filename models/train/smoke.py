"""What trying all steps in two minutes needs: a shortened recipe, and pictures for it."""

import json
from pathlib import Path

from .config import load_config
from .synthetic import write_pictures

EVALUATION_SET = 'made'  # not the name of a benchmark, whose bicubic score would be checked

# Over what the recipe says; everything else, such as the network and the damage, is the recipe's.
_SHORTER = """base = {base}
data_statement = "pictures made by rule: a trial of the recipe, of no use"

[training]
iterations = 30
batch = 4
patch = 16
warmup = 3
tail = 10
start_from = ""
log_every = 10
checkpoint_every = 15
evaluate_every = 15

[polish]
iterations = 10

[psnr]
iterations = {psnr}

[adversarial]
iterations = {adversarial}

[distillation]
teacher = ""

[quantize]
crops = 8
crop_size = 48

[finetune]
iterations = 10
batch = 4
patch = 16
"""


def write_recipe(recipe, folder):
    """Writes the shortened recipe; returns its path."""
    path = Path(folder) / recipe.name
    whole = load_config(recipe)
    shorter = _SHORTER.format(base=json.dumps(str(recipe.resolve())),
                              psnr=min(whole.psnr.iterations, 4),
                              adversarial=min(whole.adversarial.iterations, 4))
    path.write_text(shorter, encoding='utf-8')
    return path


def write_data(recipe, folder):
    """Pictures in every folder that the recipe names, and some to score on; returns `folder`."""
    for name in load_config(recipe).data.folders:
        write_pictures(Path(folder) / 'train' / name, count=2, height=96, width=108)
    write_pictures(Path(folder) / 'eval' / EVALUATION_SET, count=2, height=96, width=108)
    return Path(folder)
