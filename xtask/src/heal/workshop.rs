//! What all tests of a run share: the scratch folder, the tested tree, what is lent, the walls, and one opencode.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::planning::Planned;
use super::preflight::Kit;
use crate::gate::Policy;
use crate::plan::PlannedTest;
use crate::proc::{Confinement, Environment};
use crate::runner::{self, Framework, Site, Target};
use crate::sandbox::{self, lists};
use crate::scratch::{self, Scratch, ScratchRepository, Tested};
use crate::settings::Settings;
use crate::tools::git::Repository;
use crate::tools::opencode::{Launch, Server};
use crate::ui::Ui;
use crate::{document, lanes, opencode_config};

pub struct Workshop<'a> {
    pub settings: &'a Settings,
    pub kit: &'a Kit,
    pub user: &'a Repository,
    pub tested: Tested,
    /// Globs that a fix may edit.
    pub allow: Vec<String>,
    pub out: PathBuf,
    ui: &'a Ui,
    scratch: Scratch,
    lent: Vec<String>,
    /// The repository that holds the tree of a dirty checkout.
    captured: ScratchRepository,
    walls: bool,
    notes: Vec<String>,
    deadline: Instant,
    /// Held during a run of the suite, where two at once would meet at one port.
    turn: Option<Mutex<()>>,
    /// Files in which tests failed for more than one cause.
    crowded: BTreeSet<String>,
    /// Held while opencode starts; why it did not.
    failed_start: Mutex<Option<String>>,
    opencode: std::sync::OnceLock<Server>,
}

impl<'a> Workshop<'a> {
    pub fn open(
        settings: &'a Settings,
        kit: &'a Kit,
        user: &'a Repository,
        planned: &Planned,
        ui: &'a Ui,
        started: Instant,
    ) -> Result<Workshop<'a>> {
        let (walls, note) = settings.sandbox.resolve(&sandbox::status())?;
        let out = document::out(settings, &user.root);
        let scratch = Scratch::create(&std::env::temp_dir())?;
        let names = settings.link.clone().unwrap_or(["node_modules", "vendor", ".venv"].map(str::to_owned).to_vec());
        let lent = scratch::lendable(user, &names)?;
        let mut unseen = lent.clone();
        unseen.push(settings.out.to_string_lossy().into_owned());
        let captured = ScratchRepository::create(&scratch, "base", user, &unseen, None)?;
        let allow = lanes::of(planned.plan.runnable(), &settings.allow, &user.tracked()?);
        let tested = tested(settings, user, &captured, &allow)?;
        let meets =
            kit.framework == Framework::Playwright && planned.plan.runnable().any(|test| is_bound(user, kit, test));
        let turns = "the suite's web server has a fixed port: its runs go one after the other, whatever `--jobs` says";
        let turns = (meets && settings.jobs > 1).then(|| turns.to_owned());
        Ok(Workshop {
            settings,
            kit,
            user,
            tested,
            allow,
            out,
            ui,
            scratch,
            lent,
            captured,
            walls,
            notes: note.into_iter().chain(turns).collect(),
            deadline: started + settings.budget,
            turn: meets.then(Mutex::default),
            crowded: crowded(&planned.plan.tests),
            failed_start: Mutex::new(None),
            opencode: std::sync::OnceLock::new(),
        })
    }

    pub fn notes(&self) -> impl Iterator<Item = String> + '_ {
        let dirty = "the checkout has uncommitted changes: it was healed as it stands, and the fixes are patches";
        let blank = "`blank-page = false`: nothing shows whether the fixed tests would pass on a blank page, too";
        let said = [(self.tested.dirty, dirty), (!self.settings.blank_page, blank)];
        self.notes.iter().cloned().chain(said.into_iter().filter(|(on, _)| *on).map(|(_, note)| note.to_owned()))
    }

    /// Says what happens now to a test.
    pub fn progress(&self, test: &PlannedTest, what: &str) {
        self.ui.step(&format!("{}  {what}", test.id));
    }

    /// How long something may take that wants `wanted`: the run's budget is the limit. `None` when it is used up.
    pub fn time(&self, wanted: Duration) -> Option<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        (left > Duration::from_secs(1)).then(|| wanted.min(left))
    }

    /// Held while the suite runs, where two runs at once would meet.
    pub fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        self.turn.as_ref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether tests of a file failed for more than one cause.
    pub fn has_several_causes(&self, file: &str) -> bool {
        self.crowded.contains(file)
    }

    pub fn policy(&self) -> Policy {
        Policy { allow: self.allow.clone(), expectations: self.settings.expectations, ..Policy::default() }
    }

    /// A repository for one test.
    pub fn repository(&self, name: &str) -> Result<ScratchRepository> {
        ScratchRepository::create(&self.scratch, name, self.user, &self.lent, Some(&self.captured))
    }

    /// A fresh work tree with a tree's files and what is lent.
    pub fn check_out(&self, repository: &ScratchRepository, tree: &str, name: &str) -> Result<PathBuf> {
        let folder = self.scratch.room().join(name);
        repository.check_out(tree, &folder)?;
        scratch::lend(self.user, &self.lent, &folder)?;
        Ok(folder)
    }

    /// Where one run of a test is confined: it writes in its work tree and in a new folder below `room/NAME`, with a home
    /// of its own, so that no run finds what another left, nor do we where we put things for the next.
    pub fn site(&self, name: &str, tree: &Path, logs: &Path, connect: Option<Vec<u16>>) -> Result<Site> {
        let room = tempfile::Builder::new().prefix("run-").tempdir_in(self.scratch.folder(name)?)?.keep();
        let ours = |variable: &str| std::env::var_os(variable);
        let browsers = lists::browsers(ours);
        let mut environment = Environment::clean().pass(&self.settings.pass_env).home(&room.join("h"))?;
        for (variable, folder) in &browsers {
            environment = environment.set(variable, folder);
        }
        // It switches the page's snapshot off. <https://playwright.dev/docs/release-notes>
        environment = environment.set("PLAYWRIGHT_NO_COPY_PROMPT", "");
        let mut lent: Vec<PathBuf> = self.lent.iter().map(|folder| self.user.root.join(folder)).collect();
        lent.extend(browsers.into_iter().map(|(_, folder)| folder));
        let needs =
            lists::Needs { write: vec![tree.to_owned(), room.clone()], programs: self.kit.programs.clone(), lent };
        let sandbox = self.walls.then(|| lists::for_tests(&needs, connect));
        let timeout = self.time(self.settings.timeout).unwrap_or(Duration::from_secs(1));
        let (out, logs) = (room.join("out"), logs.to_owned());
        Ok(Site { confinement: Confinement { environment, sandbox }, out, logs, timeout })
    }

    /// Starts opencode beside the first test's reproduction: its start takes as long. A failure is told by whoever needs it.
    pub fn warm_up(&self) {
        let _ = self.opencode();
    }

    /// The one opencode of this run, started when it is first asked for.
    pub fn opencode(&self) -> Result<&Server> {
        let mut failed = self.failed_start.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = self.opencode.get() {
            return Ok(server);
        }
        if let Some(why) = &*failed {
            anyhow::bail!("{why}");
        }
        self.start_opencode().inspect_err(|error| *failed = Some(format!("{error:#}")))
    }

    fn start_opencode(&self) -> Result<&Server> {
        let home = self.scratch.folder("o")?;
        let config = opencode_config::render(&self.kit.config(&self.allow));
        let launch = Launch {
            program: &self.kit.opencode,
            home: &home,
            room: &self.scratch.room(),
            config: &config,
            model_port: self.kit.model_port,
            keys: self.kit.keys.clone(),
            walls: self.walls,
            log: &self.out.join("opencode.log"),
        };
        let _ = fs::remove_file(self.out.join("opencode.log"));
        let server = Server::start(&launch)?;
        Ok(self.opencode.get_or_init(|| server))
    }

    /// The framework, with the user's own command in place of a built-in one if there is one.
    pub fn framework(&self) -> &Framework {
        &self.kit.framework
    }

    /// `OUT/ID-FINGERPRINT8`, fresh.
    pub fn out_of(&self, test: &PlannedTest) -> Result<PathBuf> {
        let folder = self.out_of_existing(test);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty `{}`", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(folder)
    }

    /// The folder that [`Workshop::out_of`] made.
    pub fn out_of_existing(&self, test: &PlannedTest) -> PathBuf {
        self.out.join(test.branch().replace("heal/", ""))
    }

    /// Whether a proved fix becomes a branch of the user's repository.
    pub fn publishes_branches(&self) -> bool {
        let detection = &self.settings.detection;
        !detection.dry_run && detection.publish == crate::detect::Publish::Branch
    }

    /// A path below the repository's root as the result document shows it.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.user.root).unwrap_or(path).to_string_lossy().into_owned()
    }
}

/// Whether two runs of a test's suite at once would meet at one port.
fn is_bound(user: &Repository, kit: &Kit, test: &PlannedTest) -> bool {
    let (_, dir) = Target::locate(test, &kit.framework, &user.root);
    let config = runner::playwright_config(&dir).and_then(|path| fs::read_to_string(path).ok());
    config.is_some_and(|config| runner::is_bound_to_a_port(&config))
}

/// Files in which tests failed for more than one cause.
fn crowded(tests: &[PlannedTest]) -> BTreeSet<String> {
    let others = |one: &&PlannedTest| tests.iter().any(|other| other.file == one.file && other.group != one.group);
    tests.iter().filter(others).map(|test| test.file.clone()).collect()
}

/// In CI the commit that was tested; on a developer's machine the checkout as it stands, if it differs.
fn tested(settings: &Settings, user: &Repository, captured: &ScratchRepository, allow: &[String]) -> Result<Tested> {
    let commit = user.commit("HEAD")?.ok_or_else(|| {
        crate::error::Failure::usage("the repository has no commit yet").hint("commit the tests first")
    })?;
    let clean = captured.tree_of(&commit)?;
    let in_ci = settings.detection.runner != crate::detect::Runner::Developer;
    if in_ci {
        return Ok(Tested { commit, tree: clean, dirty: false });
    }
    let tree = captured.capture_checkout(user, &commit)?;
    // Files that git does not track, outside of the tests, are there in the tree but need no commit.
    let carried = captured.changes(&clean, &tree)?.iter().any(|change| {
        let in_lane = allow.iter().filter_map(|glob| glob::Pattern::new(glob).ok()).any(|g| g.matches(&change.path));
        change.old.is_some() || in_lane
    });
    Ok(Tested { commit, tree, dirty: carried })
}
