"""A release's inputs, completed as Pulumi's own plugin completes them, and its outputs."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Diff, Secret, Values, diff_values
from crosscloud.plugins.kubernetes.helm import load_values, merge
from crosscloud.plugins.kubernetes.record import Record

#: Seconds that helm waits for the release to work when the program doesn't say.
DEFAULT_TIMEOUT = 300
#: Every plain input and what it is when it isn't given.
_DEFAULTS: Mapping[str, Any] = {
    "allowNullValues": False,
    "atomic": False,
    "chart": "",
    "cleanupOnFail": False,
    "createNamespace": False,
    "dependencyUpdate": False,
    "description": "",
    "devel": False,
    "disableCRDHooks": False,
    "disableOpenapiValidation": False,
    "disableWebhooks": False,
    "forceUpdate": False,
    "keyring": "",
    "lint": False,
    "name": "",
    "namespace": "",
    "postrender": "",
    "recreatePods": False,
    "renderSubchartNotes": False,
    "replace": False,
    "resetValues": False,
    "reuseValues": False,
    "skipAwait": False,
    "skipCrds": False,
    "timeout": 0,
    "verify": False,
    "version": "",
    "waitForJobs": False,
}
_REPOSITORY = ("caFile", "certFile", "keyFile", "password", "repo", "username")
#: A status other than this one calls for an update.
_HEALTHY = "deployed"
#: The status of a release some of whose objects are gone, as a refresh notes it.
INCOMPLETE = "incomplete"


def complete(new: Values) -> dict[str, Any]:
    """Return the inputs with every default filled in and all values in one place."""
    inputs = {key: default if new.get(key) is None else new[key] for key, default in _DEFAULTS.items()}
    if new.get("timeout") is None and new.get("skipAwait") is not True:
        inputs["timeout"] = DEFAULT_TIMEOUT
    if new.get("maxHistory") is not None:
        inputs["maxHistory"] = new["maxHistory"]
    options = new.get("repositoryOpts")
    if options is UNKNOWN:
        inputs["repositoryOpts"] = UNKNOWN
    elif options:
        inputs["repositoryOpts"] = {key: options.get(key) or "" for key in _REPOSITORY}
        if options.get("password"):
            inputs["repositoryOpts"]["password"] = Secret(options["password"])
    inputs["values"] = _values(new)
    return inputs


def _values(new: Values) -> Any:
    values, files = new.get("values") or {}, new.get("valueYamlFiles") or []
    if values is UNKNOWN or files is UNKNOWN or UNKNOWN in files:
        return UNKNOWN
    merged = merge(load_values(files), values)
    # Files that came as a secret make all that was merged from them one.
    return Secret(merged) if files and new.is_secret("valueYamlFiles") else merged


def outputs(inputs: Values, record: Record | None) -> Values:
    """Make the outputs: inputs again (secret as a whole, for they hold values), and what helm says of the release."""
    made: dict[str, Any] = {**inputs, "__inputs": Secret(dict(inputs))}
    if record is None:
        made |= {"resourceNames": UNKNOWN, "status": UNKNOWN}
    else:
        summary = record.summary()
        made |= {
            "resourceNames": record.resource_names(),
            "status": summary,
            "values": merge(inputs.get("values") or {}, record.values),
            "version": summary["version"],
        }
    return Values(made, inputs.secret_paths)


def imported(record: Record) -> Values:
    """Make the inputs of a release that comes into a stack from outside."""
    summary = record.summary()
    known = {key: summary[key] for key in ("chart", "name", "namespace", "version")}
    return Values(complete(Values({**known, "values": dict(record.values)})))


def compare(old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
    """Compare what is asked for with what the state says there is; a release that doesn't work has to be updated."""
    recorded = old_outputs.get("__inputs") or old_inputs
    old = {k: v for k, v in recorded.items() if k not in ("checksum", "resourceNames", "status")}
    state = _restrict(old_outputs, old, new_inputs)
    changes = diff_values(state, new_inputs)
    replaces = [key for key in ("name", "namespace") if key in changes.detailed]
    detailed = dict(changes.detailed)
    status = old_outputs.get("status")
    if isinstance(status, Mapping) and status.get("status") != _HEALTHY:
        detailed["status.status"] = "update"
    # The old side is the outputs: after a failed update the engine still has the inputs of the one before.
    return Diff(detailed, replaces, inputs=False)


def _restrict(state: Any, old: Any, new: Any) -> Any:
    """Return of the state only what was or is asked for: charts and helm add more."""
    if not isinstance(state, Mapping) or not (isinstance(old, Mapping) or isinstance(new, Mapping)):
        return state
    before = old if isinstance(old, Mapping) else {}
    after = new if isinstance(new, Mapping) else {}
    wanted = [key for key in state if key in before or key in after]
    return {key: _restrict(state[key], before.get(key), after.get(key)) for key in wanted}
