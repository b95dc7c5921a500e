//! Recorded data in JSON whose values all stay, in the same order: the product's interface calls them otherwise by now,
//! wraps them, or parts a name.

use serde_json::Value;

use super::across::enveloped::{is_beside, is_envelope};
use super::words::words;

/// Whether a file of data holds what it held, under names that were only written otherwise (`temp_c`, `tempC`), in an
/// envelope, or with a name of old for what it lies in by now (`"price": {"amount": 4}`).
pub fn is_same(path: &str, old: &str, new: &str) -> bool {
    #[rustfmt::skip]
    const EXPECTED: [&str; 8] = ["expected", "golden", "snapshot", "snapshots", "baseline", "reference", "approved", "results"];
    let expects = words(path).iter().any(|word| EXPECTED.contains(&word.as_str()));
    let (Ok(old), Ok(new)) = (serde_json::from_str::<Value>(old), serde_json::from_str::<Value>(new)) else {
        return false;
    };
    path.ends_with(".json") && !expects && same(&old, content(&old, &new))
}

/// What an envelope holds that was not there.
fn content<'v>(old: &Value, new: &'v Value) -> &'v Value {
    let (Value::Array(_), Value::Object(entries)) = (old, new) else { return new };
    let mut contents = entries.iter().filter(|(key, _)| is_envelope(key));
    let items = old.as_array().map_or(0, Vec::len);
    let mut beside = entries.iter().filter(|(key, _)| !is_envelope(key));
    let beside = beside.all(|(key, part)| says_which_part(key, part, items));
    match (contents.next(), contents.next()) {
        (Some((_, only)), None) if beside => only,
        _ => new,
    }
}

/// Of numbers only those that go without saying: a test may expect any other.
fn says_which_part(key: &str, value: &Value, items: usize) -> bool {
    is_beside(key)
        && match value {
            Value::Object(entries) => entries.iter().all(|(key, part)| says_which_part(key, part, items)),
            Value::Number(number) => number.as_u64().is_some_and(|number| number <= 1 || number == items as u64),
            Value::Null | Value::Bool(_) => true,
            Value::Array(_) | Value::String(_) => false,
        }
}

fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let told = |key: &str| words(key).iter().any(|word| matches!(word.as_str(), "error" | "errors"));
            let (mut left, mut now) = (old.iter(), new.iter());
            while let Some((key, value)) = now.next() {
                let Some((was, before)) = left.next() else { return false };
                let kept = match value {
                    // The first part is what the name stood for.
                    Value::Object(parts) if was == key && !before.is_object() => {
                        !told(key)
                            && parts.values().next().is_some_and(|part| same(before, part))
                            && parts.iter().skip(1).all(|(name, part)| {
                                let mut rest = left.clone();
                                let is_kept =
                                    rest.next().is_some_and(|(was, value)| same_name(was, name) && same(value, part));
                                if is_kept {
                                    left = rest;
                                }
                                is_kept || is_currency(name, part)
                            })
                    }
                    _ if same_name(was, key) => same(before, value),
                    // `"name": "Ada Lovelace"` became `"firstName": "Ada", "lastName": "Lovelace"`.
                    Value::String(start) => now.next().is_some_and(|(next, rest)| {
                        let whole = rest.as_str().map(|rest| format!("{start} {rest}"));
                        is_part(key, was) && is_part(next, was) && whole.as_deref() == before.as_str()
                    }),
                    _ => false,
                };
                if !kept {
                    return false;
                }
            }
            left.next().is_none()
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(one, other)| same(one, other))
        }
        (old, new) => old == new,
    }
}

/// `"currency": "EUR"` beside an amount that had none.
fn is_currency(name: &str, value: &Value) -> bool {
    let is_code = |text: &str| text.len() == 3 && text.chars().all(|next| next.is_ascii_uppercase());
    name == "currency" && value.as_str().is_some_and(is_code)
}

/// Whether a name says what another one does, and which part of it is meant.
fn is_part(name: &str, whole: &str) -> bool {
    let said = words(name);
    said.len() > words(whole).len() && words(whole).iter().all(|word| said.contains(word))
}

fn same_name(one: &str, other: &str) -> bool {
    words(one).concat() == words(other).concat()
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn values_stay_under_other_names_and_in_envelopes() {
        let same = [
            (r#"{"temp_c": 17, "sky_text": "fair"}"#, r#"{"tempC": 17, "skyText": "fair"}"#),
            (r#"[{"id": 1}]"#, r#"{"items": [{"id": 1}], "page": 1, "pageCount": 1}"#),
            (r#"{"price": 4, "currency": "EUR"}"#, r#"{"price": {"amount": 4, "currency": "EUR"}}"#),
            (r#"{"price": 4, "id": 1}"#, r#"{"price": {"amount": 4, "currency": "EUR"}, "id": 1}"#),
            (r#"{"name": "Ada King", "id": 1}"#, r#"{"firstName": "Ada", "lastName": "King", "id": 1}"#),
        ];
        let other = [
            (r#"{"temp_c": 17}"#, r#"{"tempC": 18}"#),
            (r#"{"name": "a", "title": "b"}"#, r#"{"title": "a", "name": "b"}"#),
            (r#"[{"id": 1}]"#, r#"{"items": [{"id": 1}], "admin": true}"#),
            (r#"[{"id": 1}]"#, r#"{"items": [{"id": 1}], "total": 7}"#),
            (r#"{"name": "Ada King"}"#, r#"{"firstName": "Ada", "lastName": "Queen"}"#),
            (r#"{"error": "no"}"#, r#"{"error": {"text": "no"}}"#),
            (r#"{"price": 4}"#, r#"{"price": {"amount": 4, "discount": 1}}"#),
            (r#"{"price": 4, "currency": "EUR"}"#, r#"{"currency": {"amount": 4, "price": "EUR"}}"#),
        ];
        same.iter().for_each(|(old, new)| assert!(is_same("fixtures/a.json", old, new), "{new}"));
        other.iter().for_each(|(old, new)| assert!(!is_same("fixtures/a.json", old, new), "{new}"));
        assert!(!is_same("expected/a.json", same[0].0, same[0].1));
    }
}
