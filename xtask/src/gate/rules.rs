//! The table of rules: each with its name, what it is for, a change that it catches, and one that it must let pass.
//!
//! `xtask/GATE.md` is made from it.

use super::Verdict;

#[derive(Debug)]
pub struct Rule {
    /// As findings and the result document quote it.
    pub name: &'static str,
    pub verdict: Verdict,
    pub sentence: &'static str,
    pub caught: Example,
    pub passes: Example,
}

/// A change of one file; an empty old text is a new file.
#[derive(Debug)]
pub struct Example {
    pub path: &'static str,
    pub old: &'static str,
    pub new: &'static str,
}

/// What a rule says of a change. A name that the table does not have is refused.
pub fn verdict_of(name: &str) -> Verdict {
    let rule = RULES.iter().find(|rule| rule.name == name);
    debug_assert!(rule.is_some(), "no rule `{name}`");
    rule.map_or(Verdict::Refuse, |rule| rule.verdict)
}

/// The table as Markdown: `xtask/GATE.md`.
pub fn markdown() -> String {
    let mut out = String::from(
        "# What no fix may do\n\nMade from the table of rules by `cargo heal gate --rules > xtask/GATE.md`.\n\n\
         A change is refused if a rule refuses it, is for a person to review if a rule says so, and is accepted if no rule\n\
         has anything to say. A rule shows a change that it catches (`-` the old lines, `+` the new ones).\n",
    );
    for rule in &RULES {
        let verdict = match rule.verdict {
            Verdict::Accept => "accept",
            Verdict::Review => "review",
            Verdict::Refuse => "refuse",
        };
        out.push_str(&format!("\n## {}: {verdict}\n\n{}\n", rule.name, rule.sentence));
        out.push_str(&format!("\nCaught, in `{}`:\n\n```diff\n{}```\n", rule.caught.path, diff(&rule.caught)));
        out.push_str(&format!("\nPasses, in `{}`:\n\n```diff\n{}```\n", rule.passes.path, diff(&rule.passes)));
    }
    out
}

fn diff(example: &Example) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (example.old.lines().collect(), example.new.lines().collect());
    let mut out = String::new();
    let mut add = |mark: char, line: &str| {
        let shown: String =
            line.chars().map(|next| if next.is_control() || next == '\u{202e}' { '\u{2423}' } else { next }).collect();
        out.push_str(format!("{mark} {shown}").trim_end());
        out.push('\n');
    };
    let mut at = 0;
    for gap in super::lcs::gaps(&old, &new) {
        old[at..gap.old.start].iter().for_each(|line| add(' ', line));
        old[gap.old.clone()].iter().for_each(|line| add('-', line));
        new[gap.new.clone()].iter().for_each(|line| add('+', line));
        at = gap.old.end;
    }
    old[at..].iter().for_each(|line| add(' ', line));
    out
}

pub static RULES: [Rule; 56] = [
    Rule {
        name: "outside-allowed-paths",
        verdict: Verdict::Refuse,
        sentence: "A fix edits only files that it may: tests and their helpers.",
        caught: Example { path: "src/shop.js", old: "export const a = 1;\n", new: "export const a = 2;\n" },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "protected-path",
        verdict: Verdict::Refuse,
        sentence: "Some files are never part of a fix: the healer, workflows, lock files, the configuration of agents.",
        caught: Example { path: ".github/workflows/ci.yml", old: "on: push\n", new: "on: pull_request\n" },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "product-code",
        verdict: Verdict::Review,
        sentence: "The gate judges tests; a change that also touches the product is for a person.",
        caught: Example { path: "src/shop.js", old: "export const a = 1;\n", new: "export const a = 2;\n" },
        passes: Example { path: "tests/notes.md", old: "a\n", new: "b\n" },
    },
    Rule {
        name: "file-kind",
        verdict: Verdict::Refuse,
        sentence: "No symbolic links, submodules, changed modes or binary files.",
        caught: Example { path: "tests/blob.js", old: "a();\n", new: "a();\0\n" },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "invisible-characters",
        verdict: Verdict::Refuse,
        sentence: "No bidirectional, invisible or control characters: what is reviewed must be what runs.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10'); // \u{202e} ok\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay'); // größer → ok\n});\n",
        },
    },
    Rule {
        name: "patch-too-large",
        verdict: Verdict::Refuse,
        sentence: "A repair is small; a change above the bound is not one.",
        caught: Example {
            path: "tests/big.spec.js",
            old: "",
            new: "step();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\nstep();\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "unparsed",
        verdict: Verdict::Review,
        sentence: "What the grammar cannot read, the gate cannot judge.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n  await expect((;\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "deleted-test",
        verdict: Verdict::Refuse,
        sentence: "Every test that was there is still there, and is still collected.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "// nothing to see\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\ntest('pays again', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "skipped-test",
        verdict: Verdict::Refuse,
        sentence: "No test is skipped, expected to fail, or left without a body, under whatever name.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test.skip('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test.skip('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "focused-test",
        verdict: Verdict::Refuse,
        sentence: "No test is focused: the others would not run.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test.only('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test.only('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "renamed-test",
        verdict: Verdict::Review,
        sentence: "A title is how a test is found, filtered and counted.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('smoke', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "fewer-cases",
        verdict: Verdict::Refuse,
        sentence: "A table of cases keeps its rows.",
        caught: Example {
            path: "tests/pay.test.js",
            old: "test.each([[1], [2]])('adds %i', (n) => {\n  expect(add(n)).toBe(3);\n});\n",
            new: "test.each([[1]])('adds %i', (n) => {\n  expect(add(n)).toBe(3);\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "changed-mark",
        verdict: Verdict::Review,
        sentence: "Marks and decorators decide whether and how a test runs.",
        caught: Example {
            path: "tests/test_pay.py",
            old: "def test_pays(page):\n    assert total(page) == 5\n",
            new: "@pytest.mark.nightly\ndef test_pays(page):\n    assert total(page) == 5\n",
        },
        passes: Example {
            path: "tests/test_pay.py",
            old: "def test_pays(page):\n    page.click('#a')\n    assert total(page) == 5\n",
            new: "def test_pays(page):\n    page.click('#b')\n    assert total(page) == 5\n",
        },
    },
    Rule {
        name: "removed-assertion",
        verdict: Verdict::Refuse,
        sentence: "An assertion may not go.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n  await expect(page).toHaveURL('/done');\n});\n",
        },
    },
    Rule {
        name: "weaker-assertion",
        verdict: Verdict::Refuse,
        sentence: "An assertion may not claim less: a laxer matcher, a broader pattern, the opposite.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toBeVisible();\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toContainText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "soft-assertion",
        verdict: Verdict::Refuse,
        sentence: "A soft assertion lets the test go on as if nothing had happened.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect.soft(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect.soft(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "always-true",
        verdict: Verdict::Refuse,
        sentence: "What is asserted comes from the page, and can be false.",
        caught: Example {
            path: "tests/test_pay.py",
            old: "def test_pays(page):\n    assert page.locator('#total').inner_text() == '10'\n",
            new: "def test_pays(page):\n    assert page.locator('#total').inner_text() == '10' or True\n",
        },
        passes: Example {
            path: "tests/test_pay.py",
            old: "def test_pays(page):\n    assert page.locator('#total').inner_text() == '10'\n",
            new: "def test_pays(page):\n    assert page.locator('#sum').inner_text() == '10'\n",
        },
    },
    Rule {
        name: "vacuous-locator",
        verdict: Verdict::Refuse,
        sentence: "The subject of an assertion is not something that every page has.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#order-done')).toBeVisible();\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('body')).toBeVisible();\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#order-done')).toBeVisible();\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('[data-testid=order-done]')).toBeVisible();\n});\n",
        },
    },
    Rule {
        name: "unawaited-assertion",
        verdict: Verdict::Refuse,
        sentence: "A promise of an assertion that nobody awaits asserts nothing.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "swallowed-assertion",
        verdict: Verdict::Refuse,
        sentence: "The failure of an assertion is not caught.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  try {\n    await expect(page.locator('#total')).toHaveText('10');\n  } catch {}\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  try {\n    await expect(page.locator('#total')).toHaveText('10');\n  } catch {}\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "conditional-assertion",
        verdict: Verdict::Refuse,
        sentence: "An assertion is made on every path, not under a condition and not in a loop that may be empty.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  if (await page.locator('#total').isVisible()) {\n    await expect(page.locator('#total')).toHaveText('10');\n  }\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  if (await page.locator('#cookie-banner').isVisible()) {\n    await page.click('#accept-cookies');\n  }\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "unreachable-assertion",
        verdict: Verdict::Refuse,
        sentence: "An assertion is reached: not in a function that nobody calls.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  const later = async () => {\n    await expect(page.locator('#total')).toHaveText('10');\n  };\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "commented-out-assertion",
        verdict: Verdict::Refuse,
        sentence: "A comment asserts nothing.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  // await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  // The total is \n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "early-exit",
        verdict: Verdict::Refuse,
        sentence: "A test runs to its end.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  return;\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "moved-assertion",
        verdict: Verdict::Review,
        sentence: "An assertion that is made at another point may assert another state.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n  await page.click('#pay');\n  await page.click('#done');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await page.click('#done');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.hover('#pay');\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "changed-expectation",
        verdict: Verdict::Review,
        sentence: "What a test expects is a person's decision.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('12');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('[data-test=sum]')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "changed-subject",
        verdict: Verdict::Review,
        sentence: "It may be another thing that is asserted.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#order-done')).toBeVisible();\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#help-link')).toBeVisible();\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#order-done')).toBeVisible();\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('.order-done')).toBeVisible();\n});\n",
        },
    },
    Rule {
        name: "changed-constant",
        verdict: Verdict::Review,
        sentence: "A constant may be what a test expects or enters.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "const TOTAL = '10';\ntest('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText(TOTAL);\n});\n",
            new: "const TOTAL = '12';\ntest('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText(TOTAL);\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "const PAY = '#pay';\ntest('pays', async ({ page }) => {\n  await page.click(PAY);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "const PAY = '#buy';\ntest('pays', async ({ page }) => {\n  await page.click(PAY);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "changed-input",
        verdict: Verdict::Review,
        sentence: "What a test enters decides what it tests.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.fill('#count', '3');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.fill('#count', '1');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.fill('#count', '3');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.getByLabel('Count').fill('3');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "changed-url",
        verdict: Verdict::Review,
        sentence: "Where a test goes decides what it tests.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.goto('/cart');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.goto('/paid');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.goto('/cart');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.goto('/cart', { waitUntil: 'load' });\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "changed-wait",
        verdict: Verdict::Review,
        sentence: "A wait for a page or an answer fails when it does not come, like an assertion.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.waitForURL('/paid');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.waitForURL('/error');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.waitForURL('/paid');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "dropped-wait",
        verdict: Verdict::Review,
        sentence: "A wait that would have failed is gone.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.waitForURL('/paid');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.waitForTimeout(500);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "dropped-step",
        verdict: Verdict::Review,
        sentence: "A step that a test makes may be what it tests.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#menu');\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "dropped-await",
        verdict: Verdict::Review,
        sentence: "A step that is not awaited may come too late.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "swallowed-step",
        verdict: Verdict::Review,
        sentence: "A step whose failure is caught may never be made.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay').catch(() => {});\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#accept-cookies').catch(() => {});\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "conditional-step",
        verdict: Verdict::Review,
        sentence: "A step under a condition may hide what the test is for.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  if (Math.random() > 0.5) {\n    await page.click('#again');\n  }\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  if (await page.locator('#cookie-banner').isVisible()) {\n    await page.click('#accept-cookies');\n  }\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "unknown-step",
        verdict: Verdict::Review,
        sentence: "A call that the gate does not know may do anything.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.unheardOf();\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.mouse.move(0, 0);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "unknown-change",
        verdict: Verdict::Review,
        sentence: "An edit of a kind that the gate does not know to be harmless.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  page.total = 3;\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "changed-import",
        verdict: Verdict::Review,
        sentence: "A name that comes from elsewhere may mean something else.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "import { total } from './cart';\ntest('pays', async ({ page }) => {\n  expect(total(page)).toBe(5);\n});\n",
            new: "import { total } from './other';\ntest('pays', async ({ page }) => {\n  expect(total(page)).toBe(5);\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "import { login } from './helpers/login';\ntest('pays', async ({ page }) => {\n  await login(page);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "import { login } from '../support/login';\ntest('pays', async ({ page }) => {\n  await login(page);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "shadowed-name",
        verdict: Verdict::Refuse,
        sentence: "The names that make a test a test keep their meaning: `expect`, `test`, `page`, and what assertions use.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "import { test, expect } from '@playwright/test';\ntest('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "import { test } from '@playwright/test';\nconst expect = () => ({ toHaveText() {} });\ntest('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  const pay = page.locator('#pay');\n  await pay.click();\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "raised-timeout",
        verdict: Verdict::Refuse,
        sentence: "A timeout is at most doubled and at most 30 s, a new one at most 15 s, of a whole test 60 s.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10', { timeout: 120000 });\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10', { timeout: 10000 });\n});\n",
        },
    },
    Rule {
        name: "long-pause",
        verdict: Verdict::Review,
        sentence: "A new pause is at most 2 s.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.waitForTimeout(8000);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.waitForTimeout(1000);\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "added-retries",
        verdict: Verdict::Refuse,
        sentence: "A test that fails is not run again until it passes.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test.describe.configure({ retries: 3 });\ntest('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "raised-tolerance",
        verdict: Verdict::Refuse,
        sentence: "A comparison is as exact as it was.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page).toHaveScreenshot('a.png', { maxDiffPixels: 10 });\n});\n",
            new: "test('pays', async ({ page }) => {\n  await expect(page).toHaveScreenshot('a.png', { maxDiffPixels: 5000 });\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "forced-action",
        verdict: Verdict::Refuse,
        sentence: "A step is made as a person would: not forced past what is in the way.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#pay', { force: true });\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.getByRole('button', { name: 'Pay', exact: true }).click();\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "mocked-product",
        verdict: Verdict::Refuse,
        sentence: "Nothing of the product is replaced.",
        caught: Example {
            path: "tests/pay.test.js",
            old: "test('pays', () => {\n  expect(total()).toBe(5);\n});\n",
            new: "jest.mock('../src/total');\ntest('pays', () => {\n  expect(total()).toBe(5);\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "intercepted-network",
        verdict: Verdict::Refuse,
        sentence: "No answer of the network is made up.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.route('**/api', (route) => route.fulfill({ body: '10' }));\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  const answer = page.waitForResponse('**/api');\n  await page.click('#pay');\n  await answer;\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "faked-page",
        verdict: Verdict::Refuse,
        sentence: "The page is the product's: nothing writes into it.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.setContent('<p id=total>10</p>');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "own-input",
        verdict: Verdict::Refuse,
        sentence: "An assertion does not turn to the field that the test fills itself: the input is there in any case.",
        caught: Example {
            path: "tests/plan.spec.js",
            old: "test('upgrades', async ({ page }) => {\n  await page.locator('#plan').selectOption('Team');\n  await page.click('#save');\n  await expect(page.locator('.current-plan')).toContainText('Team');\n});\n",
            new: "test('upgrades', async ({ page }) => {\n  await page.locator('#plan').selectOption('Team');\n  await page.click('#save');\n  await expect(page.locator('#plan')).toContainText('Team');\n});\n",
        },
        passes: Example {
            path: "tests/plan.spec.js",
            old: "test('upgrades', async ({ page }) => {\n  await page.locator('#plan').selectOption('Team');\n  await page.click('#save');\n  await expect(page.locator('.current-plan')).toContainText('Team');\n});\n",
            new: "test('upgrades', async ({ page }) => {\n  await page.getByLabel('Plan').selectOption('Team');\n  await page.click('#save');\n  await expect(page.getByTestId('current-plan')).toContainText('Team');\n});\n",
        },
    },
    Rule {
        name: "faked-evidence",
        verdict: Verdict::Refuse,
        sentence: "What a test asserts comes from the product: the test changes no value that it asserts, calls no spy that it asks, and makes no state that it looks for.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('lists', async ({ page }) => {\n  const names = await page.locator('.name').allTextContents();\n  expect(names).toEqual(['Ada', 'Joan']);\n});\n",
            new: "test('lists', async ({ page }) => {\n  const names = await page.locator('.name').allTextContents();\n  names.push('Joan');\n  expect(names).toEqual(['Ada', 'Joan']);\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('lists', async ({ page }) => {\n  const names = await page.locator('.name').allTextContents();\n  expect(names).toEqual(['Ada', 'Joan']);\n});\n",
            new: "test('lists', async ({ page }) => {\n  await page.getByRole('tab', { name: 'People' }).click();\n  const names = await page.locator('.name').allTextContents();\n  expect(names).toEqual(['Ada', 'Joan']);\n});\n",
        },
    },
    Rule {
        name: "faked-clock",
        verdict: Verdict::Review,
        sentence: "Whether a clock may be set, or more of its time pass, is for a person to say, but where a unit was given days that were right at that time only.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.clock.install();\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/age.spec.js",
            old: "import { expect, it } from 'vitest';\nimport { ageOf } from '../src/age';\n\nit('counts full years', () => {\n  expect(ageOf('1990-12-24')).toBe(32);\n});\n",
            new: "import { beforeEach, expect, it, vi } from 'vitest';\nimport { ageOf } from '../src/age';\n\nbeforeEach(() => {\n  vi.setSystemTime(new Date('2023-06-15'));\n});\n\nit('counts full years', () => {\n  expect(ageOf('1990-12-24')).toBe(32);\n});\n",
        },
    },
    Rule {
        name: "reaches-out",
        verdict: Verdict::Refuse,
        sentence: "A test reads no files, starts no programs, and loads no code from elsewhere.",
        caught: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "import fs from 'fs';\ntest('pays', async ({ page }) => {\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "runner-config",
        verdict: Verdict::Review,
        sentence: "The runner's configuration decides which tests run, and how.",
        caught: Example {
            path: "playwright.config.ts",
            old: "export default { retries: 0 };\n",
            new: "export default { retries: 0, workers: 2 };\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "bent-runner",
        verdict: Verdict::Refuse,
        sentence: "The runner still runs every test, once, with the limits that it had.",
        caught: Example {
            path: "playwright.config.ts",
            old: "export default { workers: 1 };\n",
            new: "export default { workers: 1, grepInvert: /pays/ };\n",
        },
        passes: Example {
            path: "tests/pay.spec.js",
            old: "test('pays', async ({ page }) => {\n  await page.click('#pay');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
            new: "test('pays', async ({ page }) => {\n  await page.click('#buy');\n  await expect(page.locator('#total')).toHaveText('10');\n});\n",
        },
    },
    Rule {
        name: "data-file",
        verdict: Verdict::Review,
        sentence: "Recorded data may be what a test expects, unless they hold the same values under names that say the same.",
        caught: Example { path: "tests/expected.json", old: "{\"total\": 10}\n", new: "{\"total\": 12}\n" },
        passes: Example { path: "cypress/fixtures/weather.json", old: "{\"temp_c\": 17}\n", new: "{\"tempC\": 17}\n" },
    },
    Rule {
        name: "other-language",
        verdict: Verdict::Review,
        sentence: "In a language that the gate does not parse, a line that asserts is for a person.",
        caught: Example {
            path: "tests/pay.feature",
            old: "Then I should see \"Paid\"\n",
            new: "Then I should see \"Error\"\n",
        },
        passes: Example { path: "tests/pay.feature", old: "When I click \"Pay\"\n", new: "When I click \"Buy\"\n" },
    },
];
