"""Objects, through the genuine engine, on a genuine API server."""

import base64

import pytest

from crosscloud.plugins.kubernetes.api import Api

from .conftest import NewStack

pytestmark = pytest.mark.engine

PROGRAM = """
    import os
    import pulumi
    import pulumi_kubernetes as k8s

    provider = k8s.Provider("k", kubeconfig=pulumi.Output.secret(os.environ["CLUSTER"]))
    options = pulumi.ResourceOptions(provider=provider)
    given = os.environ.get
    space = k8s.core.v1.Namespace("apps", metadata={"labels": {"stage": given("STAGE", "one")}}, opts=options)
    inside = {"namespace": space.metadata.name}
    secret = k8s.core.v1.Secret(
        "login", metadata=inside, string_data={"word": given("WORD", "open sesame")}, opts=options
    )
    k8s.core.v1.ConfigMap(
        "fixed", metadata={**inside, "name": "fixed"}, data={"colour": given("COLOUR", "red")}, opts=options
    )
    k8s.apps.v1.Deployment(
        "web",
        metadata={
            **inside,
            "name": "web",
            "annotations": {"pulumi.com/skipAwait": given("SKIP", "true"), "pulumi.com/timeoutSeconds": "4"},
        },
        spec={
            "replicas": int(given("REPLICAS", "1")),
            "selector": {"match_labels": {"app": given("APP", "web")}},
            "template": {
                "metadata": {"labels": {"app": given("APP", "web")}},
                "spec": {"containers": [{"name": "main", "image": "none", "resources": {"limits": {"cpu": "1000m"}}}]},
            },
        },
        opts=options,
    )
    pulumi.export("namespace", space.metadata.name)
    pulumi.export("word", secret.data["word"])
"""


def namespace(api: Api) -> str:
    found = [n["metadata"]["name"] for n in api.list("v1", "Namespace") if n["metadata"]["name"].startswith("apps-")]
    assert len(found) == 1
    return str(found[0])


def test_objects_live_from_preview_to_deletion(new_stack: NewStack, api: Api) -> None:
    stack = new_stack(PROGRAM)
    assert "6 to create" in stack.preview()
    assert not [n for n in api.list("v1", "Namespace") if n["metadata"]["name"].startswith("apps-")]

    assert "6 created" in stack.up()
    assert "6 unchanged" in stack.preview()

    preview = stack.preview(STAGE="two", REPLICAS="2")
    assert '"one" => "two"' in preview
    assert "replicas: 1 => 2" in preview
    stack.up(STAGE="two", REPLICAS="2")
    space = namespace(api)
    assert api.get("apps/v1", "Deployment", space, "web")["spec"]["replicas"] == 2  # type: ignore[index]

    stack.destroy()
    assert api.get("v1", "Namespace", "", space) is None


def test_what_was_changed_or_deleted_in_the_cluster_is_seen_and_mended(new_stack: NewStack, api: Api) -> None:
    stack = new_stack(PROGRAM)
    stack.up()
    space = namespace(api)
    path = api.path(api.kind("apps/v1", "Deployment"), space, "web")
    api.request("PATCH", path, body={"spec": {"replicas": 5}}, content="application/merge-patch+json")
    api.request("DELETE", api.path(api.kind("v1", "ConfigMap"), space, "fixed"))

    seen = stack.refresh()
    assert "1 deleted" in seen
    assert "1 updated" in seen
    assert "replicas: 5 => 1" in stack.preview(PULUMI_K8S_ENABLE_PATCH_FORCE="true")
    stack.up(PULUMI_K8S_ENABLE_PATCH_FORCE="true")
    assert api.get("apps/v1", "Deployment", space, "web")["spec"]["replicas"] == 1  # type: ignore[index]
    assert api.get("v1", "ConfigMap", space, "fixed") is not None


def test_a_field_that_another_program_owns_is_not_taken_without_being_told(new_stack: NewStack, api: Api) -> None:
    stack = new_stack(PROGRAM)
    stack.up()
    path = api.path(api.kind("v1", "Namespace"), "", namespace(api))
    label = {"metadata": {"labels": {"stage": "theirs"}}}
    query = {"fieldManager": "somebody"}
    api.request("PATCH", path, query=query, body=label, content="application/merge-patch+json")
    said = stack.up(STAGE="two", fails=True)
    assert 'conflict with "somebody"' in said
    assert "pulumi.com/patchForce" in said


def test_what_is_immutable_is_replaced(new_stack: NewStack, api: Api) -> None:
    stack = new_stack(PROGRAM)
    stack.up()
    uid = api.get("apps/v1", "Deployment", namespace(api), "web")["metadata"]["uid"]  # type: ignore[index]
    assert "1 to replace" in stack.preview(APP="other")
    assert "1 to replace" in stack.preview(COLOUR="blue")
    stack.up(APP="other", COLOUR="blue")
    space = namespace(api)
    assert api.get("apps/v1", "Deployment", space, "web")["metadata"]["uid"] != uid  # type: ignore[index]
    assert api.get("v1", "ConfigMap", space, "fixed")["data"] == {"colour": "blue"}  # type: ignore[index]


def test_an_object_that_does_not_get_ready_is_kept_and_explained(new_stack: NewStack) -> None:
    stack = new_stack(PROGRAM)
    said = stack.up(SKIP="false", fails=True)
    assert "0 of 1 replicas are available" in said
    assert "not scheduled: no nodes available" in said
    assert "Traceback" not in said
    deployment = stack.resource("Deployment")
    assert deployment["id"].endswith("/web")
    assert any("not scheduled" in reason for reason in deployment["initErrors"])
    assert "updated" in stack.up()
    assert "initErrors" not in stack.resource("Deployment")


def test_no_secret_is_in_the_state_in_plain_or_in_base64(new_stack: NewStack) -> None:
    stack = new_stack(PROGRAM)
    said = stack.up()
    stack.refresh()
    state = stack.state()
    for word in ("open sesame", base64.b64encode(b"open sesame").decode()):
        assert word not in state + said
    assert "client-key-data" not in state


def test_an_object_that_something_else_made_is_not_taken_over(new_stack: NewStack, api: Api) -> None:
    path = api.path(api.kind("v1", "ConfigMap"), "default")
    body = {"metadata": {"name": "theirs"}, "data": {"a": "b"}}
    api.request("POST", path, body=body)
    program = """
        import os, pulumi
        import pulumi_kubernetes as k8s

        options = pulumi.ResourceOptions(provider=k8s.Provider("k", kubeconfig=os.environ["CLUSTER"]))
        k8s.core.v1.ConfigMap("c", metadata={"name": "theirs"}, data={"a": "c"}, opts=options)
    """
    assert "already exists in the cluster" in new_stack(program).up(fails=True)
    assert api.get("v1", "ConfigMap", "default", "theirs")["data"] == {"a": "b"}  # type: ignore[index]
    api.request("DELETE", f"{path}/theirs")


def test_an_object_that_a_killed_update_made_is_taken_over(new_stack: NewStack, api: Api) -> None:
    stack = new_stack(PROGRAM)
    before = stack.state()
    stack.up(SKIP="true")
    # As after a kill between the API server's answer and the engine's note of it.
    (stack.folder / "before.json").write_text(before)
    stack.run("stack", "import", "--stack", "test", "--file", "before.json")
    space = namespace(api)
    program = (stack.folder / "__main__.py").read_text()
    (stack.folder / "__main__.py").write_text(
        program.replace('"apps", metadata={', f'"apps", metadata={{"name": "{space}", ')
    )
    assert "6 created" in stack.up()


def test_a_custom_resource_waits_for_its_definition(new_stack: NewStack, api: Api) -> None:
    stack = new_stack(
        """
        import os, pulumi
        import pulumi_kubernetes as k8s

        options = pulumi.ResourceOptions(provider=k8s.Provider("k", kubeconfig=os.environ["CLUSTER"]))
        k8s.apiextensions.CustomResource(
            "thing", api_version="example.org/v1", kind="Thing", metadata={"name": "one"}, opts=options,
            spec={"size": 3},
        )
        k8s.apiextensions.v1.CustomResourceDefinition(
            "things",
            metadata={"name": "things.example.org"},
            spec={
                "group": "example.org",
                "scope": "Cluster",
                "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
                "versions": [{
                    "name": "v1", "served": True, "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                }],
            },
            opts=options,
        )
        """
    )
    assert "4 to create" in stack.preview()
    stack.up()
    assert api.get("example.org/v1", "Thing", "", "one")["spec"] == {"size": 3}  # type: ignore[index]
    assert "4 unchanged" in stack.preview()


def test_a_patch_leaves_the_object_when_it_goes(new_stack: NewStack, api: Api) -> None:
    stack = new_stack(
        """
        import os, pulumi
        import pulumi_kubernetes as k8s

        options = pulumi.ResourceOptions(provider=k8s.Provider("k", kubeconfig=os.environ["CLUSTER"]))
        k8s.core.v1.NamespacePatch(
            "mark", metadata={"name": "default", "labels": {"marked": "yes"}}, opts=options
        )
        """
    )
    stack.up()
    assert api.get("v1", "Namespace", "", "default")["metadata"]["labels"]["marked"] == "yes"  # type: ignore[index]
    stack.destroy()
    assert "marked" not in api.get("v1", "Namespace", "", "default")["metadata"]["labels"]  # type: ignore[index]


def test_a_cluster_that_is_gone_does_not_stop_a_preview(new_stack: NewStack) -> None:
    stack = new_stack(PROGRAM)
    nowhere = "https://127.0.0.1:1"
    kubeconfig = stack.environment["CLUSTER"]
    server = next(line.split()[-1] for line in kubeconfig.splitlines() if "server:" in line)
    said = stack.preview(CLUSTER=kubeconfig.replace(server, nowhere))
    assert "the cluster is unreachable" in said
    assert "6 to create" in said
    failed = stack.up(CLUSTER=kubeconfig.replace(server, nowhere), fails=True)
    assert f"the API server {nowhere} does not answer" in failed
