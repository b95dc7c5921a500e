//! Text of others (a report, a page, a model) on its way into GitHub's Markdown, titles and commit messages. Pure.
//!
//! GitHub looks for mentions and references in the rendered text, so an entity or a backslash does not stop them: code
//! does, and an invisible break behind `@` and `#` where code is not possible.
//! <https://github.github.com/gfm/>, <https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>

use crate::redact;

/// Limits of GitHub, with room for what it adds: a body has 65,536 characters, a title 256.
pub const MAX_BODY: usize = 64_500;
pub const MAX_TITLE: usize = 250;

/// The invisible break: zero width, no white space.
const BREAK: char = '\u{200b}';

/// One line of plain text, for titles and commit messages: mentions nobody, refers to and closes nothing.
pub fn plain(text: &str, max: usize) -> String {
    let mut line = String::new();
    for c in one_line(text).chars() {
        // GH-12 refers as #12 does.
        if c == '-' && line.get(line.len().saturating_sub(2)..).is_some_and(|end| end.eq_ignore_ascii_case("gh")) {
            line.push(BREAK);
        }
        line.push(c);
        if matches!(c, '@' | '#') {
            line.push(BREAK);
        }
    }
    // A link to an issue closes as its number does.
    let line = line.replace("://", &format!(":{BREAK}//"));
    clip(&line, max)
}

/// A sentence of others in Markdown: plain text without formatting, links or images.
pub fn prose(text: &str, max: usize) -> String {
    let mut escaped = String::new();
    for c in plain(text, max).chars() {
        if c.is_ascii_punctuation()
            && !matches!(c, '.' | ',' | ':' | ';' | '?' | '\'' | '"' | '/' | '@' | '#' | '%' | '$')
        {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// What [`plain`] hid is shown again, to compare a title with one that a person typed.
pub fn without_breaks(text: &str) -> String {
    text.chars().filter(|c| *c != BREAK).collect()
}

/// A code span of one line; safe in a list, a heading, a sentence.
pub fn code(text: &str, max: usize) -> String {
    let line = clip(&short_ticks(&one_line(text)), max);
    if line.is_empty() {
        return "`(empty)`".to_owned();
    }
    let ticks = "`".repeat(longest_run(&line, '`') + 1);
    // A span that begins or ends with a backtick needs a space, which GitHub takes away again.
    let space = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{ticks}{space}{line}{space}{ticks}")
}

/// A block of code that its text cannot end. The middle is left out of what is longer than `max` characters.
pub fn block(text: &str, language: &str, max: usize) -> String {
    let shown = redact::secrets(&redact::clean(text));
    let shown = clip_middle(short_ticks(&shown).trim_matches('\n'), max);
    let fence = "`".repeat(longest_run(&shown, '`').max(2) + 1);
    format!("{fence}{language}\n{shown}\n{fence}")
}

/// A folded part; `title` is ours, `content` is Markdown that was made safe.
pub fn folded(title: &str, content: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{content}\n\n</details>")
}

/// At most `max` characters, with a mark where something was cut off.
pub fn clip(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn clip_middle(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.to_owned();
    }
    let half = max / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count - half).collect();
    format!("{head}\n[… {} characters left out …]\n{tail}", count - 2 * half)
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Runs of backticks cut to eight: around a run of thousands, the fence would be larger than what it holds.
fn short_ticks(text: &str) -> String {
    let mut run = 0;
    let keep = |c: &char| {
        run = if *c == '`' { run + 1 } else { 0 };
        run <= 8
    };
    text.chars().filter(keep).collect()
}

/// Without line ends, secrets, and what a reader does not see.
fn one_line(text: &str) -> String {
    let words = redact::secrets(&redact::clean(text));
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_mentions_and_closes_nothing() {
        for (text, expected) in [
            ("ping @octocat", "ping @\u{200b}octocat"),
            ("fixes #12 and GH-3, gh-4", "fixes #\u{200b}12 and GH\u{200b}-3, gh\u{200b}-4"),
            ("closes https://github.com/o/r/issues/1", "closes https:\u{200b}//github.com/o/r/issues/1"),
            ("two\nlines\r\n  and\ttabs", "two lines and tabs"),
            ("bell\u{7} esc\u{1b}[31m rtl\u{202e}", "bell esc rtl\\u{202e}"),
        ] {
            assert_eq!(plain(text, 200), expected);
            assert!(!without_breaks(&plain(text, 200)).contains('\u{200b}'));
        }
        assert_eq!(plain(&"x".repeat(300), MAX_TITLE).chars().count(), MAX_TITLE);
    }

    #[test]
    fn prose_formats_nothing() {
        for (text, expected) in [
            ("The button's name changed.", "The button's name changed."),
            ("<img src=x> [a](b) *c* `d`", r"\<img src\=x\> \[a\]\(b\) \*c\* \`d\`"),
            ("a\n\n# b", "a #\u{200b} b"),
        ] {
            assert_eq!(prose(text, 200), expected);
        }
    }

    #[test]
    fn a_span_cannot_be_left() {
        for (text, expected) in [
            ("plain", "`plain`"),
            ("a `b` c", "``a `b` c``"),
            ("`", "`` ` ``"),
            ("x``", "``` x`` ```"),
            ("", "`(empty)`"),
            ("a\n\n# b", "`a # b`"),
            ("<!-- x --> @me", "`<!-- x --> @me`"),
        ] {
            assert_eq!(code(text, 100), expected);
        }
    }

    #[test]
    fn a_block_cannot_be_left() {
        for text in ["plain", "```\n@octocat\n```", "````\nout", "~~~", "a\r\n```js\r\nb"] {
            let block = block(text, "text", 1000);
            let fence: String = block.chars().take_while(|c| *c == '`').collect();
            let inside = block.lines().skip(1).take_while(|line| !line.starts_with(&fence)).count();
            assert_eq!(inside, text.lines().count(), "{block}");
            assert!(block.ends_with(&fence));
        }
    }

    #[test]
    fn a_fence_stays_small() {
        assert!(block(&"`".repeat(50_000), "", 6000).len() < 100);
        assert!(code(&"`".repeat(50_000), 6000).len() < 100);
    }

    #[test]
    fn a_long_block_keeps_head_and_tail() {
        let text = format!("first{}last", "x".repeat(5000));
        let block = block(&text, "", 100);
        assert!(block.contains("first") && block.contains("last") && block.contains("4909 characters left out"));
        assert!(block.len() < 200);
    }
}
