//! What must hold of the reader whatever it is given. Shared by the tests and by the fuzz target.

use std::io::Read;
use std::path::Path;

use ctrf::{Error, FailedTest, Report};

/// What is kept of any text.
const LIMIT: usize = 16 << 10;

/// Panics if something does not hold. A panic of the reader, memory without bound and time without end are for whoever
/// calls to see.
pub fn holds(bytes: &[u8]) {
    let outcome = read(bytes, usize::MAX);
    // The quick ways and the long ones must agree, and so nothing depends on where a portion ends.
    for portion in [1, 7] {
        assert_eq!(outcome, read(bytes, portion), "in portions of {portion}");
    }
    match outcome {
        Ok(report) => consistent(&report, bytes.len()),
        Err(error) => assert!(!error.message.is_empty() && !error.message.contains(['\n', '\u{1b}']), "{error:?}"),
    }
}

fn read(bytes: &[u8], portion: usize) -> Result<Report, Error> {
    ctrf::read(&mut Portions { rest: bytes, portion }, Path::new("r.json"))
}

fn consistent(report: &Report, size: usize) {
    assert_eq!(report.total, report.passed + report.skipped + report.other + report.failed.len(), "{report:?}");
    assert!(report.total + report.unreadable > 0, "{report:?}");
    // An entry takes two bytes at least.
    assert!(report.total + report.unreadable <= size / 2, "{report:?}");
    assert!(report.warnings.len() + report.doubts.len() <= 20, "{report:?}");
    for test in &report.failed {
        for text in [&test.message, &test.trace, &test.snippet] {
            assert!(!text.contains('\u{1b}'), "{text:?}");
        }
        for text in [&test.name, &test.message, &test.trace, &test.snippet] {
            assert!(text.len() <= LIMIT, "{}", text.len());
        }
        assert!(test.attachments.len() <= 50, "{}", test.attachments.len());
    }
    // A byte that is no UTF-8 becomes three.
    let kept: usize = report.failed.iter().map(kept).sum();
    assert!(kept <= 3 * size, "{kept} bytes kept of {size}");
}

fn kept(test: &FailedTest) -> usize {
    let texts = [&test.name, &test.message, &test.trace, &test.snippet].into_iter().chain(&test.suite);
    let texts = texts.chain(&test.file_path).chain(&test.browser);
    let attachments = test.attachments.iter().flat_map(|one| [&one.name, &one.content_type, &one.path]);
    texts.chain(attachments).map(String::len).sum()
}

/// Bytes that come in small portions.
struct Portions<'a> {
    rest: &'a [u8],
    portion: usize,
}

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(self.portion);
        self.rest.read(&mut buffer[..count])
    }
}
