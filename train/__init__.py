"""From labelled faces to a model folder; training imports serving, never the other way."""
