//! A model as JSON.

use score_spec::{Map, Port, Quantities, Quantity, Sources, Span, Spanned};
use serde_json::{Map as Object, Value, json};

use super::totals::Amount;
use super::{
    Amounts, Declaration, Installation, Model, ModelContainer, ModelObject, ModelOutput,
    ModelProvisioner, ModelResource, ModelRoute, ModelWorkload,
};
use crate::input::{EnvironmentId, ExternalWorkload};
use crate::targets::Scale;
use crate::targets::kubernetes::SecretsMode;

/// The version of the format, to which fields are only added.
const VERSION: &str = "score-rs/model/v1";

impl Model {
    /// The model as JSON with the schema `model.json`. The sources are those of the compilation.
    pub fn to_json(&self, sources: &Sources) -> Value {
        json!({
            "version": VERSION,
            "project": self.project,
            "environment": self.environment.as_ref().map(EnvironmentId::json),
            "target": self.target,
            "installation": self.installation.as_ref().map(Installation::json),
            "workloads": each(&self.workloads, |it| it.to_json(sources)),
            "resources": each(&self.resources, |it| it.to_json(sources)),
            "routes": self.routes.iter().map(ModelRoute::json).collect::<Value>(),
            "externals": each(&self.externals, |it| it.json(sources)),
            "objects": self.objects.iter().map(ModelObject::json).collect::<Value>(),
            "totals": {
                "min": self.totals.min.json(),
                "max": self.totals.max.json(),
            },
        })
    }
}

fn each<T>(map: &Map<T>, json: impl Fn(&T) -> Value) -> Value {
    let entries = map.iter().map(|(name, value)| (name.clone(), json(value)));
    Value::Object(entries.collect())
}

/// A location in a file.
fn place(sources: &Sources, span: Span) -> Value {
    let position = sources.position(span.source, span.range().start);
    json!({
        "file": sources.get(span.source).name,
        "line": position.line,
        "column": position.column,
    })
}

impl EnvironmentId {
    fn json(&self) -> Value {
        json!({ "name": self.name, "type": self.kind })
    }
}

impl Installation {
    fn json(&self) -> Value {
        let mut modes = SecretsMode::ALL.into_iter();
        let secrets = modes.find(|(_, mode)| Some(*mode) == self.secrets);
        json!({
            "path": self.path,
            "namespace": self.namespace,
            "secrets": secrets.map(|(name, _)| name),
            "chart": self.chart,
        })
    }
}

impl ExternalWorkload {
    fn json(&self, sources: &Sources) -> Value {
        json!({
            "place": place(sources, self.span),
            "host": self.host,
            "ports": each(&self.ports, |port| (*port).into()),
        })
    }
}

impl ModelWorkload {
    fn to_json(&self, sources: &Sources) -> Value {
        json!({
            "place": place(sources, self.span),
            "annotations": each(&self.annotations, |it| it.as_str().into()),
            "ports": each(&self.ports, port),
            "containers": each(&self.containers, ModelContainer::json),
            "scale": self.scale.as_ref().map(Scale::json),
            "resources": each(&self.resources, |uid| uid.as_str().into()),
            "needs": self.needs,
            "refers_to": self.refers_to,
            "referred_by": self.referred_by,
        })
    }
}

fn port(port: &Port) -> Value {
    json!({
        "port": port.port,
        "targetPort": port.target,
        "protocol": port.protocol.as_str(),
    })
}

impl ModelContainer {
    fn json(&self) -> Value {
        json!({
            "image": self.image,
            "variables": self.variables,
            "files": self.files,
            "volumes": self.volumes,
            "limits": quantities(&self.limits),
            "requests": quantities(&self.requests),
            "liveness_probe": self.has_liveness_probe,
            "readiness_probe": self.has_readiness_probe,
        })
    }
}

/// Quantities without those that are absent.
fn quantities(quantities: &Quantities) -> Value {
    let entries = [("cpu", &quantities.cpu), ("memory", &quantities.memory)];
    let entries = entries.into_iter().filter_map(|(name, quantity)| {
        let quantity: &Spanned<Quantity> = quantity.as_ref()?;
        Some((name.to_owned(), quantity.value.as_str().into()))
    });
    Value::Object(entries.collect())
}

impl Scale {
    fn json(&self) -> Value {
        json!({
            "kind": self.kind,
            "min": self.min,
            "max": self.max,
            "budget": self.has_budget,
        })
    }
}

impl ModelResource {
    /// The resource as JSON.
    pub fn to_json(&self, sources: &Sources) -> Value {
        let declared = self.declared.iter().map(|it| it.json(sources));
        let params = self.params.as_ref();
        let provisioner = self.provisioner.as_ref();
        json!({
            "type": self.identity.kind,
            "class": self.identity.class(),
            "id": self.identity.id,
            "declared": declared.collect::<Value>(),
            "params": params.map(|params| params.to_value().to_json()),
            "provisioner": provisioner.map(|it| it.json(sources)),
            "requires": each(&self.requires, |uid| uid.as_str().into()),
            "refers_to": self.refers_to,
            "required_by": self.required_by,
            "needed_by": self.needed_by,
            "outputs": each(&self.outputs, |it| it.json()),
            "any_output": self.has_any_output,
            "data": self.has_data,
        })
    }
}

impl Declaration {
    fn json(&self, sources: &Sources) -> Value {
        json!({
            "workload": self.workload,
            "name": self.name,
            "place": place(sources, self.span),
        })
    }
}

impl ModelProvisioner {
    fn json(&self, sources: &Sources) -> Value {
        json!({
            "place": place(sources, self.span),
            "built_in": self.is_built_in,
            "description": self.description,
        })
    }
}

impl ModelOutput {
    fn json(self) -> Value {
        json!({ "secret": self.secret, "optional": self.optional })
    }
}

impl ModelRoute {
    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "hosts": self.hosts,
            "path": self.path,
            "workload": self.workload,
            "port": self.port,
            "resource": self.resource,
        })
    }
}

impl ModelObject {
    fn json(&self) -> Value {
        let mut object = Object::new();
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        for (key, value) in [
            ("apiVersion", optional(&self.api_version)),
            ("kind", Some(self.kind.clone())),
            ("namespace", self.namespace.clone()),
            ("name", Some(self.name.clone())),
            ("workload", self.workload.clone()),
            ("resource", self.resource.clone()),
        ] {
            object.extend(value.map(|value| (key.to_owned(), value.into())));
        }
        Value::Object(object)
    }
}

impl Amounts {
    fn json(&self) -> Value {
        json!({
            "requests": self.requests.json(),
            "limits": self.limits.json(),
        })
    }
}

impl Amount {
    fn json(self) -> Value {
        json!({ "cpu": self.cpu_quantity(), "memory": self.memory_quantity() })
    }
}
