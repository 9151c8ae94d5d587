"""layers, muon, average, network: what a run starts from, and how it learns."""

from copy import deepcopy

import pytest
import torch
from transformers import (
    AutoModelForImageClassification,
    ConvNextConfig,
    Dinov2Config,
    ResNetConfig,
    SwinConfig,
    ViTConfig,
)

from tests.conftest import ROOT
from tests.support.pictures import CLASSES
from train.common.errors import StageError
from train.common.flags import parse
from train.fit.ema import EMACallback
from train.fit.optimizer import MuonAdamW, new_optimizer
from train.models.average_weights import average_weights, open_others
from train.models.build import fast_bf16, open_base
from train.models.labels import base_labels
from train.models.param_groups import depths, freeze, head_of
from train.models.save import write_model
from train.models.shares import read_shares
from train.models.vit import new_processor, new_vit
from train.settings import ArchitectureSettings, CropSettings, FitSettings, OptimizerSettings

RECIPES = ROOT / "train" / "recipes"
CROP = CropSettings(crop_size=48)
TINY = ArchitectureSettings(patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)


@pytest.mark.parametrize(
    ("config", "blocks"),
    [
        (
            ViTConfig(
                hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64
            ),
            3,
        ),
        (Dinov2Config(hidden_size=32, num_hidden_layers=2, num_attention_heads=2), 2),
        (SwinConfig(embed_dim=8, depths=[1, 1], num_heads=[1, 1]), 2),
        (ConvNextConfig(hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1]), 4),
        (ResNetConfig(embedding_size=8, hidden_sizes=[8, 8], depths=[1, 1]), 2),
    ],
)
def test_depths_of_any_network(config, blocks):
    network = AutoModelForImageClassification.from_config(config)
    found = depths(network)
    assert {name for name, _ in network.named_parameters()} == set(found)
    assert set(found.values()) == set(range(blocks + 2))
    assert next(iter(found.values())) == 0
    assert {depth for name, depth in found.items() if name.startswith("classifier")} == {blocks + 1}
    assert head_of(network, 2).out_features == 2
    with pytest.raises(StageError, match="linear layer of 7"):
        head_of(network, 7)
    for frozen, first, learning in ((True, 1, {blocks + 1}), (False, 1, {*range(2, blocks + 2)})):
        freeze(network, frozen, first)
        assert {
            found[name] for name, weight in network.named_parameters() if weight.requires_grad
        } == learning
    freeze(network, False)
    assert all(weight.requires_grad for weight in network.parameters())


def test_earlier_blocks_learn_slower():
    settings = OptimizerSettings(layer_decay=0.5, learning_rate=0.8)
    network = new_vit(TINY, CROP, list(CLASSES))
    optimizer = new_optimizer(network, settings)
    assert isinstance(optimizer, MuonAdamW)
    rates = {
        id(weight): group["lr"] for group in optimizer.param_groups for weight in group["params"]
    }
    named = {name: rates[id(weight)] for name, weight in network.named_parameters()}
    assert len(named) == len(rates)
    assert named["classifier.weight"] == 0.8
    assert named["vit.layers.1.mlp.fc1.weight"] == 0.4
    assert named["vit.layers.0.mlp.fc1.bias"] == 0.2
    assert named["vit.embeddings.cls_token"] == 0.1
    plain = new_optimizer(network, OptimizerSettings(**{**vars(settings), "muon": False}))
    assert isinstance(plain, torch.optim.AdamW)


def test_an_optimizer_goes_on_from_its_state():
    def taught(steps: int, state=None):
        torch.manual_seed(0)
        network = new_vit(TINY, CROP, list(CLASSES))
        optimizer = new_optimizer(network, OptimizerSettings())
        if state:
            network.load_state_dict(state[0])
            optimizer.load_state_dict(state[1])
        for _ in range(steps):
            optimizer.zero_grad()
            network(torch.ones(1, 3, 48, 48)).logits.square().sum().backward()
            optimizer.step()
        return network.state_dict(), optimizer.state_dict()

    whole, halves = taught(4)[0], taught(2, taught(2))[0]
    assert all(torch.equal(whole[name], halves[name]) for name in whole)


def test_the_average_lags_and_swaps_back():
    network = torch.nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(0.0)
    average = EMACallback(network, decay=0.9, patience=0)
    average.on_train_begin(None, None, None)
    network.weight.data.fill_(1.0)
    average.on_step_end(None, type("State", (), {"global_step": 1000}), None)
    average.swap()
    assert float(network.weight.detach()) == pytest.approx(0.1)
    average.swap()
    assert float(network.weight.detach()) == 1.0
    average.keep()
    assert float(network.weight.detach()) == pytest.approx(0.1)


def test_a_vit_goes_on_at_another_size_of_pictures(tmp_path):
    network = new_vit(TINY, CROP, list(CLASSES)).eval()
    places = torch.arange(4.0).expand(4, 4)
    grids = torch.stack((places, places.T), 2).flatten(
        0, 1
    )  # each patch says its column and row, the first token nothing
    network.vit.embeddings.position_embeddings.data[0, :, :2] = torch.cat(
        (torch.zeros(1, 2), grids)
    )
    write_model(network, new_processor(CROP), {"temperature": 1.0}, tmp_path / "base")
    base = ArchitectureSettings(base_model=str(tmp_path / "base"))
    larger, processor = open_base(base, CropSettings(crop_size=96), list(CLASSES))
    assert (larger.config.image_size, processor.size["height"]) == (96, 96)
    said = larger.vit.embeddings.position_embeddings[0, :, :2]
    wanted = (torch.arange(8) + 0.5) / 2 - 0.5
    torch.testing.assert_close(
        said[1:, 0].view(8, 8), wanted.clip(0, 3).expand(8, 8), atol=0.2, rtol=0
    )
    torch.testing.assert_close(said[1:, 1].view(8, 8), said[1:, 0].view(8, 8).T)
    assert not said[0].any()
    same, _ = open_base(base, CROP, list(CLASSES))
    torch.testing.assert_close(
        same.vit.embeddings.position_embeddings, network.vit.embeddings.position_embeddings.float()
    )
    write_model(larger, processor, {"temperature": 1.0}, tmp_path / "larger")
    again = AutoModelForImageClassification.from_pretrained(tmp_path / "larger")
    assert again(torch.zeros(1, 3, 96, 96)).logits.shape == (1, 2)
    with pytest.raises(StageError, match="cannot read crops of 50 px"):
        open_base(base, CropSettings(crop_size=50), list(CLASSES))


def test_positions_of_dinov2_are_interpolated_too(tmp_path):
    config = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=70,
        patch_size=14,
        origin="x",
    )
    network = AutoModelForImageClassification.from_config(config).eval()
    network.save_pretrained(tmp_path / "base")
    new_processor(CROP).save_pretrained(tmp_path / "base")
    smaller, processor = open_base(
        ArchitectureSettings(base_model=str(tmp_path / "base")),
        CropSettings(crop_size=42),
        list(CLASSES),
    )
    assert smaller.dinov2.embeddings.position_embeddings.shape == (1, 10, 32)
    pixels = torch.rand(1, 3, 42, 42)
    torch.testing.assert_close(
        smaller.dinov2(pixels).last_hidden_state, network.dinov2(pixels).last_hidden_state
    )
    write_model(smaller, processor, {"temperature": 1.0}, tmp_path / "smaller")
    again = AutoModelForImageClassification.from_pretrained(tmp_path / "smaller")
    assert (again.config.image_size, again.config.origin) == (42, "x")


@pytest.mark.parametrize(("kind", "unsure"), [("bare", True), ("other", True), ("whole", False)])
def test_only_a_new_classifier_starts_at_zero(tmp_path, kind, unsure):
    names = ["a", "b", "c"] if kind == "other" else list(CLASSES)
    network = new_vit(TINY, CROP, names)
    (network.vit if kind == "bare" else network).save_pretrained(tmp_path)
    new_processor(CROP).save_pretrained(tmp_path)
    opened, _ = open_base(ArchitectureSettings(base_model=str(tmp_path)), CROP, list(CLASSES))
    assert opened.classifier.out_features == len(CLASSES)
    assert opened.classifier.weight.any().item() is not unsure
    assert (opened.classifier.weight.shape == network.classifier.weight.shape) is (kind != "other")


def test_bf16_is_used_only_where_it_is_asked_for_and_no_slower():
    slow = torch.backends.cpu.get_cpu_capability() == "AVX2" and not torch.cuda.is_available()
    assert [fast_bf16(asked) for asked in (False, True)] == [False, not slow]


def test_average_weights_is_the_mean_of_the_weights(tmp_path):
    shape = {"patch_size": 12, "hidden_size": 32, "heads": 2, "mlp_size": 64, "layers": 2}
    other, wider = (
        new_vit(ArchitectureSettings(**shape | more), CROP, list(CLASSES))
        for more in ({}, {"mlp_size": 96})
    )
    network = new_vit(ArchitectureSettings(**shape), CROP, list(CLASSES))
    before = deepcopy(network)
    for name, saved in {"other": other, "wider": wider, "own": network}.items():
        saved.save_pretrained(tmp_path / name)
    average_weights(network, [])
    assert torch.equal(network.classifier.weight, before.classifier.weight)
    average_weights(
        network, open_others(network, [f"{tmp_path}/other:0.25", f"{tmp_path}/own:0.25"])
    )
    wanted = 0.75 * before.vit.layers[0].mlp.fc2.weight + 0.25 * other.vit.layers[0].mlp.fc2.weight
    torch.testing.assert_close(network.vit.layers[0].mlp.fc2.weight, wanted)
    for written, said in {
        "a": "folder:share",
        "a:0": "folder:share",
        "a:1": "below 1",
        ":0.1": "folder:share",
    }.items():
        with pytest.raises(StageError, match=said):
            read_shares([written])
    with pytest.raises(StageError, match="another shape"):
        open_others(network, [f"{tmp_path}/wider:0.5"])
    network.config.id2label = dict(enumerate(reversed(CLASSES)))
    with pytest.raises(StageError, match="in this order"):
        open_others(network, [f"{tmp_path}/own:0.5"])


def test_a_base_keeps_its_order_of_classes_and_refuses_others(small_model, tmp_path):
    base = ArchitectureSettings(base_model=str(small_model))
    model, processor = open_base(base, CROP, ["Female", "Male"])
    assert model.config.label2id == {"Male": 0, "Female": 1}
    assert processor.size["height"] == 48
    with pytest.raises(StageError, match="classes are"):
        base_labels(str(small_model), ["man", "woman"])
    assert base_labels(str(small_model), ["a", "b", "c"]) == ["a", "b", "c"]
    with pytest.raises(StageError, match="There is no model in"):
        base_labels(str(tmp_path / "nothing"), ["man", "woman"])
    with pytest.raises(StageError, match="--crop_size"):
        open_base(base, CropSettings(crop_size=40), list(CLASSES))


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.txt")), ids=lambda path: path.stem)
def test_recipes_say_what_they_are_and_set_what_there_is(recipe):
    assert recipe.read_text().startswith("# ")
    crop, fit = parse(CropSettings, FitSettings, arguments=["--recipe", str(recipe)])
    own = fit.architecture.patch_size
    patches = {"dinov2": (14,), "dlib": (crop.crop_size,)}.get(recipe.stem.split("-")[0], (16, own))
    assert any(crop.crop_size % patch == 0 for patch in patches)
    assert fit.schedule.epochs > 1


def test_a_model_folder_is_as_readable_as_other_files(small_model, tmp_path):
    (tmp_path / "other").touch()
    wanted = (tmp_path / "other").stat().st_mode
    assert {path.name for path in small_model.iterdir() if path.stat().st_mode != wanted} == set()
