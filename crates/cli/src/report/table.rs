//! Text in columns.

use crate::report::printable::clean;

/// The minimum width of a column that is cut.
const LEAST: usize = 8;

/// The terminal on which a table appears.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// The number of characters in a line.
    pub(crate) width: usize,
    /// Whether it displays characters other than ASCII.
    pub(crate) unicode: bool,
}

/// A header and rows in columns, separated by two spaces. With a screen, the widest columns after the
/// first one are cut so that each row fits into a line.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], screen: Option<Screen>) -> String {
    let clean = |row: &Vec<String>| row.iter().map(|cell| clean(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(clean).collect();
    let width = |at: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(at).map(String::as_str));
        let cells = cells.chain(header.get(at).copied());
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..header.len()).map(width).collect();
    if let Some(screen) = screen {
        fit(&mut widths, screen.width);
    }
    let end = if screen.is_none_or(|it| it.unicode) {
        '…'
    } else {
        '~'
    };
    let mut text = String::new();
    let header = header.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&header).chain(&rows) {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| padded(cell, *width, end))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Reduces the largest widths, except for the first one, until all columns fit.
fn fit(widths: &mut [usize], screen: usize) {
    let gaps = 2 * widths.len().saturating_sub(1);
    let Some((first, others)) = widths.split_first_mut() else {
        return;
    };
    let room = screen.saturating_sub(*first + gaps);
    let most = others.iter().copied().max().unwrap_or(0);
    let fits = |most: &usize| others.iter().map(|width| width.min(most)).sum::<usize>() <= room;
    let most = (LEAST..=most).rev().find(fits).unwrap_or(LEAST);
    for width in others {
        *width = most.min(*width);
    }
}

/// A cell with exactly `width` characters.
fn padded(cell: &str, width: usize, end: char) -> String {
    if cell.chars().count() <= width {
        return format!("{cell:width$}");
    }
    let kept = cell.chars().take(width.saturating_sub(1));
    kept.chain([end]).collect()
}

#[cfg(test)]
mod tests {
    use super::{Screen, table};

    fn on(width: usize, unicode: bool) -> String {
        let row = [
            "redis.default#web.cache",
            "web",
            "host,port,username,password",
        ];
        let rows = [row.map(str::to_owned).to_vec()];
        let screen = Screen { width, unicode };
        table(&["UID", "NEEDED BY", "OUTPUTS"], &rows, Some(screen))
    }

    #[test]
    fn tables_fit_the_screen() {
        let whole = "\
UID                      NEEDED BY  OUTPUTS
redis.default#web.cache  web        host,port,username,password
";
        assert_eq!(on(80, true), whole);
        assert_eq!(on(63, true), whole);
        let cut = "\
UID                      NEEDED BY  OUTPUTS
redis.default#web.cache  web        host,port,usern…
";
        assert_eq!(on(52, true), cut);
        assert_eq!(on(52, false), cut.replace('…', "~"));
        // The first column is kept, because it is an argument of other commands.
        assert!(on(10, true).contains("\nredis.default#web.cache  web       host,po…\n"));
    }
}
