"""Flags of older versions; using one is an error that gives its new name or why it is gone."""

RENAMED = {
    "agreement": "consistency_weight",
    "also": "aux_targets",
    "also_weight": "aux_weight",
    "blur": "blur_prob",
    "covering": "covering_prob",
    "erase": "erase_prob",
    "grey": "grey_prob",
    "jpeg": "jpeg_prob",
    "looks": "views",
    "means": "candidates",
    "mask": "mask_prob",
    "small": "low_res_prob",
    "small_side": "low_res_side",
    "soup": "average_weights",
    "stop_after": "patience",
    "sunglasses": "sunglasses_prob",
    "teacher_once": "precompute_teacher",
    "teacher_share": "distill_weight",
    "weigh": "group_weights",
}
NOTHING = "it gained nothing: docs/experiments.md"
REMOVED = {  # and why each is gone
    "add_layers": "public checkpoints are deep enough: docs/experiments.md",
    "decoder_layers": NOTHING,
    "decoder_size": NOTHING,
    "masked": NOTHING,
    "pretrain_batch": NOTHING,
    "pretrain_epochs": NOTHING,
    "pretrain_rate": NOTHING,
    "teacher_features": "pretrained weights gain more: docs/experiments.md",
}
