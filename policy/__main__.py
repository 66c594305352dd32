"""Runs the policy pack for the engine: ``pulumi preview --policy-pack policy``."""

import sys
from pathlib import Path

# The engine starts the pack as a program of its folder, and the rules are a package of the checkout.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policy.pack import serve

serve()
