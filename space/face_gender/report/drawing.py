"""Where the reports look for a decision's colour."""

from ..drawing import COLOURS, GREY, colour_of

__all__ = ["COLOURS", "GREY", "colour_of"]
