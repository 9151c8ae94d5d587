"""The error of everything a developer can mend."""


class StageError(ValueError):
    """A stage cannot do its work; the message is one sentence for the person who started it."""
