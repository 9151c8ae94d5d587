"""The page's sentences, in one place."""

TITLE = "Perceived gender of faces"
LEAD = (
    "How would annotators most likely label this face? Each face gets two scores and a decision, "
    "which may be “uncertain”. It is a guess about perception, often wrong, never a person’s "
    "identity."
)
FOR = "Aggregate statistics, audits of data sets, research."
NOT_FOR = (
    "Decisions about individuals, identification, access, policing or hiring; inferring "
    "transgender or non-binary identity. Tell people when you use it on them."
)
KEPT = (
    "Nothing is kept. A photo stays on this server’s disk for about {minutes:.0f} minutes after it "
    "was sent or read. What the page shows of it stays in memory until the page has been idle for "
    "as long. No history, no analytics, no request to any other host."
)
GONE = (
    "Uploads are kept for {minutes:.0f} minutes, and this one is gone: please send fewer photos at "
    "once, or a zip."
)
FORGOTTEN = "This photo is no longer here: please send it again."
FORGOTTEN_MANY = "These photos are no longer here: please send them again."
SEND_ONE = "Send a {what}."
NO_FILE = "A {what} should be a file, got {sent}."
ONLY_A_NAME = (
    "{name} is only a name, and no {what} was uploaded under it. Send the file itself: "
    'handle_file("{name}") in Python, -F "file=@{name}" in curl.'
)
NO_BASE64 = "This {what} is not valid base64: send the file's bytes in base64, or the file itself."
NO_NUMBER = "{name} should be a number from {low}{to}, got {sent}."
NO_CHOICE = "{name} should be {choices}, got {sent}."
NO_SUCH_FACE = "There is no face {face}: {found} were found."
OUR_FAULT = "Something went wrong here, not with what you sent. Please try again or report it."
NO_FACE = "No face found. A larger, sharper or more frontal face helps, and so does more light."
NO_FIGURES = (
    "This model came without measured figures: check it on your own faces before you rely on it."
)
BY_GROUP = (
    "By group, every photo counts: where no face was found, the middle of the photo was scored. "
    "By circumstance, only found faces count."
)
CROSSED = "Groups by two columns at once"
WELCOME = """<div class="welcome"><h2>Drop a photo, or paste one</h2><ol>
<li><b>Find.</b> Every face gets a number; sideways photos are turned upright.</li>
<li><b>Score.</b> Each class gets a score; together they sum to 1.</li>
<li><b>Decide, or not.</b> Below the threshold, which you can move, the answer is “uncertain”.</li>
<li><b>Look closer.</b> Choose a face to see what its score depends on.</li></ol></div>"""
LIVE = (
    "Start the camera. Boxes follow the faces, and scores are averaged over about a second, so one "
    "odd frame decides nothing. The camera is switched off after {seconds} seconds, and when you "
    "leave this tab. No frame is kept."
)
# What camera.js says; the names with capitals are the browser's for what went wrong.
CAMERA = {
    "asking": "Waiting for the camera: allow it where the browser asks.",
    "http": (
        "Browsers lend a camera only to pages at https:// or on the same computer: "
        "open this page by its https:// address."
    ),
    "none": "This browser cannot use a camera: please try another.",
    "NotAllowedError": (
        "The camera is blocked: allow it for this page in the browser’s settings, then try again."
    ),
    "NotFoundError": "No camera was found: connect one, then try again.",
    "NotReadableError": (
        "The camera does not answer: close whatever else uses it, then try again."
    ),
    "other": "The camera did not start: please try again, or choose a photo instead.",
    "lost": "The camera was disconnected or blocked, and is off.",
    "stopped": "The camera is off.",
    "left": "You left this tab, so the camera is off.",
    "time": "The {seconds} seconds are over, and the camera is off. Start it again to go on.",
}
FOLDER = (
    "Many photos at once, a folder, or a zip: shares with intervals, which is what this is for, "
    "and a table to download. A photo that cannot be read has its error in the table and stops "
    "nothing. Add a CSV with a column file_name to compare groups by its other columns."
)
TWO_TABLES = "There are {number} tables, such as {names}: send one with the photos."
NO_COLUMN = (
    "{name} has no column to compare by: it needs one beside that of the photos, under a name that "
    "the table of faces does not have (it has {columns})."
)
TABLE = "{name} names {named} of {photos} photos; the others are “unknown”."
NOTHING_TO_COMPARE = "No face was found, so there is nothing to compare."
VIDEO = (
    "A film, a clip or a broadcast of at most {minutes:g} minutes and {megabytes:g} MB: seconds on "
    "screen and shares of face time with intervals, and a lane for each face that is followed "
    "through a shot. Its frames decide together. Sound is ignored; nothing is kept."
)
GONE_VIDEO = "This video is no longer here: please send it again."
LARGE_VIDEO = "The video is larger than the {megabytes:g} MB that are taken."
LONG_VIDEO = "The video is longer than the {minutes:g} minutes that are taken: send a part of it."
NO_PART = "There is nothing between start and end: the end should come after the start."
CHECK = (
    "Find out how often it is right on faces like yours before you rely on it. Send a folder, or a "
    "zip, with one folder per class, such as {folders}; the largest face of each photo counts."
)
CHECKED = (
    "By your folders the shares are {true}. With {least} faces of each class or more, photos sent "
    "to Folder are corrected by this check; face-gender --check check.json does the same."
)
CALL = (
    "/predict, /predict_batch, /predict_video and /explain, for Python, JavaScript and curl. Put "
    "this page’s address in place of SPACE; “Use via API” below has every detail, and "
    "/openapi.json describes them for tools."
)
SEND_THE_FILE = "Addresses are not fetched here: please send the file itself."
GOING = "The page is about to restart: please try again in a minute."
TOO_MUCH = "A request can be at most {megabytes} MB: please send less at once."
GRADIO = {"common.complete": "Done"}  # what it lacks; only screen readers hear it
NOT_HERE = "There is nothing at this address."
FULL = "Too many requests wait already: please try again in {seconds} seconds."
NO_ENDPOINT = "There is no endpoint {name}: there are {names}."
NO_PARAMETER = "There is no parameter {name}: {endpoint} takes {names}."
NO_FORM = (
    "Send the {what} as a form's field “file”, as curl does with -F file=@{what}, and everything "
    "else as fields or after a question mark."
)
ONE_FILE = "/{endpoint} takes one file, got {files}: /predict_batch takes many."
NO_JSON = 'The request should hold JSON such as {"data": [...]}, a value for each parameter.'
