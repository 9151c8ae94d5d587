"""Flags of older versions, which are refused: the renamed ones by their new name."""

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
REMOVED = {
    "pretrain_epochs",
    "pretrain_batch",
    "pretrain_rate",
    "masked",
    "decoder_size",
    "decoder_layers",
}
