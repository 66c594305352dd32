"""The failures that are expected: a person can read them and act on them, so they are shown without a traceback."""


class CrosscloudError(Exception):
    """Something that the user can mend: the message says what is wrong, where, and what to do.

    Subclass it for each kind of failure; the command prints its text alone and exits with ``exit_code``.
    """

    exit_code = 1
