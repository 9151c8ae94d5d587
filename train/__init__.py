"""From labelled faces to a model folder; training imports serving, never the other way."""

from face_gender.runtime.terminal import stop_quietly_while_importing

stop_quietly_while_importing()  # before what takes seconds
