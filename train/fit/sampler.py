"""Faces -> the order in which an epoch draws them."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class FaceSampler(Sampler[int]):
    """Every face once an epoch, in an order that depends on the seed and the epoch alone.

    Numbers carry the epoch's views (view * count + face), so dataloader workers know them however
    early they were started.
    """

    def __init__(self, count: int, seed: int, views: int = 1) -> None:
        """views: of each face, side by side."""
        self._count, self._seed, self._views = count, seed, views
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that comes next."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Views an epoch."""
        return self._count * self._views

    def __iter__(self) -> Iterator[int]:
        """The epoch's faces."""
        chance = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(self._count, generator=chance)
        views = self._epoch * self._views + torch.arange(self._views)
        return iter((order[:, None] + views * self._count).flatten().tolist())
