"""DNS: every answer has to be exactly the right one, over both transports, from every node."""

from collections.abc import Callable
from typing import Any

import pytest

from crosscloud.e2e.bench import Services
from crosscloud.e2e.checks import dns, questions
from crosscloud.e2e.model import Context, Failed

from .fakes import FakeApi, context, service
from .healthy import add_probes, cluster

PODS = ["10.244.0.5", "10.244.1.5"]
Answer = Callable[[dict[str, Any]], dict[str, Any]]


def good(namespace: str) -> Answer:
    """A DNS server that answers every question rightly, as CoreDNS writes it."""
    base = f"{namespace}.svc.cluster.local."
    known: dict[str, list[str]] = {
        f"web.{base}": ["10.96.7.7"],
        f"_http._tcp.web.{base}": [f"0 100 80 web.{base}"],
        "7.7.96.10.in-addr.arpa.": [f"web.{base}"],
        f"peers.{base}": ["10.244.1.5", "10.244.0.5"],
        f"_http._tcp.peers.{base}": [f"0 50 8080 10-244-{n}-5.peers.{base}" for n in (0, 1)],
        f"10-244-0-5.{namespace}.pod.cluster.local.": ["10.244.0.5"],
    }

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        name = request["name"].rstrip(".") + "."
        if name not in known:
            return {"rcode": "NXDOMAIN"}
        return {
            "rcode": "NOERROR",
            "answers": [{"name": name, "type": request["type"], "data": d} for d in known[name]],
        }

    return answer


def prepared() -> tuple[FakeApi, Context]:
    api = cluster()
    made = context(api)
    made.bench.start()
    add_probes(api, made.bench)
    for pod in ("probe-cp", "probe-worker"):
        api.reports[pod] = good(made.bench.namespace)
    return api, made


def broken(change: Answer, *, kind: str = "", transport: str = "") -> str:
    """Run the check with a server of which one node sees other answers; return the reason of the failure."""
    api, made = prepared()
    right = good(made.bench.namespace)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        chosen = request["id"].split(" ", 2)[2] == kind and request["network"] == transport
        return change(right(request)) if chosen else right(request)

    api.reports["probe-worker"] = answer
    with pytest.raises(Failed) as caught:
        dns.run(made)
    return str(caught.value)


def test_right_answers_pass_and_are_counted() -> None:
    _, made = prepared()
    assert dns.run(made) == [
        "10.96.0.10 answered 28 questions of 2 nodes rightly, over UDP and TCP: "
        "A, SRV, PTR, headless, headless SRV, pod, NXDOMAIN"
    ]


@pytest.mark.parametrize("kind", ["A", "SRV", "PTR", "headless", "headless SRV", "pod", "NXDOMAIN"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_no_answer_to_one_question_over_one_transport_from_one_node_fails(kind: str, transport: str) -> None:
    reason = broken(lambda _: {"error": "i/o timeout"}, kind=kind, transport=transport)
    assert reason.startswith(f"{kind} (")
    assert f"from worker to 10.96.0.10 over {transport.upper()}: no answer" in reason
    assert len(reason.splitlines()) == 2


def test_a_server_that_answers_nothing_is_one_line_a_node_and_transport() -> None:
    api, made = prepared()
    api.reports["probe-worker"] = lambda _: {"error": "read udp 10.244.1.5:1->10.96.0.10:53: i/o timeout"}
    with pytest.raises(Failed) as caught:
        dns.run(made)
    assert str(caught.value).splitlines()[:-1] == [
        "all questions from worker to 10.96.0.10 over UDP: no answer",
        "all questions from worker to 10.96.0.10 over TCP: no answer",
    ]


def test_a_headless_service_without_one_of_its_pods_fails() -> None:
    reason = broken(lambda r: {**r, "answers": r["answers"][:1]}, kind="headless", transport="udp")
    assert "10.244.1.5 instead of 10.244.0.5, 10.244.1.5" in reason


def test_one_address_twice_is_not_two_addresses() -> None:
    reason = broken(lambda r: {**r, "answers": r["answers"][:1] * 2}, kind="headless", transport="tcp")
    assert "10.244.1.5, 10.244.1.5 instead of" in reason


def test_an_answer_for_what_does_not_exist_fails() -> None:
    reason = broken(lambda r: {**r, "rcode": "NOERROR"}, kind="NXDOMAIN", transport="udp")
    assert "NOERROR instead of NXDOMAIN" in reason


def test_a_wrong_port_or_target_of_srv_fails() -> None:
    def wrong_port(result: dict[str, Any]) -> dict[str, Any]:
        (answer,) = result["answers"]
        return {**result, "answers": [{**answer, "data": answer["data"].replace(" 80 ", " 8080 ")}]}

    assert "8080 web." in broken(wrong_port, kind="SRV", transport="udp")


def test_records_that_were_not_asked_for_fail() -> None:
    def alias(result: dict[str, Any]) -> dict[str, Any]:
        return {**result, "answers": [*result["answers"], {"name": "x.", "type": "CNAME", "data": "y."}]}

    assert "a record of x. CNAME, which was not asked for" in broken(alias, kind="A", transport="udp")


def test_a_truncated_answer_fails() -> None:
    assert "truncated" in broken(lambda r: {**r, "truncated": True}, kind="headless", transport="udp")


def test_without_a_service_before_the_releases_coredns_it_fails() -> None:
    api, made = prepared()
    api.objects["/api/v1/services"] = [
        s for s in api.objects["/api/v1/services"] if s["metadata"]["name"] != "kube-dns"
    ]
    with pytest.raises(
        Failed, match=r"no service on port 53 stands before a pod of registry\.cncf\.ci/coredns/coredns"
    ):
        dns.run(made)


def test_where_the_cluster_has_dns_of_its_own_the_releases_is_asked_as_well() -> None:
    api, made = prepared()
    beside = service("kube-system/crosscloud-coredns", "10.96.0.99", 53, {"k8s-app": "kube-dns"}, {})
    api.objects["/api/v1/services"][0] = beside
    assert dns.run(made)[0].startswith("10.96.0.10, 10.96.0.99 answered 56 questions")


def test_the_clusters_domain_is_told_by_the_pods_resolver() -> None:
    search = ["crosscloud-e2e-1.svc.example.test", "svc.example.test", "example.test"]
    assert questions.cluster_domain(search, "crosscloud-e2e-1") == "example.test"
    assert questions.cluster_domain(["localdomain"], "crosscloud-e2e-1") is None


def test_a_cluster_with_ipv6_is_asked_for_aaaa() -> None:
    asked = questions.about(Services("ns", "fd00::7"), ["fd01::5"], "cluster.local")
    assert [question.type for question in asked] == ["AAAA", "SRV", "PTR", "AAAA", "SRV", "AAAA", "AAAA"]
    assert asked[2].name.endswith(".0.0.d.f.ip6.arpa")
    assert asked[5].name == "fd01--5.ns.pod.cluster.local"
    assert (
        asked[0].wrong({"rcode": "NOERROR", "answers": [{"name": asked[0].name, "type": "AAAA", "data": "fd00:0::7"}]})
        == ""
    )
