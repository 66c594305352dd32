"""``python -m crosscloud.stacks.idle``: stops what no stack of this checkout needs any more."""

from crosscloud.stacks.down import clean_host

if __name__ == "__main__":
    clean_host()
