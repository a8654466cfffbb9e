"""python3 export.py FOLDER < COMMAND: every network, by the command of docs/models.md."""

import sys
import warnings
from pathlib import Path

import torch
from networks import NETWORKS


def main():
    folder = Path(sys.argv[1])
    command = compile(sys.stdin.read(), "docs/models.md", "exec")
    warnings.simplefilter("ignore")
    for name, make in NETWORKS.items():
        torch.manual_seed(1)
        exec(command, {"torch": torch, "net": make(), "path": str(folder / f"{name}.onnx")})


main()
