"""Every sentence that more than one part of the page says, in one place."""

TITLE = "Perceived gender of faces"
LEAD = (
    "How would annotators most likely have labelled this face? For each face: two scores and a decision, which may be "
    "“uncertain”. A guess about perception, often wrong, never a person’s identity."
)
FOR = "Aggregate statistics, audits of data sets, research."
NOT_FOR = (
    "Decisions about individuals, identification, access, policing or hiring; inferring transgender or non-binary identity. "
    "People who are exposed to it should be told."
)
KEPT = (
    "Nothing is kept: a photo lies on this server’s disk until about {minutes:.0f} minutes after it came or was read, what was "
    "shown of it in memory until the page was left alone for as long; then both are gone. No history, no analytics, no request "
    "to any other host."
)
GONE = "The upload was kept {minutes:.0f} minutes and is gone: please send fewer photos at once, or a zip."
FORGOTTEN = "This photo was forgotten: please send it again."
NO_FACE = "No face found. A larger, sharper or more frontal face would help, and so would more light."
NO_FIGURES = "This model came without measured figures: check it on faces of your own before you rely on it."
BY_GROUP = "By group, every photo counts: where no face was found, its middle was scored; by circumstance, the found faces."
CROSSED = "Groups by two columns at once"
WELCOME = """<div class="welcome"><h2>Drop a photo</h2><ol>
<li><b>Find.</b> Every face gets a number; photos on their side are turned by themselves.</li>
<li><b>Score.</b> One score a class, which sum to 1.</li>
<li><b>Decide, or not.</b> Below the threshold the answer is “uncertain”, and the threshold is yours to move.</li>
<li><b>Look closer.</b> Choose a face to see what its score hung on.</li></ol></div>"""
LIVE = (
    "Start the camera; boxes follow, and scores are averaged over about a second so that one odd frame decides nothing. "
    "It stops by itself after {seconds} seconds. Frames are looked at and forgotten."
)
FOLDER = (
    "Many photos at once, or a zip of them: shares with intervals, which is what this is for, and a table to take away. "
    "A photo that cannot be read has its error in the table and stops nothing."
)
CHECK = (
    "See how often it is right on faces like yours before you rely on it. Send a zip with one folder a class, such as "
    "{folders}; the largest face of each photo counts."
)
CALL = (
    "/predict, /predict_batch and /explain, for Python, JavaScript and curl, with this page’s address in place of SPACE; "
    "“Use via API” below has every detail."
)
SEND_THE_FILE = "Addresses are not fetched here: please send the file itself."
GOING = "The page is about to restart: please try again in a minute."
TOO_MUCH = "A request may weigh {megabytes} MB at most: please send less at once."
NOT_HERE = "There is nothing here that takes this."
