//! The sums of requests and limits.

use std::collections::BTreeMap;

use score_spec::Quantities;

use crate::ir::{App, Component, Run};
use crate::targets::Scale;

/// The sums of requests and limits of all containers of workloads and of servers in the project. Jobs that run once
/// are not part of them, nor are objects in the syntax of a platform, for which an operator can create pods. Where the
/// number of instances depends on the cluster, one is assumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Those of the minimum number of instances.
    pub min: Amounts,
    /// Those of the maximum number of instances.
    pub max: Amounts,
}

/// Sums of requests and limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amounts {
    /// The sum of requests.
    pub requests: Amount,
    /// The sum of limits.
    pub limits: Amount,
}

/// Sums of CPUs and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amount {
    /// Thousandths of a CPU.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
}

impl Totals {
    /// The sums for all components, with their scales by name.
    pub(super) fn of(app: &App, scales: Option<&BTreeMap<String, Scale>>) -> Self {
        let mut totals = Self::default();
        for component in app.components.values() {
            if component.run == Run::Once {
                continue;
            }
            let scale = scales.and_then(|scales| scales.get(&component.name));
            let amounts = Amounts::of(component);
            let min = scale.and_then(|it| it.min).unwrap_or(1);
            let max = scale.and_then(|it| it.max).unwrap_or(1);
            totals.min.add(amounts, min);
            totals.max.add(amounts, max);
        }
        totals
    }
}

impl Amounts {
    /// The sums for one instance.
    fn of(component: &Component) -> Self {
        let mut amounts = Self::default();
        for container in component.containers.values() {
            amounts.requests.add(Amount::of(&container.requests), 1);
            amounts.limits.add(Amount::of(&container.limits), 1);
        }
        amounts
    }

    fn add(&mut self, other: Self, times: u32) {
        self.requests.add(other.requests, times);
        self.limits.add(other.limits, times);
    }
}

impl Amount {
    fn of(quantities: &Quantities) -> Self {
        let cpu = quantities.cpu.as_ref();
        let memory = quantities.memory.as_ref();
        Self {
            cpu: cpu.and_then(|it| it.value.to_millis()).unwrap_or(0),
            memory: memory.and_then(|it| it.value.to_bytes()).unwrap_or(0),
        }
    }

    fn add(&mut self, other: Self, times: u32) {
        let times = i64::from(times);
        self.cpu = self.cpu.saturating_add(other.cpu.saturating_mul(times));
        let memory = other.memory.saturating_mul(times);
        self.memory = self.memory.saturating_add(memory);
    }

    /// The sum of CPUs as a quantity: `2`, `1500m`.
    pub fn cpu_quantity(self) -> String {
        match self.cpu % 1000 {
            0 => (self.cpu / 1000).to_string(),
            _ => format!("{}m", self.cpu),
        }
    }

    /// The sum of memory as a quantity in the largest unit that divides it: `3Gi`, `1536Mi`.
    pub fn memory_quantity(self) -> String {
        let units = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
        let mut units = units.into_iter();
        let unit = units.find(|(_, bytes)| self.memory != 0 && self.memory % bytes == 0);
        let (unit, bytes) = unit.unwrap_or(("", 1));
        format!("{}{unit}", self.memory / bytes)
    }
}
