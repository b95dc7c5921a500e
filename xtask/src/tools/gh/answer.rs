//! Reads what `gh api -i` printed: the status line, the headers, the body. Pure.

use serde_json::Value;

/// What came back of one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Reply(Response),
    /// No HTTP reply at all: a connection that failed, or broke before the reply was read. Holds what gh said.
    Silence(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// `Null` when the body is empty or no JSON (an error page of a proxy).
    pub body: Value,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What GitHub says about a refusal: the message and the errors' own, for a person to read.
    pub fn complaint(&self) -> String {
        let mut parts = vec![self.body["message"].as_str().unwrap_or("no message").to_owned()];
        for error in self.body["errors"].as_array().into_iter().flatten() {
            let own = error.as_str().or_else(|| error["message"].as_str());
            let coded = || Some(format!("{} {}", error["field"].as_str()?, error["code"].as_str()?));
            parts.extend(own.map(str::to_owned).or_else(coded));
        }
        let text = format!("{} (HTTP {})", parts.join(": "), self.status);
        text.chars().filter(|c| !c.is_control()).take(500).collect()
    }

    /// Whether a listing goes on, by its `Link` header.
    pub fn has_next_page(&self) -> bool {
        self.header("link").is_some_and(|link| link.split(',').any(|part| part.contains("rel=\"next\"")))
    }
}

/// The reply in the output of `gh api -i`, or `None` when there is none in it.
pub fn parse(stdout: &[u8]) -> Option<Response> {
    let split =
        find(stdout, b"\r\n\r\n").map(|at| (at, at + 4)).or_else(|| find(stdout, b"\n\n").map(|at| (at, at + 2)));
    // A reply without a header: gh prints the status line with a bare line end, then the empty line.
    let split = split.or_else(|| find(stdout, b"\n\r\n").map(|at| (at, at + 3)));
    let (head_end, body_start) = split?;
    let head = String::from_utf8_lossy(&stdout[..head_end]);
    let mut lines = head.lines();
    let mut status_line = lines.next()?.split_ascii_whitespace();
    status_line.next().filter(|version| version.starts_with("HTTP/"))?;
    let status = status_line.next()?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let body = serde_json::from_slice(&stdout[body_start..]).unwrap_or(Value::Null);
    Some(Response { status, headers, body })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_gh_prints() {
        // As gh 2.23 prints it: the status line ends with a bare line feed, the headers do not.
        let cases = [
            (
                "HTTP/1.1 200 OK\nContent-Type: application/json\r\nLink: <u?page=2>; rel=\"next\"\r\n\r\n{\"a\": 1}\n",
                Some((200, 2, serde_json::json!({"a": 1}))),
            ),
            ("HTTP/1.1 204 No Content\n\r\n", Some((204, 0, Value::Null))),
            ("HTTP/2.0 502 Bad\nContent-Type: text/html\r\n\r\n<p/>", Some((502, 1, Value::Null))),
            ("HTTP/2.0 201\nA: b: c\r\n\r\n[]", Some((201, 1, serde_json::json!([])))),
            ("", None),
            ("not a reply\n\nat all", None),
            ("HTTP/1.1 abc\n\n", None),
        ];
        for (printed, expected) in cases {
            let parsed = parse(printed.as_bytes());
            assert_eq!(parsed.map(|r| (r.status, r.headers.len(), r.body)), expected, "{printed:?}");
        }
    }

    #[test]
    fn a_complaint_names_every_error() {
        let body = serde_json::json!({"message": "Validation Failed", "errors": [
            {"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for o:b."},
            {"resource": "Label", "field": "name", "code": "already_exists"}, "plain\u{1b}[31m"]});
        let response = Response { status: 422, headers: Vec::new(), body };
        assert_eq!(
            response.complaint(),
            "Validation Failed: A pull request already exists for o:b.: name already_exists: plain[31m (HTTP 422)"
        );
    }

    #[test]
    fn the_link_header_says_whether_a_listing_goes_on() {
        for (link, expected) in [
            (Some(r#"<https://x?page=1>; rel="prev", <https://x?page=3>; rel="next""#), true),
            (Some(r#"<https://x?page=1>; rel="first""#), false),
            (None, false),
        ] {
            let headers = link.map(|link| ("link".to_owned(), link.to_owned())).into_iter().collect();
            assert_eq!(Response { status: 200, headers, body: Value::Null }.has_next_page(), expected, "{link:?}");
        }
    }
}
