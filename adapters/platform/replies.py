"""Lists what Parley says about its own work, in the same words on every platform."""

from adapters.chat import Reply
from adapters.errors import EdgeError

OLD_BUTTON = Reply("This button is from an earlier version of me.", notes=("Please ask again.",), refusal=True)
STOPPED = Reply("Stopped.", refusal=True)
UNEXPECTED = Reply(
    "Something went wrong on my side, and it was not your request.",
    notes=("The owner finds the details in my log.",),
    refusal=True,
)
OVER = "That was already over."
NOT_YOURS = "Only the person who asked, or an administrator, can stop this."
RESTARTED = "I was restarted before I could answer you. Please ask again."
AWAY = Reply("I was away when you asked this. Please ask again if you still want to know.", refusal=True)
UNSENT = "I could not send you my answer, or not for certain. If you don't see it, please ask again."
SHARED_BY = "Shared by {}."
SHARE, CANCEL = "Share to channel", "Cancel"
WORKING = "Working on it"


def apology(error: EdgeError) -> Reply:
    """Return an error as a reply: what happened, then what to do."""
    return Reply(str(error), notes=(error.remedy,) if error.remedy else (), refusal=True)
