//! GitHub, and the walls of the kernel.

use super::{Check, version};
use crate::detect::Publish;
use crate::sandbox::{self, Enforcement, Level};
use crate::settings::{Healer, Settings};
use crate::surroundings::Surroundings;

pub fn checks(around: &Surroundings, settings: &Settings) -> Vec<Check> {
    let detection = &settings.detection;
    let needed = !detection.dry_run && (detection.create_issues || detection.publish == Publish::Pr);
    let mut checks = vec![match version("gh", None) {
        Some((_, said)) => Check::ok("gh", said),
        None => Check::lacking(needed, "gh", "not found", "install the GitHub CLI: https://cli.github.com"),
    }];
    let without = if needed { "not set" } else { "not set; nothing is published from here" };
    checks.push(match around.secrets.github {
        Some(_) => Check::ok("gh token", "set"),
        None => Check::lacking(needed, "gh token", without, "set GH_TOKEN or GITHUB_TOKEN, as with `gh auth token`"),
    });
    if settings.healer == Healer::Copilot {
        checks.push(match around.secrets.copilot {
            Some(_) => Check::ok("copilot token", "set"),
            None => Check::missing(
                "copilot token",
                "not set",
                "set HEAL_COPILOT_TOKEN to a user's token, or use `--healer opencode`",
            ),
        });
    }
    checks.push(walls(settings.sandbox, &sandbox::status()));
    checks
}

fn walls(level: Level, found: &Enforcement) -> Check {
    let name = "sandbox";
    match (level, found) {
        (Level::Off, _) => Check::doubtful(name, "switched off", "use `--sandbox auto`"),
        (_, Enforcement::Full) => Check::ok(name, "Landlock"),
        (_, Enforcement::Partial(open)) => Check::ok(name, format!("Landlock; {}", open.join("; "))),
        (level, Enforcement::None(why)) => {
            Check::lacking(level == Level::Require, name, *why, "use Linux 5.13 or newer with Landlock switched on")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_kernel_without_walls_is_missing_only_where_they_are_required() {
        for (level, found, expected) in [
            (Level::Auto, Enforcement::Full, State::Ok),
            (Level::Require, Enforcement::Partial(vec!["x"]), State::Ok),
            (Level::Auto, Enforcement::None("x"), State::Doubtful),
            (Level::Require, Enforcement::None("x"), State::Missing),
            (Level::Off, Enforcement::Full, State::Doubtful),
        ] {
            assert_eq!(walls(level, &found).state, expected, "{level:?} {found:?}");
        }
    }
}
