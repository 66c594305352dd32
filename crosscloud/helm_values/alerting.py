"""The alerting rules, and the Alertmanager that they reach."""

from typing import Any

from crosscloud.helm_values.scrape import pods

#: An alert that always fires: it arrives in Alertmanager exactly if rules, Prometheus and Alertmanager work together.
WATCHDOG = "CrosscloudWatchdog"
#: Every file of this form in Prometheus' ConfigMap is a rule file, so a rule can be added beside these.
RULE_FILES = "/etc/config/*_rules.yml"


def rules() -> dict[str, Any]:
    """Return the content of the rule file: the watchdog, and any target that stays down."""
    return {
        "groups": [
            {
                "name": "crosscloud",
                "rules": [
                    {
                        "alert": WATCHDOG,
                        "expr": "vector(1)",
                        "labels": {"severity": "none"},
                        "annotations": {"summary": "Always fires, to show that alerts arrive"},
                    },
                    {
                        "alert": "TargetDown",
                        "expr": "up == 0",
                        "for": "1m",
                        "labels": {"severity": "warning"},
                        "annotations": {"summary": "{{ $labels.job }} at {{ $labels.instance }} can't be scraped"},
                    },
                ],
            }
        ]
    }


def alertmanagers(release_name: str, namespace: str) -> list[dict[str, Any]]:
    """Return where Prometheus finds Alertmanager: by its pods, so that an alert about DNS needs no DNS."""
    labels = {"app.kubernetes.io/name": "alertmanager", "app.kubernetes.io/instance": release_name}
    return [pods(namespace, labels, 9093)]


def routing() -> dict[str, Any]:
    """Return Alertmanager's own configuration: one receiver that tells nobody; its API is what is asked."""
    return {
        "route": {"receiver": "default-receiver", "group_wait": "5s", "group_interval": "1m", "repeat_interval": "3h"},
        "receivers": [{"name": "default-receiver"}],
    }
