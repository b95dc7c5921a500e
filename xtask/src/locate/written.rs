//! A path as a report writes it, and the forms in which it could be meant.

use std::borrow::Cow;

use super::rules::named_like_test;

/// One reading of a written path: `/`-separated, without drive, scheme and position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub path: String,
    pub absolute: bool,
    pub line: Option<u64>,
}

/// The readings of a path, the most literal first.
///
/// # Errors
/// Why it is refused whatever is there; reads after "its path".
pub fn forms(written: &str) -> Result<Vec<Form>, &'static str> {
    let decoded = decode(written)?;
    let path = &decoded[..];
    if path.chars().any(char::is_control) {
        return Err("holds control characters");
    }
    if path.starts_with('-') {
        return Err("could be taken for an option");
    }
    if path.starts_with("//") || path.starts_with(r"\\") {
        return Err("names another machine");
    }
    let mut forms: Vec<Form> = Vec::new();
    let mut add = |form: Form| {
        if !form.path.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    };
    let (bare, line) = without_position(path);
    for (text, line) in [(path, None), (bare, line)] {
        if !has_drive(text) {
            add(Form { path: text.to_owned(), absolute: text.starts_with('/'), line });
        }
        let slashed = text.replace('\\', "/");
        let rest = if has_drive(text) { slashed[2..].to_owned() } else { slashed };
        add(Form { absolute: rest.starts_with('/') || has_drive(text), path: rest, line });
    }
    Ok(forms)
}

/// The components of a path after `.` and `..` are taken out; `None` if it leads above where it starts.
pub fn components(path: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts)
}

/// Words of a text that could be the path of a test file, with their positions.
pub fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    ctrf::paths::words(text)
        .filter_map(|word| word.split("::").next())
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.len() < 1024 && word.contains('.'))
        .filter(|word| named_like_test(&without_position(word).0.replace('\\', "/")))
}

fn decode(written: &str) -> Result<Cow<'_, str>, &'static str> {
    let Some((scheme, rest)) = written.split_once("://") else { return Ok(Cow::Borrowed(written)) };
    let is_scheme = scheme.len() > 1 && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
    if !is_scheme {
        return Ok(Cow::Borrowed(written));
    }
    if !scheme.eq_ignore_ascii_case("file") {
        return Err("is a URL");
    }
    let Some((host, path)) = rest.split_once('/') else { return Err("is a URL without a path") };
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err("names another machine");
    }
    let path = percent_decoded(path).ok_or("is not a valid file URL")?;
    Ok(Cow::Owned(if has_drive(&path) { path } else { format!("/{path}") }))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push((digit()? << 4 | digit()?) as u8);
    }
    String::from_utf8(bytes).ok()
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Without a trailing `:line` or `:line:column`.
fn without_position(path: &str) -> (&str, Option<u64>) {
    let last = |text: &str| -> Option<(usize, u64)> {
        let (rest, digits) = text.rsplit_once(':')?;
        let number = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        (!rest.is_empty()).then_some((rest.len(), number))
    };
    let Some((end, number)) = last(path) else { return (path, None) };
    match last(&path[..end]) {
        Some((start, line)) => (&path[..start], Some(line)),
        None => (&path[..end], Some(number)),
    }
}
