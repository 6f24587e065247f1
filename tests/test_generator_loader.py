"""A PyTorch generator of one's own: loaded as it is, or refused by what it lacks."""

from pathlib import Path

import pytest
import torch
from helpers import normal, refuses
from torch import Tensor, nn

from replearn.targets.generators import load_generator


class Images(nn.Module):
    """A small generator of one-channel images, with a batch norm, from (D, 1, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(5, 3, 4)
        self.norm = nn.BatchNorm2d(3)
        self.out = nn.Conv2d(3, 1, 1)

    def forward(self, c: Tensor) -> Tensor:
        return torch.tanh(self.out(torch.relu(self.norm(self.up(c)))))


class Chancy(nn.Linear):
    def forward(self, c: Tensor) -> Tensor:
        return super().forward(c) + torch.rand(1)


class Gossip(nn.Linear):
    def forward(self, c: Tensor) -> Tensor:
        return super().forward(c) - c.mean()


@pytest.fixture
def images() -> Images:
    torch.manual_seed(0)
    return Images()


def test_a_generator_of_one_s_own_is_loaded(images: Images, tmp_path: Path) -> None:
    batch = torch.export.Dim("batch")
    saved = torch.export.export(
        images.eval(), (torch.zeros(4, 5, 1, 1),), dynamic_shapes=({0: batch},)
    )
    torch.export.save(saved, tmp_path / "images.pt2")
    c = normal(6, 5)
    expected = images(c.float().reshape(6, 5, 1, 1)).flatten(1).detach()
    images.train()
    for source in (images, tmp_path / "images.pt2"):
        generator = load_generator(source, (5, 1, 1))
        assert (generator.latent, generator.dimension) == (5, 16)
        torch.testing.assert_close(generator(c), expected.double())
        assert not generator(c).requires_grad
    assert images.training  # what was given is left as it was
    own = generator.moments(samples=1000)
    assert own.cross.shape == (16, 5)
    assert own.error > 0
    with torch.no_grad():
        copy = load_generator(images, (5, 1, 1))
        images.out.weight.zero_()
    torch.testing.assert_close(copy(c), expected.double())


def test_what_is_no_generator_is_refused(images: Images, tmp_path: Path) -> None:
    refuses(lambda: load_generator(images, 5), "source cannot use latent=5")
    refuses(lambda: load_generator(images, (0, 1)), "latent=0")
    refuses(lambda: load_generator(Chancy(3, 4), 3), "other outputs of the same")
    refuses(lambda: load_generator(Gossip(3, 4), 3), "other outputs of the same")
    refuses(lambda: load_generator(nn.LSTM(3, 4), 3), "one tensor with a row")
    refuses(lambda: load_generator(tmp_path / "no.pt2", 3), "no.pt2' is no file")
    refuses(lambda: load_generator(torch.ones, 3), "module or a .pt2 file")
