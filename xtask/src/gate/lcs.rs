//! Where two sequences differ, by their longest common subsequence.

use std::ops::Range;

/// A stretch where the two sequences differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// Beyond this many comparisons the middle is one gap: no repair is that large.
const MOST: usize = 4_000_000;

/// The stretches between the longest common run of equal items.
pub fn gaps<T: PartialEq>(old: &[T], new: &[T]) -> Vec<Gap> {
    let prefix = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let suffix =
        old[prefix..].iter().rev().zip(new[prefix..].iter().rev()).take_while(|(one, other)| one == other).count();
    let (rows, columns) = (old.len() - prefix - suffix, new.len() - prefix - suffix);
    let mut found = Vec::new();
    let mut close = |rows: Range<usize>, columns: Range<usize>| {
        if !rows.is_empty() || !columns.is_empty() {
            let shift = |range: Range<usize>| range.start + prefix..range.end + prefix;
            found.push(Gap { old: shift(rows), new: shift(columns) });
        }
    };
    if rows * columns > MOST {
        close(0..rows, 0..columns);
        return found;
    }
    let at = |row: usize, column: usize| row * (columns + 1) + column;
    let mut best = vec![0u32; (rows + 1) * (columns + 1)];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            best[at(row, column)] = if old[prefix + row] == new[prefix + column] {
                best[at(row + 1, column + 1)] + 1
            } else {
                best[at(row + 1, column)].max(best[at(row, column + 1)])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let (mut from_row, mut from_column) = (0, 0);
    while row < rows && column < columns {
        if old[prefix + row] == new[prefix + column] {
            close(from_row..row, from_column..column);
            (row, column) = (row + 1, column + 1);
            (from_row, from_column) = (row, column);
        } else if best[at(row + 1, column)] >= best[at(row, column + 1)] {
            row += 1;
        } else {
            column += 1;
        }
    }
    close(from_row..rows, from_column..columns);
    found
}

/// Lines with their numbers.
type Lines<'t> = Vec<(usize, &'t str)>;

/// Two versions of a text, and where they differ.
pub struct Hunks<'t> {
    before: Vec<&'t str>,
    after: Vec<&'t str>,
    gaps: Vec<Gap>,
}

impl<'t> Hunks<'t> {
    pub fn of(old: &'t str, new: &'t str) -> Self {
        let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let gaps = gaps(&before, &after);
        Hunks { before, after, gaps }
    }

    /// The changed lines around a line of the new text (of the old one, if there is no new).
    pub fn at(&self, line: usize) -> Option<(Lines<'t>, Lines<'t>)> {
        let distance = |gap: &&Gap| {
            let range = if self.after.is_empty() { &gap.old } else { &gap.new };
            if range.contains(&(line - 1)) {
                0
            } else {
                range.start.abs_diff(line - 1).min(range.end.abs_diff(line - 1)) + 1
            }
        };
        let gap = self.gaps.iter().min_by_key(distance).filter(|gap| distance(gap) < 4)?;
        let pick = |lines: &[&'t str], range: Range<usize>| range.map(|at| (at + 1, lines[at])).collect();
        Some((pick(&self.before, gap.old.clone()), pick(&self.after, gap.new.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_differs() {
        type Ranges = &'static [(Range<usize>, Range<usize>)];
        let cases: [(&str, &str, Ranges); 5] = [
            ("abc", "abc", &[]),
            ("abc", "axc", &[(1..2, 1..2)]),
            ("abc", "ac", &[(1..2, 1..1)]),
            ("ac", "abc", &[(1..1, 1..2)]),
            ("abcd", "xbcy", &[(0..1, 0..1), (3..4, 3..4)]),
        ];
        for (old, new, expected) in cases {
            let found: Vec<_> =
                gaps(old.as_bytes(), new.as_bytes()).into_iter().map(|gap| (gap.old, gap.new)).collect();
            assert_eq!(found, expected, "{old} {new}");
        }
    }
}
