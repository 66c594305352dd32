"""The rules, by what they are about; ``RULES`` are all of them in the order of the checklist."""

from policy.rules import access, clouds, identities, machines, pods, releases, secrets
from policy.rules.rule import ResourceRule, StackRule

RULES: tuple[ResourceRule | StackRule, ...] = tuple(
    sorted(
        (
            *access.RULES,
            *clouds.RULES,
            *identities.RULES,
            *machines.RULES,
            *pods.RULES,
            *releases.RULES,
            *secrets.RULES,
        ),
        key=lambda rule: rule.line,
    )
)
