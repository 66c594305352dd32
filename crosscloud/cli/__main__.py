"""``python -m crosscloud.cli``."""

from crosscloud.cli.app import main

main()
