"""Adversarial training that needs no pretrained network.

A discriminator learns to tell enlarged patches from true ones, and the network learns to be taken for
true: it invents the texture that an average over all possible pictures, which is what L1 asks for,
has not. The discriminator judges patches (Isola et al., "Image-to-Image Translation with Conditional
Adversarial Networks", 2017), is kept smooth by spectral normalization (Miyato et al., "Spectral
Normalization for Generative Adversarial Networks", 2018) and learns with the hinge loss (Lim and Ye,
"Geometric GAN", 2017). What it sees in the true patch is to be seen in the enlarged one too, layer by
layer (feature matching: Wang et al., "High-Resolution Image Synthesis and Semantic Manipulation with
Conditional GANs", 2018): that takes the place of the features of a network trained on ImageNet.

It is shown the mean of the colours only: colours that are made up are seen as fringes. Not luma, which
is told apart by green most cheaply, and then green is what becomes grainy.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

_BLOCK = 2  # pixels are taken in blocks of 2x2, so that no layer runs at full resolution
_WIDTHS = (48, 64, 96)
_SLOPE = 0.2
_BETAS = (0.5, 0.99)  # a long memory of gradients is one of an opponent that has changed since


class Discriminator(nn.Module):
    """(N, 3, H, W) in 0..1 to one opinion per 8x8 pixels (above 0: true), and its features.

    `dtype` is that of the convolutions: float32 or bfloat16.
    """

    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.dtype = dtype
        inputs = (_BLOCK**2, *_WIDTHS)
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 3 if layer == 0 else 4, 1 if layer == 0 else 2, 1))
            for layer, (a, b) in enumerate(zip(inputs, _WIDTHS)))
        self.opinion = spectral_norm(nn.Conv2d(_WIDTHS[-1], 1, 3, padding=1))

    def forward(self, image):
        x, features = F.pixel_unshuffle(2.0 * image.mean(1, keepdim=True) - 1.0, _BLOCK), []
        with torch.autocast(x.device.type, torch.bfloat16, self.dtype == torch.bfloat16):
            for layer in self.layers:
                x = F.leaky_relu(layer(x), _SLOPE)
                features.append(x)
            opinion = self.opinion(x)
        return opinion.float(), [feature.float() for feature in features]


def view(image, generator):
    """A window of half the sides of `image`, wherever the generator says.

    Patches begin at whole input pixels. Seen from one place only, the grid of the discriminator's
    strides would always lie the same way on the grid of the network's pixel shuffle. And it is
    a quarter of the pixels to look at.
    """
    height, width = (side // 2 for side in image.shape[-2:])
    top, left = (int(torch.randint(side - side // 2 + 1, (), generator=generator))
                 for side in image.shape[-2:])
    return image[..., top:top + height, left:left + width]


class Adversary:
    """A discriminator with its optimizer. `recipe` is an AdversarialConfig."""

    def __init__(self, recipe, device='cpu', precision=torch.float32):
        self.recipe = recipe
        self.discriminator = Discriminator(precision).to(device)
        self.optimizer = torch.optim.Adam(
            self.discriminator.parameters(), recipe.discriminator_rate, betas=_BETAS)

    def learn(self, result, truth):
        """One step towards telling the network's results from what is true."""
        self.discriminator.requires_grad_(True)
        false, _ = self.discriminator(result.detach())
        true, _ = self.discriminator(truth)
        loss = F.relu(1.0 + false).mean() + F.relu(1.0 - true).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def loss(self, result, truth):
        """What the network is to make small: being told apart, and having other features."""
        self.discriminator.requires_grad_(False)
        opinion, features = self.discriminator(result)
        with torch.no_grad():
            _, wanted = self.discriminator(truth)
        distance = sum(F.l1_loss(a, b) for a, b in zip(features, wanted)) / len(features)
        return self.recipe.features * distance - self.recipe.opinion * opinion.mean()

    def state_dict(self):
        return {'discriminator': self.discriminator.state_dict(),
                'optimizer': self.optimizer.state_dict()}

    def load_state_dict(self, state):
        self.discriminator.load_state_dict(state['discriminator'])
        self.optimizer.load_state_dict(state['optimizer'])
