"""Faces -> the order in which an epoch draws them."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class FaceSampler(Sampler[int]):
    """Every face once an epoch, in an order that depends only on the seed and the epoch.

    An index contains the view (view * count + face), so dataloader workers know the view no matter
    how early they start.
    """

    def __init__(self, count: int, seed: int, views: int = 1) -> None:
        """views: how many of each face, side by side."""
        self._count, self._seed, self._views = count, seed, views
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the next epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Number of views in an epoch."""
        return self._count * self._views

    def __iter__(self) -> Iterator[int]:
        """The indices of the epoch's views, in order."""
        chance = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(self._count, generator=chance)
        views = self._epoch * self._views + torch.arange(self._views)
        return iter((order[:, None] + views * self._count).flatten().tolist())
