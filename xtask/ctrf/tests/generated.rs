//! Reports that nobody wrote: every cut and thousands of mutations of one that holds everything. `fuzz/` looks further.

mod check;

use std::path::Path;

use ctrf::{Error, Report};
use serde_json::Value;

/// Everything that a report can hold, with escapes, numbers of all forms and nested values.
const SEED: &str = r#"{"reportFormat":"CTRF","specVersion":"0.0.0","results":{"tool":{"name":"playwright"},
"summary":{"tests":3,"failed":1},"tests":[{"name":"a é \ud83d\ude00","status":"passed","duration":1.5e3},
{"name":"b","status":"failed","suite":["x","y"],"message":"m\n\u001b[1m\\","trace":null,"attachments":[{"name":"n",
"contentType":"t","path":"p"}],"extra":{"deep":[[{"a":[]}],-0.1,true,false,null], "empty" : {}},"flaky":false,
"retries":2,"steps":[{"name":"one \"step\" of twenty-four bytes and more","status":"passed","duration":0}, "\u00e9"]},
{"status":"skipped","name":"c","suite":"x > y","file_path":"t.py","line":7}]},"extra":[]}"#;

const PIECES: [&[u8]; 20] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"\\u",
    b"\\ud800",
    b"\xff",
    b"-",
    b"1e",
    b"\n",
    b"\0",
    b"                  ",
    b"0",
    b"\x1b]",
    b"{\"name\":\"z\",\"status\":\"failed\"},",
];

/// xorshift64*: the same sequence in every run. <https://doi.org/10.1145/2845077>
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}

fn read(bytes: &[u8]) -> Result<Report, Error> {
    ctrf::read(&mut &bytes[..], Path::new("r.json"))
}

/// The peer is serde_json: what it accepts we accept, with the same numbers; we accept more only inside strings.
fn agrees_with_serde(bytes: &[u8], ours: Option<&Report>) {
    let Ok(theirs) = serde_json::from_slice::<Value>(bytes) else { return };
    let tests = theirs.pointer("/results/tests").and_then(Value::as_array);
    match (tests, ours) {
        (Some(tests), Some(ours)) => assert_eq!(tests.len(), ours.total + ours.unreadable, "{theirs}"),
        (None, Some(_)) => panic!("accepted without a list of tests: {theirs}"),
        _ => {}
    }
}

#[test]
fn every_cut_of_a_report_is_rejected_at_its_end() {
    for end in 0..SEED.len() {
        let error = read(&SEED.as_bytes()[..end]).expect_err("half a report was believed");
        assert!(error.message.ends_with(&format!("(byte {end})")), "{end}: {error}");
    }
}

#[test]
fn whatever_is_read_what_must_hold_holds() {
    check::holds(SEED.as_bytes());
    let mut accepted = 0;
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for _ in 0..30_000 {
        let mut bytes = SEED.as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.below(256) as u8,
                1 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
                2 => drop(bytes.drain(at..(at + 1 + random.below(12)).min(bytes.len() - 1))),
                _ => {
                    let end = (at + random.below(60)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    let to = random.below(bytes.len());
                    bytes.splice(to..to, copy);
                }
            }
        }
        check::holds(&bytes);
        let outcome = read(&bytes);
        agrees_with_serde(&bytes, outcome.as_ref().ok());
        accepted += usize::from(outcome.is_ok());
    }
    assert!(accepted > 3_000, "the mutations leave too little to test: {accepted}");
}
