"""Alerts: the rule is this run's own, and it is taken away whatever happens."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from crosscloud.e2e import rules
from crosscloud.e2e.checks import alerts
from crosscloud.e2e.model import Failed

from .fakes import FakeApi, context
from .healthy import ALERTMANAGER, CONFIG_MAP, PROMETHEUS, cluster, data

RULES = f"{PROMETHEUS}/api/v1/rules"


class Monitoring(FakeApi):
    """A Prometheus that loads the rule files of its ConfigMap at a reload, and sends what fires to Alertmanager."""

    delivers = True
    state = "firing"

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        super().patch(path, body)
        if path == CONFIG_MAP:
            files = self.answers[CONFIG_MAP]["data"]
            files.update(body["data"])
            self.answers[CONFIG_MAP] = {"data": {name: text for name, text in files.items() if text is not None}}

    def post(self, path: str) -> None:
        super().post(path)
        found = [
            {**rule, "state": self.state}
            for text in self.answers[CONFIG_MAP]["data"].values()
            for group in json.loads(text).get("groups", [])
            for rule in group["rules"]
        ]
        self.answers[RULES] = data({"groups": [{"rules": found}]})
        sent = [{"labels": {**rule["labels"], "alertname": rule["alert"]}} for rule in found]
        self.answers[f"{ALERTMANAGER}/api/v2/alerts"] = sent if self.delivers else []


@pytest.fixture
def api() -> Monitoring:
    made, healthy = Monitoring(), cluster()
    made.objects, made.answers = healthy.objects, healthy.answers
    return made


def files(api: Monitoring) -> set[str]:
    return set(api.answers[CONFIG_MAP]["data"])


def test_a_rule_that_arrives_passes_and_is_taken_away(api: Monitoring) -> None:
    seen = alerts.run(context(api, timeout=5))
    assert seen[0].startswith("CrosscloudE2e{run='")
    assert "arrived in Alertmanager 0.28.1" in seen[0]
    assert files(api) == {"alerting_rules.yml"}
    assert api.answers[RULES] == data({"groups": [{"rules": []}]})
    assert any('"crosscloud.cncf.ci/e2e": null' in line for line in api.done)


def test_the_file_has_a_name_that_prometheus_reads(api: Monitoring) -> None:
    alerts.run(context(api, timeout=5))
    added = next(line for line in api.done if line.startswith(f"patch {CONFIG_MAP}"))
    assert "_rules.yml" in added


def test_an_alert_that_never_arrives_fails_with_where_prometheus_sends_and_leaves_nothing(api: Monitoring) -> None:
    api.delivers = False
    with pytest.raises(Failed, match=r"has not arrived in Alertmanager; Prometheus sends to http://10\.244\.1\.3:9093"):
        alerts.run(context(api, timeout=1))
    assert files(api) == {"alerting_rules.yml"}


def test_an_alert_of_another_run_does_not_count(api: Monitoring) -> None:
    api.delivers = False
    stale = {"labels": {"alertname": "SomethingElse", rules.MARK: "x"}}
    original = api.post

    def post(path: str) -> None:
        original(path)
        api.answers[f"{ALERTMANAGER}/api/v2/alerts"] = [stale]

    api.post = post  # type: ignore[method-assign]
    with pytest.raises(Failed, match="has not arrived"):
        alerts.run(context(api, timeout=1))


def test_a_rule_that_does_not_fire_fails(api: Monitoring) -> None:
    api.state = "inactive"
    with pytest.raises(Failed, match="the rule is inactive in Prometheus"):
        alerts.run(context(api, timeout=1))


def test_an_alertmanager_of_another_version_fails(api: Monitoring) -> None:
    api.answers[f"{ALERTMANAGER}/api/v2/status"] = {"versionInfo": {"version": "0.25.0"}}
    with pytest.raises(Failed, match=r"it is 0\.25\.0, the release names 0\.28\.1"):
        alerts.run(context(api))


def test_a_prometheus_that_reads_no_pattern_of_rule_files_fails_with_what_is_needed(api: Monitoring) -> None:
    api.answers[f"{PROMETHEUS}/api/v1/status/config"] = data({"yaml": "rule_files:\n- /etc/config/rules\n"})
    with pytest.raises(Failed, match=r"need a pattern such as /etc/config/\*_rules\.yml"):
        alerts.run(context(api))


def test_rules_of_killed_runs_are_taken_away_and_those_of_others_at_work_are_not(api: Monitoring) -> None:
    place = rules.find_place(api)
    old, young = place.file("dead", int(time.time()) - 7200), place.file("busy", int(time.time()) - 60)
    api.answers[CONFIG_MAP]["data"] |= {old: "{}", young: "{}"}
    alerts.run(context(api, timeout=5))
    assert files(api) == {"alerting_rules.yml", young}
