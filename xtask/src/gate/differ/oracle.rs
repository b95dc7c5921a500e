//! What the tests assert, before and after: of the same things, as strictly, as surely, as often.

pub mod chains;
pub mod claims;
pub mod evidence;
pub mod iteration;
pub mod promises;
pub mod restated;
mod spelling;
pub mod subjects;
pub mod synonyms;
pub mod telling;
pub mod weakened;
