//! Whether to take an answer, to wait and ask again, or to stop. Pure.

use std::time::Duration;

use super::answer::{Answer, Response};

/// Attempts after which a fault of the server counts as lasting.
const ATTEMPTS: u32 = 5;

/// All waiting for one request together. A primary limit may reset only in an hour: then the run says so instead of
/// holding a runner.
const PATIENCE: Duration = Duration::from_secs(600);

/// What GitHub asks for when a secondary limit names no time.
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
const UNNAMED_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, PartialEq)]
pub enum Step {
    Take,
    Wait(Duration),
    /// It may have been done: the caller has to look before it asks again.
    LookFirst(String),
    GiveUp(String),
}

/// `attempt` counts from 0, `now` is in seconds since the epoch.
pub fn step(repeatable: bool, answer: &Answer, attempt: u32, waited: Duration, now: u64) -> Step {
    let (wait, why) = match answer {
        Answer::Reply(response) => {
            if let Some(limit) = rate_limit(response, attempt, now) {
                // Refused before anything was done, so also a creation may be asked for again.
                (limit, format!("rate limit, to be lifted in {} s", limit.as_secs()))
            } else if response.status >= 500 {
                if !repeatable {
                    return Step::LookFirst(response.complaint());
                }
                (retry_after(response).unwrap_or_else(|| back_off(attempt)), response.complaint())
            } else {
                return Step::Take;
            }
        }
        Answer::Silence(said) if !repeatable => return Step::LookFirst(said.clone()),
        Answer::Silence(said) => (back_off(attempt), said.clone()),
    };
    if attempt + 1 >= ATTEMPTS || waited.saturating_add(wait) > PATIENCE { Step::GiveUp(why) } else { Step::Wait(wait) }
}

/// 1, 2, 4, … seconds.
pub fn back_off(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.min(5))
}

/// How long to wait if the response is a rate limit: 429, or a 403 that says so in a header or in words.
fn rate_limit(response: &Response, attempt: u32, now: u64) -> Option<Duration> {
    let spent = response.header("x-ratelimit-remaining") == Some("0");
    let said = response.body["message"].as_str().is_some_and(|text| text.to_ascii_lowercase().contains("rate limit"));
    let limited = match response.status {
        429 => true,
        403 => spent || said || response.header("retry-after").is_some(),
        _ => false,
    };
    let until_reset = || {
        let reset: u64 = response.header("x-ratelimit-reset").filter(|_| spent)?.parse().ok()?;
        // One second more: the header is rounded down.
        Some(Duration::from_secs(reset.saturating_sub(now).saturating_add(1)))
    };
    limited
        .then(|| retry_after(response).or_else(until_reset).unwrap_or_else(|| UNNAMED_LIMIT * 2u32.pow(attempt.min(5))))
}

fn retry_after(response: &Response) -> Option<Duration> {
    response.header("retry-after")?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&str, &str)], message: &str) -> Answer {
        let headers = headers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Answer::Reply(Response { status, headers, body: serde_json::json!({ "message": message }) })
    }

    fn seconds(n: u64) -> Step {
        Step::Wait(Duration::from_secs(n))
    }

    #[test]
    fn takes_refusals_and_waits_out_limits() {
        let secondary = "You have exceeded a secondary rate limit";
        let cases = [
            (reply(200, &[], ""), 0, Step::Take),
            (reply(404, &[], "Not Found"), 0, Step::Take),
            (reply(422, &[], "Validation Failed"), 0, Step::Take),
            (reply(403, &[], "Resource not accessible by integration"), 0, Step::Take),
            (reply(403, &[("x-ratelimit-remaining", "17")], "no"), 0, Step::Take),
            (reply(403, &[("Retry-After", "7")], ""), 0, seconds(7)),
            (reply(429, &[("retry-after", "3"), ("x-ratelimit-remaining", "0")], ""), 0, seconds(3)),
            (reply(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1030")], ""), 0, seconds(31)),
            (reply(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "900")], ""), 0, seconds(1)),
            (reply(403, &[], secondary), 0, seconds(60)),
            (reply(429, &[], ""), 1, seconds(120)),
            (reply(502, &[], "Bad Gateway"), 2, seconds(4)),
            (reply(503, &[("Retry-After", "9")], ""), 0, seconds(9)),
            (Answer::Silence("connection reset".into()), 0, seconds(1)),
        ];
        for (answer, attempt, expected) in cases {
            assert_eq!(step(true, &answer, attempt, Duration::ZERO, 1000), expected, "{answer:?}");
        }
    }

    #[test]
    fn a_creation_is_not_repeated_blindly() {
        for (answer, looks) in [
            (reply(502, &[], "Bad Gateway"), true),
            (Answer::Silence("connection reset".into()), true),
            (reply(429, &[("retry-after", "3")], ""), false),
        ] {
            let step = step(false, &answer, 0, Duration::ZERO, 1000);
            assert_eq!(matches!(step, Step::LookFirst(_)), looks, "{answer:?}");
        }
    }

    #[test]
    fn waiting_is_bounded() {
        let long = reply(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4600")], "");
        assert_eq!(
            step(true, &long, 0, Duration::ZERO, 1000),
            Step::GiveUp("rate limit, to be lifted in 3601 s".into())
        );
        let short = reply(429, &[("retry-after", "300")], "");
        assert_eq!(step(true, &short, 0, Duration::from_secs(200), 1000), seconds(300));
        assert!(matches!(step(true, &short, 1, Duration::from_secs(400), 1000), Step::GiveUp(_)));
        let fault = reply(500, &[], "oops");
        assert!(matches!(step(true, &fault, ATTEMPTS - 1, Duration::ZERO, 1000), Step::GiveUp(_)));
    }
}
