//! The options of workloads, parsed from their annotations. Other modules apply them.

use score_spec::{Code, Diagnostic, Map};

use super::annotations::{
    ANNOTATIONS, AUTOMOUNT_TOKEN, AUTOSCALING, BACKOFF_LIMIT, CONCURRENCY_POLICY, DEADLINE,
    DISRUPTION_BUDGET, FAILED_JOBS_HISTORY, GATEWAY, IMAGE_PULL_SECRETS, INGRESS_CLASS, INSTANCE,
    KIND, LABELS, MIN_READY_SECONDS, NETWORK_POLICY, NETWORK_POLICY_FROM, NODE_SELECTOR,
    PRIORITY_CLASS, PROFILE, READ_ONLY_ROOT, RELEASE_JOB, REPLICAS, RUN_AS_USER, SCHEDULE,
    SECRETS_VERSION, SERVICE_ACCOUNT, SERVICE_NAME, SPREAD, STORAGE_CLASS, STRATEGY,
    SUCCESSFUL_JOBS_HISTORY, TERMINATION_GRACE_PERIOD, TOLERATIONS,
};
use super::lifecycle::{self, PreStop};
use super::naming::Controller;
use super::options::{Gateway, Profile};
use super::reference::OpenTree;
use super::release;
use super::timing::{self, ProbeOptions};
use crate::emit::document::document;
use crate::ir::annotation::{ValueProblem, invalid_value, names};
use crate::ir::field::Field;
use crate::ir::{Component, field, name};
use crate::targets::Scale;

mod admitted;
mod strategy;
mod values;

pub(super) use self::admitted::Admitted;
pub(super) use self::strategy::{RollingUpdate, Strategy};
use self::values::{autoscaling, budget, flag, node_selector, schedule, subdomain, tolerations};
pub(super) use self::values::{is_instance, is_key, is_label_value, labels, number};

/// The options of a workload. Components of resources have the defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct WorkloadOptions {
    /// The number of pods.
    pub(super) replicas: Option<u32>,
    /// The settings of the autoscaler.
    pub(super) autoscaling: Option<Autoscaling>,
    /// The disruption budget.
    pub(super) budget: Option<Budget>,
    /// The topology keys over which pods are spread.
    pub(super) spread: Vec<String>,
    /// The replacement of pods.
    pub(super) strategy: Option<Strategy>,
    /// Seconds for which a new pod must be ready.
    pub(super) min_ready_seconds: Option<u32>,
    /// The storage class of its claims.
    pub(super) storage_class: Option<String>,
    /// The version of the secrets that are not known.
    pub(super) secrets_version: Option<String>,
    /// The schedule of a cron job.
    pub(super) schedule: Option<String>,
    /// The policy for a run that is due while another one is active.
    pub(super) concurrency_policy: Option<String>,
    /// The number of successful runs to keep.
    pub(super) successful_jobs_history: Option<u32>,
    /// The number of failed runs to keep.
    pub(super) failed_jobs_history: Option<u32>,
    /// The number of retries of a job.
    pub(super) backoff_limit: Option<u32>,
    /// Seconds after which a job is stopped.
    pub(super) deadline: Option<u32>,
    /// The service account of the pods.
    pub(super) service_account: Option<Account>,
    /// Whether the token of the account is mounted into the pods.
    pub(super) automount_token: bool,
    /// The Pod Security Standard of the pods.
    pub(super) profile: Option<Profile>,
    /// The user and the group of the processes.
    pub(super) run_as: Option<(u32, Option<u32>)>,
    /// Whether the root file system is read-only.
    pub(super) read_only_root: bool,
    /// Names of secrets for pulling images.
    pub(super) image_pull_secrets: Vec<String>,
    /// The name of the priority class.
    pub(super) priority_class: Option<String>,
    /// Labels of the nodes on which the pods may run.
    pub(super) node_selector: Map<String>,
    /// Tolerations of the pods.
    pub(super) tolerations: Vec<Toleration>,
    /// Seconds for a graceful termination.
    pub(super) termination_grace_period: Option<u32>,
    /// The gateway of its routes.
    pub(super) gateway: Option<Gateway>,
    /// The ingress class of its routes.
    pub(super) ingress_class: Option<String>,
    /// Whether a network policy restricts access.
    pub(super) network_policy: Option<bool>,
    /// The connections that a network policy allows in addition to those in the project.
    pub(super) admitted: Vec<Admitted>,
    /// The settings for probes, by container.
    pub(super) probes: Map<ProbeOptions>,
    /// The actions before containers are stopped, by container.
    pub(super) pre_stop: Map<PreStop>,
}

/// The limits of an autoscaler, and its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Autoscaling {
    /// The minimum number of pods.
    pub(super) min: u32,
    /// The maximum number of pods.
    pub(super) max: u32,
    /// The target usage in percent of the requested CPU.
    pub(super) cpu: u32,
}

/// A disruption budget: a number of pods or a percentage.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Budget {
    /// The pods that must remain available.
    Stay(OpenTree),
    /// The pods that may be unavailable.
    Go(OpenTree),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// An account that is generated for the workload.
    Own,
    /// An existing account.
    Existing(String),
}

document! {
    /// A toleration of a taint.
    #[derive(PartialEq)]
    #[expect(clippy::struct_field_names, reason = "the names are those of Kubernetes")]
    Toleration {
        key: Option<String> = "key",
        operator: Option<String> = "operator",
        value: Option<String> = "value",
        effect: Option<String> = "effect",
        toleration_seconds: Option<i64> = "tolerationSeconds",
    }
}

impl WorkloadOptions {
    /// The number of pods that this controller runs.
    pub(super) fn scale(&self, controller: Controller) -> Scale {
        let (min, max) = match (controller, self.autoscaling) {
            (Controller::DaemonSet, _) => (None, None),
            (Controller::Job | Controller::CronJob, _) => (Some(1), Some(1)),
            (Controller::Deployment | Controller::StatefulSet, Some(autoscaling)) => {
                (Some(autoscaling.min), Some(autoscaling.max))
            }
            (Controller::Deployment | Controller::StatefulSet, None) => {
                let replicas = self.replicas.unwrap_or(1);
                (Some(replicas), Some(replicas))
            }
        };
        Scale {
            kind: controller.name(),
            min,
            max,
            has_budget: self.budget.is_some(),
        }
    }

    /// Reads the annotations of a component with this controller. Reports invalid values, and
    /// annotations without effect on the controller, unless the project sets them for all
    /// workloads.
    pub(super) fn read(
        component: &Component,
        controller: Controller,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        // The workload of a release job has the same annotations.
        let mut repeated = Vec::new();
        let mut reader = Reader {
            component,
            controller,
            diagnostics: match component.job_of {
                Some(_) => &mut repeated,
                None => &mut *diagnostics,
            },
        };
        let mut workload_options = reader.workload_options();
        reader.contradictions(&workload_options);
        workload_options.probes = timing::read(component, diagnostics);
        workload_options.pre_stop = lifecycle::read(
            component,
            controller,
            workload_options.termination_grace_period,
            diagnostics,
        );
        workload_options
    }
}

/// Pairs of annotations that exclude each other: for the number of pods, and for the parents of
/// routes.
const ALTERNATIVES: [(&str, &str); 2] = [(REPLICAS, AUTOSCALING), (GATEWAY, INGRESS_CLASS)];

struct Reader<'a> {
    component: &'a Component,
    controller: Controller,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn workload_options(&mut self) -> WorkloadOptions {
        // `Naming` applies the labels and the instance, and `release` separates the job.
        let _ = self.read_parts(LABELS, labels);
        let _ = self.read(INSTANCE, |text| is_instance(text).then_some(()));
        let _ = self.read(RELEASE_JOB, |text| names(text, name::is_label));
        WorkloadOptions {
            replicas: self.read(REPLICAS, number),
            autoscaling: self.read(AUTOSCALING, autoscaling),
            budget: self.read(DISRUPTION_BUDGET, budget),
            spread: self
                .read(SPREAD, |text| names(text, is_key))
                .unwrap_or_default(),
            strategy: self.strategy(),
            min_ready_seconds: self.read(MIN_READY_SECONDS, number),
            storage_class: self.read(STORAGE_CLASS, subdomain),
            secrets_version: self.read(SECRETS_VERSION, |text| {
                is_label_value(text).then(|| text.to_owned())
            }),
            schedule: self.read(SCHEDULE, schedule),
            concurrency_policy: self.read(CONCURRENCY_POLICY, |text| {
                ["Allow", "Forbid", "Replace"]
                    .contains(&text)
                    .then(|| text.to_owned())
            }),
            successful_jobs_history: self.read(SUCCESSFUL_JOBS_HISTORY, number),
            failed_jobs_history: self.read(FAILED_JOBS_HISTORY, number),
            backoff_limit: self.read(BACKOFF_LIMIT, number),
            deadline: self.read(DEADLINE, |text| number(text).filter(|seconds| *seconds > 0)),
            service_account: self.read(SERVICE_ACCOUNT, |text| match text {
                "own" => Some(Account::Own),
                text => subdomain(text).map(Account::Existing),
            }),
            automount_token: self.read(AUTOMOUNT_TOKEN, flag).unwrap_or_default(),
            profile: self.read(PROFILE, Profile::named),
            run_as: self.read(RUN_AS_USER, |text| match text.split_once(':') {
                Some((user, group)) => Some((number(user)?, Some(number(group)?))),
                None => Some((number(text)?, None)),
            }),
            read_only_root: self.read(READ_ONLY_ROOT, flag).unwrap_or_default(),
            image_pull_secrets: self
                .read(IMAGE_PULL_SECRETS, |text| names(text, name::is_subdomain))
                .unwrap_or_default(),
            priority_class: self.read(PRIORITY_CLASS, subdomain),
            node_selector: self.read(NODE_SELECTOR, node_selector).unwrap_or_default(),
            tolerations: self.read(TOLERATIONS, tolerations).unwrap_or_default(),
            termination_grace_period: self.read(TERMINATION_GRACE_PERIOD, number),
            gateway: self.read(GATEWAY, Gateway::read),
            ingress_class: self.read(INGRESS_CLASS, subdomain),
            network_policy: self.read(NETWORK_POLICY, flag),
            admitted: self
                .read_parts(NETWORK_POLICY_FROM, |text| {
                    admitted::read(text, self.component)
                })
                .unwrap_or_default(),
            ..WorkloadOptions::default()
        }
    }

    /// The value of an annotation, if it exists and is valid.
    fn read<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = parse(self.text(name)?.trim());
        if value.is_none() {
            let found = invalid_value(self.component, name, ANNOTATIONS, name);
            self.diagnostics.push(found);
        }
        value
    }

    /// The value of an annotation that consists of several parts, if it exists and is valid.
    fn read_parts<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, ValueProblem>,
    ) -> Option<T> {
        parse(self.text(name)?)
            .map_err(|problem| self.diagnostics.push(problem.report(self.component, name)))
            .ok()
    }

    /// The replacement of pods, if the controller supports it.
    fn strategy(&mut self) -> Option<Strategy> {
        let strategy = self.read_parts(STRATEGY, Strategy::read)?;
        match strategy.checked(self.controller) {
            Ok(strategy) => Some(strategy),
            Err(problem) => {
                // A default of the project can be for workloads of another kind.
                if !self.component.defaults.contains(STRATEGY) {
                    self.diagnostics
                        .push(problem.report(self.component, STRATEGY));
                }
                None
            }
        }
    }

    /// The text of an annotation, if it exists and applies to the controller.
    fn text(&mut self, name: &str) -> Option<&'a str> {
        let text = self.component.annotations.get(name)?;
        if self.yields(name) {
            return None;
        }
        let is_for_job = release::has_job(self.component) && applies_to_jobs(name);
        if !fits(name, self.controller) && !is_for_job {
            let given = !self.component.defaults.contains(name);
            // If the kind is invalid, the intended kind is unknown.
            let asked = self.component.annotations.get(KIND);
            if given && asked.is_none_or(|asked| Controller::named(asked).is_some()) {
                let kind = self.controller.name();
                let message = format!("the annotation `{name}` has no effect on a {kind}");
                let found = Diagnostic::new(Code::TargetUnsupported, message);
                self.report(name, found.help("remove it, or choose another kind"));
            }
            return None;
        }
        Some(text)
    }

    /// Whether a default from the project gives way to another annotation of the workload for the
    /// same purpose.
    fn yields(&self, name: &str) -> bool {
        let Component {
            annotations,
            defaults,
            ..
        } = self.component;
        let own = |other: &&str| annotations.contains_key(*other) && !defaults.contains(*other);
        defaults.contains(name)
            && ALTERNATIVES
                .iter()
                .any(|(one, other)| (*one == name && own(other)) || (*other == name && own(one)))
    }

    /// Reports annotations that contradict each other, and a missing one.
    fn contradictions(&mut self, workload_options: &WorkloadOptions) {
        let mut refuse = |name: &str, message: &str, help: String| {
            let found = Diagnostic::new(Code::TargetInvalid, message).help(help);
            self.report(name, found);
        };
        if workload_options.replicas.is_some() && workload_options.autoscaling.is_some() {
            refuse(
                REPLICAS,
                "a fixed number of pods and autoscaling are mutually exclusive",
                format!("remove `{REPLICAS}` or `{AUTOSCALING}`"),
            );
        }
        if workload_options.gateway.is_some() && workload_options.ingress_class.is_some() {
            refuse(
                INGRESS_CLASS,
                "a route belongs either to a Gateway or to an IngressClass",
                format!("remove `{GATEWAY}` or `{INGRESS_CLASS}`"),
            );
        }
        let root = workload_options.run_as.is_some_and(|(user, _)| user == 0);
        if root && workload_options.profile == Some(Profile::Restricted) {
            refuse(
                RUN_AS_USER,
                "the profile `restricted` does not allow pods to run as root",
                "choose another user, or the profile `baseline`".to_owned(),
            );
        }
        if self.controller == Controller::CronJob
            && !self.component.annotations.contains_key(SCHEDULE)
        {
            let found = Diagnostic::new(Code::TargetInvalid, "a CronJob needs a schedule");
            let help = format!("add the annotation `{SCHEDULE}`, such as `30 2 * * *`");
            self.report(KIND, found.help(help));
        }
    }

    fn report(&mut self, name: &str, found: Diagnostic) {
        self.diagnostics
            .push(at_annotation(self.component, name, found));
    }
}

/// Adds the location of an annotation, or otherwise that of the component, to a diagnostic.
pub(super) fn at_annotation(component: &Component, name: &str, found: Diagnostic) -> Diagnostic {
    field::at(component.place(Field::Annotation(name)), found)
}

/// Whether an annotation of a workload applies to its release job, too.
pub(super) fn applies_to_jobs(name: &str) -> bool {
    let of_workload = [
        INSTANCE,
        KIND,
        SERVICE_NAME,
        GATEWAY,
        INGRESS_CLASS,
        NETWORK_POLICY,
        NETWORK_POLICY_FROM,
    ];
    fits(name, Controller::Job) && !of_workload.contains(&name)
}

/// Whether an annotation has an effect on a controller.
fn fits(name: &str, controller: Controller) -> bool {
    use Controller::{CronJob, Deployment, Job, StatefulSet};
    match name {
        REPLICAS | AUTOSCALING | DISRUPTION_BUDGET | SPREAD => {
            matches!(controller, Deployment | StatefulSet)
        }
        SCHEDULE | CONCURRENCY_POLICY | SUCCESSFUL_JOBS_HISTORY | FAILED_JOBS_HISTORY => {
            controller == CronJob
        }
        STRATEGY | RELEASE_JOB | MIN_READY_SECONDS | SECRETS_VERSION => !controller.ends(),
        STORAGE_CLASS => controller == StatefulSet,
        BACKOFF_LIMIT | DEADLINE => matches!(controller, Job | CronJob),
        _ => true,
    }
}
