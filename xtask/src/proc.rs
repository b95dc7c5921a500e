//! Spawns every child of the tool. Nothing else may.
