//! A suite that means harm, in a whole run: what it leaves in the folders that it may write leads us, who have no walls,
//! nowhere.

use std::fs;

use xtask::sandbox::{Enforcement, status};
use xtask::scripted_model::{Conversation, Reply, ScriptedModel, ToolCall};

use crate::env::TestEnv;
use crate::suite::Suite;

const SPEC: &str = "tests/catalogue.spec.ts";

/// Harmless where the suite's team runs it.
const HARM: &str = r"
import * as fs from 'node:fs';
const here = process.cwd();
const room = here + '/..';
const victim = fs.realpathSync(here) + '/../../../../../victim';
const link = (to: string, at: string) => {
  try {
    fs.rmSync(at, { force: true, recursive: true });
    fs.mkdirSync(at.slice(0, at.lastIndexOf('/')), { recursive: true });
    fs.symlinkSync(victim + to, at);
  } catch (error) {
    console.log('walls', String(error));
  }
};
if (here.includes('cargo-heal-') && here.endsWith('/base')) {
  const out = process.env.TMPDIR + '/../../out';
  for (const log of [out + '/reproduce', room + '/out/reproduce', room + '/out/verify-1']) link('/key', log + '/run.log');
  for (const folder of ['agent', 'fix-1']) link('/empty', room + '/' + folder);
  process.on('exit', () => link('/key', here + '/tests/catalogue.spec.ts'));
}
if (here.includes('cargo-heal-') && here.endsWith('/fix-1')) {
  console.log('a line that a shell would run');
  link('/profile', here + '/cargo-heal-blank.config.ts');
}
test.afterEach(async ({}, info) => {
  if (!here.includes('cargo-heal-') || !here.endsWith('/base')) return;
  info.attachments.push({ name: 'error-context', path: victim + '/page.md', contentType: 'text/markdown' });
  throw new Error('no\n    at f (' + here + '/../../../../../victim/key:1:1)');
});
";

#[test]
fn nothing_that_a_run_leaves_leads_out_of_its_folder() {
    if !matches!(status(), Enforcement::Full | Enforcement::Partial(_)) {
        println!("skipped: there are no walls");
        return;
    }
    let spec = format!("{}\n{HARM}", include_str!("../../demo/tests/catalogue.spec.ts.txt"));
    let suite = Suite::shop_with(&[(SPEC, &spec)]);
    let mut env = TestEnv::without_repository();
    let victim = env.root().join("victim");
    fs::create_dir_all(victim.join("empty")).unwrap();
    let files =
        [("key", "PRIVATE KEY OF THE USER\n"), ("page.md", "# Page\nPRIVATE PAGE\n"), ("profile", "umask 022\n")];
    for (name, text) in files {
        fs::write(victim.join(name), text).unwrap();
    }
    let model = ScriptedModel::start(|conversation: &Conversation| match conversation.turns {
        0 => Reply::Tools(vec![ToolCall::read(SPEC)]),
        1 => Reply::Tools(vec![ToolCall::edit(
            SPEC,
            "page.locator('#newsletter-email')",
            "page.getByLabel('Letters from the harbour')",
        )]),
        _ => Reply::Text("```json\n{\"verdict\": \"test_issue\", \"root_cause\": \"said by the script\"}\n```".into()),
    })
    .unwrap();
    env.set("LOCAL_LLM_PROVIDER", "openai-compatible").set("LOCAL_LLM_BASE_URL", model.base_url());
    let ran = env.xtask_in(&suite.root(), ["heal", "--json", "--only", "ATK-PW-1051", "--attempts", "1"]);
    let document = ran.exits(0).json();
    assert_eq!(document["summary"]["healed"], 1, "{document:#}");

    for (name, text) in files {
        assert_eq!(fs::read_to_string(victim.join(name)).unwrap(), text, "{name} was written to");
    }
    assert!(fs::read_dir(victim.join("empty")).unwrap().next().is_none(), "a work tree was made outside");
    let mut told: Vec<(String, String)> =
        model.conversations().iter().map(|one| ("the model".to_owned(), one.request.to_string())).collect();
    let mut open = vec![suite.root().join("target/heal")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => told.push((
                    entry.path().display().to_string(),
                    String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned(),
                )),
            }
        }
    }
    assert!(told.iter().any(|(_, text)| text.contains("victim/key")), "the harm was not done");
    for (whom, text) in told {
        assert!(!text.contains("PRIVATE"), "{whom} was told:\n{text}");
    }
}

#[test]
fn a_link_in_the_place_of_a_file_in_out_is_not_followed() {
    let suite = Suite::shop();
    let env = TestEnv::without_repository();
    let precious = env.root().join("precious");
    for name in [".lock", ".gitignore"] {
        fs::write(&precious, "kept\n").unwrap();
        let out = suite.root().join("target/heal");
        fs::create_dir_all(&out).unwrap();
        let _ = fs::remove_file(out.join(name));
        std::os::unix::fs::symlink(&precious, out.join(name)).unwrap();
        let refused = env.xtask_in(&suite.root(), ["heal"]).exits(2);
        refused.says(&format!("target/heal/{name}` is a link, or no plain file\nhint: remove it"));
        assert_eq!(fs::read_to_string(&precious).unwrap(), "kept\n");
        fs::remove_file(out.join(name)).unwrap();
    }
}
