//! What every command finds when it starts: the environment, the tokens, the folder, and from these the repository and
//! the settings. Decides nothing.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::Options;
use crate::error::Failure;
use crate::secrets::Secrets;
use crate::settings::{self, Environment, Settings, Table};
use crate::tools::git::Repository;

/// What every command finds when it starts.
pub struct Surroundings {
    pub env: Environment,
    pub secrets: Secrets,
    pub cwd: PathBuf,
}

impl Surroundings {
    pub fn repository(&self) -> Result<Repository> {
        self.find_repository()?.ok_or_else(|| {
            let message = format!("`{}` is in no git repository", self.cwd.display());
            Failure::usage(message).hint("run it in the repository whose tests are to be healed").into()
        })
    }

    pub fn find_repository(&self) -> Result<Option<Repository>> {
        Repository::containing(&self.cwd)
    }

    pub fn settings(&self, options: &Options, root: Option<&Path>) -> Result<Settings> {
        let table = root.map(read_table).transpose()?.unwrap_or_default();
        settings::resolve(options, &self.env, &table)
    }
}

fn read_table(root: &Path) -> Result<Table> {
    let path = root.join("Cargo.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => Table::parse(&path.display().to_string(), &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Table::default()),
        Err(error) => Err(Failure::usage(format!("cannot read `{}`: {error}", path.display())).into()),
    }
}
