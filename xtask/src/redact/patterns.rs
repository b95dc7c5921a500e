//! What a secret looks like. Tokens with a known shape go wherever they stand; other values go when their name or their
//! place says what they are. Source code must survive: `page.getByLabel('Password')` holds no secret.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Which matches of a rule are secrets.
#[derive(Clone, Copy)]
enum When {
    Always,
    /// When the secret holds a digit: prose does not.
    Digit,
    /// When it is a literal value and neither code nor a placeholder.
    Literal,
}

struct Rule {
    /// The rule is tried on lines that hold one of these, in lower case.
    needles: &'static [&'static str],
    /// The group `keep`, when there is one, stays; the rest of the match is the secret, but for the group `end`.
    regex: Regex,
    when: When,
}

/// Needles, pattern, condition. Shapes: <https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns>,
/// <https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml>.
#[rustfmt::skip]
const RULES: &[(&[&str], &str, When)] = &[
    // GitHub, GitLab
    (&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9_]{16,}(?:\.[A-Za-z0-9_\-]{10,})*", When::Always),
    (&["github_pat_"], r"\bgithub_pat_[A-Za-z0-9_]{16,}", When::Always),
    (&["gl"], r"\bgl(?:pat|ptt|oas|rt|dt|cbt|ft|soat|agent|imt)-[A-Za-z0-9_\-.]{16,}", When::Always),
    // models
    (&["sk-"], r"\bsk-(?:ant-[A-Za-z0-9_\-]{8,}|[A-Za-z0-9_\-]{20,})", When::Digit),
    (&["aiza", "ya29."], r"\b(?:AIza[A-Za-z0-9_\-]{30,}|ya29\.[A-Za-z0-9_\-]{20,})", When::Always),
    (&["hf_"], r"\bhf_[A-Za-z0-9]{20,}", When::Always),
    // clouds and services
    (&["akia", "asia", "aroa", "aida"], r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b", When::Always),
    (&["xox", "xapp-"], r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}", When::Digit),
    (&["hooks.slack.com"], r"(?P<keep>hooks\.slack\.com/[a-z]+/)[A-Za-z0-9/_+]{10,}", When::Always),
    (&["k_live_", "k_test_", "whsec_"], r"\b(?:[rsp]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,}", When::Always),
    (&["npm_"], r"\bnpm_[A-Za-z0-9]{30,}", When::Always),
    (&["pypi-"], r"\bpypi-[A-Za-z0-9_\-]{20,}", When::Always),
    (&["dckr_", "dop_v1_", "shp", "sg."], r"\b(?:dckr_[a-z]+_|dop_v1_|shp(?:at|ca|pa|ss)_|SG\.)[A-Za-z0-9_\-.]{16,}", When::Always),
    (&["eyj"], r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*", When::Always),
    // headers
    (&["authorization"], r#"(?i)(?P<keep>\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|negotiate)\s+)?)[^\s"',;]+"#, When::Literal),
    (&["bearer", "basic"], r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[A-Za-z0-9+/._~\-]{16,}=*", When::Digit),
    (&["cookie"], r#"(?i)(?P<keep>\b(?:set-)?cookie["']?\s*:\s*["']?)[^\s"'=;]+=[^"'\r\n]+"#, When::Always),
    // Drupal: the session cookie, the link that logs in once
    (&["sess"], r#"(?P<keep>\bS?SESS[0-9a-f]{32}["']?\s*[=:]\s*["']?)[^;\s"']+"#, When::Always),
    (&["/user/reset/"], r"(?P<keep>/user/reset/\d+/\d+/)[A-Za-z0-9_\-]+", When::Always),
    // addresses
    (&["://"], r#"(?P<keep>[A-Za-z][A-Za-z0-9+.\-]*://)[^\s/@:"'<>]*:[^\s/@"'<>]+(?P<end>@)"#, When::Always),
    (&["://"], r#"(?P<keep>[A-Za-z][A-Za-z0-9+.\-]*://)[^\s/@:"'<>]{20,}(?P<end>@)"#, When::Always),
    (&["="], r#"(?i)(?P<keep>[?&;](?:(?:access|auth|refresh|id|session|machine)_?token|token|api_?key|secret|client_secret|sig|signature|password|passwd|pwd|pass|x-amz-(?:signature|credential|security-token))=)[^&\s"'#<>`]+"#, When::Literal),
    // name and value: quoted, as an option, bare
    (&["pass", "secret", "token", "key", "credential"], r#"(?i)(?P<keep>\b[A-Za-z0-9_.\-]*(?:passwd|password|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|credentials?)\\?["']?\s*[:=]\s*\\?(?:"|'|`))[^"'`\\\r\n]{4,}"#, When::Literal),
    (&["--"], r"(?i)(?P<keep>--[a-z-]*(?:password|passwd|secret|token|api-?key)(?:=|\s+))[^\s]+", When::Literal),
    (&["pass", "secret", "token", "key", "credential"], r#"(?i)(?P<keep>\b[A-Za-z0-9_.\-]*(?:passwd|password|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|credentials?)=)[^\s"'`&;,()<>]{4,}"#, When::Literal),
    (&["pass", "secret", "token", "key", "credential"], r#"(?i)(?P<keep>\b[A-Za-z0-9_.\-]*(?:passwd|password|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|credentials?)["']?(?:\s*:\s*|\s+=\s*))[^\s"'`&;,()<>{}\[\]]{6,}"#, When::Digit),
];

static COMPILED: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    // Every pattern compiles: a test says so.
    let compile = |(needles, pattern, when): &(&'static [&'static str], &str, When)| {
        Regex::new(pattern).ok().map(|regex| Rule { needles, regex, when: *when })
    };
    RULES.iter().filter_map(compile).collect()
});

/// A private key, whole; and one whose end was cut off, as far as it looks like one.
static KEYS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let whole =
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----";
    let cut = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\r|\\n)*[A-Za-z0-9+/=]{8,})*";
    [whole, cut].iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// The text with `[redacted]` where something looks like a secret. Doing it twice changes nothing.
pub fn secrets(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    if text.contains("PRIVATE KEY") {
        for key in KEYS.iter() {
            text = Cow::Owned(key.replace_all(&text, REDACTED).into_owned());
        }
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        out.push_str(&in_line(line));
    }
    out
}

fn in_line(line: &str) -> Cow<'_, str> {
    let mut line = Cow::Borrowed(line);
    let mut lower = line.to_ascii_lowercase();
    for rule in COMPILED.iter() {
        if rule.needles.iter().any(|needle| lower.contains(needle)) && rule.regex.is_match(&line) {
            line = Cow::Owned(rule.regex.replace_all(&line, |found: &Captures| rule.replacement(found)).into_owned());
            lower = line.to_ascii_lowercase();
        }
    }
    line
}

impl Rule {
    fn replacement(&self, found: &Captures) -> String {
        let whole = found.get(0).map_or("", |m| m.as_str());
        let keep = found.name("keep").map_or("", |m| m.as_str());
        let end = found.name("end").map_or("", |m| m.as_str());
        let secret = &whole[keep.len()..whole.len() - end.len()];
        let is_secret = match self.when {
            When::Always => true,
            When::Digit => secret.bytes().any(|byte| byte.is_ascii_digit()) && is_literal(secret),
            When::Literal => is_literal(secret),
        };
        if is_secret { format!("{keep}{REDACTED}{end}") } else { whole.to_owned() }
    }
}

/// Not a reference to a value kept elsewhere, and not a word of a programming language.
fn is_literal(value: &str) -> bool {
    const REFERENCES: [&str; 9] = ["$", "{", "<", "[", "%", "***", "process.env", "env.", "os.environ"];
    const WORDS: [&str; 11] =
        ["await", "undefined", "null", "true", "false", "none", "string", "number", "function", "bearer", "basic"];
    let word = value.trim_end_matches([',', ';', '"', '\'', '.']).to_ascii_lowercase();
    !REFERENCES.iter().any(|start| value.starts_with(start)) && !WORDS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for (_, pattern, _) in RULES {
            Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        }
        assert_eq!((COMPILED.len(), KEYS.len()), (RULES.len(), 2));
    }

    /// Tokens are put together here, so that no scanner of this repository finds one.
    #[test]
    fn takes_out_tokens_and_keeps_the_rest() {
        let long = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6";
        let upper = "A1B2C3D4E5F6G7H8";
        let hex = "0123456789abcdef0123456789abcdef";
        let tokens = [
            format!("ghp_{long}"),
            format!("ghs_{long}.{long}.{long}"),
            format!("github_pat_{long}_{long}"),
            format!("glpat-{long}"),
            format!("sk-ant-api03-{long}"),
            format!("sk-proj-{long}"),
            format!("AKIA{upper}"),
            format!("xoxb-123456789012-{long}"),
            format!("npm_{long}"),
            format!("eyJhbGciOi{long}.{long}.{long}"),
            format!("AIza{long}"),
            format!("sk_live_{long}"),
            format!("hf_{long}"),
            format!("pypi-{long}"),
        ];
        for token in tokens {
            for (before, after) in [("", ""), ("curl -H 'x: ", "'"), ("https://h/p?x=", "&y=1"), ("{\"a\":\"", "\"}")] {
                let text = format!("{before}{token}{after}");
                assert_eq!(secrets(&text), format!("{before}{REDACTED}{after}"), "{text}");
            }
        }
        let places = [
            ("Authorization: Bearer ", "abcdef", "\nnext"),
            ("authorization: ", "abcdef", ""),
            (r#"{"Authorization":"Basic "#, "dXNlcjpwYXNz", r#"","a":1}"#),
            ("sent Bearer ", long, " and left"),
            ("Cookie: ", "a=b; c=d", "\nHost: x"),
            (&format!("SSESS{hex}="), "v-1", "; path=/"),
            ("https://shop.test/user/reset/1/1700000000/", "aB-c_d", "/login"),
            ("git clone https://", "user:pass1", "@github.com/o/r"),
            ("postgres://", "u:p%40ss", "@db:5432/x"),
            ("GET /a?token=", "abcd", "&page=2"),
            ("GET /a?page=2&api_key=", "abcd", " HTTP/1.1"),
            ("DB_PASSWORD=", "correcthorse", "\n"),
            ("export NPM_TOKEN=", "abcd1234", ""),
            ("password: '", "correct horse", "'"),
            (r#"{\"password\":\""#, "hunter2", r#"\",\"a\":1}"#),
            ("terminus auth:login --machine-token=", "Abc-123", " --x"),
            ("mysql --password ", "hunter2", " db"),
            ("Password: ", "hunter2", " was sent"),
            ("AccountKey=", "abc+/def==", ";Endpoint=x"),
        ];
        for (before, secret, after) in places {
            let text = format!("{before}{secret}{after}");
            assert_eq!(secrets(&text), format!("{before}{REDACTED}{after}"), "{text}");
        }
        let key = format!("-----BEGIN RSA PRIVATE {}-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----", "KEY");
        assert_eq!(secrets(&format!("a\n{key}\nb")), "a\n[redacted]\nb");
        let half = format!("a -----BEGIN PRIVATE {}-----\\nMIIEabcdefgh\\nQUJDabcdefgh\\n...", "KEY");
        assert_eq!(secrets(&half), "a [redacted]\\n...");
    }

    #[test]
    fn keeps_code_and_prose() {
        for text in [
            "await page.getByLabel('Password').fill(process.env.PASSWORD);",
            "locator('input[name=\"password\"]') resolved to 2 elements",
            "const token = await getToken();",
            "function login(user: string, password: string, token: Token) {}",
            "password: process.env.SITE_PASSWORD1,",
            "Error: password: incorrect",
            "basic responsibilities of the token bearer are unchanged",
            "https://shop.test:8080/a?code=200&key=5#top",
            "git@github.com:o/r.git",
            "at tests/a.spec.js:12:5 (Received: \"Paid\")",
            "npm_config_registry npm_lifecycle_event",
            "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
            "sk-estimated-delivery-date-label",
            "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "Set the cookie: it must be there",
        ] {
            assert_eq!(secrets(text), text);
        }
    }

    #[test]
    fn twice_is_as_once() {
        let text = "Authorization: Bearer abc1 https://u:p@h/?token=abcd password='abcd' PASSWORD=abcd1 --token=x1 Cookie: a=b";
        let once = secrets(text);
        assert_eq!(secrets(&once), once);
        assert_eq!(once.matches(REDACTED).count(), 7, "{once}");
    }
}
