//! A repository's paths, and which of them end like the path that a report gives. Pure: it compares text, `/`-separated
//! and without `.` and `..`, and knows no file system. It is in this package to be optimised with it: repositories have
//! a hundred thousand files.

use std::cell::OnceCell;
use std::cmp::Ordering;

/// Paths that can be looked up by how they end, each look-up in logarithmic time.
pub struct Paths<'a> {
    sorted: Vec<&'a str>,
    /// The same from their ends: those that end alike lie together. Made when it is first needed.
    reversed: OnceCell<Vec<&'a str>>,
}

/// How many paths answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    None,
    One(&'a str),
    Several,
}

impl<'a> Paths<'a> {
    pub fn new(mut paths: Vec<&'a str>) -> Self {
        paths.sort_unstable();
        paths.dedup();
        Paths { sorted: paths, reversed: OnceCell::new() }
    }

    pub fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.sorted.iter().copied()
    }

    /// The path itself.
    pub fn get(&self, path: &str) -> Option<&'a str> {
        self.sorted.binary_search(&path).ok().map(|at| self.sorted[at])
    }

    pub fn contains(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    /// The paths of which all of `end` is the end.
    pub fn ending_in(&self, end: &str) -> Found<'a> {
        let reversed = self.reversed.get_or_init(|| {
            let mut paths = self.sorted.clone();
            paths.sort_unstable_by(|one, other| from_end(one, other));
            paths
        });
        let longer = format!("/{end}");
        let from = reversed.partition_point(|path| from_end(path, &longer) == Ordering::Less);
        let longer = reversed[from..].iter().take(2).filter(|path| path.ends_with(&longer));
        let mut found = self.get(end).into_iter().chain(longer.copied());
        match (found.next(), found.next()) {
            (Some(path), None) => Found::One(path),
            (None, _) => Found::None,
            _ => Found::Several,
        }
    }

    /// The longest of the paths that are the end of `path`.
    pub fn longest_in(&self, path: &str) -> Option<&'a str> {
        ends(path).find_map(|end| self.get(end))
    }

    /// Those that have most components at the end of `path` in common with it, and at least `least`.
    pub fn most_like(&self, path: &str, least: usize) -> Found<'a> {
        let components = path.split('/').count();
        let alike = ends(path).take((components + 1).saturating_sub(least)).map(|end| self.ending_in(end));
        alike.into_iter().find(|found| *found != Found::None).unwrap_or(Found::None)
    }
}

/// The words of a text that hold a dot: what stands between white space, brackets and quotes.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || next_word(&mut rest))
}

/// Not generic, and so compiled, and optimised, here.
fn next_word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let is_end = |char: char| {
        char.is_whitespace()
            || matches!(char, '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '\'' | '`' | ',' | ';' | '|' | '›')
    };
    loop {
        *rest = rest.trim_start_matches(is_end);
        let (word, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        *rest = after;
        if word.is_empty() || word.contains('.') {
            return Some(word).filter(|word| !word.is_empty());
        }
    }
}

/// The path, then without its first component, and so on.
fn ends(path: &str) -> impl Iterator<Item = &str> {
    let after = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
    std::iter::once(path).chain(after)
}

fn from_end(one: &str, other: &str) -> Ordering {
    one.bytes().rev().cmp(other.bytes().rev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_a_dot() {
        let text = " at f (/a/b.ts:1:2) <x> 'c d.ts' › e.ts›\u{a0}f.g, … h";
        assert_eq!(words(text).collect::<Vec<_>>(), ["/a/b.ts:1:2", "d.ts", "e.ts", "f.g"]);
        assert_eq!(words("").chain(words(" () ")).count(), 0);
    }

    #[test]
    fn finds_what_ends_alike() {
        let paths =
            Paths::new(vec!["b/x.ts", "x.ts", "a/b/x.ts", "c/b/x.ts", "a/y.ts", "ab/xx.ts", "c/d/z.ts", "a/y.ts"]);
        for (end, expected) in [
            ("a/y.ts", Found::One("a/y.ts")),
            ("y.ts", Found::One("a/y.ts")),
            ("x.ts", Found::Several),
            ("b/x.ts", Found::Several),
            ("a/b/x.ts", Found::One("a/b/x.ts")),
            ("xx.ts", Found::One("ab/xx.ts")),
            (".ts", Found::None),
            ("0/a/y.ts", Found::None),
            ("zz.ts", Found::None),
        ] {
            assert_eq!(paths.ending_in(end), expected, "{end}");
        }
        for (path, expected) in [
            ("ci/a/b/x.ts", Some("a/b/x.ts")),
            ("ci/b/x.ts", Some("b/x.ts")),
            ("ci/a/y.ts", Some("a/y.ts")),
            ("ci/y.ts", None),
            ("x.ts", Some("x.ts")),
        ] {
            assert_eq!(paths.longest_in(path), expected, "{path}");
        }
        for (path, least, expected) in [
            ("ci/d/z.ts", 2, Found::One("c/d/z.ts")),
            ("ci/z.ts", 2, Found::None),
            ("ci/z.ts", 1, Found::One("c/d/z.ts")),
            ("ci/b/x.ts", 2, Found::Several),
            ("z.ts", 2, Found::None),
        ] {
            assert_eq!(paths.most_like(path, least), expected, "{path}");
        }
        assert!(paths.contains("c/d/z.ts") && !paths.contains("d/z.ts"));
    }
}
