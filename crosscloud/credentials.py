"""The credentials in the variables of an environment: nobody is to read them in a log, a note or an error."""

import re
from collections.abc import Mapping

_NAMES = re.compile(r"TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|PRIVATE|ACCESS_KEY|_KEY$", re.IGNORECASE)
_NAMES_A_FILE = re.compile(r"_(FILE|PATH|DIR)$")
#: A password in an address, as a backend or a proxy may have one.
_IN_ADDRESS = re.compile(r"://[^/@\s:]*:([^/@\s]+)@")
#: Shorter values are words that appear anywhere.
SHORTEST = 8


def values(environment: Mapping[str, str]) -> set[str]:
    """Return the values of the variables that hold one, of several lines each line, and passwords in addresses."""
    named = (value for name, value in environment.items() if _NAMES.search(name) and not _NAMES_A_FILE.search(name))
    lines = [line for value in named for line in value.splitlines()]
    lines += [password for value in environment.values() for password in _IN_ADDRESS.findall(value)]
    return {line for line in lines if len(line) >= SHORTEST}
