//! The vertical places of items, whose order in the columns is known.

use super::columns::{Columns, Item};
use super::order::average;

/// The number of passes over all columns.
const SWEEPS: usize = 8;

/// The distance between two nodes.
const BETWEEN_NODES: i64 = 14;

/// The distance between two slots, or a slot and a node.
const BESIDE_SLOTS: i64 = 12;

/// The vertical centers of all items, the first of which is at 0.
pub(super) fn centers(columns: &Columns) -> Vec<i64> {
    let mut centers = vec![0.0; columns.items.len()];
    for column in &columns.stacks {
        let offsets = offsets(columns, column);
        let middle = offsets.last().copied().unwrap_or_default() / 2;
        for (item, offset) in column.iter().zip(offsets) {
            centers[*item] = float(offset - middle);
        }
    }
    for sweep in 0..SWEEPS {
        let is_forward = sweep % 2 == 0;
        let number = columns.stacks.len();
        for step in 0..number {
            let (at, neighbors) = if is_forward {
                (step, &columns.before)
            } else {
                (number - 1 - step, &columns.after)
            };
            let column = &columns.stacks[at];
            let wanted = column.iter().map(|item| {
                let wanted = average(&neighbors[*item], &centers);
                wanted.unwrap_or(centers[*item])
            });
            let wanted: Vec<f64> = wanted.collect();
            place(columns, column, &wanted, &mut centers);
        }
    }
    // Rounding keeps distances, which are integers: `place` adds them to values that do not decrease.
    let highest = centers.iter().copied().fold(f64::INFINITY, f64::min);
    let centers = centers.into_iter();
    centers.map(|center| rounded(center - highest)).collect()
}

/// Moves the items of a column as close as possible to where they are wanted, without changing their order or
/// overlapping: the least-squares solution, by pooling adjacent violators.
#[allow(clippy::cast_precision_loss, reason = "far fewer items than that")]
fn place(columns: &Columns, column: &[usize], wanted: &[f64], centers: &mut [f64]) {
    let offsets = offsets(columns, column);
    // Runs of items with the minimum distance: their number, and the sum of where their starts are wanted.
    let mut runs: Vec<(usize, f64)> = Vec::new();
    let start = |(number, sum): (usize, f64)| sum / number as f64;
    for (wanted, offset) in wanted.iter().zip(&offsets) {
        let mut run = (1, wanted - float(*offset));
        while let Some(before) = runs.pop_if(|before| start(*before) >= start(run)) {
            run = (run.0 + before.0, run.1 + before.1);
        }
        runs.push(run);
    }
    let mut items = column.iter().zip(&offsets);
    for run in runs {
        let start = start(run).round();
        for (item, offset) in items.by_ref().take(run.0) {
            centers[*item] = start + float(*offset);
        }
    }
}

/// The centers of the items of a column with the minimum distances, from the first one.
fn offsets(columns: &Columns, column: &[usize]) -> Vec<i64> {
    let mut offset = 0;
    let mut before: Option<Item> = None;
    let offsets = column.iter().map(|item| {
        let item = columns.items[*item];
        if let Some(before) = before.replace(item) {
            let both = (before, item) == (Item::Node, Item::Node);
            let distance = if both { BETWEEN_NODES } else { BESIDE_SLOTS };
            offset += before.half() + distance + item.half();
        }
        offset
    });
    offsets.collect()
}

#[allow(clippy::cast_precision_loss, reason = "a distance in a drawing")]
fn float(value: i64) -> f64 {
    value as f64
}

#[allow(clippy::cast_possible_truncation, reason = "a distance in a drawing")]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}
