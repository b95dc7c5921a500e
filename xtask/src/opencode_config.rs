//! Renders the configuration of opencode: model, provider, permissions, and the agent. Pure.
//!
//! The schema is opencode 1.18's (<https://opencode.ai/config.json>). Text of a report never goes in here: opencode
//! expands `{env:…}` and `{file:…}` anywhere in a configuration, so every text that we put in is made inert.

use serde_json::{Map, Value, json};

use crate::settings::Provider;

pub const AGENT: &str = "tests-healer";

/// The agent file as it was when this program was built; a repository's own copy wins over it.
pub const AGENT_FILE: &str = include_str!("../../.github/agents/tests-healer.agent.md");

/// Where a repository keeps its copy.
pub const AGENT_PATH: &str = ".github/agents/tests-healer.agent.md";

/// What may be edited where no report says which folders hold the suite's tests. opencode's `*` crosses `/`.
pub const TEST_FOLDERS: [&str; 10] = [
    "tests/**",
    "test/**",
    "e2e/**",
    "cypress/**",
    "playwright/**",
    "spec/**",
    "*/tests/**",
    "*/__tests__/**",
    "*.spec.*",
    "*.test.*",
];

/// Below an allowed folder, and still nobody's to edit.
const NEVER_EDITED: [&str; 13] = [
    "*.env",
    "*.env.*",
    "*node_modules/*",
    "*package.json",
    "*package-lock.json",
    "*AGENTS.md",
    "*opencode.json*",
    "*.opencode/*",
    ".git/*",
    ".github/*",
    ".cargo/*",
    "xtask/*",
    "target/*",
];

/// What a configuration is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub provider: Provider,
    pub model: String,
    /// Without `/v1`; `None`: the provider's own.
    pub base_url: Option<String>,
    /// Tokens that the model takes, prompt and answer together. `None`: what a prompt of ours is made for.
    pub context: Option<u64>,
    /// Globs that the agent may edit, relative to the repository's root; empty: [`TEST_FOLDERS`].
    pub allow: Vec<String>,
    /// What the agent is told, without front matter.
    pub prompt: String,
}

/// The context that prompts are made for, and the part of it that an answer may take.
pub const CONTEXT: u64 = 32_768;
const CLOUD_CONTEXT: u64 = 200_000;
const OUTPUT: u64 = 8_192;

/// Soft in opencode (a message, not an end); the real caps are those of whoever drives it.
const STEPS: u64 = 30;

/// The address at which a provider is served if nothing else is said.
pub fn default_base_url(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::Ollama => Some("http://127.0.0.1:11434"),
        Provider::LmStudio => Some("http://127.0.0.1:1234"),
        Provider::OpenAiCompatible | Provider::Anthropic => None,
    }
}

/// The configuration, in opencode's schema.
pub fn render(config: &Config) -> Value {
    let provider = config.provider.name();
    let id = inert(&config.model);
    let model = format!("{provider}/{id}");
    let permission = permission(&config.allow);
    json!({
        "$schema": "https://opencode.ai/config.json",
        "model": model,
        // Otherwise a title or a summary goes to a model of opencode's own.
        "small_model": model,
        "enabled_providers": [provider],
        "default_agent": AGENT,
        "subagent_depth": 0,
        "provider": { provider: provider_entry(config, &id) },
        "autoupdate": false,
        "share": "disabled",
        "snapshot": false,
        "lsp": false,
        "formatter": false,
        "instructions": [],
        // A context that overflows must end the attempt: compacting and trying again never ends.
        "compaction": { "auto": false, "prune": false },
        "tool_output": { "max_lines": 400, "max_bytes": 20_000 },
        "experimental": { "continue_loop_on_deny": true },
        "permission": permission,
        "agent": {
            AGENT: {
                "mode": "primary",
                "description": "Repairs one end-to-end test that went out of date",
                "prompt": inert(&config.prompt),
                "temperature": 0.1,
                "steps": STEPS,
                // Spelled out again: what an agent says of its own follows what the top level says.
                "permission": permission,
            },
            // An agent that is unknown, or a sub-agent, falls back to one of these, with rights of its own.
            "build": { "disable": true },
            "plan": { "disable": true },
            "general": { "disable": true },
            "explore": { "disable": true },
        },
    })
}

fn provider_entry(config: &Config, id: &str) -> Value {
    let cloud = config.provider == Provider::Anthropic;
    let mut options = json!({ "headerTimeout": 300_000, "chunkTimeout": 120_000 });
    if cloud {
        options["apiKey"] = "{env:ANTHROPIC_API_KEY}".into();
    }
    let base = config.base_url.as_deref().or(default_base_url(config.provider));
    if let Some(base) = base {
        options["baseURL"] = format!("{}/v1", inert(base)).into();
    }
    let context = config.context.unwrap_or(if cloud { CLOUD_CONTEXT } else { CONTEXT });
    let output = OUTPUT.min(context / 4).max(1);
    json!({
        "npm": if cloud { "@ai-sdk/anthropic" } else { "@ai-sdk/openai-compatible" },
        "options": options,
        "models": {
            id: {
                "tool_call": true,
                // Otherwise the agent's temperature is not sent.
                "temperature": true,
                "limit": { "context": context, "output": output },
            }
        },
    })
}

/// The rules, of which the last that matches counts: hence the order. None of them asks, for nobody answers.
fn permission(allow: &[String]) -> Value {
    let mut edit = Map::new();
    edit.insert("*".into(), "deny".into());
    let folders = TEST_FOLDERS.map(str::to_owned);
    for glob in if allow.is_empty() { &folders[..] } else { allow } {
        edit.insert(inert(glob), "allow".into());
    }
    for glob in NEVER_EDITED {
        // A glob that is listed twice would keep its first place.
        edit.shift_remove(glob);
        edit.insert(glob.into(), "deny".into());
    }
    json!({
        "*": "deny",
        "read": { "*": "allow", "*.env": "deny", "*.env.*": "deny", ".git/*": "deny" },
        "glob": "allow",
        "grep": "allow",
        "edit": edit,
        "bash": "deny",
        "task": "deny",
        "skill": "deny",
        "webfetch": "deny",
        "websearch": "deny",
        "todowrite": "deny",
        "question": "deny",
        "lsp": "deny",
        "external_directory": "deny",
        "doom_loop": "deny",
        "plan_enter": "deny",
        "plan_exit": "deny",
    })
}

/// Text in which opencode finds nothing to expand.
fn inert(text: &str) -> String {
    text.replace("{env:", "{ env:").replace("{file:", "{ file:")
}

/// What an agent file tells the agent: everything below its front matter.
pub fn prompt_of(agent_file: &str) -> String {
    let text = agent_file.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let body = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map(|(_, body)| body);
    body.unwrap_or(&text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(provider: Provider) -> Config {
        Config {
            provider,
            model: "qwen3:8b".into(),
            base_url: None,
            context: None,
            allow: vec!["tests/**".into()],
            prompt: prompt_of(AGENT_FILE),
        }
    }

    /// opencode's: `*` is anything, all else itself, from start to end.
    fn matches(text: &str, pattern: &str) -> bool {
        let mut parts = pattern.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
        for part in middle {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }

    /// The last rule that matches, over opencode's own defaults, the top level and the agent.
    fn decide(config: &Value, key: &str, subject: &str) -> String {
        let defaults = json!({
            "*": "allow", "doom_loop": "ask", "external_directory": "ask", "question": "deny",
            "read": { "*": "allow", "*.env": "ask", "*.env.*": "ask" },
        });
        let mut answer = "ask".to_owned();
        for rules in [&defaults, &config["permission"], &config["agent"][AGENT]["permission"]] {
            for (permission, value) in rules.as_object().unwrap() {
                let patterns = match value {
                    Value::Object(patterns) => patterns.clone(),
                    flat => Map::from_iter([("*".to_owned(), flat.clone())]),
                };
                for (pattern, action) in patterns {
                    if matches(key, permission) && matches(subject, &pattern) {
                        answer = action.as_str().unwrap().to_owned();
                    }
                }
            }
        }
        answer
    }

    const KEYS: [&str; 20] = [
        "read",
        "edit",
        "glob",
        "grep",
        "list",
        "bash",
        "task",
        "external_directory",
        "todowrite",
        "todoread",
        "question",
        "webfetch",
        "websearch",
        "codesearch",
        "lsp",
        "doom_loop",
        "skill",
        "plan_enter",
        "plan_exit",
        "some_mcp_tool",
    ];

    #[test]
    fn no_permission_asks() {
        for provider in [Provider::Ollama, Provider::LmStudio, Provider::OpenAiCompatible, Provider::Anthropic] {
            let rendered = render(&config(provider));
            assert!(!rendered.to_string().contains("\"ask\""));
            for key in KEYS {
                for subject in ["*", "tests/a.js", "src/app.js", ".env", "a/.env.local", ".git/config", "/etc/passwd"] {
                    let answer = decide(&rendered, key, subject);
                    assert!(answer == "allow" || answer == "deny", "{key} {subject}: {answer}");
                }
            }
        }
    }

    #[test]
    fn the_agent_reads_everything_but_secrets_and_edits_tests_alone() {
        let rendered = render(&Config { allow: vec!["tests/**".into(), "*.env".into()], ..config(Provider::Ollama) });
        for (key, subject, expected) in [
            ("read", "src/app.js", "allow"),
            ("read", ".env", "deny"),
            ("read", "site/.env.local", "deny"),
            ("read", ".git/config", "deny"),
            ("edit", "tests/a/b.spec.js", "allow"),
            ("edit", "src/app.js", "deny"),
            ("edit", "tests/.env", "deny"),
            ("edit", "tests/node_modules/x/index.js", "deny"),
            ("edit", "tests/AGENTS.md", "deny"),
            ("edit", ".git/hooks/pre-commit", "deny"),
            ("edit", "package.json", "deny"),
            ("bash", "ls", "deny"),
            ("task", "general", "deny"),
            ("external_directory", "/tmp/x", "deny"),
            ("glob", "**/*.ts", "allow"),
            ("some_mcp_tool", "*", "deny"),
        ] {
            assert_eq!(decide(&rendered, key, subject), expected, "{key} {subject}");
        }
        let anywhere = render(&Config { allow: vec![], ..config(Provider::Ollama) });
        for path in ["tests/a.js", "e2e/x.ts", "web/modules/x/tests/src/a.js", "src/a.spec.ts", "a.test.js"] {
            assert_eq!(decide(&anywhere, "edit", path), "allow", "{path}");
        }
        assert_eq!(decide(&anywhere, "edit", "src/contests/a.js"), "deny");
    }

    #[test]
    fn every_provider_has_its_address_and_its_key() {
        for (provider, base_url, expected) in [
            (Provider::Ollama, None, Some("http://127.0.0.1:11434/v1")),
            (Provider::LmStudio, None, Some("http://127.0.0.1:1234/v1")),
            (Provider::OpenAiCompatible, Some("https://llm.example/x"), Some("https://llm.example/x/v1")),
            (Provider::Anthropic, None, None),
        ] {
            let base_url = base_url.map(str::to_owned);
            let rendered = render(&Config { base_url, ..config(provider) });
            let entry = &rendered["provider"][provider.name()];
            assert_eq!(entry["options"]["baseURL"].as_str(), expected);
            let key = (provider == Provider::Anthropic).then_some("{env:ANTHROPIC_API_KEY}");
            assert_eq!(entry["options"]["apiKey"].as_str(), key);
            assert_eq!(rendered["model"], format!("{}/qwen3:8b", provider.name()));
            assert_eq!(rendered["small_model"], rendered["model"]);
            assert_eq!(entry["models"]["qwen3:8b"]["temperature"], true);
        }
    }

    #[test]
    fn nothing_that_is_put_in_expands() {
        let hostile = "{env:HOME} {file:/etc/passwd} {{env:X}";
        let rendered = render(&Config {
            model: hostile.into(),
            base_url: Some(hostile.into()),
            allow: vec![hostile.into()],
            prompt: hostile.into(),
            ..config(Provider::OpenAiCompatible)
        });
        let text = rendered.to_string();
        assert!(!text.contains("{env:") && !text.contains("{file:"), "{text}");
    }

    #[test]
    fn a_small_context_leaves_room_for_the_prompt() {
        let rendered = render(&Config { context: Some(8_000), ..config(Provider::Ollama) });
        let limit = &rendered["provider"]["ollama"]["models"]["qwen3:8b"]["limit"];
        assert_eq!(limit, &json!({ "context": 8_000, "output": 2_000 }));
    }

    #[test]
    fn the_agent_file_is_short_and_names_no_model() {
        assert!(AGENT_FILE.len() <= 2_500, "{}", AGENT_FILE.len());
        let prompt = prompt_of(AGENT_FILE);
        assert!(prompt.starts_with("You repair one failed"), "{prompt}");
        assert!(!AGENT_FILE.contains("\nmodel:") && prompt.contains("LLM_MODE"));
    }

    #[test]
    fn front_matter_is_taken_off() {
        for (file, prompt) in [
            ("---\nname: x\n---\n\nBe kind.\n", "Be kind."),
            ("\u{feff}---\r\nname: x\r\n---\r\nBe\r\nkind.", "Be\nkind."),
            ("No front matter\n---\nat all", "No front matter\n---\nat all"),
            ("---\nnever closed", "---\nnever closed"),
        ] {
            assert_eq!(prompt_of(file), prompt);
        }
    }
}
