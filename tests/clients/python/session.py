"""The official Python client, unmodified, against the server of the current kubeconfig.

Prints one line for each thing it saw and fails with the assertion that did not hold. The server is the simulated one, or a
real kube-apiserver: this program cannot tell, which is its point.
"""

import datetime
import sys
import threading
import time

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

NAMESPACE = "python-session"
FINGERPRINT = "d" * 64
GROUP, VERSION, PLURAL = "kubernaut.ai", "v1alpha1", "remediationrequests"


def refused(status, call, *args, **kwargs):
    """The exception of a call that must be refused with this status."""
    try:
        call(*args, **kwargs)
    except ApiException as error:
        assert error.status == status, f"expected {status}, got {error.status}: {error.body}"
        return error
    raise AssertionError(f"{call.__name__} was not refused; expected {status}")


def lease(name, holder):
    now = datetime.datetime.now(datetime.timezone.utc)
    spec = client.V1LeaseSpec(holder_identity=holder, lease_duration_seconds=15, acquire_time=now, renew_time=now)
    return client.V1Lease(metadata=client.V1ObjectMeta(name=name), spec=spec)


def typed_objects():
    """Typed objects: microsecond times survive, stale writes are refused, preconditions hold."""
    api = client.CoordinationV1Api()
    made = api.create_namespaced_lease(NAMESPACE, lease("lock", "one"))
    assert made.spec.renew_time.tzinfo is not None
    assert refused(409, api.create_namespaced_lease, NAMESPACE, lease("lock", "two")).reason == "Conflict"
    stale = api.read_namespaced_lease("lock", NAMESPACE)
    fresh = api.read_namespaced_lease("lock", NAMESPACE)
    assert fresh.spec.renew_time == made.spec.renew_time
    fresh.spec.holder_identity = "two"
    api.replace_namespaced_lease("lock", NAMESPACE, fresh)
    stale.spec.holder_identity = "three"
    refused(409, api.replace_namespaced_lease, "lock", NAMESPACE, stale)
    patched = api.patch_namespaced_lease("lock", NAMESPACE, {"spec": {"leaseTransitions": 1}})
    assert (patched.spec.holder_identity, patched.spec.lease_transitions) == ("two", 1)
    preconditions = client.V1Preconditions(uid=made.metadata.uid, resource_version=made.metadata.resource_version)
    options = client.V1DeleteOptions(preconditions=preconditions)
    refused(409, api.delete_namespaced_lease, "lock", NAMESPACE, body=options)
    api.delete_namespaced_lease("lock", NAMESPACE)
    refused(404, api.read_namespaced_lease, "lock", NAMESPACE)
    print("typed objects: created, replaced, patched, deleted; three stale or repeated writes refused")


def watches():
    """A watch that goes on where a list ended sees each change once and in order."""
    api = client.CoreV1Api()
    start = api.list_namespaced_config_map(NAMESPACE, label_selector="watched=yes").metadata.resource_version

    def write():
        time.sleep(0.3)
        body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="seen", labels={"watched": "yes"}), data={"n": "0"})
        api.create_namespaced_config_map(NAMESPACE, body)
        api.patch_namespaced_config_map("seen", NAMESPACE, {"data": {"n": "1"}})
        api.patch_namespaced_config_map("seen", NAMESPACE, {"metadata": {"labels": {"watched": "no"}}})
        api.delete_namespaced_config_map("seen", NAMESPACE)

    writer = threading.Thread(target=write)
    writer.start()
    stream = watch.Watch().stream(
        api.list_namespaced_config_map,
        NAMESPACE,
        label_selector="watched=yes",
        resource_version=start,
        timeout_seconds=3,
    )
    seen = [(event["type"], event["object"].data["n"]) for event in stream]
    writer.join()
    assert seen == [("ADDED", "0"), ("MODIFIED", "1"), ("DELETED", "1")], seen
    print("watch: three events in order, the last as the object stopped matching its selector")


def custom_objects():
    """Custom resources: selectable fields, the status subresource, pages, CEL."""
    api = client.CustomObjectsApi()
    where = (GROUP, VERSION, NAMESPACE, PLURAL)
    for number in range(5):
        spec = {"signalFingerprint": FINGERPRINT, "severity": "critical" if number % 2 else "warning"}
        body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "RemediationRequest", "spec": spec}
        body["metadata"] = {"generateName": "rr-", "labels": {"number": str(number)}}
        api.create_namespaced_custom_object(*where, body)
    names, token = [], None
    while token != "":
        page = api.list_namespaced_custom_object(*where, limit=2, _continue=token or "")
        names += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue", "")
    assert len(names) == len(set(names)) == 5 and names == sorted(names), names
    critical = api.list_namespaced_custom_object(*where, field_selector="spec.severity=critical")["items"]
    assert len(critical) == 2, len(critical)
    error = refused(400, api.list_namespaced_custom_object, *where, field_selector="spec.signalName=x")
    assert "field label not supported" in error.body, error.body
    status = {"status": {"overallPhase": "Pending", "deduplication": {"occurrenceCount": 1}}}
    after = api.patch_namespaced_custom_object_status(*where, names[0], status)
    assert after["status"]["deduplication"]["occurrenceCount"] == 1
    error = refused(422, api.patch_namespaced_custom_object, *where, names[0], {"spec": {"severity": "low"}})
    assert "spec is immutable" in error.body, error.body
    api.delete_collection_namespaced_custom_object(*where)
    assert api.list_namespaced_custom_object(*where)["items"] == []
    print("custom objects: five in three pages, two by a selectable field, status patched, one rule enforced")


def dynamic_apply():
    """The dynamic client discovers kinds and applies with field managers."""
    configmaps = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")

    def body(colour):
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"colour": colour}}

    apply = {"name": "applied", "namespace": NAMESPACE}
    configmaps.server_side_apply(body=body("blue"), field_manager="first", **apply)
    try:
        configmaps.server_side_apply(body=body("red"), field_manager="second", **apply)
        raise AssertionError("two managers own one field")
    except ConflictError:
        pass
    owned = configmaps.server_side_apply(body=body("red"), field_manager="second", force_conflicts=True, **apply)
    assert owned.data.colour == "red"
    configmaps.delete(name="applied", namespace=NAMESPACE)
    try:
        configmaps.get(name="applied", namespace=NAMESPACE)
        raise AssertionError("it is still there")
    except NotFoundError:
        pass
    print("dynamic client: discovered, applied, one conflict, forced, deleted")


def main():
    config.load_kube_config()
    core = client.CoreV1Api()
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    typed_objects()
    watches()
    custom_objects()
    dynamic_apply()


if __name__ == "__main__":
    sys.exit(main())
