"""The one exception that reaches a user as a single line."""


class UserError(Exception):
    """A mistake that its reader can mend: the message names the thing and the mend.

    The command line prints it without a traceback and exits with status 1.
    """
