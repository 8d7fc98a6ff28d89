"""Generates the table of the fields of Kubernetes objects that the compiler uses.

`python tests/engines/fields.py` writes `crates/compiler/src/targets/kubernetes/fields.txt` from the schemas
of the API server; `check.py` compares the two. Each line consists of a type and its fields. A field that is
not an arbitrary string is followed by `:` and its type: another type of the table, or a letter of `LETTERS`;
`[` precedes the type of list items, `{` that of map values. `@Secret` is the name of a Secret, `@kind` the
name of an object whose kind is in the field `kind` next to it, `@` the name of an object of unknown kind, and `$` a
string in which the kubelet replaces `$(NAME)`. After the type of list items, `|` precedes the merge keys: the fields that identify an item, such as
`|port,protocol=TCP`, where `=` precedes the value of an omitted field. A list with several `|` has alternatives, in
the order in which they are tried; only the last ones are those of the API. A set of strings or numbers has `|` without
fields. A field of any version is included, of each kind with a stable API version. Fields are in the
customary order. The table does not contain formats of strings, ranges of numbers, or required fields that are not
merge keys.
"""

import json
import re
from pathlib import Path

import kubernetes_validate

SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
TABLE = Path(__file__).parents[2] / "crates/compiler/src/targets/kubernetes/fields.txt"
VERSIONS = range(29, 38)

# The customary order of fields; `*` stands for all others, sorted by name.
ORDER = """
apiVersion apiGroups apiGroup kind metadata type name namespace labels annotations image imagePullPolicy restartPolicy serviceAccountName
automountServiceAccountToken enableServiceLinks command args clusterIP
schedule concurrencyPolicy successfulJobsHistoryLimit failedJobsHistoryLimit backoffLimit
scaleTargetRef minReplicas maxReplicas metrics minAvailable maxUnavailable replicas serviceName podSelector
policyTypes from maxSkew topologyKey whenUnsatisfiable
labelSelector selector matchLabels ingressClassName tls hosts secretName host scheme key path pathType operator value effect
port containerPort targetPort protocol ports env envFrom configMapKeyRef secretKeyRef accessModes resources
limits requests httpGet exec startupProbe livenessProbe readinessProbe priorityClassName
terminationGracePeriodSeconds runAsNonRoot runAsUser runAsGroup fsGroup seccompProfile
allowPrivilegeEscalation readOnlyRootFilesystem drop add capabilities securityContext nodeSelector tolerations
topologySpreadConstraints imagePullSecrets mountPath subPath readOnly
* volumeMounts initContainers containers volumes template jobTemplate volumeClaimTemplates spec data stringData
binaryData status
""".split()


def definitions(version):
    path = SCHEMAS / f"v1.{version}.0-local" / "_definitions.json"
    return json.loads(path.read_text())["$defs"]


# The letters of types that are neither strings nor types of the table. In addition, `p` is an
# integer or a string, such as a port, and `q` a number or a string, such as an amount of memory.
LETTERS = {"integer": "i", "number": "n", "boolean": "b", "object": "o"}

# The fields that contain the name of an object, by its kind, or by the field next to them that contains its
# kind. The schemas do not contain this. A field without a type exists in several types.
NAMES = {
    "": "ParamRef.name",
    "ConfigMap": "ConfigMapEnvSource.name ConfigMapKeySelector.name ConfigMapNodeConfigSource.name "
    "ConfigMapProjection.name ConfigMapVolumeSource.name",
    "DeviceClass": "deviceClassName",
    "IngressClass": "ingressClassName",
    "MutatingAdmissionPolicy": "MutatingAdmissionPolicyBindingSpec.policyName",
    "Namespace": "ObjectMeta.namespace ObjectReference.namespace SecretReference.namespace Subject.namespace "
    "TypedObjectReference.namespace AzureFilePersistentVolumeSource.secretNamespace "
    "IngressClassParametersReference.namespace ConfigMapNodeConfigSource.namespace ParamRef.namespace "
    "ParentReference.namespace ServiceAccountSubject.namespace ServiceReference.namespace",
    "PersistentVolume": "PersistentVolumeClaimSpec.volumeName persistentVolumeName",
    "PersistentVolumeClaim": "claimName",
    "PriorityClass": "priorityClassName",
    "PriorityLevelConfiguration": "PriorityLevelConfigurationReference.name",
    "ResourceClaim": "resourceClaimName",
    "ResourceClaimTemplate": "resourceClaimTemplateName",
    "RuntimeClass": "runtimeClassName",
    # All fields of the type `LocalObjectReference` refer to Secrets, which `problems` checks.
    "Secret": "secretName LocalObjectReference.name SecretEnvSource.name SecretKeySelector.name SecretProjection.name "
    "SecretReference.name",
    "Service": "serviceName IngressServiceBackend.name ServiceReference.name",
    "ServiceAccount": "serviceAccountName PodSpec.serviceAccount ServiceAccountSubject.name",
    "StorageClass": "storageClassName",
    "ValidatingAdmissionPolicy": "ValidatingAdmissionPolicyBindingSpec.policyName",
    "VolumeAttributesClass": "volumeAttributesClassName",
    "kind": "BoundObjectReference.name CrossVersionObjectReference.name IngressClassParametersReference.name "
    "ObjectReference.name OwnerReference.name RoleRef.name Subject.name TypedLocalObjectReference.name "
    "TypedObjectReference.name",
    "resources": "PolicyRule.resourceNames NamedRuleWithOperations.resourceNames",
}

# The fields in which the kubelet replaces `$(NAME)`.
EXPANDED = {"EnvVar.value", "Container.command", "Container.args", "EphemeralContainer.command",
            "EphemeralContainer.args", "ExecAction.command"}

MEANINGS = {field: f"@{kind}" for kind, fields in NAMES.items() for field in fields.split()}
MEANINGS |= {field: "$" for field in EXPANDED}

# The merge keys of lists that the API replaces as a whole. Nothing but its name tells which claim template of a
# workload is meant.
KEYS = {"StatefulSetSpec.volumeClaimTemplates": "metadata.name"}

# Fields by which the API does not merge a list, but which identify an item as well.
UNIQUE = {"ContainerPort": "name", "ServicePort": "name"}

# The values of omitted merge keys, which schemas contain only in descriptions.
OMITTED = {"protocol": "TCP"}

# Fields that users do not write.
UNCHECKED = ("status", "managedFields")

STRING, ANY = "s", "a"


def reference(schema):
    """The definition to which a schema refers."""
    for part in [schema, *schema.get("oneOf", []), *schema.get("allOf", [])]:
        if "$ref" in part:
            return part["$ref"].rpartition("/")[2]
    return None


def kind(schema):
    """The only type in a schema, except `null`."""
    kinds = schema.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    kinds -= {"null"}
    return kinds.pop() if len(kinds) == 1 else None


def merge_keys(field, schema, known):
    """The merge keys of a list in the syntax of the table; none if it is not merged."""
    if field in KEYS:
        return f"|{KEYS[field]}"
    keys = schema.get("x-kubernetes-list-map-keys") or schema.get("x-kubernetes-patch-merge-key")
    if keys is None:
        is_set = schema.get("x-kubernetes-list-type") == "set"
        return "|" if is_set or "merge" in schema.get("x-kubernetes-patch-strategy", "") else None
    item = reference(schema["items"])
    required = known[item].get("required", [])
    keys = [keys] if isinstance(keys, str) else keys
    keys = ",".join(key if key in required else f"{key}={OMITTED.get(key, '')}" for key in keys)
    unique = UNIQUE.get(item.rpartition(".")[2])
    return f"|{unique}|{keys}" if unique else f"|{keys}"


def place(field):
    return ORDER.index(field if field in ORDER else "*"), field


class Table:
    """The types seen so far, with their fields from all versions."""

    def __init__(self):
        self.types = {}
        # The merge keys of lists, by type and field.
        self.keys = {}
        self.meanings = set(MEANINGS)

    def add(self, name, definition, known):
        """Adds a definition with a name, and those to which its fields refer."""
        fields = self.types.setdefault(name, {})
        for field, schema in definition.get("properties", {}).items():
            shape = ANY if field in UNCHECKED else self.meant(name, field, self.shape(schema, known))
            # If versions disagree, the type is unknown.
            fields[field] = shape if fields.get(field, shape) == shape else ANY
            # Early versions do not describe all lists.
            keys = merge_keys(f"{name.rpartition('.')[2]}.{field}", schema, known)
            if shape.startswith("[") and keys is not None:
                self.keys[name, field] = keys

    def meant(self, name, field, shape):
        """The type of a field, with the meaning of its strings."""
        for key in (f"{name.rpartition('.')[2]}.{field}", field):
            if key in MEANINGS and shape in (STRING, f"[{STRING}"):
                self.meanings.discard(key)
                return shape.replace(STRING, MEANINGS[key])
        return shape

    def shape(self, schema, known):
        """The type of a schema in the syntax of the table. Types that it refers to are added."""
        target = reference(schema)
        if target and "properties" in known[target]:
            if not known[target].get("met"):
                known[target]["met"] = True
                self.add(short_name(target), known[target], known)
            return short_name(target)
        if target:
            return self.shape(known[target], known)
        if "oneOf" in schema:
            kinds = {kind(part) for part in schema["oneOf"]}
            return {("integer", "string"): "p", ("number", "string"): "q"}.get(tuple(sorted(kinds)), ANY)
        match kind(schema):
            case "array":
                return "[" + self.shape(schema.get("items", {}), known)
            case "object" if isinstance(schema.get("additionalProperties"), dict):
                return "{" + self.shape(schema["additionalProperties"], known)
            case "string":
                return STRING
            case other:
                return LETTERS.get(other, ANY)

    def text(self):
        lines = []
        for name in sorted(self.types):
            fields = sorted(self.types[name].items(), key=lambda item: place(item[0]))
            fields = [field if of == STRING else f"{field}:{of}{self.keys.get((name, field), '')}" for field, of in fields]
            lines.append(" ".join([name, *fields]) + "\n")
        return "".join(lines)


def short_name(definition):
    """`io.k8s.api.core.v1.Container` as `core.v1.Container`."""
    return ".".join(definition.split(".")[-3:])


def kinds(known):
    """The kinds of objects with a stable API version, each with its definition."""
    for definition in known.values():
        metadata = reference(definition.get("properties", {}).get("metadata", {})) or ""
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            if metadata.endswith(".ObjectMeta") and re.fullmatch(r"v\d+", kind["version"]):
                yield "/".join(filter(None, [kind["group"], kind["version"], kind["kind"]])), definition


def read():
    table = Table()
    for version in VERSIONS:
        known = definitions(version)
        for name, definition in kinds(known):
            table.add(name, definition, known)
    return table


def problems():
    """The problems of the table that the compiler uses."""
    table = read()
    problems = [f"no type has the field {key}" for key in sorted(table.meanings)]
    for name, fields in table.types.items():
        problems += [
            f"{name}.{field} may not be the name of a Secret"
            for field, shape in fields.items()
            if shape.endswith("core.v1.LocalObjectReference") and "secret" not in field.lower()
        ]
    if TABLE.read_text() != table.text():
        problems.append(f"{TABLE.name} is out of date; `python tests/engines/fields.py` writes it")
    return problems


if __name__ == "__main__":
    TABLE.write_text(read().text())
