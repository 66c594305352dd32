"""The rules as CrossGuard's policies, which the engine asks about each resource and about the whole stack."""

from collections.abc import Callable, Iterator

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from policy import engine
from policy.rules import RULES
from policy.rules.rule import Resource, ResourceRule, StackRule

NAME = "crosscloud"
#: What a rule meets that expects values as the cloud takes them, and finds others: not passed over, and no crash.
STRANGE = (AttributeError, KeyError, TypeError, ValueError)


def policies() -> list[Policy]:
    """Return one policy a rule, of its name and level."""
    return [_policy(rule) for rule in RULES]


def serve() -> None:
    """Answer the engine until it ends this process."""
    engine.install()
    PolicyPack(NAME, policies(), enforcement_level=EnforcementLevel.MANDATORY)


def _policy(rule: ResourceRule | StackRule) -> Policy:
    level = EnforcementLevel(rule.level.value)
    if isinstance(rule, StackRule):
        return StackValidationPolicy(rule.name, rule.says, _of_stack(rule), level)
    policy = ResourceValidationPolicy(rule.name, rule.says, _of_resource(rule), level)
    engine.only_about(policy, rule.concerns)
    return policy


def _of_resource(rule: ResourceRule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = Resource(args.resource_type, args.name, args.props, engine.shown(args.urn), args.urn)
        try:
            for finding in rule.check(resource, engine.known()):
                report(rule.message(finding), args.urn)
        except STRANGE as error:
            report(rule.message(f"{resource}: can't be judged, its values are of a strange form ({error!r})"), args.urn)

    return validate


def _of_stack(rule: StackRule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        try:
            for resource, finding in rule.check(list(_resources(args)), engine.known()):
                report(rule.message(finding), resource.urn)
        except STRANGE as error:
            strange = f"the stack can't be judged, a resource's values are of a strange form ({error!r})"
            report(rule.message(strange), None)

    return validate


def _resources(args: StackValidationArgs) -> Iterator[Resource]:
    for each in args.resources:
        yield Resource(
            each.resource_type,
            each.name,
            each.props,
            engine.shown(each.urn),
            each.urn,
            {
                name: tuple(other.resource_type for other in others)
                for name, others in each.property_dependencies.items()
            },
        )
