"""From labelled faces to a model folder; training imports serving, never the other way."""

import face_gender  # noqa: F401  first of all: it keeps libraries quiet, and Ctrl-C while importing
