"""Renders charts for releases with names of every length, and in pairs. Names must be valid, references must
lead to objects, and two releases in a namespace must have nothing in common, unless Helm refuses the second one.
"""

import itertools
import re

import charts
import helm_python
import helm_values
from cases import ROOT, copy_case

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(rf"{LABEL.pattern}(\.{LABEL.pattern})*")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
# The maximum length of names; those of pods and jobs are longer than that of their object.
LENGTHS = {"CronJob": 52, "StatefulSet": 52, "Service": 63, "Deployment": 63, "DaemonSet": 63, "Job": 63}
# The kind of object to which a reference leads, by its key or the key around it.
KINDS = {
    "secretKeyRef": "Secret",
    "secretName": "Secret",
    "configMapKeyRef": "ConfigMap",
    "configMap": "ConfigMap",
    "claimName": "PersistentVolumeClaim",
    "serviceName": "Service",
    "service": "Service",
    "backendRefs": "Service",
    "serviceAccountName": "ServiceAccount",
}
# Cases with long names, many objects, and objects of provisioners.
CASES = ["kubernetes/long-names", "kubernetes/kind-statefulset", "provisioners/raw-objects", "kubernetes/before"]


def checks(folders):
    """Names and problems."""
    folder = folders.fresh("releases")
    helm_values.project(folder)
    failed, rich = charts.make(folder, **helm_values.GIVEN)
    if failed:
        yield "releases", failed
        return
    needed = {"environment": {"REGION": "north"}}
    yield "releases: of every length", list(lengths(rich, needed))
    for case in CASES:
        folder = folders.fresh(case)
        copy_case(ROOT / "tests/cases" / case, folder)
        options = ["--provisioners", "bucket.yaml"] if (folder / "bucket.yaml").is_file() else []
        failed, made = charts.make(folder, *options)
        yield f"releases: of every length, {case}", failed or list(lengths(made, {}))
    yield "releases: pairs", list(pairs(folders, rich, needed))
    yield "releases: certificates", list(certificates(folders))


def names():
    """Release names of every length that Helm allows."""
    for length in range(1, 54):
        yield "r" * length
        for joint in "-.":
            if length > 2:
                yield ("a" + joint + "0b" * 27)[: length - 1] + "c"
                yield "a" * (length - 2) + joint + "z"


def lengths(made, values):
    """The problems in releases and namespaces with names of some lengths."""
    whole = set(dangling(made.objects(values, hooks=True)))
    for name in names():
        helm_python.validate_release_name(name)
        yield from (f"release {name}: {it}" for it in release(made, values, name, "default", whole))
    for length in range(1, 64):
        namespace = "n" * length
        yield from (f"namespace {namespace}: {it}" for it in release(made, values, "r", namespace, whole))


def release(made, values, name, namespace, whole):
    objects = made.objects(values, name, namespace, hooks=True)
    for item in objects.values():
        yield from invalid(item)
    yield from set(dangling(objects)) - whole
    for item in objects.values():
        if len((item["metadata"].get("namespace") or "")) not in (0, len(namespace)):
            yield f"{item['kind']} is in {item['metadata']['namespace']}"


def invalid(item):
    """Names and labels of an object that the API server would reject."""
    kind, name = item["kind"], item["metadata"]["name"]
    most = LENGTHS.get(kind)
    pattern = LABEL if most else SUBDOMAIN
    if not pattern.fullmatch(name) or len(name) > (most or 253):
        yield f"{kind} {name} has no valid name"
    for at, value in helm_values.flat(item).items():
        key = at[-1] if at else ""
        if "labels" in at[:-1] or "matchLabels" in at[:-1]:
            if not VALUE.fullmatch(value) or len(value) > 63:
                yield f"{kind} {name}: {key} cannot be `{value}`"
        if key in ("serviceName", "hostname", "subdomain") or at[-2:] == ("service", "name"):
            if not LABEL.fullmatch(value) or len(value) > 63:
                yield f"{kind} {name}: {key} cannot be `{value}`"


def references(item):
    """The references of an object, as kinds and names."""
    for at, value in helm_values.flat(item).items():
        around = [step for step in at[:-1] if isinstance(step, str)]
        if at[-1] == "name" and around and around[-1] in KINDS:
            yield KINDS[around[-1]], value
        elif at[-1] in KINDS:
            yield KINDS[at[-1]], value
        elif at[-2:] == ("scaleTargetRef", "name"):
            yield item["spec"]["scaleTargetRef"]["kind"], value
        elif at[-2:] == ("credentials", "name"):
            # A field in the custom object of a case.
            yield "Secret", value


def dangling(objects):
    """Dangling references, by the part of the name that does not depend on the release."""
    known = {(kind, name) for _, kind, _, name in objects}
    for identity, item in objects.items():
        for kind, name in references(item):
            if (kind, name) not in known:
                yield f"{identity[1]}: no {kind}"
        for selector in selectors(item):
            if not any(matches(selector, labels) for labels in pods(objects)):
                yield f"{identity[1]}: nothing is selected"


def selectors(item):
    """The selectors of an object for pods."""
    spec = item.get("spec") or {}
    if item["kind"] == "Service":
        yield spec["selector"]
    else:
        for key in ("selector", "podSelector"):
            yield from [spec[key]["matchLabels"]] if spec.get(key, {}).get("matchLabels") else []
        for way in [*spec.get("ingress", []), *spec.get("egress", [])]:
            for peer in [*way.get("from", []), *way.get("to", [])]:
                yield from [peer["podSelector"]["matchLabels"]] if peer.get("podSelector", {}).get("matchLabels") else []


def pods(objects):
    """The labels of all pods."""
    for item in objects.values():
        spec = item.get("spec") or {}
        spec = spec["jobTemplate"]["spec"] if item["kind"] == "CronJob" else spec
        if "template" in spec:
            yield spec["template"]["metadata"]["labels"]
        elif item["kind"] == "Pod":
            yield item["metadata"].get("labels") or {}


def matches(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


SCORE = """
apiVersion: score.dev/v1b1
metadata: {{name: {name}, annotations: {{k8s.score.dev/service-account: own}}}}
service: {{ports: {{http: {{port: 80}}}}}}
containers:
  main:
    image: "busybox:1"
    variables: {{SECRET: "${{resources.cache.password}}"}}
    files: {{/etc/file: {{content: text}}}}
resources: {{cache: {{type: redis}}}}
"""
# Workloads of charts, which are named like their project, and release names that could collide.
NEAR = {
    "a": ["b-web", "web"],
    "a-b": ["web", "a-web"],
    "web": ["web", "a-web", "a-b-web"],
    "a-web": ["web", "a-web"],
}
RELEASES = ["a", "a-b", "a.b", "a-b-web", "web", "a-web", "b", "web-a", "a" * 52, "a" * 53, "a" * 20 + "-b", "a" * 20 + "-c"]


# Routes whose certificates an issuer creates.
ROUTES = """
apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 80}}}
containers: {main: {image: "web:1"}}
resources:
  one: {type: route, params: {host: shop.example.com, path: /, port: http}}
  same: {type: route, params: {host: shop.example.com, path: /api, port: http}}
  several: {type: route, params: {host: [a.example.com, b.example.com], path: /, port: http}}
  long: {type: route, params: {host: "the-shop-of-the-company.in-a-domain-with-a-long-name.x---y.example.com", path: /, port: http}}
"""
ISSUER = "apiVersion: score-rs/v1\nkind: Project\nname: shop\nkubernetes: {routes: {kind: Ingress, issuer: letsencrypt}}\n"


def certificates(folders):
    """The Secrets with certificates that releases share although the user has not named them."""
    folder = folders.fresh("certificates")
    (folder / "score.yaml").write_text(ROUTES)
    (folder / "score-rs.yaml").write_text(ISSUER)
    failed, made = charts.make(folder)
    wrong, plain = charts.kubernetes(folder)
    yield from failed + wrong
    if failed or wrong:
        return
    if secrets(made.objects({}, "shop")) != secrets(plain):
        yield "the release with the name of the project has other Secrets"
    if secrets(plain)["route-web--one"] != secrets(plain)["route-web--same"]:
        yield "routes with the same host have different certificates"
    taken = set(secrets(plain).values())
    for name in ("staging", "a", "a" * 53):
        found = set(secrets(made.objects({}, name)).values())
        yield from (f"{name} shares the Secret {secret}" for secret in sorted(found & taken))
        yield from (f"{secret} is not valid" for secret in found if not LABEL.fullmatch(secret) or len(secret) > 63)
        taken |= found
    route = {"host": "other.example.com", "ingress": {"tlsSecret": "chosen"}}
    chosen = made.objects({"routes": {"route-web--one": route}}, "staging")
    if secrets(chosen)["staging-route-web--one"] != "chosen":
        yield "the Secret that the user has named is not used"
    off = made.objects({"routes": {"route-web--one": {"ingress": {"tls": False}}}}, "shop")
    if "route-web--one" in secrets(off):
        yield "TLS is not disabled"


def secrets(objects):
    """The Secrets with the certificates of Ingresses, by the name of the Ingress."""
    return {
        item["metadata"]["name"]: item["spec"]["tls"][0]["secretName"]
        for item in objects.values()
        if item["kind"] == "Ingress" and item["spec"].get("tls")
    }


def pairs(folders, rich, needed):
    """The parts that two releases in a namespace have in common, although Helm installs both."""
    made = [(rich, needed)]
    for name, workloads in NEAR.items():
        folder = folders.fresh(name)
        for workload in workloads:
            (folder / f"{workload}.score.yaml").write_text(SCORE.format(name=workload))
        failed, chart = charts.make(folder, "--project-name", name)
        yield from failed
        if chart:
            made.append((chart, {}))
    releases = []
    for chart, values in made:
        for name in {*RELEASES, chart.name}:
            found = chart.objects(values, name, hooks=True)
            releases.append((f"{name} of {chart.name}", name, found))
    both = [it for it in itertools.combinations(releases, 2) if it[0][1] != it[1][1]]
    separate = 0
    for (left, left_name, some), (right, right_name, more) in both:
        if not refuses(installed(some, left_name), more, right_name):
            separate += 1
            yield from (f"{left} and {right}: {it}" for it in common(some, more))
    if separate < 0.9 * len(both):
        yield f"Helm refuses all but {separate} of {len(both)} pairs of releases"
    yield from same_chart(rich, needed)


def same_chart(made, values):
    """Releases of one chart whose names differ in more than a dot have no name in common."""
    found = {name: made.objects(values, name, hooks=True) for name in RELEASES}
    for left, right in itertools.combinations(RELEASES, 2):
        if left.replace(".", "-") != right.replace(".", "-"):
            yield from (f"{left} and {right}: {it}" for it in common(found[left], found[right]))


def installed(objects, release):
    """The objects as Helm installs them, without hooks: with their release in annotations."""
    owner = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": "default"}
    return {
        identity: {**item, "metadata": {**item["metadata"], "annotations": {**annotations(item), **owner}}}
        for identity, item in objects.items()
        if charts.HOOK not in annotations(item)
    }


def annotations(item):
    return item["metadata"].get("annotations") or {}


def refuses(existing, objects, release):
    """Whether Helm refuses to install a release, because an object exists that another release owns."""
    wanted = installed(objects, release)
    return any(
        annotations(existing[it])["meta.helm.sh/release-name"] != annotations(wanted[it])["meta.helm.sh/release-name"]
        for it in existing.keys() & wanted.keys()
    )


def common(some, more):
    """The names that two releases have in common, and selectors of one that select pods of the other."""
    for identity in some.keys() & more.keys():
        yield f"{charts.label(identity)} in both"
    for one, other in ((some, more), (more, some)):
        labels = list(pods(other))
        for identity, item in one.items():
            for selector in selectors(item):
                if any(matches(selector, of) for of in labels):
                    yield f"{charts.label(identity)} selects pods of the other"
