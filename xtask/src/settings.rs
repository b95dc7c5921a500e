//! The settings of a run, resolved once from flags, environment variables and `[workspace.metadata.heal]`.
