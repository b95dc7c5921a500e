//! What a secret looks like. Tokens with a known shape go wherever they stand; other values go when their name or their
//! place says what they are. Source code must survive: `page.getByLabel('Password')` holds no secret.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use memchr::memmem::Finder;
use regex::Regex;

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// The longest secret with its name, in bytes: more than any token or header has.
const LONGEST: usize = 8 << 10;

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
    /// A match begins with one of these, in lower case. Finding them is cheap; the pattern is tried there alone.
    starts: Vec<Finder<'static>>,
    /// Anchored. The group `keep`, when there is one, stays; the rest of the match is the secret, but for the group
    /// `end`. Without `keep` the match must begin a word.
    pattern: &'static str,
    /// Compiled when a text may hold a match: most texts need none.
    regex: OnceLock<Option<Regex>>,
    when: When,
}

const NAMES: &[&str] = &[
    "passwd",
    "password",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "privatekey",
    "private_key",
    "private-key",
    "accountkey",
    "account_key",
    "account-key",
    "credential",
];

/// Starts, pattern, condition. A `NAME` stands for [`NAMES`].
/// Shapes: <https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns>,
/// <https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml>.
#[rustfmt::skip]
const RULES: &[(&[&str], &str, When)] = &[
    // GitHub, GitLab
    (&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9_]{16,}(?:\.[A-Za-z0-9_\-]{10,})*", When::Always),
    (&["github_pat_"], r"github_pat_[A-Za-z0-9_]{16,}", When::Always),
    (&["gl"], r"gl(?:pat|ptt|oas|rt|dt|cbt|ft|soat|agent|imt)-[A-Za-z0-9_\-.]{16,}", When::Always),
    // models
    (&["sk-"], r"sk-(?:ant-[A-Za-z0-9_\-]{8,}|[A-Za-z0-9_\-]{20,})", When::Digit),
    (&["aiza", "ya29."], r"(?:AIza[A-Za-z0-9_\-]{30,}|ya29\.[A-Za-z0-9_\-]{20,})", When::Always),
    (&["hf_"], r"hf_[A-Za-z0-9]{20,}", When::Always),
    // clouds and services
    (&["akia", "asia", "aroa", "aida"], r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b", When::Always),
    (&["xox", "xapp-"], r"(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}", When::Digit),
    (&["hooks.slack.com"], r"(?P<keep>hooks\.slack\.com/[a-z]+/)[A-Za-z0-9/_+]{10,}", When::Always),
    (&["sk_", "rk_", "pk_", "whsec_"], r"(?:[rsp]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,}", When::Always),
    (&["npm_"], r"npm_[A-Za-z0-9]{30,}", When::Always),
    (&["pypi-"], r"pypi-[A-Za-z0-9_\-]{20,}", When::Always),
    (&["dckr_", "dop_v1_", "shp", "sg."], r"(?:dckr_[a-z]+_|dop_v1_|shp(?:at|ca|pa|ss)_|SG\.)[A-Za-z0-9_\-.]{16,}", When::Always),
    (&["eyj"], r"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*", When::Always),
    // headers
    (&["authorization"], r#"(?i)(?P<keep>authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|negotiate)\s+)?)[^\s"',;]+"#, When::Literal),
    (&["bearer", "basic"], r"(?i)(?P<keep>(?:bearer|basic)\s+)[A-Za-z0-9+/._~\-]{16,}=*", When::Digit),
    (&["cookie"], r#"(?i)(?P<keep>cookie["']?\s*:\s*["']?)[^\s"'=;]+=[^"'\r\n]+"#, When::Always),
    // Drupal: the session cookie, the link that logs in once
    (&["sess"], r#"(?P<keep>SESS[0-9a-f]{32}["']?\s*[=:]\s*["']?)[^;\s"']+"#, When::Always),
    (&["/user/reset/"], r"(?P<keep>/user/reset/\d+/\d+/)[A-Za-z0-9_\-]+", When::Always),
    // addresses
    (&["://"], r#"(?P<keep>://)[^\s/@:"'<>]*:[^\s/@"'<>]+(?P<end>@)"#, When::Always),
    (&["://"], r#"(?P<keep>://)[^\s/@:"'<>]{20,}(?P<end>@)"#, When::Always),
    (&["?", "&", ";"], r#"(?i)(?P<keep>[?&;](?:(?:access|auth|refresh|id|session|machine)_?token|token|api_?key|secret|client_secret|sig|signature|password|passwd|pwd|pass|x-amz-(?:signature|credential|security-token))=)[^&\s"'#<>`]+"#, When::Literal),
    // name and value: quoted, as an option, adjacent, apart
    (NAMES, r#"(?i)(?P<keep>NAME\\?["']?\s*[:=]\s*\\?(?:"|'|`))[^"'`\\\r\n]{4,}"#, When::Literal),
    (&["--"], r"(?i)(?P<keep>--[a-z-]*(?:password|passwd|secret|token|api-?key)(?:=|\s+))[^\s]+", When::Literal),
    (NAMES, r#"(?i)(?P<keep>NAME=)[^\s"'`&;,()<>]{4,}"#, When::Literal),
    (NAMES, r#"(?i)(?P<keep>NAME["']?(?:\s*:\s*|\s+=\s*))[^\s"'`&;,()<>{}\[\]]{6,}"#, When::Digit),
];

const NAME: &str = "(?:passwd|password|passphrase|secret|token|(?:api|access|private|account)[_-]?key|credentials?)";

static PREPARED: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |(starts, pattern, when): &(&'static [&'static str], &'static str, When)| {
        let starts = starts.iter().map(Finder::new).collect();
        Rule { starts, pattern, regex: OnceLock::new(), when: *when }
    };
    RULES.iter().map(rule).collect()
});

static STARTS: LazyLock<Starts> = LazyLock::new(|| Starts::new(RULES.iter().map(|(starts, ..)| *starts)));

/// What the matches of all rules begin with, for one look at a text: most hold none of it.
struct Starts {
    /// A bit for each two bytes that a start begins with.
    pairs: Vec<u64>,
    /// By the first byte: the start, and the bit of its rule.
    by_first: Vec<Vec<(&'static [u8], u64)>>,
}

impl Starts {
    fn new(rules: impl Iterator<Item = &'static [&'static str]>) -> Self {
        let mut all = Starts { pairs: vec![0; 1 << 10], by_first: vec![Vec::new(); 1 << 8] };
        for (rule, starts) in rules.enumerate() {
            for start in starts.iter().map(|start| start.as_bytes()) {
                all.by_first[usize::from(start[0])].push((start, 1 << rule));
                let seconds = start.get(1).map_or(0..=u8::MAX, |second| *second..=*second);
                for pair in seconds.map(|second| pair(start[0], second)) {
                    all.pairs[pair / 64] |= 1 << (pair % 64);
                }
            }
        }
        all
    }

    /// A bit for each rule that may match somewhere.
    fn rules_in(&self, text: &[u8]) -> u64 {
        let mut found = 0;
        for (at, two) in text.windows(2).enumerate() {
            let pair = pair(two[0].to_ascii_lowercase(), two[1].to_ascii_lowercase());
            if self.pairs[pair / 64] & 1 << (pair % 64) == 0 {
                continue;
            }
            for (start, rule) in &self.by_first[usize::from(two[0].to_ascii_lowercase())] {
                if found & rule == 0
                    && text[at..].get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
                {
                    found |= rule;
                }
            }
        }
        found
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{})", pattern.replace("NAME", NAME)))
}

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
    // What a rule takes out leaves no start for another one.
    let rules = STARTS.rules_in(text.as_bytes());
    if rules == 0 {
        return text.into_owned();
    }
    let mut lower = text.to_ascii_lowercase();
    for (_, rule) in PREPARED.iter().enumerate().filter(|(index, _)| rules & 1 << index != 0) {
        if let Some(clean) = rule.apply(&text, &lower) {
            lower = clean.to_ascii_lowercase();
            text = Cow::Owned(clean);
        }
    }
    text.into_owned()
}

impl Rule {
    /// The text without what the rule finds in it; `None` when it finds nothing.
    fn apply(&self, text: &str, lower: &str) -> Option<String> {
        // Every pattern compiles: a test says so.
        let regex = self.regex.get_or_init(|| compiled(self.pattern).ok()).as_ref()?;
        let mut places: Vec<usize> = Vec::new();
        for start in &self.starts {
            places.extend(start.find_iter(lower.as_bytes()));
        }
        places.sort_unstable();
        let mut out = String::new();
        let mut done = 0;
        for at in places {
            if at < done {
                continue;
            }
            // A match never goes beyond its line, nor far: hostile text must not make this slow.
            let window = (at..=text.len().min(at + LONGEST)).rev().find(|end| text.is_char_boundary(*end));
            let line = text[at..window.unwrap_or(at)].split('\n').next().unwrap_or_default();
            let Some(found) = regex.captures(line) else { continue };
            let keep = found.name("keep").map_or(0, |m| m.end());
            if keep == 0 && text[..at].ends_with(|before: char| before == '_' || before.is_ascii_alphanumeric()) {
                continue;
            }
            let whole = found.get(0).map_or(0, |m| m.end());
            let end = found.name("end").map_or(whole, |m| m.start());
            if self.when.holds(&line[keep..end]) {
                out.push_str(&text[done..at + keep]);
                out.push_str(REDACTED);
                done = at + end;
            }
        }
        (done > 0).then(|| out + &text[done..])
    }
}

impl When {
    fn holds(self, secret: &str) -> bool {
        match self {
            When::Always => true,
            When::Digit => secret.bytes().any(|byte| byte.is_ascii_digit()) && is_literal(secret),
            When::Literal => is_literal(secret),
        }
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
            compiled(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        }
        assert_eq!(KEYS.len(), 2);
        assert!(RULES.len() <= 64, "a bit for each");
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
