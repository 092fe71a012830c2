"""Lists what Parley says about its own work, in the same words on every platform."""

from adapters.chat import Reply
from adapters.errors import EdgeError
from adapters.platform.reference import current

OLD_BUTTON = Reply("This button is from an earlier version of me.", notes=("Please ask again.",), refusal=True)
STOPPED = Reply("Stopped.", refusal=True)
LOGGED = "The owner finds the details in my log: reference {}."
OVER = "That was already over."
NOT_YOURS = "Only the person who asked, or an administrator, can stop this."
RESTARTED = "I was restarted before I could answer you. Please ask again."
AWAY = Reply("I was away when you asked this. Please ask again if you still want to know.", refusal=True)
UNSENT = "I could not send you my answer, or not for certain. If you don't see it, please ask again."
SHARED_BY = "Shared by {}."
SHARE, CANCEL = "Share to channel", "Cancel"
WORKING = "Working on it"


def unexpected() -> Reply:
    """Return the apology for what nobody foresaw, with the reference under which the log tells of it."""
    sentence = "Something went wrong on my side, and it was not your request."
    return Reply(sentence, notes=(LOGGED.format(current()),), refusal=True)


def apology(error: EdgeError) -> Reply:
    """Return an error as a reply: what happened, then what to do."""
    return Reply(str(error), notes=(error.remedy,) if error.remedy else (), refusal=True)
