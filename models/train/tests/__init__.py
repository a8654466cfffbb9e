"""Tests of the training package on images it makes itself; run from the repository's root:

python3 -m unittest discover -s models/train/tests -t .
"""

import torch

# Bit-exact comparisons need a fixed order of summation.
torch.set_num_threads(1)
