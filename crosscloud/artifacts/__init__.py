"""CNCF projects from their sources to images: source, binary, image, registry, ``release.env``."""
