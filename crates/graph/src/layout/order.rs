//! The order of the items in each column.

use super::columns::Columns;

/// The number of passes over all columns.
const SWEEPS: usize = 4;

/// Sorts the items of each column by the average place of their neighbors, in turn those on the left and on the right.
pub(super) fn sort(columns: &mut Columns) {
    let mut place = vec![0.0; columns.items.len()];
    for column in &columns.stacks {
        number(column, &mut place);
    }
    for sweep in 0..SWEEPS {
        let is_forward = sweep % 2 == 0;
        let number_of_columns = columns.stacks.len();
        for step in 0..number_of_columns {
            let (at, neighbors) = if is_forward {
                (step, &columns.before)
            } else {
                (number_of_columns - 1 - step, &columns.after)
            };
            let column = &mut columns.stacks[at];
            let mut keys: Vec<(f64, usize)> = column
                .iter()
                .map(|item| {
                    (
                        average(&neighbors[*item], &place).unwrap_or(place[*item]),
                        *item,
                    )
                })
                .collect();
            keys.sort_by(|a, b| a.0.total_cmp(&b.0));
            *column = keys.into_iter().map(|(_, item)| item).collect();
            number(column, &mut place);
        }
    }
}

/// The places of the items of a column, between 0 and 1.
#[allow(clippy::cast_precision_loss, reason = "far fewer items than that")]
fn number(column: &[usize], place: &mut [f64]) {
    for (at, item) in column.iter().enumerate() {
        place[*item] = (at as f64 + 0.5) / column.len() as f64;
    }
}

/// The average of the values of some items; `None` without items.
#[allow(clippy::cast_precision_loss, reason = "far fewer items than that")]
pub(super) fn average(items: &[usize], values: &[f64]) -> Option<f64> {
    let sum: f64 = items.iter().map(|item| values[*item]).sum();
    (!items.is_empty()).then(|| sum / items.len() as f64)
}
