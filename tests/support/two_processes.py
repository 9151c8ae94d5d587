"""Each of two processes reads its own files of a stream; sharded weights are whole again."""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from train.common.distributed import processes, whole
from train.data import TRAIN, load_splits
from train.fit.dataset import CropDataset
from train.fit.ema import EMACallback
from train.fit.stream import CropStream, load_streamed
from train.fit.teacher_labels import soft_labels
from train.models.vit import new_processor
from train.settings import CropSettings


class Network(nn.Module):
    """A layer that can be made again from its config."""

    def __init__(self, config: int) -> None:
        super().__init__()
        self.config, self.layer = config, nn.Linear(config, 2)


class Marker:
    """A teacher that tells which process asked."""

    device, margin, side = torch.device("cpu"), None, 48

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.full((len(pixels), 2), float(processes().process_index))


class State:
    """As much of the Trainer's as is looked at."""

    global_step = 1000


def check_stream(folder: str) -> None:
    faces = CropStream(
        load_streamed(folder)[TRAIN],
        new_processor(CropSettings(crop_size=48)).to_dict(),
        48,
        [0, 1],
        3,
    )
    drawn = [faces[number]["labels"] for number in range(12)]
    assert len(faces) == 24
    assert len(set(drawn)) == 1, drawn
    print(f"reads file {drawn[0]} alone")  # the class is the file's number


def check_labels(folder: Path) -> None:
    faces = CropDataset(
        load_splits(folder)[TRAIN], new_processor(CropSettings(crop_size=48)).to_dict(), 48, [0, 1]
    )
    labels = soft_labels(Marker, faces, folder / "soft.npy")
    assert labels[:, 0].tolist() == [0] * 12 + [1] * 12, labels
    print("each labels its share")


def check_weights(folder: Path) -> None:
    torch.manual_seed(0)
    network = Network(4)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    fully_shard(network, mesh=init_device_mesh("cpu", (2,)))
    assert isinstance(network.layer.weight, DTensor)
    average = EMACallback(network, decay=0.5, patience=0)
    average.on_train_begin(None, None, None)
    with torch.no_grad():
        network.layer.weight += 1
    average.on_step_end(None, State, None)
    remembered = average.save(folder, processes().is_main_process)
    processes().wait_for_everyone()
    again = EMACallback(network, decay=0.5, patience=0)
    again.load(folder, remembered)
    again.on_train_begin(None, None, None)
    torch.testing.assert_close(
        whole(network).state_dict()["layer.weight"], before["layer.weight"] + 1
    )
    again.keep()
    torch.testing.assert_close(
        whole(network).state_dict()["layer.weight"], before["layer.weight"] + 0.5
    )
    torch.testing.assert_close(whole(network).state_dict()["layer.bias"], before["layer.bias"])
    print("weights come together again")


if __name__ == "__main__":
    processes()
    check_stream(sys.argv[1])
    check_labels(Path(sys.argv[1]))
    check_weights(Path(sys.argv[1]))
    processes().destroy_process_group()
