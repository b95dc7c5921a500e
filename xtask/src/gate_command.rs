//! `cargo heal gate`: reads a change from git, has it judged, and shows the judgement. Decides nothing itself.

mod change;
mod show;

use anyhow::Result;

use crate::cli::{Gate, Options};
use crate::error::Exit;
use crate::gate::{self, Policy, Verdict};
use crate::surroundings::Surroundings;
use crate::ui::Ui;

pub fn run(args: Gate, options: Options, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    if args.rules {
        ui.data(&gate::rules::markdown());
        return Ok(Exit::Ok);
    }
    let repository = around.repository()?;
    let options = Options { expectations: args.expectations.clone().or(options.expectations.clone()), ..options };
    let settings = around.settings(&options, Some(&repository.root))?;
    let changes = match &args.patch {
        Some(file) => change::of_patch(&repository, &around.cwd, file)?,
        None => change::of_checkout(&repository, args.base.as_deref(), &around.env)?,
    };
    let policy = Policy { expectations: settings.expectations, ..Policy::default() };
    let judgement = gate::judge(&changes, &policy);
    if args.json {
        ui.data(&serde_json::to_string(&judgement)?);
    } else {
        show::judgement(&judgement, &changes, ui);
        if around.env.is_on("GITHUB_ACTIONS") {
            for finding in &judgement.findings {
                ui.data(&show::annotation(finding));
            }
        }
    }
    Ok(match judgement.verdict {
        Verdict::Accept => Exit::Ok,
        Verdict::Review => Exit::NotHealed,
        Verdict::Refuse => Exit::Refused,
    })
}
