"""Equinix Metal's SDK, imported without what it says on the way: it is of 2021, and will not be renewed."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import pulumi_equinix_metal as metal

__all__ = ["metal"]
