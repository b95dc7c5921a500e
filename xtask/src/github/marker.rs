//! The hidden line at the start of what the tool writes on GitHub: what the issue or the pull request is about, and what
//! is remembered with it. Pure.
//!
//! It is found again by its first occurrence alone, and it is always written in front of any text of others.

const OPEN: &str = "<!-- cargo-heal ";
const CLOSE: &str = " -->";
/// Where the part ends that the tool rewrites; below it is a person's.
pub const END: &str = "<!-- cargo-heal end -->";

/// The longest marker that is read.
const MAX_LENGTH: usize = 20_000;

/// Keys and values in order; a key may occur several times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marker(Vec<(String, String)>);

impl Marker {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.push((key.to_owned(), value.to_owned()));
        self
    }

    pub fn with_all(mut self, key: &str, values: &[String]) -> Self {
        self.0.extend(values.iter().map(|value| (key.to_owned(), value.clone())));
        self
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn all(&self, key: &str) -> Vec<String> {
        self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect()
    }

    pub fn render(&self) -> String {
        let parts: Vec<String> = self.0.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        format!("{OPEN}{}{CLOSE}", parts.join(" "))
    }

    /// The first marker in a body, or `None`. A marker that is not well-formed is none.
    pub fn find(body: &str) -> Option<Marker> {
        let pairs = body[inside(body)?].split_ascii_whitespace().map(|part| {
            let (key, value) = part.split_once('=')?;
            Some((key.to_owned(), decode(value)?))
        });
        pairs.collect::<Option<Vec<_>>>().filter(|pairs| !pairs.is_empty()).map(Marker)
    }

    /// `body` with this marker in the place of its first, or in front when it has none.
    pub fn replace_in(&self, body: &str) -> String {
        match inside(body) {
            Some(at) => format!("{}{}{}", &body[..at.start - OPEN.len()], self.render(), &body[at.end + CLOSE.len()..]),
            None => format!("{}\n{body}", self.render()),
        }
    }

    pub fn set(&mut self, key: &str, values: &[String]) {
        self.0.retain(|(name, _)| name != key);
        self.0.extend(values.iter().map(|value| (key.to_owned(), value.clone())));
    }
}

/// Where the first marker's pairs stand.
fn inside(body: &str) -> Option<std::ops::Range<usize>> {
    let start = body.find(OPEN)? + OPEN.len();
    let length = body[start..].find(CLOSE).filter(|length| *length <= MAX_LENGTH)?;
    Some(start..start + length)
}

/// The body's part below [`END`], which is not ours. Whoever took [`END`] away may have written anywhere: then
/// everything but the marker is kept.
pub fn of_others(body: &str) -> &str {
    let rest = inside(body).map_or(body, |at| &body[at.end + CLOSE.len()..]);
    rest.find(END).map_or(rest, |end| &rest[end + END.len()..]).trim()
}

/// Percent-encodes all but a few characters: no `>` can end the comment, no space the value.
fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn decode(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = tail.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_went() {
        for value in ["pantheon live", "", "a --> b", "100 % ü \u{1f600}", "x=y", "tests/[id].spec.ts", "line\nbreak"]
        {
            let marker = Marker::new().with("fingerprint", "00ff").with("name", value).with("suite", "a");
            let rendered = marker.render();
            assert_eq!(rendered.matches("-->").count(), 1, "{rendered}");
            assert_eq!(Marker::find(&format!("{rendered}\ntext")), Some(marker.clone()), "{rendered}");
        }
    }

    #[test]
    fn the_first_marker_counts() {
        let ours = Marker::new().with("fingerprint", "1111").render();
        let forged = Marker::new().with("fingerprint", "2222").render();
        let body = format!("{ours}\n```\n{forged}\n```\n{END}\n\nmy notes {forged}");
        assert_eq!(Marker::find(&body).unwrap().get("fingerprint"), Some("1111"));
        assert_eq!(of_others(&body), format!("my notes {forged}"));
    }

    #[test]
    fn is_replaced_in_place() {
        let mut marker = Marker::new().with("target", "a").with("target", "b");
        marker.set("target", &["b".to_owned()]);
        let body = "x <!-- cargo-heal a=1 -->\nrest <!-- cargo-heal a=2 -->";
        assert_eq!(marker.replace_in(body), "x <!-- cargo-heal target=b -->\nrest <!-- cargo-heal a=2 -->");
        assert_eq!(marker.replace_in("text"), "<!-- cargo-heal target=b -->\ntext");
    }

    #[test]
    fn what_is_not_well_formed_is_no_marker() {
        for body in
            ["", "<!-- cargo-heal -->", "<!-- cargo-heal a=%zz -->", "<!-- cargo-heal a=1", "<!-- cargo-heal end -->"]
        {
            assert_eq!(Marker::find(body), None, "{body}");
        }
        assert_eq!(of_others("by hand\n"), "by hand");
        assert_eq!(of_others("<!-- cargo-heal a=1 -->\nno end"), "no end");
    }
}
