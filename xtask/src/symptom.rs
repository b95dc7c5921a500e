//! Tells failures that a test cannot be blamed for from those that it can: no browser, no server, no log-in. Such a
//! failure is an error of the surroundings and is never shown to a model. Pure.

/// Words of runners and browsers that speak of the surroundings, and what they mean.
const SURROUNDINGS: [(&str, &str); 19] = [
    ("Executable doesn't exist at", "the browser is not installed"),
    ("playwright install", "the browser is not installed"),
    ("browserType.launch", "the browser does not start"),
    ("Host system is missing dependencies", "the browser lacks system libraries"),
    ("net::ERR_CONNECTION_REFUSED", "the site refuses the connection"),
    ("NS_ERROR_CONNECTION_REFUSED", "the site refuses the connection"),
    ("net::ERR_NAME_NOT_RESOLVED", "the site's name is unknown"),
    ("net::ERR_INTERNET_DISCONNECTED", "there is no network"),
    ("net::ERR_CONNECTION_TIMED_OUT", "the site does not answer"),
    ("net::ERR_CERT_", "the site's certificate is not valid"),
    ("ECONNREFUSED", "a server refuses the connection"),
    ("ENOTFOUND", "a server's name is unknown"),
    ("EAI_AGAIN", "names cannot be resolved"),
    ("from config.webServer", "the suite's own web server does not come up"),
    ("is already used, make sure that nothing is running on the port", "the port of the suite's web server is taken"),
    ("Cannot find module '@playwright/test'", "Playwright is not installed here"),
    ("Cannot navigate to invalid URL", "no base URL is set; is an environment variable missing from `pass-env`?"),
    ("wrote no report", "the test runner did not get as far as a report"),
    ("did not end within", "the test run does not end"),
];

/// What of the surroundings is wrong, if a message speaks of that.
pub fn of_surroundings(message: &str) -> Option<&'static str> {
    SURROUNDINGS.iter().find(|(words, _)| message.contains(words)).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_is_not_blamed_for_its_surroundings() {
        for (message, expected) in [
            (
                "Error: page.goto: net::ERR_CONNECTION_REFUSED at http://127.0.0.1:1/",
                Some("the site refuses the connection"),
            ),
            ("browserType.launch: Executable doesn't exist at /x", Some("the browser is not installed")),
            (
                "Error: Timed out waiting 60000ms from config.webServer.",
                Some("the suite's own web server does not come up"),
            ),
            ("TimeoutError: locator.click: Timeout 500ms exceeded.", None),
            ("Error: expect(locator).toHaveText(expected) failed", None),
            ("TypeError: shop.openCart is not a function", None),
        ] {
            assert_eq!(of_surroundings(message), expected, "{message}");
        }
    }
}
